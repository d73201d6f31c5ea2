/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ws_realtime.c - OpenAI's Realtime: a WebSocket that goes on to a vendor's. It is a call like any
 * other until the vendor accepts (call_http.c); then frames pass both ways as they are, each side
 * holding the other back.
 */
#include "routes/params.h"
#include "routes/ws.h"

#define HEADERS_MOST 128
#define PROTOCOLS_MOST 1024

/* Pages of a browser cannot set fields: they bring their key among the subprotocols. It goes no
 * further than here. */
static sluice_span take_key(sluice_span protocols, sluice_span *key, char *rest, size_t room)
{
    static const sluice_span before = SL_SPAN("openai-insecure-api-key.");
    size_t n = 0;

    while (protocols.len) {
        sluice_span one = sl_span_head(protocols, sl_span_find_char(protocols, ','));

        protocols = sl_span_from(protocols, one.len + 1);
        one = sl_span_trim(one);
        if (sl_span_starts(one, before)) {
            *key = sl_span_from(one, before.len);
        } else if (one.len && n + one.len + 2 <= room) {
            if (n) {
                memcpy(rest + n, ", ", 2);
                n += 2;
            }
            memcpy(rest + n, one.ptr, one.len);
            n += one.len;
        }
    }
    return sl_span(rest, n);
}

/* Azure's clients name the model as a deployment, and a version that is the vendor's matter. */
static void read_azure(struct gw_params *p)
{
    size_t n = 0;

    for (size_t i = 0; i < p->n; i++) {
        if (sl_span_eq(p->list[i].name, SL_SPAN("api-version")))
            continue;
        p->list[n] = p->list[i];
        if (sl_span_eq(p->list[n].name, SL_SPAN("deployment")))
            p->list[n].name = SL_SPAN("model");
        n++;
    }
    p->n = n;
}

void gw_ws_realtime(struct gw_exchange *x)
{
    sluice_span key = { NULL, 0 }, protocols;
    sluice_header headers[HEADERS_MOST];
    char rest[PROTOCOLS_MOST];
    struct gw_params params;
    sluice_request request;

    if (!gw_ws_asked(x) || !gw_call_params(&params, x))
        return;
    protocols = take_key(sl_http_header(x->head, SL_SPAN("sec-websocket-protocol")), &key, rest,
                         sizeof rest);
    if (!x->key.len)
        x->key = key;
    read_azure(&params);
    gw_params_request(&params, x, &request);
    request.operation = SL_SPAN("realtime");
    request.headers = headers;
    request.n_headers = 0;
    for (size_t i = 0; i < x->head->n_headers && request.n_headers < HEADERS_MOST; i++) {
        sluice_header h = x->head->headers[i];

        if (sl_span_eq(h.name, SL_SPAN("sec-websocket-protocol")))
            h.value = protocols;
        if (h.value.len)
            headers[request.n_headers++] = h;
    }
    gw_call_start(x, &request, true);
}
