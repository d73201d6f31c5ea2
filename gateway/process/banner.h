/* SPDX-License-Identifier: Apache-2.0 */
/* banner.h - what is said at the start: which models are served, where, and a line to try it. */
#ifndef GW_BANNER_H
#define GW_BANNER_H

#include "command/ask.h"

#include <sluice_sdk/buf.h>

/* Names of models in the order of the configuration, each once, and one to try. */
struct gw_banner {
    struct sl_buf names; /* one a line */
    size_t n;
    struct sl_buf example; /* without '*'; mock's if there is one */
    bool example_is_mock;
};
void gw_banner_init(struct gw_banner *b);
void gw_banner_finish(struct gw_banner *b);
/* From the verb "deployments". */
sluice_status gw_banner_read(struct gw_banner *b, sluice_loop *loop, struct event_base *base,
                             sluice_error *err);

/* url: "http://127.0.0.1:4000". */
void gw_banner_print(const struct gw_banner *b, const char *url, bool master_key, bool tls);

#endif
