/* SPDX-License-Identifier: Apache-2.0 */
/* simple.c - health, metrics, the list of routes, and what stands at "/". */
#include "query.h"

void gw_alive(struct gw_exchange *x)
{
    gw_answer(&x->reply, 200, "application/json", SL_SPAN("\"I'm alive!\""));
}

/* ---- readiness: without a key, so nothing about models -------------------------------------- */

static int ready_row(struct gw_query *q, sluice_span json)
{
    sluice_span status;

    if (sl_json_raw_string(sl_json_find(json, "status"), &status) &&
        sl_span_eq(status, SL_SPAN("healthy")))
        q->rows++;
    return 0;
}

static int end_ready(struct gw_query *q, const char **type)
{
    (void)type;
    if (q->draining || !q->rows) {
        gw_refuse(&q->reply, 503, "server_error", "not_ready",
                  q->draining ? "The gateway is shutting down." : "The gateway is not healthy.");
        return 503;
    }
    sl_json_open(&q->out, '{');
    sl_json_kv_str(&q->out, "status", SL_SPAN("healthy"));
    sl_json_kv_str(&q->out, "db", SL_SPAN("Not connected"));
    sl_json_kv_raw(&q->out, "cache", SL_SPAN("null"));
    sl_json_kv_str(&q->out, "version", sl_span_str(sluice_version()));
    sl_json_close(&q->out, '}');
    return 200;
}

static const struct gw_verb readiness = { .verb = SL_SPAN("health"),
                                          .row = ready_row,
                                          .end = end_ready };

void gw_ready(struct gw_exchange *x)
{
    gw_query(x, &readiness);
}

/* ---- health: deployments as calls have found them; nothing is sent to them for it ----------- */

static void begin_health(struct gw_query *q)
{
    sl_json_open(&q->out, '{');
    sl_json_key(&q->out, "healthy_endpoints");
    sl_json_open(&q->out, '[');
}

/* Has it failed every call that it got? */
static bool is_unhealthy(sluice_span row)
{
    int64_t calls = 0, failures = 0;

    return sl_json_i64(sl_json_find(row, "calls"), &calls) &&
           sl_json_i64(sl_json_find(row, "failures"), &failures) && calls > 0 && failures >= calls;
}

static int health_row(struct gw_query *q, sluice_span json)
{
    if (!is_unhealthy(json)) {
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
    .verb = SL_SPAN("deployments"), .begin = begin_health, .row = health_row, .end = end_health
};

void gw_health(struct gw_exchange *x)
{
    gw_query(x, &health);
}

/* ---- metrics --------------------------------------------------------------------------------- */

/* The text comes as one JSON string. */
static int metrics_row(struct gw_query *q, sluice_span json)
{
    sluice_span inside;

    if (sl_json_raw_string(json, &inside) && sl_buf_reserve(&q->body, inside.len))
        q->body.len += sl_json_unescape(inside, q->body.ptr + q->body.len);
    return 0;
}

static int end_metrics(struct gw_query *q, const char **type)
{
    (void)q;
    *type = "text/plain; version=0.0.4; charset=utf-8";
    return 200;
}

static const struct gw_verb metrics = { .verb = SL_SPAN("metrics"),
                                        .row = metrics_row,
                                        .end = end_metrics };

void gw_metrics(struct gw_exchange *x)
{
    gw_query(x, &metrics);
}

/* ---- about itself ---------------------------------------------------------------------------- */

void gw_list_routes(struct gw_exchange *x)
{
    struct sl_buf body;
    struct sl_json_out o;

    sl_buf_init(&body, 1u << 20);
    o = sl_json_out(&body);
    sl_json_open(&o, '{');
    sl_json_key(&o, "routes");
    sl_json_open(&o, '[');
    for (size_t i = 0; i < gw_n_routes; i++) {
        const struct gw_route *r = &gw_routes[i];

        sl_json_open(&o, '{');
        sl_json_kv_str(&o, "path", r->pattern);
        sl_json_key(&o, "methods");
        sl_json_open(&o, '[');
        sl_json_str(&o, r->method);
        sl_json_close(&o, ']');
        sl_json_kv_str(&o, "name", sl_span_str(r->summary));
        sl_json_kv_bool(&o, "key", r->auth == GW_AUTH_KEY);
        sl_json_close(&o, '}');
    }
    sl_json_close(&o, ']');
    sl_json_close(&o, '}');
    if (sl_buf_ok(&body))
        gw_answer(&x->reply, 200, "application/json", sl_buf_span(&body));
    else
        gw_refuse_status(&x->reply, SLUICE_E_NOMEM, NULL);
    sl_buf_finish(&body);
}

void gw_front(struct gw_exchange *x)
{
    gw_answer(&x->reply, 200, "application/json",
              SL_SPAN("{\"name\":\"sluice\",\"version\":\"" SLUICE_VERSION
                      "\",\"routes\":\"/routes\",\"openapi\":\"/openapi.json\","
                      "\"ready\":\"/health/readiness\"}"));
}
