/* SPDX-License-Identifier: Apache-2.0 */
/* banner.c - the lines at the start. The key is named by its variable, never printed. */
#include "process/banner.h"

#include <stdio.h>
#include <sluice_sdk/json.h>

#define NAMES_MAX (1u << 20)

void gw_banner_init(struct gw_banner *b)
{
    *b = (struct gw_banner){ 0 };
    sl_buf_init(&b->names, NAMES_MAX);
    sl_buf_init(&b->example, 1024);
}

void gw_banner_finish(struct gw_banner *b)
{
    sl_buf_finish(&b->names);
    sl_buf_finish(&b->example);
}

static bool is_listed(const struct gw_banner *b, sluice_span name)
{
    sluice_span rest = sl_buf_span(&b->names);

    while (rest.len) {
        sluice_span line = sl_span_head(rest, sl_span_find_char(rest, '\n'));

        if (sl_span_eq(line, name))
            return true;
        rest = sl_span_from(rest, line.len + 1);
    }
    return false;
}

static int on_row(void *ctx, sluice_span json)
{
    struct gw_banner *b = ctx;
    sluice_span name, provider = { NULL, 0 };
    bool mock;

    if (!sl_json_raw_string(sl_json_find(json, "model_name"), &name) || is_listed(b, name))
        return 0;
    sl_json_raw_string(sl_json_find(json, "provider"), &provider);
    mock = sl_span_eq(provider, SL_SPAN("mock"));
    sl_buf_add(&b->names, name);
    sl_buf_add_char(&b->names, '\n');
    b->n++;
    if (sl_span_find_char(name, '*') == name.len &&
        (!b->example.len || (mock && !b->example_is_mock))) {
        sl_buf_reset(&b->example);
        sl_buf_add(&b->example, name);
        b->example_is_mock = mock;
    }
    return 0;
}

sluice_status gw_banner_read(struct gw_banner *b, sluice_loop *loop, struct event_base *base,
                             sluice_error *err)
{
    return gw_ask(loop, base, "deployments", on_row, b, err);
}

void gw_banner_print(const struct gw_banner *b, const char *url, bool master_key, bool tls)
{
    sluice_span rest = sl_buf_span(&b->names), model = sl_buf_span(&b->example);

    printf("sluice %s serves %zu model%s:\n", sluice_version(), b->n, b->n == 1 ? "" : "s");
    while (rest.len) {
        sluice_span line = sl_span_head(rest, sl_span_find_char(rest, '\n'));

        printf("    %.*s\n", SL_FMT(line));
        rest = sl_span_from(rest, line.len + 1);
    }
    if (!model.len)
        model = SL_SPAN("MODEL");
    /* The certificate is hardly one for the address: -k. */
    printf("at %s - try:\n\n    curl %s%s/v1/chat/completions -H 'Content-Type: application/json' "
           "%s-d '{\"model\": \"%.*s\", \"messages\": [{\"role\": \"user\", \"content\": "
           "\"hello\"}]}'\n\n",
           url, tls ? "-k " : "", url,
           master_key ? "-H \"Authorization: Bearer $LITELLM_MASTER_KEY\" " : "", SL_FMT(model));
    fflush(stdout);
}
