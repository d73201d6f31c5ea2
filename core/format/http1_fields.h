/* SPDX-License-Identifier: Apache-2.0 */
/* http1_fields.h - fields of a head and its framing; for http1_parse.c only. */
#ifndef SL_FORMAT_HTTP1_FIELDS_H
#define SL_FORMAT_HTTP1_FIELDS_H

#include "format/http1_parse.h"

/* What the fields said about framing. */
struct sl_http_framing {
    unsigned lengths, codings, hosts;
    bool close, keep;
    sluice_span coding, host;
};

/* The n fields of the head text[0..len), which are made lower case in place. ends[i] is where the
 * CR of the line before field i lies, ends[n] that of the last one. n is SL_HTTP_HEADERS at most.
 */
sluice_status sl_http_read_fields(char *text, size_t len, const uint32_t *ends, size_t n,
                                  struct sl_http_head *out, struct sl_http_framing *f,
                                  struct sl_http_error *err);
/* After the last field: the kind of body, and whether the connection stays. */
sluice_status sl_http_settle(struct sl_http_head *out, const struct sl_http_framing *f,
                             struct sl_http_error *err);

#endif
