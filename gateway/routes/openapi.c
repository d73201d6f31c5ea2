/* SPDX-License-Identifier: Apache-2.0 */
/*
 * openapi.c - /openapi.json: the route table as OpenAPI 3.1. Paths are made from the table, so they
 * cannot differ from what is served; the schemas are openapi_schemas.json, embedded at build time.
 */
#include "routes/handlers.h"

#include <sluice/sluice.h>
#include <sluice_sdk/json.h>

extern const char gw_openapi_schemas[]; /* generated from openapi_schemas.json */

static void reference(struct sl_json_out *o, const char *schema)
{
    struct sl_buf text;

    sl_buf_init(&text, 256);
    sl_buf_printf(&text, "#/components/schemas/%s", schema);
    sl_json_open(o, '{');
    sl_json_kv_str(o, "$ref", sl_buf_span(&text));
    sl_json_close(o, '}');
    sl_buf_finish(&text);
}

static void content(struct sl_json_out *o, const char *type, const char *schema)
{
    sl_json_key(o, "content");
    sl_json_open(o, '{');
    sl_json_key(o, type);
    sl_json_open(o, '{');
    if (schema) {
        sl_json_key(o, "schema");
        reference(o, schema);
    }
    sl_json_close(o, '}');
    sl_json_close(o, '}');
}

static void responses(struct sl_json_out *o, const struct gw_route *r)
{
    sl_json_key(o, "responses");
    sl_json_open(o, '{');
    sl_json_key(o, r->flags & GW_SOCKET ? "101" : "200");
    sl_json_open(o, '{');
    sl_json_kv_str(o, "description", sl_span_str(r->summary));
    if (!(r->flags & GW_SOCKET))
        content(o, r->handle == gw_metrics ? "text/plain" : "application/json", r->answer);
    sl_json_close(o, '}');
    sl_json_key(o, "default");
    sl_json_open(o, '{');
    sl_json_kv_str(o, "description", SL_SPAN("What went wrong, in OpenAI's shape"));
    content(o, "application/json", "Error");
    sl_json_close(o, '}');
    sl_json_close(o, '}');
}

/* "POST /v1/completions" as "post_v1_completions", so that each operation has a name. */
static void operation_id(struct sl_json_out *o, const struct gw_route *r)
{
    struct sl_buf id;
    bool gap = true;

    sl_buf_init(&id, 256);
    for (size_t i = 0; i < r->method.len; i++)
        sl_buf_add_char(&id, sl_lower(r->method.ptr[i]));
    for (size_t i = 0; i < r->pattern.len; i++) {
        char c = r->pattern.ptr[i];
        bool word = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');

        if (word && gap)
            sl_buf_add_char(&id, '_');
        if (word)
            sl_buf_add_char(&id, c);
        gap = !word;
    }
    sl_json_kv_str(o, "operationId", sl_buf_span(&id));
    sl_buf_finish(&id);
}

static void operation(struct sl_json_out *o, const struct gw_route *r)
{
    size_t open = sl_span_find_char(r->pattern, '{');

    sl_json_open(o, '{');
    operation_id(o, r);
    sl_json_kv_str(o, "summary", sl_span_str(r->summary));
    sl_json_key(o, "security");
    sl_json_open(o, '[');
    if (r->auth == GW_AUTH_KEY)
        sl_json_raw(o, SL_SPAN("{\"bearer\":[]},{\"x-api-key\":[]},{\"api-key\":[]}"));
    sl_json_close(o, ']');
    if (open < r->pattern.len) {
        sluice_span name = sl_span_from(r->pattern, open + 1);

        sl_json_key(o, "parameters");
        sl_json_open(o, '[');
        sl_json_open(o, '{');
        sl_json_kv_str(o, "name", sl_span_head(name, sl_span_find_char(name, '}')));
        sl_json_kv_str(o, "in", SL_SPAN("path"));
        sl_json_kv_bool(o, "required", true);
        sl_json_kv_raw(o, "schema", SL_SPAN("{\"type\":\"string\"}"));
        sl_json_close(o, '}');
        sl_json_close(o, ']');
    }
    if (r->schema) {
        sl_json_key(o, "requestBody");
        sl_json_open(o, '{');
        sl_json_kv_bool(o, "required", true);
        content(o, r->body_type ? r->body_type : "application/json", r->schema);
        sl_json_close(o, '}');
    }
    responses(o, r);
    sl_json_close(o, '}');
}

static void method(struct sl_json_out *o, const struct gw_route *r)
{
    char name[8] = "";

    for (size_t k = 0; k < r->method.len && k + 1 < sizeof name; k++)
        name[k] = sl_lower(r->method.ptr[k]);
    sl_json_key(o, name);
    operation(o, r);
}

static bool was_before(size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (sl_span_eq(gw_routes[k].pattern, gw_routes[i].pattern))
            return true;
    return false;
}

static void paths(struct sl_json_out *o)
{
    sl_json_key(o, "paths");
    sl_json_open(o, '{');
    for (size_t i = 0; i < gw_n_routes; i++) {
        if (was_before(i))
            continue;
        if (!gw_routes[i].method.len) /* not ours to describe */
            continue;
        sl_json_key_span(o, gw_routes[i].pattern);
        sl_json_open(o, '{');
        for (size_t k = i; k < gw_n_routes; k++)
            if (sl_span_eq(gw_routes[k].pattern, gw_routes[i].pattern))
                method(o, &gw_routes[k]);
        sl_json_close(o, '}');
    }
    sl_json_close(o, '}');
}

void gw_openapi(struct gw_exchange *x)
{
    struct sl_buf body;
    struct sl_json_out o;

    sl_buf_init(&body, 4u << 20);
    o = sl_json_out(&body);
    sl_json_open(&o, '{');
    sl_json_kv_str(&o, "openapi", SL_SPAN("3.1.0"));
    sl_json_kv_raw(&o, "info",
                   SL_SPAN("{\"title\":\"sluice\",\"version\":\"" SLUICE_VERSION
                           "\",\"summary\":\"A gateway for language models\","
                           "\"license\":{\"name\":\"Apache-2.0\",\"identifier\":\"Apache-2.0\"}}"));
    sl_json_kv_raw(&o, "servers", SL_SPAN("[{\"url\":\"/\"}]"));
    paths(&o);
    sl_json_kv_raw(&o, "components", sl_span_str(gw_openapi_schemas));
    sl_json_close(&o, '}');
    if (sl_buf_ok(&body))
        gw_answer(&x->reply, 200, "application/json", sl_buf_span(&body));
    else
        gw_refuse_status(&x->reply, SLUICE_E_NOMEM, NULL);
    sl_buf_finish(&body);
}
