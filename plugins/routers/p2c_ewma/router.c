/* SPDX-License-Identifier: Apache-2.0 */
/*
 * router.c - the power of two choices over peak-EWMA: of two random candidates the one where a call
 * will probably wait less, which is its measured time (rising to a slow answer at once, falling
 * slowly) times the calls before it. No deployment is overrun because it looks best, and one that
 * slowed down is left within an answer. While nobody is there its time is halved every half_life
 * seconds, so that it is tried again; one that was never measured is tried by one call at a time.
 */
#include <math.h>
#include <stdlib.h>
#include <sluice/router.h>
#include <sluice_sdk/json.h>
#include <sluice_sdk/plugin.h>
#include <sluice_sdk/status.h>

struct sluice_router {
    double half_life_ms;
};

static sluice_status p2c_create(const sluice_host *host, sluice_span config, sluice_router **out,
                                sluice_error *err)
{
    sluice_router *self = calloc(1, sizeof *self);

    (void)host;
    if (!self)
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory for a router");
    self->half_life_ms = 10;
    (void)sl_json_f64(sl_json_member(config, SL_SPAN("half_life")), &self->half_life_ms);
    self->half_life_ms *= 1000;
    *out = self;
    return SLUICE_OK;
}

static void p2c_destroy(sluice_router *self)
{
    free(self);
}

/* How long a call will wait there, in a unit that all candidates share. */
static double load_of(const sluice_router *self, const sluice_route *r, const sluice_deployment *d)
{
    int stream = (r->flags & SLUICE_CALL_STREAM) != 0;
    int64_t peak_us = stream ? d->peak_first_us : d->peak_us;
    int64_t at_ms = stream ? d->peak_first_at_ms : d->peak_at_ms;
    double load = (double)peak_us, failing = (double)(d->error_ppm > 0 ? d->error_ppm : 0) / 1e6;

    if (peak_us < 0)
        return d->in_flight > 0 ? 1e12 * (double)d->in_flight : 0;
    if (d->in_flight <= 0)
        load *= exp2(-(double)((int64_t)r->now_ms - at_ms) / self->half_life_ms);
    /* A failure is fast, and costs another try somewhere. */
    return (load + 1) * (double)(d->in_flight + 1) * (1 + 10 * failing);
}

static sluice_status p2c_pick(sluice_router *self, const sluice_route *r,
                              const sluice_deployment *const *candidates, size_t n,
                              sluice_choice *out, sluice_error *err)
{
    uint32_t high = (uint32_t)(r->random >> 32), low = (uint32_t)r->random;
    uint32_t a = (uint32_t)((uint64_t)high * n >> 32), b;

    (void)err;
    out->index = a;
    if (n == 1)
        return SLUICE_OK;
    b = (uint32_t)((uint64_t)low * (n - 1) >> 32);
    b += b >= a; /* the other ones */
    if (SLUICE_HAS(r, sluice_route, fetch) && r->fetch) {
        r->fetch(r, a);
        r->fetch(r, b);
    }
    if (load_of(self, r, candidates[b]) < load_of(self, r, candidates[a]))
        out->index = b;
    return SLUICE_OK;
}

static const sluice_router_class router_class = {
    .struct_size = sizeof(sluice_router_class),
    .flags = SLUICE_ROUTER_FETCHES,
    .config_schema = "{\"type\":\"object\",\"properties\":{"
                     "\"half_life\":{\"type\":\"number\",\"minimum\":0.001}}}",
    .create = p2c_create,
    .destroy = p2c_destroy,
    .pick = p2c_pick,
};

SL_PLUGIN(p2c_ewma, "p2c_ewma", "0.1.0", "sluice",
          "of two random deployments the one with less to wait for", SLUICE_ROUTER_ID,
          &router_class)
