/* SPDX-License-Identifier: Apache-2.0 */
/* params.h - what a call learns from path, query and header fields besides its body. */
#ifndef GW_PARAMS_H
#define GW_PARAMS_H

#include "routes/handlers.h"

#include <sluice/sluice.h>

#define GW_PARAMS_MAX 32 /* parameters of one request */
#define GW_TEXT_MAX 4096

/* Room for what has to be decoded; the spans of a request point into it. */
struct gw_params {
    sluice_header list[GW_PARAMS_MAX];
    size_t n;
    char text[GW_TEXT_MAX];
    size_t used;
    char tags[GW_TEXT_MAX];
};

/* Path parameter first, then the query's, decoded; the query itself stays as it was for the
 * upstream. False: too many, too long, or badly encoded. */
bool gw_params_read(struct gw_params *p, const struct gw_exchange *x);

/* The request as the library takes it, all but its body. Borrows from x and p. */
void gw_params_request(struct gw_params *p, const struct gw_exchange *x, sluice_request *out);

/* call_http.c: the query as parameters; false: refused. */
bool gw_call_params(struct gw_params *params, struct gw_exchange *x);
/* Begin a call whose answer is the client's. with_body: its body is the request's; else it has one
 * already, which is copied. */
void gw_call_start(struct gw_exchange *x, sluice_request *request, bool with_body);

/* "1.5" seconds as milliseconds; 0 when it is no positive number below a day. */
uint32_t gw_seconds_ms(sluice_span text);
/* "a, b" as {"tags":["a","b"]} in out; empty when there is no tag or no room. */
sluice_span gw_tags_json(sluice_span list, char *out, size_t size);

#endif
