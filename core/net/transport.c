/* SPDX-License-Identifier: Apache-2.0 */
/* transport.c - the transports of one loop, and which of them takes a request. */
#include "net/transport.h"

sluice_status sl_net_init(struct sl_net *n, struct sl_loop *l, struct sl_jobs *jobs,
                          sluice_error *err)
{
    sluice_status st;

    n->curl = NULL;
    st = sl_http1_create(l, jobs, &n->http1, err);
    if (st == SLUICE_OK)
        st = sl_curl_create(l, &n->curl, err);
    if (st < 0)
        sl_net_finish(n);
    return st;
}

void sl_net_finish(struct sl_net *n)
{
    if (n->http1)
        n->http1->cls->destroy(n->http1);
    if (n->curl)
        n->curl->cls->destroy(n->curl);
    n->http1 = n->curl = NULL;
}

struct sl_transport *sl_net_choose(struct sl_net *n, const struct sl_http_out *out)
{
    if (out->options && (out->options->http2 || out->options->proxy))
        return n->curl;
    return sl_span_starts(out->url, SL_SPAN("unix:")) ? n->curl : n->http1;
}
