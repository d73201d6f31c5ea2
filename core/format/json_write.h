/* SPDX-License-Identifier: Apache-2.0 */
/* json_write.h - writes JSON text into a buf: commas and quotes are its business, the nesting is
 * the caller's. Failure shows in the buf. */
#ifndef SL_FORMAT_JSON_WRITE_H
#define SL_FORMAT_JSON_WRITE_H

#include "base/buf.h"

struct sl_json_out {
    struct sl_buf *buf;
    bool comma; /* the next value needs one in front */
};

static inline struct sl_json_out sl_json_out(struct sl_buf *buf)
{
    return (struct sl_json_out){ buf, false };
}

void sl_json_open(struct sl_json_out *o, char bracket);    /* '{' or '[' */
void sl_json_close(struct sl_json_out *o, char bracket);   /* '}' or ']' */
void sl_json_key(struct sl_json_out *o, const char *name); /* plain ASCII, no escaping needed */
void sl_json_key_span(struct sl_json_out *o, sluice_span name); /* escaped */
void sl_json_str(struct sl_json_out *o, sluice_span text); /* escaped; bad UTF-8 becomes U+FFFD */
void sl_json_inside_str(struct sl_json_out *o,
                        sluice_span inside); /* already escaped: quoted only */
void sl_json_raw(struct sl_json_out *o, sluice_span json);
void sl_json_i64_value(struct sl_json_out *o, int64_t n);
void sl_json_bool(struct sl_json_out *o, bool b);
void sl_json_null(struct sl_json_out *o);
/* key + value in one. */
void sl_json_kv_str(struct sl_json_out *o, const char *name, sluice_span text);
void sl_json_kv_raw(struct sl_json_out *o, const char *name, sluice_span json);
void sl_json_kv_i64(struct sl_json_out *o, const char *name, int64_t n);
void sl_json_kv_bool(struct sl_json_out *o, const char *name, bool b);
/* Only the escaping, no quotes. */
void sl_json_escape(struct sl_buf *b, sluice_span text);

#endif
