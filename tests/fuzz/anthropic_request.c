/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes the translation of requests: whatever a caller sends is refused or becomes a body that
 * keeps the vendor's rules: valid JSON, turns that alternate and begin with the user, none of them
 * empty, each tool call answered exactly once in the turn behind it and in front of everything
 * else, ids that fit and are used once. The first byte picks model and flags.
 */
#include "exchange.h"
#include "format/json_tree.h"

#include <stdlib.h>

const sluice_plugin *sluice_builtin_anthropic(void);

static void require(bool ok)
{
    if (!ok)
        __builtin_trap();
}

static const char *const models[] = { "claude-sonnet-4-5",        "claude-opus-4-8",
                                      "claude-opus-5-5",          "claude-3-haiku-20240307",
                                      "claude-sonnet-4-20250514", "claude-sonnet-5-5",
                                      "claude-opus-4-6",          "other" };

static bool is(const struct sl_json *block, const char *type)
{
    return sl_json_is(sl_json_get(block, "type"), type);
}

static void check_id(sluice_span id)
{
    require(id.len >= 1 && id.len <= 64);
    for (size_t i = 0; i < id.len; i++)
        require(strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-",
                       id.ptr[i]) != NULL);
}

static size_t count(const struct sl_json *content, const char *type, const char *member,
                    sluice_span id)
{
    size_t n = 0;

    sl_json_each(b, content)
    {
        n += is(b, type) && sl_span_eq(sl_json_inside(sl_json_get(b, member)), id);
    }

    return n;
}

/* Native blocks are the caller's own affair; only what we write is looked at. */
static void check_turn(const struct sl_json *turn)
{
    const struct sl_json *content = sl_json_get(turn, "content");
    const struct sl_json *next = turn->next ? sl_json_get(turn->next, "content") : NULL;
    bool rest = false;

    require(content && content->n > 0);
    sl_json_each(b, content)
    {
        if (is(b, "tool_use")) {
            sluice_span id = sl_json_inside(sl_json_get(b, "id"));

            check_id(id);
            require(sl_json_get(b, "input")->type == SL_JSON_OBJECT);
            require(count(next, "tool_result", "tool_use_id", id) == 1);
            require(count(content, "tool_use", "id", id) == 1);
        }
        if (is(b, "tool_result"))
            require(!rest);
        else
            rest = true;
    }
}

static void check_body(sluice_span body)
{
    struct sluice_arena arena;
    struct sl_json_error e;
    struct sl_json *tree;
    bool assistant = true;

    sl_arena_init(&arena, (size_t)256 << 20);
    require(sl_json_validate(body, &e) >= 0);
    /* names used twice inside arguments are the caller's, and no tree can be made of them */
    if (sl_json_parse(sl_json_find(body, "messages"), &arena, &tree, &e) < 0) {
        sl_arena_finish(&arena);
        return;
    }
    sl_json_each(turn, tree)
    {
        require(sl_json_is(sl_json_get(turn, "role"), assistant ? "user" : "assistant"));
        assistant = !assistant;
        check_turn(turn);
    }
    require(tree->n > 0);
    sl_arena_finish(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct sl_testplugin *plugin;
    static struct sl_testhost *host;
    static struct sl_test_provider p;
    struct sl_test_call call = { .credential = SLUICE_CRED_KEY };
    sluice_header type = { SL_SPAN("content-type"), SL_SPAN("application/json") };
    struct sl_test_answer answer = { .status = 200, .headers = &type, .n_headers = 1 };
    struct sl_test_result r;
    sluice_error err = SLUICE_ERROR_INIT;

    if (size < 1)
        return 0;
    if (!plugin) {
        require(sl_testplugin_wrap(sluice_builtin_anthropic, &plugin, &err) >= 0);
        host = sl_testhost_create();
        require(host && sl_test_provider_init(&p, host, plugin, SL_SPAN("{}"), &err) >= 0);
    }
    call.model = sl_span_str(models[data[0] & 7]);
    call.flags = data[0] & 8 ? SLUICE_CALL_DROP : 0;
    call.body = sl_span((const char *)data + 1, size - 1);
    answer.body = SL_SPAN("{\"type\":\"message\",\"content\":[]}");
    sl_test_exchange(&p, &call, &answer, 1, NULL, &r);
    if (r.status >= 0 && r.requests) {
        const char *body = strstr(r.requests, "\n\n");

        require(body != NULL);
        check_body(sl_span_trim(sl_span_str(body)));
    } else {
        require(r.status == SLUICE_E_INVALID || r.status == SLUICE_E_NOMEM);
    }
    sl_test_result_finish(&r);
    return 0;
}
