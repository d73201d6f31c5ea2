/* SPDX-License-Identifier: Apache-2.0 */
/* Steps that become chunks, and counts that become usage: the output contract where no upstream is
 * needed to see it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>
#include "format/dialect/dialect.h"

struct chat {
    struct sluice_arena arena;
    struct sl_encoder e;
    struct sl_buf out;
};

static void open_chat(struct chat *c)
{
    *c = (struct chat){ 0 };
    sl_arena_init(&c->arena, 16u << 20);
    sl_buf_init(&c->out, 16u << 20);
    c->e = (struct sl_encoder){ .dialect = &sl_dialect_openai_chat,
                                .arena = &c->arena,
                                .id = SL_SPAN("i"),
                                .model = SL_SPAN("m") };
}

static void close_chat(struct chat *c)
{
    sl_encoder_finish(&c->e);
    sl_arena_finish(&c->arena);
    sl_buf_finish(&c->out);
}

static sluice_status step(struct chat *c, uint32_t kind, uint32_t choice, uint32_t index,
                          const char *text)
{
    return c->e.dialect->delta(&c->e,
                               &(sluice_delta){ .struct_size = sizeof(sluice_delta),
                                                .kind = kind,
                                                .choice = choice,
                                                .index = index,
                                                .id = SL_SPAN("t"),
                                                .name = SL_SPAN("f"),
                                                .text = sl_span_str(text) },
                               &c->out);
}

static const char *end(struct chat *c)
{
    struct sl_usage usage = { 0 };

    assert_int_equal(c->e.dialect->end(&c->e, &usage, &c->out), SLUICE_OK);
    sl_buf_add_char(&c->out, 0);
    return c->out.ptr;
}

static size_t times(const char *text, const char *part)
{
    size_t n = 0;

    for (; (text = strstr(text, part)); text++)
        n++;
    return n;
}

static void tool_indices_are_dense_whatever_the_blocks_are(void **state)
{
    struct chat c;
    const char *text;

    (void)state;
    open_chat(&c);
    step(&c, SLUICE_DELTA_TOOL_START, 0, 3, "");
    step(&c, SLUICE_DELTA_TOOL_START, 0, 7, "");
    text = end(&c);
    assert_non_null(strstr(text, "\"tool_calls\":[{\"index\":0,\"id\""));
    assert_non_null(strstr(text, "\"tool_calls\":[{\"index\":1,\"id\""));
    close_chat(&c);
}

static void call_without_arguments_gets_an_empty_object(void **state)
{
    struct chat c;

    (void)state;
    open_chat(&c);
    step(&c, SLUICE_DELTA_TOOL_START, 0, 1, "");
    assert_int_equal(times(end(&c), "\"arguments\":\"{}\""), 1);
    close_chat(&c);
}

static void each_choice_finishes_once_and_done_comes_once(void **state)
{
    struct chat c;
    const char *text;

    (void)state;
    open_chat(&c);
    step(&c, SLUICE_DELTA_TEXT, 0, 0, "a");
    step(&c, SLUICE_DELTA_FINISH, 0, 0, "stop");
    step(&c, SLUICE_DELTA_TEXT, 1, 0, "b");
    step(&c, SLUICE_DELTA_FINISH, 1, 0, "length");
    text = end(&c);
    assert_int_equal(times(text, "\"finish_reason\":\"stop\""), 1);
    assert_int_equal(times(text, "\"finish_reason\":\"length\""), 1);
    assert_int_equal(times(text, "[DONE]"), 1);
    close_chat(&c);
}

static sluice_status probabilities(struct chat *c, const char *members)
{
    return c->e.dialect->delta(&c->e,
                               &(sluice_delta){ .struct_size = sizeof(sluice_delta),
                                                .kind = SLUICE_DELTA_LOGPROBS,
                                                .extra = sl_span_str(members) },
                               &c->out);
}

static void probabilities_of_tokens_stand_beside_the_delta(void **state)
{
    struct chat c;

    (void)state;
    open_chat(&c);
    probabilities(&c, "\"content\":[{\"token\":\"a\"}]");
    assert_non_null(strstr(end(&c), "\"delta\":{},\"logprobs\":{\"content\":[{\"token\":\"a\"}],"
                                    "\"refusal\":null},\"finish_reason\":null"));
    close_chat(&c);
}

static void halves_of_a_surrogate_pair_leave_together(void **state)
{
    struct chat c;

    (void)state;
    open_chat(&c);
    step(&c, SLUICE_DELTA_TEXT, 0, 0, "a\\ud83d");
    step(&c, SLUICE_DELTA_TEXT, 0, 0, "\\ude00b");
    assert_non_null(strstr(end(&c), "\"\\ud83d\\ude00b\""));
    close_chat(&c);
}

static void choices_without_end_are_refused(void **state)
{
    struct chat c;
    sluice_status st = SLUICE_OK;
    uint32_t n = 0;

    (void)state;
    open_chat(&c);
    while (st >= 0 && n < 1000)
        st = step(&c, SLUICE_DELTA_TEXT, n++, 0, "a");
    assert_true(n > 128 && n < 1000);
    close_chat(&c);
}

static void counts_beyond_belief_are_not_taken(void **state)
{
    struct sl_usage u = { 0 };

    (void)state;
    sl_usage_read(&u, SL_SPAN("{\"prompt_tokens\":9223372036854775807,\"completion_tokens\":"
                              "9223372036854775807,\"reasoning_tokens\":9223372036854775807,"
                              "\"total_tokens\":9223372036854775807}"));
    assert_false(sl_usage_has(&u, SLUICE_USE_OUTPUT));
    sl_usage_read(&u, SL_SPAN("{\"prompt_tokens\":3,\"completion_tokens\":5}"));
    assert_int_equal(sl_usage_get(&u, SLUICE_USE_INPUT, -1), 3);
}

/* Some vendors say a call's name with every fragment, some number all calls alike. */
static void call_that_is_said_again_is_the_same_one_unless_its_id_differs(void **state)
{
    struct chat c;
    const char *text;

    (void)state;
    open_chat(&c);
    step(&c, SLUICE_DELTA_TOOL_START, 0, 0, "");
    step(&c, SLUICE_DELTA_TOOL_ARGS, 0, 0, "{");
    step(&c, SLUICE_DELTA_TOOL_START, 0, 0, "");
    step(&c, SLUICE_DELTA_TOOL_ARGS, 0, 0, "}");
    c.e.dialect->delta(&c.e,
                       &(sluice_delta){ .struct_size = sizeof(sluice_delta),
                                        .kind = SLUICE_DELTA_TOOL_START,
                                        .id = SL_SPAN("u"),
                                        .name = SL_SPAN("g") },
                       &c.out);
    text = end(&c);
    assert_int_equal(times(text, "\"name\":\"f\""), 1);
    assert_non_null(strstr(text, "\"tool_calls\":[{\"index\":1,\"id\":\"u\""));
    close_chat(&c);
}

static sluice_status extra(struct chat *c, const char *members)
{
    return c->e.dialect->collect(&c->e, &(sluice_delta){ .struct_size = sizeof(sluice_delta),
                                                         .kind = SLUICE_DELTA_EXTRA,
                                                         .extra = sl_span_str(members) });
}

static void annotations_are_joined_and_of_other_members_the_last_stands(void **state)
{
    struct sl_usage usage = { 0 };
    struct chat c;

    (void)state;
    open_chat(&c);
    assert_int_equal(extra(&c, "\"annotations\":[1],\"citations\":[\"a\"]"), SLUICE_OK);
    assert_int_equal(extra(&c, "\"annotations\":[],\"x\":{}"), SLUICE_OK);
    assert_int_equal(extra(&c, "\"annotations\":[2],\"citations\":[\"a\",\"b\"]"), SLUICE_OK);
    assert_int_equal(extra(&c, "no member"), SLUICE_E_UPSTREAM);
    assert_int_equal(c.e.dialect->whole(&c.e, &usage, &c.out), SLUICE_OK);
    sl_buf_add_char(&c.out, 0);
    assert_non_null(
        strstr(c.out.ptr, "\"annotations\":[1,2],\"x\":{},\"citations\":[\"a\",\"b\"]}"));
    close_chat(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tool_indices_are_dense_whatever_the_blocks_are),
        cmocka_unit_test(call_without_arguments_gets_an_empty_object),
        cmocka_unit_test(each_choice_finishes_once_and_done_comes_once),
        cmocka_unit_test(probabilities_of_tokens_stand_beside_the_delta),
        cmocka_unit_test(halves_of_a_surrogate_pair_leave_together),
        cmocka_unit_test(choices_without_end_are_refused),
        cmocka_unit_test(counts_beyond_belief_are_not_taken),
        cmocka_unit_test(call_that_is_said_again_is_the_same_one_unless_its_id_differs),
        cmocka_unit_test(annotations_are_joined_and_of_other_members_the_last_stands),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
