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

/* One line without its CR LF: *end is the CR, and no other control character but the tab is in it.
 * The field is added to out->headers, where there must be room. */
sluice_status sl_http_read_field(char *line, char *end, struct sl_http_head *out,
                                 struct sl_http_framing *f, struct sl_http_error *err);
/* After the last field: the kind of body, and whether the connection stays. */
sluice_status sl_http_settle(struct sl_http_head *out, const struct sl_http_framing *f,
                             struct sl_http_error *err);

#endif
