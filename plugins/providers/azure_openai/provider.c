/* SPDX-License-Identifier: Apache-2.0 */
/*
 * provider.c - OpenAI's models at Azure: the same bodies at other addresses, which hold the
 * deployment's name and the API's version, or, undated, neither. What is put together here from
 * config.schema.json is run by what openai_compat's vendors have in common.
 */
#include <openai_common/exchange.h>

#include <azure_openai_config.h>

#include <stdlib.h>
#include <sluice_sdk/buf.h>
#include <sluice_sdk/plugin.h>
#include <sluice_sdk/span.h>
#include <sluice_sdk/status.h>

#define VERSION_DEFAULT "2024-10-21"
#define LAYER_MAX (64u << 10)
#define UNDER "deployments/{model}/" /* what the undated API has no use for */

struct sluice_provider {
    const sluice_host *host;
    bool undated; /* api_version says so; else the address may */
    struct vendor dated, v1;
};

struct sluice_exchange {
    struct oc_exchange x;
    sluice_call call; /* with the address as it is meant */
};

static sluice_span schema(const char *name)
{
    return sl_json_member(sl_span_str(azure_openai_config), sl_span_str(name));
}

/* ---- instances ---- */

static void azure_destroy(sluice_provider *self)
{
    if (!self)
        return;
    oc_vendor_finish(&self->dated);
    oc_vendor_finish(&self->v1);
    free(self);
}

static void write_operations(struct sl_json_out *o, bool undated, bool preview)
{
    struct sl_json_iter it = { 0 };
    sluice_span name, value, path;
    struct sl_buf text;

    sl_json_key(o, "operations");
    sl_json_open(o, '{');
    sl_buf_init(&text, 1024);
    while (sl_json_next(&it, schema("x-operations"), &name, &value)) {
        (void)sl_json_raw_string(value, &path);
        if (undated && sl_span_starts(path, SL_SPAN(UNDER)))
            path = sl_span_from(path, strlen(UNDER));
        sl_buf_reset(&text);
        sl_buf_printf(&text, "/openai/%s%.*s%s", undated ? "v1/" : "", SL_FMT(path),
                      !undated  ? "?api-version={api_version}"
                      : preview ? "?api-version=preview"
                                : "");
        if (sl_span_eq(name, SL_SPAN("realtime"))) /* a GET: it has no body to name a model in */
            sl_buf_printf(&text, "%c%s={model}",
                          sl_span_find_char(sl_buf_span(&text), '?') < text.len ? '&' : '?',
                          undated ? "model" : "deployment");
        sl_json_key_span(o, name);
        sl_json_str(o, sl_buf_span(&text));
        o->buf->failed |= text.failed;
    }
    sl_buf_finish(&text);
    sl_json_close(o, '}');
}

/* What an older version does not know; versions begin with their date. */
static sluice_span request_of(sluice_span version)
{
    struct sl_json_iter it = { 0 };
    sluice_span before, value;

    while (sl_json_next(&it, schema("x-requests"), &before, &value))
        if (version.len >= before.len && memcmp(version.ptr, before.ptr, before.len) < 0)
            return value;
    return SL_SPAN("{\"profile\":\"openai\"}");
}

static sluice_status read_vendor(struct vendor *v, sluice_span config, sluice_span version,
                                 bool undated, sluice_error *err)
{
    sluice_span layers[] = { schema("x-sluice"), oc_reasoning_models(), { NULL, 0 }, config };
    struct sl_buf b;
    struct sl_json_out o;
    sluice_status st = SLUICE_E_NOMEM;

    sl_buf_init(&b, LAYER_MAX);
    o = sl_json_out(&b);
    sl_json_open(&o, '{');
    write_operations(&o, undated, sl_span_eq(version, SL_SPAN("preview")));
    sl_json_kv_raw(&o, "request",
                   undated ? SL_SPAN("{\"profile\":\"openai\"}") : request_of(version));
    sl_json_kv_str(&o, "api_version", version);
    sl_json_close(&o, '}');
    layers[2] = sl_buf_span(&b);
    if (sl_buf_ok(&b))
        st = oc_vendor_read(v, layers, 4, err);
    else
        sl_fail(err, st, "out of memory creating a provider");
    sl_buf_finish(&b);
    return st;
}

static sluice_status azure_create(const sluice_host *host, sluice_span config,
                                  sluice_provider **out, sluice_error *err)
{
    sluice_provider *p = calloc(1, sizeof *p);
    sluice_span version, given;
    const char *env = secure_getenv("AZURE_API_VERSION");
    sluice_status st;

    if (!p)
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory creating a provider");
    p->host = host;
    if (!config.len)
        config = SL_SPAN("{}");
    if (!env || !*env)
        env = secure_getenv("OPENAI_API_VERSION");
    version = env && *env ? sl_span_str(env) : SL_SPAN(VERSION_DEFAULT);
    given = sl_json_validate(config, NULL) == SLUICE_OK && sl_json_type(config) == SL_JSON_OBJECT
                ? sl_json_member(config, SL_SPAN("api_version"))
                : sl_span(NULL, 0);
    if (given.len > 2)
        (void)sl_json_raw_string(given, &version);
    p->undated = sl_span_eq(version, SL_SPAN("v1")) || sl_span_eq(version, SL_SPAN("preview")) ||
                 sl_span_eq(version, SL_SPAN("latest"));
    st = read_vendor(&p->dated, config, version, false, err);
    if (st == SLUICE_OK)
        st = read_vendor(&p->v1, config, version, true, err);
    if (st < 0)
        azure_destroy(p);
    else
        *out = p;
    return st;
}

static sluice_status azure_accepts(sluice_provider *self, sluice_span operation, sluice_span model)
{
    return oc_accepts(&self->dated, operation, model);
}

/* ---- the call ---- */

/* "https://NAME.openai.azure.com" of what people paste: with /openai, /openai/v1, or a deployment's
 * own address behind it. */
static sluice_span resource_of(sluice_span base, bool *undated)
{
    size_t scheme = sl_span_find(base, SL_SPAN("://")), at;
    sluice_span rest = sl_span_from(base, scheme < base.len ? scheme + 3 : 0), path;

    at = (size_t)(rest.ptr - base.ptr) + sl_span_find_char(rest, '/');
    path = sl_span_from(base, at);
    if (sl_span_starts(path, SL_SPAN("/openai/v1")))
        *undated = true;
    at += sl_span_find(path, SL_SPAN("/openai"));
    base = sl_span_head(base, at);
    base = sl_span_head(base, sl_span_find_char(base, '?'));
    while (base.len && base.ptr[base.len - 1] == '/')
        base.len--;
    return base;
}

static sluice_status azure_begin(sluice_provider *self, const sluice_call *call,
                                 sluice_arena *arena, sluice_exchange **out, sluice_error *err)
{
    sluice_exchange *x = sl_alloc(arena, sizeof *x);
    bool undated = self->undated;
    sluice_status st;

    if (!x)
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory beginning a call");
    memset(&x->call, 0, sizeof x->call);
    memcpy(&x->call, call, call->struct_size < sizeof x->call ? call->struct_size : sizeof x->call);
    x->call.base_url = resource_of(call->base_url, &undated);
    st = oc_begin(&x->x, self->host, undated ? &self->v1 : &self->dated, &x->call, arena, err);
    if (st == SLUICE_OK)
        *out = x;
    return st;
}

static sluice_status azure_request(sluice_exchange *x, sluice_http_request *out, sluice_error *err)
{
    return oc_request(&x->x, out, err);
}

static sluice_status azure_head(sluice_exchange *x, const sluice_http_head *head, uint32_t *framing,
                                sluice_error *err)
{
    return oc_head(&x->x, head, framing, err);
}

static sluice_status azure_data(sluice_exchange *x, const sluice_frame *frame,
                                const sluice_sink *sink, sluice_error *err)
{
    return oc_data(&x->x, frame, sink, err);
}

/* ---- what was filtered ---- */

/* The filter's findings, at one of the places where they have been seen. */
static sluice_span findings(sluice_span body)
{
    static const char *const places[] = {
        "error.innererror.content_filter_result",   "error.innererror.content_filter_results",
        "error.inner_error.content_filter_results", "innererror.content_filter_result",
        "inner_error.content_filter_results",
    };
    sluice_span found = { 0 };

    for (size_t i = 0; i < sizeof places / sizeof *places && !found.ptr; i++)
        found = sl_json_find(body, places[i]);
    return found.ptr && sl_json_type(found) == SL_JSON_OBJECT ? found : sl_span("{}", 2);
}

/* " (filtered: hate high, jailbreak)" behind the message, since clients see no more than that. */
static void tell_findings(const struct oc_exchange *x, sluice_error *err)
{
    sluice_span body = sl_span_trim(x->error_body), name, value, severity;
    struct sl_json_iter it = { 0 };
    struct sl_buf b;

    if (!err || sl_json_validate(body, NULL) < 0)
        return;
    sl_buf_init(&b, sizeof err->message);
    sl_buf_add_str(&b, err->message);
    while (sl_json_next(&it, findings(body), &name, &value)) {
        if (sl_json_type(value) != SL_JSON_OBJECT ||
            !sl_json_is_true(sl_json_member(value, SL_SPAN("filtered"))))
            continue;
        sl_buf_add_str(&b, b.len == strlen(err->message) ? " (filtered: " : ", ");
        sl_buf_add(&b, name);
        if (sl_json_raw_string(sl_json_member(value, SL_SPAN("severity")), &severity)) {
            sl_buf_add_char(&b, ' ');
            sl_buf_add(&b, severity);
        }
    }
    if (b.len > strlen(err->message))
        sl_buf_add_char(&b, ')');
    if (sl_buf_ok(&b))
        sl_copy_text(err->message, sizeof err->message, sl_buf_span(&b));
    sl_buf_finish(&b);
}

static sluice_status azure_end(sluice_exchange *x, const sluice_sink *sink, sluice_error *err)
{
    sluice_status st = oc_end(&x->x, sink, err);

    if (st == SLUICE_E_REFUSED)
        tell_findings(&x->x, err);
    return st;
}

static const sluice_provider_class provider_class = {
    .struct_size = sizeof(sluice_provider_class),
    .operations = oc_operations,
    .config_schema = azure_openai_config,
    .create = azure_create,
    .destroy = azure_destroy,
    .begin = azure_begin,
    .request = azure_request,
    .head = azure_head,
    .data = azure_data,
    .end = azure_end,
    .accepts = azure_accepts,
};

SL_PLUGIN(azure_openai, "azure_openai", "0.1.0", "sluice",
          "OpenAI's models at Azure, by key or Entra ID", SLUICE_PROVIDER_ID, &provider_class)
