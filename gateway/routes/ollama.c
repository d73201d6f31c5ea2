/* SPDX-License-Identifier: Apache-2.0 */
/* ollama.c - what Ollama's clients ask beside calls: which models there are, what one of them is,
 * which version answers. Sizes and digests of other people's models are nobody's to know. */
#include "routes/query.h"

#define VERSION "{\"version\":\"0.12.0\"}" /* whose API this is */
#define DETAILS                                                                                    \
    "{\"parent_model\":\"\",\"format\":\"\",\"family\":\"\",\"families\":[],"                      \
    "\"parameter_size\":\"\",\"quantization_level\":\"\"}"

static void begin_tags(struct gw_query *q)
{
    sl_json_open(&q->out, '{');
    sl_json_key(&q->out, "models");
    sl_json_open(&q->out, '[');
}

static int tag_row(struct gw_query *q, sluice_span json)
{
    sluice_span id = sl_json_find(json, "id");

    if (!id.ptr)
        return 0;
    sl_json_open(&q->out, '{');
    sl_json_kv_raw(&q->out, "name", id);
    sl_json_kv_raw(&q->out, "model", id);
    sl_json_kv_str(&q->out, "modified_at", SL_SPAN("1970-01-01T00:00:00Z"));
    sl_json_kv_i64(&q->out, "size", 0);
    sl_json_kv_str(&q->out, "digest", SL_SPAN(""));
    sl_json_kv_raw(&q->out, "details", SL_SPAN(DETAILS));
    sl_json_close(&q->out, '}');
    return 0;
}

static int end_tags(struct gw_query *q, const char **type)
{
    (void)type;
    sl_json_close(&q->out, ']');
    sl_json_close(&q->out, '}');
    return 200;
}

static const struct gw_verb tags = {
    .verb = SL_SPAN("models.list"), .begin = begin_tags, .row = tag_row, .end = end_tags
};

void gw_ollama_tags(struct gw_exchange *x)
{
    x->reply.shape = GW_SHAPE_OLLAMA;
    gw_query(x, &tags);
}

/* What can be asked for is what the API has; a model that cannot do it says so when it is asked. */
#define CAPABILITIES "[\"completion\",\"tools\",\"vision\",\"thinking\"]"

static int show_row(struct gw_query *q, sluice_span json)
{
    sluice_span inside, name = sl_buf_span(&q->name);

    if (!sl_json_raw_string(sl_json_find(json, "id"), &inside) || !sl_span_eq(inside, name))
        return 0;
    q->rows = 1;
    sl_json_open(&q->out, '{');
    sl_json_kv_raw(&q->out, "details", SL_SPAN(DETAILS));
    sl_json_kv_raw(&q->out, "model_info", SL_SPAN("{}"));
    sl_json_kv_raw(&q->out, "capabilities", SL_SPAN(CAPABILITIES));
    sl_json_kv_str(&q->out, "modified_at", SL_SPAN("1970-01-01T00:00:00Z"));
    sl_json_close(&q->out, '}');
    return 1;
}

static int end_show(struct gw_query *q, const char **type)
{
    (void)type;
    if (q->rows)
        return 200;
    gw_refuse(&q->reply, 404, "invalid_request_error", "model_not_found",
              "model not found; /api/tags lists those that the key may use");
    return 404;
}

static const struct gw_verb show = { .verb = SL_SPAN("models.list"),
                                     .row = show_row,
                                     .end = end_show };

static void show_body(struct gw_exchange *x, sluice_span body)
{
    struct sl_json_error why;
    sluice_span model;

    if (sl_json_validate(body, &why) < 0 || sl_json_type(body) != SL_JSON_OBJECT ||
        (!sl_json_raw_string(sl_json_find(body, "model"), &model) &&
         !sl_json_raw_string(sl_json_find(body, "name"), &model))) {
        gw_refuse(&x->reply, 400, "invalid_request_error", NULL, "model is required");
        return;
    }
    x->param_value = model;
    gw_query(x, &show);
}

void gw_ollama_show(struct gw_exchange *x)
{
    gw_gather(x, show_body);
}

void gw_ollama_version(struct gw_exchange *x)
{
    gw_answer(&x->reply, 200, "application/json", SL_SPAN(VERSION));
}
