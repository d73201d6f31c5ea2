/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tunnel.h - frames of a WebSocket that pass between a client and a vendor as they are, and how
 * that comes to an end when the server drains: what is under way passes whole, then each side is
 * told 1001, the vendor first. What the bytes are sent with is its user's.
 */
#ifndef GW_TUNNEL_H
#define GW_TUNNEL_H

#include <sluice_sdk/websocket.h>

enum gw_way { GW_UP, GW_DOWN }; /* to the vendor, to the client */

struct gw_tunnel {
    struct sl_ws_passing frames[2];
    bool leaving;
    bool closed[2]; /* its last frame is our close */
};

/* How many of these bytes go on; the others are for nobody. */
size_t gw_tunnel_pass(struct gw_tunnel *t, enum gw_way way, sluice_span bytes);
/* Is it time for a close this way? Then it is written to out, and counts as sent. */
size_t gw_tunnel_close(struct gw_tunnel *t, enum gw_way way,
                       char out[SL_WS_HEAD_MOST + SL_WS_CONTROL_MOST]);

#endif
