/* SPDX-License-Identifier: Apache-2.0 */
/* models.c - GET /models and /models/{id}: what the caller's key may use, in OpenAI's shape. */
#include "routes/query.h"

static void begin_list(struct gw_query *q)
{
    sl_json_open(&q->out, '{');
    sl_json_key(&q->out, "data");
    sl_json_open(&q->out, '[');
}

static int list_row(struct gw_query *q, sluice_span json)
{
    sl_json_raw(&q->out, json);
    return 0;
}

static int end_list(struct gw_query *q, const char **type)
{
    (void)type;
    sl_json_close(&q->out, ']');
    sl_json_kv_str(&q->out, "object", SL_SPAN("list"));
    sl_json_close(&q->out, '}');
    return 200;
}

static const struct gw_verb list = {
    .verb = SL_SPAN("models.list"), .begin = begin_list, .row = list_row, .end = end_list
};

void gw_models(struct gw_exchange *x)
{
    gw_query(x, &list);
}

/* Is this row the model that was asked for? Names come decoded from the path. */
static bool is_named(sluice_span row, sluice_span name)
{
    sluice_span inside;
    char id[1024];

    return sl_json_raw_string(sl_json_find(row, "id"), &inside) && inside.len <= sizeof id &&
           sl_span_eq(sl_span(id, sl_json_unescape(inside, id)), name);
}

static int find_row(struct gw_query *q, sluice_span json)
{
    if (!is_named(json, sl_buf_span(&q->name)))
        return 0;
    sl_json_raw(&q->out, json);
    q->rows = 1;
    return 1;
}

static int end_find(struct gw_query *q, const char **type)
{
    (void)type;
    if (q->rows)
        return 200;
    gw_refuse(&q->reply, 404, "invalid_request_error", "model_not_found",
              "There is no such model, or the key may not use it; GET /v1/models lists those it "
              "may.");
    return 404;
}

static const struct gw_verb one = { .verb = SL_SPAN("models.list"),
                                    .row = find_row,
                                    .end = end_find };

void gw_model(struct gw_exchange *x)
{
    gw_query(x, &one);
}
