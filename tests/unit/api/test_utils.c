/* SPDX-License-Identifier: Apache-2.0 */
/* LiteLLM's small questions: tokens of a prompt, parameters of a model. */
#include "kit.h"

struct told {
    char row[2048];
    sluice_status status;
    char message[448];
    atomic_int done;
};

static int on_row(void *ctx, sluice_span json)
{
    struct told *t = ctx;

    snprintf(t->row, sizeof t->row, "%.*s", (int)json.len, json.ptr);
    return 0;
}

static void on_told(void *ctx, sluice_status status, const sluice_error *err)
{
    struct told *t = ctx;

    t->status = status;
    if (err)
        snprintf(t->message, sizeof t->message, "%s", err->message);
    atomic_store(&t->done, 1);
}

#define CONFIG                                                                                     \
    "model_list:\n"                                                                                \
    "- {model_name: chat, litellm_params: {model: mock/echo}, model_info: "                        \
    "{supports_function_calling: false, supports_reasoning: true}}\n"                              \
    "- {model_name: 'any/*', litellm_params: {model: 'mock/*'}}\n"

static struct told ask_verb(const char *verb, const char *argument)
{
    sluice *s = open_text(CONFIG);
    sluice_loop *loop = spawn(s);
    sluice_error err = SLUICE_ERROR_INIT;
    struct told t = { .done = 0 };

    assert_int_equal(sluice_control(loop, (sluice_span){ NULL, 0 }, text(verb), text(argument),
                                    on_row, on_told, &t, &err),
                     SLUICE_OK);
    while (!atomic_load(&t.done))
        nanosleep(&(struct timespec){ 0, 1000000 }, NULL);
    sluice_close(s, 0);
    return t;
}

static void tokens_of_messages_are_counted(void **state)
{
    struct told t = ask_verb("tokens.count", "{\"model\":\"chat\",\"messages\":[{\"role\":\"user\","
                                             "\"content\":\"Hello, how are you?\"}]}");

    (void)state;
    /* 13 by the vendors' own way of counting */
    assert_non_null(strstr(t.row, "{\"total_tokens\":1"));
    assert_non_null(strstr(t.row, "\"request_model\":\"chat\",\"model_used\":\"echo\","
                                  "\"tokenizer_type\":\"estimate\""));
}

static void tokens_of_prompts_and_unknown_models_are_counted_too(void **state)
{
    struct told t = ask_verb("tokens.count", "{\"model\":\"x\",\"prompt\":\"one two three\"}");

    (void)state;
    assert_non_null(
        strstr(t.row, "{\"total_tokens\":3,\"request_model\":\"x\",\"model_used\":\"x\""));
    t = ask_verb("tokens.count",
                 "{\"model\":\"any/big\",\"contents\":[{\"parts\":[{\"text\":\"a\"}]}]}");
    assert_non_null(strstr(t.row, "\"model_used\":\"big\""));
}

static void what_cannot_be_counted_is_refused(void **state)
{
    static const char *const wrong[] = {
        "", "[]", "{", "{\"model\":\"chat\"}", "{\"messages\":[]}", "{\"model\":1,\"prompt\":\"x\"}"
    };

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct told t = ask_verb("tokens.count", wrong[i]);

        assert_int_equal(t.status, SLUICE_E_INVALID);
        assert_true(t.message[0]);
    }
}

static void params_leave_out_what_the_model_cannot_do(void **state)
{
    struct told t = ask_verb("params.supported", "{\"model\":\"chat\"}");

    (void)state;
    assert_non_null(strstr(t.row, "\"temperature\""));
    assert_non_null(strstr(t.row, "\"reasoning_effort\""));
    assert_null(strstr(t.row, "\"tools\""));
    t = ask_verb("params.supported", "{\"model\":\"any/x\"}");
    assert_non_null(strstr(t.row, "\"tools\"")); /* nobody knows: it may */
}

static void params_of_no_model_are_refused(void **state)
{
    (void)state;
    assert_int_equal(ask_verb("params.supported", "{}").status, SLUICE_E_INVALID);
    assert_int_equal(ask_verb("params.supported", "{\"model\":\"nothing\"}").status,
                     SLUICE_E_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tokens_of_messages_are_counted),
        cmocka_unit_test(tokens_of_prompts_and_unknown_models_are_counted_too),
        cmocka_unit_test(what_cannot_be_counted_is_refused),
        cmocka_unit_test(params_leave_out_what_the_model_cannot_do),
        cmocka_unit_test(params_of_no_model_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
