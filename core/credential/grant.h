/* SPDX-License-Identifier: Apache-2.0 */
/*
 * grant.h - what requests are sent with at this moment: a key, a bearer token, an AWS key pair, and
 * what may be known of it. Counted, [any], never changed: a renewal makes another one.
 */
#ifndef SL_CREDENTIAL_GRANT_H
#define SL_CREDENTIAL_GRANT_H

#include "base/secret.h"

struct sl_grant;

/* What one is made of; all of it is copied. */
struct sl_grant_text {
    sluice_span secret;  /* the key or token; of AWS the secret access key */
    sluice_span id;      /* AWS: the access key id, else empty */
    sluice_span session; /* AWS: the session token; empty = none */
    sluice_span facts;   /* JSON object for plugins, nothing secret; empty = {} */
    uint64_t ttl_ms;     /* from now; 0 = until it is refused */
};
struct sl_grant *sl_grant_create(const struct sl_grant_text *text); /* NULL: out of memory */
struct sl_grant *sl_grant_hold(struct sl_grant *g);
void sl_grant_drop(struct sl_grant *g); /* NULL is fine */

sluice_span sl_grant_secret(const struct sl_grant *g);
sluice_span sl_grant_id(const struct sl_grant *g);
sluice_span sl_grant_session(const struct sl_grant *g);
sluice_span sl_grant_facts(const struct sl_grant *g); /* "{}" for NULL */
/* A little before its end already: what is sent now is judged elsewhere, and later. */
bool sl_grant_is_over(const struct sl_grant *g, uint64_t now_ms);
/* Time to get the next one, while this one still serves. */
bool sl_grant_wants_renewal(const struct sl_grant *g, uint64_t now_ms);

#endif
