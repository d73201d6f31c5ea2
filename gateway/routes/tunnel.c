/* SPDX-License-Identifier: Apache-2.0 */
/* tunnel.c - see tunnel.h. */
#include "routes/tunnel.h"

#include <sluice_sdk/span.h>

/* Between two frames, and it is its turn. */
static bool may_close(const struct gw_tunnel *t, enum gw_way way)
{
    return t->leaving && !t->closed[way] && sl_ws_at_edge(&t->frames[way]) &&
           (way == GW_UP || t->closed[GW_UP]);
}

size_t gw_tunnel_pass(struct gw_tunnel *t, enum gw_way way, sluice_span bytes)
{
    size_t n = 0;

    while (!t->closed[way] && n < bytes.len && !may_close(t, way))
        n += sl_ws_pass(&t->frames[way], sl_span_from(bytes, n));
    return n;
}

size_t gw_tunnel_close(struct gw_tunnel *t, enum gw_way way,
                       char out[SL_WS_HEAD_MOST + SL_WS_CONTROL_MOST])
{
    static const unsigned char mask[4] = { 0 }; /* a reason that everybody may know */
    char payload[SL_WS_CONTROL_MOST];
    size_t head, n;

    if (!may_close(t, way))
        return 0;
    t->closed[way] = true;
    n = sl_ws_close_payload(payload, SL_WS_GOING_AWAY, SL_SPAN("this server is going away"));
    head = sl_ws_head(out, SL_WS_CLOSE, n, way == GW_UP ? mask : NULL);
    memcpy(out + head, payload, n);
    return head + n;
}
