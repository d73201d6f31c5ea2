/* SPDX-License-Identifier: Apache-2.0 */
/*
 * replay.h - a transport without a network: it plays a stored or composed answer through the same
 * way as any other (the URL "mock:" of provider.h, cached answers). The request *is* the answer:
 * body parts are the body, headers are the headers, those that begin with ':' say how to play it.
 */
#ifndef SL_NET_REPLAY_H
#define SL_NET_REPLAY_H

#include "net/transport.h"

sluice_status sl_replay_create(struct sl_loop *l, struct sl_transport **out, sluice_error *err);

#endif
