/* SPDX-License-Identifier: Apache-2.0 */
/* head.h - the head of an answer to a client on the wire: status, content type, LiteLLM's headers.
 */
#ifndef SL_CALL_HEAD_H
#define SL_CALL_HEAD_H

#include "call/attempt/attempt.h"

/* An answer begins. May end the call: the client leaves while it is written to. */
sluice_status sl_head_answer(struct sl_call *c, const struct sl_attempt *a,
                             sluice_span content_type, int64_t length);
/* A failure is told. */
void sl_head_failure(struct sl_call *c, int64_t length);
/* The same of an answer that nobody else gave. */
void sl_head_text(struct sl_call *c, int64_t length);

/* Fields that wait for the head to be written, packed in one piece of memory. Add up the size
 * first. */
struct sl_head_text {
    struct sluice_arena *arena;
    size_t size, len, n;
    char *ptr;
};
#define SL_HEAD_TEXT_SIZE(name, value) (2 * sizeof(uint32_t) + (name).len + (value).len)
bool sl_head_text_begin(struct sl_head_text *t); /* false: out of memory */
void sl_head_text_add(struct sl_head_text *t, sluice_span prefix, sluice_span name,
                      sluice_span value);

/* The model that the client is told: the one it asked for, or who answered in its place. */
sluice_span sl_head_model(const struct sl_attempt *a);
/* The same as a JSON string; made once for an answer. */
sluice_span sl_head_model_json(const struct sl_attempt *a);
/* The id of an answer that we write ourselves: "chatcmpl-..."; made once. */
sluice_span sl_head_answer_id(struct sl_call *c);

#endif
