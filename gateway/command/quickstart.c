/* SPDX-License-Identifier: Apache-2.0 */
/* quickstart.c - flags to a configuration. */
#include "command/quickstart.h"

#include "command/logline.h"

#include <errno.h>
#include <stdlib.h>
#include <sluice_sdk/json.h>

#define TEXT_MAX 65536

struct family {
    const char *prefix, *provider;
};

/* How vendors call their models; anything else is taken for OpenAI's, as most servers speak so. */
static const struct family families[] = {
    { "claude", "anthropic" },  { "gemini", "gemini" },  { "mistral", "mistral" },
    { "codestral", "mistral" }, { "command", "cohere" }, { "deepseek", "deepseek" },
    { "grok", "xai" },          { "mock", "mock" },
};

void gw_qualified(const char *model, struct sl_buf *out)
{
    const char *provider = "openai";

    if (!strchr(model, '/')) {
        for (size_t i = 0; i < sizeof families / sizeof families[0]; i++)
            if (sl_span_starts(sl_span_str(model), sl_span_str(families[i].prefix)))
                provider = families[i].provider;
        sl_buf_printf(out, "%s/", provider);
    }
    sl_buf_add_str(out, model);
}

static bool add_number(struct sl_json_out *o, const char *name, const char *text, FILE *notes)
{
    char *end = NULL;

    if (!text)
        return true;
    errno = 0;
    if ((strtod(text, &end) < 0 || errno || end == text || *end) ||
        sl_json_validate(sl_span_str(text), &(struct sl_json_error){ 0 }) < 0) {
        fprintf(notes, "sluice: --%s: \"%s\" is not a number\n", name, text);
        return false;
    }
    sl_json_kv_raw(o, name, sl_span_str(text));
    return true;
}

static bool add_headers(struct sl_json_out *o, const char *text, FILE *notes)
{
    struct sl_json_error why;

    if (!text)
        return true;
    if (sl_json_validate(sl_span_str(text), &why) < 0 ||
        sl_json_type(sl_span_trim(sl_span_str(text))) != SL_JSON_OBJECT) {
        fprintf(notes, "sluice: --headers: not a JSON object\n");
        return false;
    }
    sl_json_kv_raw(o, "extra_headers", sl_span_str(text));
    return true;
}

static bool add_params(const struct gw_options *o, struct sl_json_out *j, FILE *notes)
{
    struct sl_buf model;
    bool ok;

    sl_buf_init(&model, TEXT_MAX);
    gw_qualified(o->model, &model);
    sl_json_key(j, "litellm_params");
    sl_json_open(j, '{');
    sl_json_kv_str(j, "model", sl_buf_span(&model));
    if (o->api_base)
        sl_json_kv_str(j, "api_base", sl_span_str(o->api_base));
    if (o->api_version)
        sl_json_kv_str(j, "api_version", sl_span_str(o->api_version));
    if (o->drop_params)
        sl_json_kv_bool(j, "drop_params", true);
    ok = add_number(j, "temperature", o->temperature, notes) &&
         add_number(j, "max_tokens", o->max_tokens, notes) && add_headers(j, o->headers, notes) &&
         sl_buf_ok(&model);
    sl_json_close(j, '}');
    sl_buf_finish(&model);
    return ok;
}

bool gw_quickstart(const struct gw_options *o, struct sl_buf *out, FILE *notes)
{
    struct sl_json_out j = sl_json_out(out);

    sl_json_open(&j, '{');
    sl_json_key(&j, "model_list");
    sl_json_open(&j, '[');
    sl_json_open(&j, '{');
    sl_json_kv_str(&j, "model_name", sl_span_str(o->alias ? o->alias : o->model));
    if (!add_params(o, &j, notes))
        return false;
    sl_json_close(&j, '}');
    sl_json_close(&j, ']');
    if (o->request_timeout) {
        sl_json_key(&j, "litellm_settings");
        sl_json_open(&j, '{');
        if (!add_number(&j, "request_timeout", o->request_timeout, notes))
            return false;
        sl_json_close(&j, '}');
    }
    sl_json_close(&j, '}');
    return sl_buf_ok(out);
}

bool gw_opening_init(struct gw_opening *g, const struct gw_options *o, FILE *notes)
{
    sl_buf_init(&g->text, TEXT_MAX);
    g->options = (sluice_options){ .struct_size = sizeof g->options,
                                   .config_file = o->config,
                                   .plugin_path = o->plugin_path,
                                   .product = "sluice " SLUICE_VERSION,
                                   .log = gw_log_library };
    if (!o->config && o->model) {
        if (!gw_quickstart(o, &g->text, notes))
            return false;
        g->options.config = sl_buf_span(&g->text);
    }
    return true;
}

void gw_opening_finish(struct gw_opening *g)
{
    sl_buf_finish(&g->text);
}
