/* SPDX-License-Identifier: Apache-2.0 */
/* step_body.c - wait until the whole body is here; sl_call_body() brings it and resumes. */
#include "call/call.h"

#include "base/clock.h"
#include "base/status.h"
#include "call/turn.h"

/* The next piece did not come: the client's fault, not the vendor's. */
static void late(struct sl_call *c)
{
    sl_fail_param(&c->error, SLUICE_E_TIMEOUT, "body_timeout", NULL,
                  "nothing more of the request's body came for %lld ms",
                  (long long)c->settings->body_timeout_ms);
    c->error.http_status = 408;
    sl_call_finish(c, SLUICE_E_TIMEOUT);
}

static const struct sl_wait_class waiting = { .expired = late };

enum sl_verdict sl_step_body(struct sl_call *c)
{
    if (!c->body_complete && !c->upload) {
        sl_call_wait(c, &waiting, (uint64_t)c->settings->body_timeout_ms);
        return SL_WAIT;
    }
    if (c->shed)
        return sl_call_refuse(
            c,
            sl_turn_shed(c, "overloaded",
                         "the requests under way hold as much memory as max_in_flight_mb allows"));
    /* One that came in pieces was held to this as it came. */
    if (sl_body_span(c->body).len > (uint64_t)c->settings->max_request_bytes)
        return sl_call_refuse(c, sl_call_too_large(c));
    if (c->signer && c->settings->master_key && !c->payer) {
        sluice_status st = sl_aws_client_body(c->signer, sl_body_span(c->body), sl_unix_ms() / 1000,
                                              &c->arena, &c->error);

        if (st < 0)
            return sl_call_refuse(c, st);
    }
    return SL_NEXT;
}
