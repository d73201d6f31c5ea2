/* SPDX-License-Identifier: Apache-2.0 */
/* health.c - /health and what is below it. Nothing here calls anybody: calls have been made, and
 * background checks run by themselves. */
#include "routes/query.h"
#include "server/text.h"

void gw_alive(struct gw_exchange *x)
{
    gw_answer(&x->reply, 200, "application/json", SL_SPAN("\"I'm alive!\""));
}

/* ---- readiness: without a key, so nothing about models -------------------------------------- */

static bool is_true(sluice_span json, const char *path)
{
    return sl_json_is_true(sl_json_find(json, path));
}

static bool has_text(sluice_span json, const char *path, sluice_span wanted)
{
    sluice_span text;

    return sl_json_raw_string(sl_json_find(json, path), &text) && sl_span_eq(text, wanted);
}

/* Names of the loggers, all of them or those that fail. */
static void write_loggers(struct gw_query *q, sluice_span loggers, const char *name, bool failing)
{
    struct sl_json_iter it = { 0 };
    sluice_span ignored, logger, text;

    sl_json_key(&q->out, name);
    sl_json_open(&q->out, '[');
    while (sl_json_next(&it, loggers, &ignored, &logger))
        if ((!failing || is_true(logger, "failing")) &&
            sl_json_raw_string(sl_json_find(logger, "name"), &text))
            sl_json_inside_str(&q->out, text);
    sl_json_close(&q->out, ']');
}

static int ready_row(struct gw_query *q, sluice_span json)
{
    sluice_span cache = sl_json_find(json, "cache"), loggers = sl_json_find(json, "loggers");
    sluice_span missing;

    if (q->draining || !has_text(json, "status", SL_SPAN("healthy"))) {
        q->others = sl_json_raw_string(sl_json_find(json, "missing"), &missing) &&
                    sl_span_eq(missing, SL_SPAN("object_store"));
        return 0;
    }
    q->rows++;
    sl_json_open(&q->out, '{');
    sl_json_kv_str(&q->out, "status", SL_SPAN("healthy"));
    sl_json_kv_str(&q->out, "db", SL_SPAN("Not connected"));
    sl_json_kv_raw(&q->out, "cache", cache.ptr ? cache : SL_SPAN("null"));
    if (is_true(json, "cache_failing"))
        sl_json_kv_bool(&q->out, "cache_failing", true);
    sl_json_kv_str(&q->out, "version", sl_span_str(sluice_version()));
    if (loggers.ptr) {
        write_loggers(q, loggers, "success_callbacks", false);
        write_loggers(q, loggers, "failing_callbacks", true);
    }
    sl_json_close(&q->out, '}');
    return 0;
}

static int end_ready(struct gw_query *q, const char **type)
{
    (void)type;
    if (q->rows)
        return 200;
    gw_refuse(&q->reply, 503, "server_error", "not_ready",
              q->draining ? "The gateway is shutting down."
              : q->others ? "The object store does not work."
                          : "The gateway is not healthy.");
    return 503;
}

static const struct gw_verb readiness = { .verb = SL_SPAN("health"),
                                          .row = ready_row,
                                          .end = end_ready };

void gw_ready(struct gw_exchange *x)
{
    gw_query(x, &readiness);
}

/* ---- how much is under way ------------------------------------------------------------------- */

static int backlog_row(struct gw_query *q, sluice_span json)
{
    int64_t calls = 0;

    (void)sl_json_i64(sl_json_find(json, "calls"), &calls);
    sl_json_open(&q->out, '{');
    sl_json_kv_i64(&q->out, "in_flight_requests", calls);
    sl_json_close(&q->out, '}');
    return 0;
}

static int end_plain(struct gw_query *q, const char **type)
{
    (void)q;
    (void)type;
    return 200;
}

static const struct gw_verb backlog = { .verb = SL_SPAN("health"),
                                        .row = backlog_row,
                                        .end = end_plain };

void gw_backlog(struct gw_exchange *x)
{
    gw_query(x, &backlog);
}

/* ---- deployments ------------------------------------------------------------------------------
 */

static void begin_health(struct gw_query *q)
{
    sl_json_open(&q->out, '{');
    sl_json_key(&q->out, "healthy_endpoints");
    sl_json_open(&q->out, '[');
}

static int health_row(struct gw_query *q, sluice_span json)
{
    if (is_true(json, "healthy")) {
        sl_json_raw(&q->out, json);
        q->rows++;
        return 0;
    }
    if (q->others++)
        sl_buf_add_char(&q->aside, ',');
    sl_buf_add(&q->aside, json);
    return 0;
}

static int end_health(struct gw_query *q, const char **type)
{
    (void)type;
    sl_json_close(&q->out, ']');
    sl_json_key(&q->out, "unhealthy_endpoints");
    sl_json_open(&q->out, '[');
    if (q->others)
        sl_json_raw(&q->out, sl_buf_span(&q->aside));
    sl_json_close(&q->out, ']');
    sl_json_kv_i64(&q->out, "healthy_count", (int64_t)q->rows);
    sl_json_kv_i64(&q->out, "unhealthy_count", (int64_t)q->others);
    sl_json_close(&q->out, '}');
    return sl_buf_ok(&q->aside) ? 200 : 500;
}

static const struct gw_verb health = {
    .verb = SL_SPAN("health.endpoints"), .begin = begin_health, .row = health_row, .end = end_health
};

void gw_health(struct gw_exchange *x)
{
    struct gw_verb verb = health;
    struct sl_buf argument;

    sl_buf_init(&argument, 65536);
    if (gw_query_json(x->query, &argument)) {
        verb.argument = sl_buf_span(&argument);
        gw_query(x, &verb);
    } else {
        gw_refuse(&x->reply, 400, "invalid_request_error", NULL, "The query cannot be read.");
    }
    sl_buf_finish(&argument);
}

/* ---- what calls lean on -----------------------------------------------------------------------
 */

static void begin_services(struct gw_query *q)
{
    sl_json_open(&q->out, '{');
    sl_json_key(&q->out, "services");
    sl_json_open(&q->out, '[');
}

static int services_row(struct gw_query *q, sluice_span json)
{
    sl_json_raw(&q->out, json);
    return 0;
}

static int end_services(struct gw_query *q, const char **type)
{
    (void)type;
    sl_json_close(&q->out, ']');
    sl_json_close(&q->out, '}');
    return 200;
}

static const struct gw_verb services = {
    .verb = SL_SPAN("health.services"),
    .begin = begin_services,
    .row = services_row,
    .end = end_services,
};

static int service_row(struct gw_query *q, sluice_span json)
{
    if (!has_text(json, "service", sl_buf_span(&q->name)))
        return 0;
    q->rows = 1;
    q->others = !is_true(json, "healthy");
    sl_json_open(&q->out, '{');
    sl_json_kv_str(&q->out, "status", q->others ? SL_SPAN("error") : SL_SPAN("success"));
    sl_json_kv_str(&q->out, "message",
                   q->others ? SL_SPAN("Its last records could not be written.")
                             : SL_SPAN("It works."));
    sl_json_kv_raw(&q->out, "details", json);
    sl_json_close(&q->out, '}');
    return 1;
}

static int end_service(struct gw_query *q, const char **type)
{
    (void)type;
    if (q->rows)
        return q->others ? 503 : 200;
    gw_refuse(&q->reply, 400, "invalid_request_error", "unknown_service",
              "There is no such service; GET /health/services lists those there are.");
    return 400;
}

static const struct gw_verb one_service = { .verb = SL_SPAN("health.services"),
                                            .row = service_row,
                                            .end = end_service };

void gw_services(struct gw_exchange *x)
{
    sluice_span query = x->query, name, value;
    char text[256];
    size_t n;

    while (gw_query_next(&query, &name, &value))
        if (sl_span_eq(name, SL_SPAN("service")) && value.len <= sizeof text &&
            gw_percent_decode(value, true, text, &n)) {
            x->param_value = sl_span(text, n);
            gw_query(x, &one_service);
            return;
        }
    gw_query(x, &services);
}
