/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sluice_sdk/steps.h - an operation that is made of several requests, one after the other. Each
 * names the function that reads its answer, which says what comes next (another request, by one of
 * the functions below) or writes the client's answer.
 *
 * request() gives steps.next; data() hands on what is no failure, end() all that has ended.
 */
#ifndef SLUICE_SDK_STEPS_H
#define SLUICE_SDK_STEPS_H

#include <sluice/provider.h>
#include <sluice_sdk/arena.h>
#include <sluice_sdk/buf.h>

/* Of the answer to the request under way: all of it, or each of its lines (SLUICE_FRAME_LINES). */
typedef sluice_status (*sl_steps_fn)(sluice_exchange *x, sluice_span text, const sluice_sink *sink,
                                     sluice_error *err);

#define SL_STEPS_HEADERS 8

struct sl_steps {
    struct sluice_arena *arena;
    sluice_http_request next; /* headers lie in `headers`; a caller adds auth, framing and so on */
    sluice_header headers[SL_STEPS_HEADERS];
    sl_steps_fn told;
    sl_steps_fn failed; /* instead, when the answer's status is one of failure; NULL: the operation
                           has failed. To be set behind the functions below */
    bool more, heard;
};

/* An operation that is made so: what begins it, and the client's parameter that failures name. */
struct sl_steps_job {
    const char *operation;
    sluice_status (*begin)(sluice_exchange *x, sluice_error *err);
    const char *param;
};
/* The one of n; NULL: the operation is none of them. */
const struct sl_steps_job *sl_steps_job(const struct sl_steps_job *jobs, size_t n,
                                        sluice_span operation);

void sl_steps_init(struct sl_steps *s, struct sluice_arena *arena);

/* What comes next. method: static. url NULL: NOMEM. */
sluice_status sl_steps_ask(struct sl_steps *s, const char *method, sluice_span url,
                           sl_steps_fn told, sluice_error *err);
/* The host's store: "kept:NAME" of provider.h. name NULL: NOMEM. */
sluice_status sl_steps_store(struct sl_steps *s, const char *method, sluice_span name,
                             sl_steps_fn told, sluice_error *err);
/* Nobody is asked: others may run on this loop before told() does. */
void sl_steps_pause(struct sl_steps *s, sl_steps_fn told);
/* Of what comes next. */
void sl_steps_header(struct sl_steps *s, sluice_span name, sluice_span value);
sluice_status sl_steps_body(struct sl_steps *s, const sluice_span *pieces, size_t n,
                            sluice_error *err);
sluice_status sl_steps_nomem(sluice_error *err);

/* In data(), if it has not failed. */
sluice_status sl_steps_data(struct sl_steps *s, sluice_exchange *x, sluice_span text,
                            const sluice_sink *sink, sluice_error *err);
/* In end(), unless it has failed and there is no failed(): OK, or MORE. */
sluice_status sl_steps_end(struct sl_steps *s, sluice_exchange *x, int32_t http_status,
                           const sluice_sink *sink, sluice_error *err);
/* The answer to the client: one JSON value. */
sluice_status sl_steps_answer(const struct sl_buf *b, const sluice_sink *sink, sluice_error *err);

#endif
