/* SPDX-License-Identifier: Apache-2.0 */
/* url.h - an absolute http:// or https:// URL taken apart, nothing decoded. */
#ifndef SL_NET_URL_H
#define SL_NET_URL_H

#include "base/span.h"

struct sl_url {
    bool tls;
    uint16_t port;
    sluice_span origin;    /* "https://api.example.com:8443", as written */
    sluice_span authority; /* "api.example.com:8443", as written: the Host field */
    sluice_span host;      /* without brackets */
    sluice_span target;    /* "/path?query"; may be empty or begin with '?' */
};

/* NULL, or a static sentence saying what is wrong. Refuses user:password@, fragments, and all that
 * could end a request line early. */
const char *sl_url_parse(sluice_span text, struct sl_url *out);

#endif
