/* SPDX-License-Identifier: Apache-2.0 */
/* step_auth.c - who is calling (headers only, before the body is read), and may they do this (after
 * it). */
#include "call/call.h"

#include "base/clock.h"

enum sl_verdict sl_step_auth(struct sl_call *c)
{
    /* An endpoint that asks for no key leads where its operator wanted everybody to come. */
    bool open = c->pass && c->pass->endpoint && !c->pass->endpoint->auth;
    bool embedder = !(c->flags & SLUICE_CALL_WIRE) || open;
    sluice_status st;

    if (c->payer) { /* the call it works for was let in */
        c->who = c->payer;
        return SL_NEXT;
    }
    if (c->signer && !embedder)
        st = sl_aws_client_who(c->signer, c->settings, sl_unix_ms() / 1000, &c->arena, &c->who,
                               &c->error);
    else
        st = sl_principal_find(c->settings, open ? sl_span("", 0) : c->key, embedder, &c->who,
                               &c->error);
    return st < 0 ? sl_call_refuse(c, st) : SL_NEXT;
}

/* Every caller there is today is admin and may use every model; keys with rights of their own
 * answer here. */
enum sl_verdict sl_step_permit(struct sl_call *c)
{
    return c->who->admin ? SL_NEXT : sl_call_refuse(c, SLUICE_E_DENIED);
}
