/* SPDX-License-Identifier: Apache-2.0 */
/*
 * router.c - a choice by rules: the first one whose conditions hold says who is asked, either
 * another model group or some of these deployments, of which one is drawn by weight. A rule none of
 * whose deployments is there is passed over; without a rule all are drawn from. For instance
 *
 *   rules:
 *   - {when: {max_input_tokens: 500, model: chat}, use: {model: cheap-chat}}
 *   - {when: {hours: "22:00-06:00"}, use: {providers: [batch_vendor]}}
 */
#include <stdlib.h>
#include <string.h>
#include <sluice_sdk/json.h>
#include <sluice_sdk/plugin.h>
#include <sluice_sdk/rules.h>
#include <sluice_sdk/span.h>
#include <sluice_sdk/status.h>

struct sluice_router {
    const sluice_host *host;
    sluice_span rules; /* a JSON array within the copy of the configuration that follows */
};

static sluice_status check(sluice_span rules, sluice_error *err)
{
    struct sl_json_iter it = { 0 };
    sluice_status st = SLUICE_OK;
    sluice_span name, rule;

    while (st >= 0 && sl_json_next(&it, rules, &name, &rule))
        st = sl_rules_check(sl_json_member(rule, SL_SPAN("when")), "rules.when.hours", err);
    return st;
}

static sluice_status rules_create(const sluice_host *host, sluice_span config, sluice_router **out,
                                  sluice_error *err)
{
    sluice_router *self = calloc(1, sizeof *self + config.len + 1);
    sluice_status st;
    char *copy;

    if (!self)
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory for a router");
    copy = (char *)(self + 1);
    if (config.len)
        memcpy(copy, config.ptr, config.len);
    self->host = host;
    self->rules = sl_json_member(sl_span(copy, config.len), SL_SPAN("rules"));
    st = check(self->rules, err);
    if (st < 0)
        free(self);
    else
        *out = self;
    return st;
}

static void rules_destroy(sluice_router *self)
{
    free(self);
}

static sluice_status rules_pick(sluice_router *self, const sluice_route *route,
                                const sluice_deployment *const *candidates, size_t n,
                                sluice_choice *out, sluice_error *err)
{
    int64_t unix_ms = self->host->unix_ms(self->host);
    struct sl_json_iter it = { 0 };
    sluice_span name, rule;

    (void)err;
    while (self->rules.ptr && sl_json_next(&it, self->rules, &name, &rule)) {
        sluice_span when = sl_json_member(rule, SL_SPAN("when"));
        sluice_span use = sl_json_member(rule, SL_SPAN("use"));
        sluice_span model = sl_json_member(use, SL_SPAN("model"));

        if (!sl_rules_hold(when, route, unix_ms))
            continue;
        if (model.ptr && sl_json_raw_string(model, &model) && !sl_span_eq(model, route->group)) {
            out->group = model;
            return SLUICE_OK;
        }
        if (sl_rules_draw(use, candidates, n, route->random, &out->index))
            return SLUICE_OK;
    }
    (void)sl_rules_draw(sl_span(NULL, 0), candidates, n, route->random, &out->index);
    return SLUICE_OK;
}

static const char config_schema[] =
    "{\"type\":\"object\",\"properties\":{\"rules\":{\"type\":\"array\",\"items\":{"
    "\"type\":\"object\",\"properties\":{"
    "\"when\":{\"type\":\"object\",\"properties\":{" SL_RULES_WHEN
    "},\"additionalProperties\":false},"
    "\"use\":{\"type\":\"object\",\"properties\":{\"model\":{\"type\":\"string\"}," SL_RULES_USE
    "},\"additionalProperties\":false}},\"required\":[\"use\"],\"additionalProperties\":false}}}}";

static const sluice_router_class router_class = {
    .struct_size = sizeof(sluice_router_class),
    .flags = SLUICE_ROUTER_NO_COUNTERS | SLUICE_ROUTER_HEADERS,
    .config_schema = config_schema,
    .create = rules_create,
    .destroy = rules_destroy,
    .pick = rules_pick,
};

SL_PLUGIN(conditional, "conditional", "0.1.0", "sluice",
          "by rules over model, tags, metadata, headers, size and time", SLUICE_ROUTER_ID,
          &router_class)
