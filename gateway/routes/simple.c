/* SPDX-License-Identifier: Apache-2.0 */
/* simple.c - metrics, the list of routes, and what stands at "/". */
#include "routes/query.h"

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
        sl_json_str(&o, r->method.len ? r->method : SL_SPAN("*"));
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
