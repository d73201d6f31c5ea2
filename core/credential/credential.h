/* SPDX-License-Identifier: Apache-2.0 */
/*
 * credential.h - what a deployment proves its right with: a static key, or something that has to be
 * fetched (a token that the key is exchanged for, what a cloud's credential chain yields). One for
 * all loops and for all deployments that are configured alike: fetched once, renewed before it is
 * over, dropped when the vendor refuses it. Calls wait for the first one; the fetch itself belongs
 * to no call, so a client that leaves stops nobody else's.
 *
 * How it is fetched is a source's business (source.h); how it is put into a request, wire.h's.
 */
#ifndef SL_CREDENTIAL_CREDENTIAL_H
#define SL_CREDENTIAL_CREDENTIAL_H

#include <sluice/provider.h>
#include "config/settings.h"
#include "credential/fetch.h"
#include "credential/grant.h"
#include "plugin/entry.h"

struct sl_credential;      /* counted, [any] */
struct sl_credential_wait; /* one that waits for it, [loop] */

struct sl_credential_options {
    const struct sl_settings *settings; /* variables, secrets */
    const struct sl_deployment_settings *deployment;
    struct sl_entry *provider;
    sluice_span base_url; /* where it lives; empty = only the provider knows */
};
/* OK with *out NULL: there is none. The deployment's own key counts first, then what its parameters
 * say for a scheme that the provider's class takes ("credentials" of its x-sluice), then the
 * variables that the provider names for a key, then what the scheme finds by itself. No I/O. */
sluice_status sl_credential_create(const struct sl_credential_options *options,
                                   struct sl_credential **out, sluice_error *err);
struct sl_credential *sl_credential_hold(struct sl_credential *c);
void sl_credential_drop(struct sl_credential *c); /* NULL is fine */
/* Would both fetch the same? */
bool sl_credential_same(const struct sl_credential *a, const struct sl_credential *b);
uint32_t sl_credential_kind(const struct sl_credential *c); /* SLUICE_CRED_*; NONE for NULL */
/* The deployment's own key; NULL = it has none. */
struct sl_secret *sl_credential_key(const struct sl_credential *c);

/* [loop] OK: *grant is held. PENDING: user->ready() comes later, unless left. */
sluice_status sl_credential_get(struct sl_credential *c, const struct sl_credential_user *user,
                                struct sl_grant **grant, struct sl_credential_wait **wait,
                                sluice_error *err);
/* [loop] It waits no more: ready() will not come. */
void sl_credential_leave(struct sl_credential_wait *wait);
/* [any] The vendor refused this one; true: the next call fetches another. */
bool sl_credential_refused(struct sl_credential *c, const struct sl_grant *was);

#endif
