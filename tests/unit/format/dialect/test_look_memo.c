/* SPDX-License-Identifier: Apache-2.0 */
/* test_look_memo.c - what the memo says of a text is what a look says of it. */
#include "format/dialect/look_memo.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include "base/arena.h"

#define ANSWER(id, created, content, usage)                                                        \
    "{\"id\":\"" id "\",\"object\":\"chat.completion\",\"created\":" created                       \
    ",\"model\":\"m-1\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\"" \
    ":\"" content "\"},\"finish_reason\":\"stop\"}],\"usage\":" usage "}"
#define USAGE(in, out, total, cached)                                                              \
    "{\"prompt_tokens\":" in ",\"completion_tokens\":" out ",\"total_tokens\":" total              \
    ",\"prompt_tokens_details\":{\"cached_tokens\":" cached "}}"

static const struct sl_dialect *const dialect = &sl_dialect_openai_chat;

static bool same(sluice_span a, sluice_span b)
{
    return a.ptr == b.ptr && a.len == b.len;
}

/* Looks at it both ways; true when the memo knew it. */
static bool both(struct sl_look_memo *m, const char *text, bool whole)
{
    struct sluice_arena arena;
    struct sl_event_view looked, known;
    struct sl_usage u = { 0 }, v = { 0 };
    bool found;

    sl_arena_init(&arena, 1 << 20);
    assert_int_equal(dialect->look(SL_SPAN(""), sl_span_str(text), whole, &arena, &looked, &u),
                     SLUICE_OK);
    found = sl_look_memo_find(m, sl_span_str(text), &known, &v);
    if (found) {
        assert_int_equal(known.cls, looked.cls);
        assert_true(same(known.id, looked.id));
        assert_true(same(known.model, looked.model));
        assert_true(same(known.error, looked.error));
        assert_int_equal(known.has_usage, looked.has_usage);
        assert_int_equal(known.usage_null, looked.usage_null);
        assert_int_equal(known.usage_only, looked.usage_only);
        assert_memory_equal(&u, &v, sizeof u);
    } else {
        sl_look_memo_keep(m, sl_span_str(text), &looked);
    }
    sl_arena_finish(&arena);
    return found;
}

static void answers_alike_are_known_from_the_third_on(void **state)
{
    struct sl_look_memo m;

    (void)state;
    sl_look_memo_init(&m);
    assert_false(both(&m, ANSWER("a", "1", "one", USAGE("1", "2", "3", "0")), true));
    assert_false(both(&m, ANSWER("b", "2", "two", USAGE("4", "5", "9", "1")), true));
    assert_true(both(&m, ANSWER("ccc", "33", "three", USAGE("700", "80", "780", "600")), true));
    assert_true(both(&m, ANSWER("d", "1700000000", "x\\n", USAGE("1e2", "0", "100", "0")), true));
    sl_look_memo_finish(&m);
}

static void events_alike_are_known_whatever_moves_in_them(void **state)
{
    struct sl_look_memo m;
    char text[256];
    int known = 0;

    (void)state;
    sl_look_memo_init(&m);
    for (int i = 0; i < 20; i++) {
        snprintf(text, sizeof text,
                 "{\"id\":\"c\",\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"content\":"
                 "\" word%d\"}}],\"usage\":null,\"obfuscation\":\"%.*s\"}",
                 i, i % 7 + 1, "zyxwvut");
        known += both(&m, text, false);
    }
    assert_int_equal(known, 18);
    sl_look_memo_finish(&m);
}

static void events_around_the_content_are_known_as_what_they_are(void **state)
{
    static const char *const forms[] = {
        "{\"id\":\"c%d\",\"model\":\"m\",\"choices\":[{\"delta\":{\"role\":\"assistant\","
        "\"content\":"
        "\"\"},\"finish_reason\":null}]}",
        "{\"id\":\"c%d\",\"model\":\"m\",\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}",
        "{\"id\":\"c%d\",\"model\":\"m\",\"choices\":[],\"usage\":{\"prompt_tokens\":1,"
        "\"completion_tokens\":2}}",
    };
    char text[256];

    (void)state;
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        struct sl_look_memo m;

        sl_look_memo_init(&m);
        for (int k = 0; k < 10; k++) {
            snprintf(text, sizeof text, forms[i], k);
            assert_int_equal(both(&m, text, false), k > 1);
        }
        sl_look_memo_finish(&m);
    }
}

static void why_a_stream_ends_is_never_taken_for_something_else(void **state)
{
    static const char *const texts[] = {
        "{\"id\":\"c\",\"choices\":[{\"delta\":{},\"finish_reason\":null}]}",
        "{\"id\":\"c\",\"choices\":[{\"delta\":{},\"finish_reason\":\"\"}]}",
        "{\"id\":\"c\",\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}",
        "{\"id\":\"c\",\"choices\":[{\"delta\":{\"content\":\"\"},\"finish_reason\":null}]}",
        "{\"id\":\"c\",\"choices\":[{\"delta\":{\"content\":\"a\"},\"finish_reason\":null}]}",
    };
    struct sl_look_memo m;

    (void)state;
    sl_look_memo_init(&m);
    for (size_t i = 0; i < 4 * (sizeof texts / sizeof *texts); i++)
        (void)both(&m, texts[i % 5], false); /* it compares */
    sl_look_memo_finish(&m);
}

static void errors_and_calls_of_tools_are_never_known(void **state)
{
    static const char *const texts[] = {
        "{\"error\":{\"message\":\"a\"}}",
        "{\"id\":\"c\",\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0}]}}]}",
        "[DONE]",
    };
    struct sl_look_memo m;

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        sl_look_memo_init(&m);
        for (int k = 0; k < 4; k++)
            assert_false(both(&m, texts[i], false));
        sl_look_memo_finish(&m);
    }
}

static void a_text_that_turns_empty_is_looked_at_again(void **state)
{
    struct sl_look_memo m;

    (void)state;
    sl_look_memo_init(&m);
    both(&m, ANSWER("a", "1", "one", "null"), true);
    both(&m, ANSWER("b", "2", "two", "null"), true);
    assert_false(both(&m, ANSWER("c", "3", "", "null"), true));
    sl_look_memo_finish(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_alike_are_known_from_the_third_on),
        cmocka_unit_test(events_alike_are_known_whatever_moves_in_them),
        cmocka_unit_test(events_around_the_content_are_known_as_what_they_are),
        cmocka_unit_test(why_a_stream_ends_is_never_taken_for_something_else),
        cmocka_unit_test(errors_and_calls_of_tools_are_never_known),
        cmocka_unit_test(a_text_that_turns_empty_is_looked_at_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
