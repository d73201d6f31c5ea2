/* SPDX-License-Identifier: Apache-2.0 */
/* test_control.c - administration: rows of each verb, who may ask, and when the loop goes away. */
#include "kit.h"

#include <event2/event.h>

struct rows {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int n, most, dones;
    sluice_status status;
    char all[65536];
};

static int on_row(void *ctx, sluice_span json)
{
    struct rows *r = ctx;
    size_t len = strlen(r->all);

    r->n++;
    snprintf(r->all + len, sizeof r->all - len, "%.*s\n", (int)json.len, json.ptr);
    return r->most && r->n >= r->most;
}

static void on_rows_done(void *ctx, sluice_status status, const sluice_error *err)
{
    struct rows *r = ctx;

    (void)err;
    pthread_mutex_lock(&r->lock);
    r->dones++;
    r->status = status;
    pthread_cond_signal(&r->changed);
    pthread_mutex_unlock(&r->lock);
}

static void rows_init(struct rows *r)
{
    memset(r, 0, sizeof *r);
    pthread_mutex_init(&r->lock, NULL);
    pthread_cond_init(&r->changed, NULL);
}

static void rows_finish(struct rows *r)
{
    pthread_cond_destroy(&r->changed);
    pthread_mutex_destroy(&r->lock);
}

static sluice_status question(struct rows *r, sluice_loop *loop, const char *key, const char *verb)
{
    sluice_error err = SLUICE_ERROR_INIT;
    sluice_span k = { NULL, 0 };

    return sluice_control(loop, key ? text(key) : k, text(verb), text(""), on_row, on_rows_done, r,
                          &err);
}

static void answer_to(struct rows *r, sluice_loop *loop, const char *verb)
{
    assert_int_equal(question(r, loop, NULL, verb), SLUICE_OK);
    pthread_mutex_lock(&r->lock);
    while (!r->dones)
        pthread_cond_wait(&r->changed, &r->lock);
    pthread_mutex_unlock(&r->lock);
    assert_int_equal(r->status, SLUICE_OK);
}

static void each_verb_has_its_rows(void **state)
{
    static const struct {
        const char *verb;
        int rows; /* 0 = some */
        const char *part;
    } verbs[] = {
        { "models.list", 3, "\"id\":\"echo\",\"object\":\"model\"" },
        { "plugins.list", 0, "\"id\":\"mock\"" },
        { "deployments", 3, "\"model_name\":\"slow\"" },
        { "health", 1, "\"status\":\"healthy\"" },
        { "metrics", 1, "sluice_calls_in_flight" },
        { "metrics", 1, "sluice_queued_total{queue=\\\"process\\\",model_group=\\\"\\\"} 0" },
        { "server", 1, "\"master_key\":false" },
    };
    sluice *s = open_text(MODELS);
    sluice_loop *loop = spawn(s);

    (void)state;
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
        struct rows r;

        rows_init(&r);
        answer_to(&r, loop, verbs[i].verb);
        if (verbs[i].rows)
            assert_int_equal(r.n, verbs[i].rows);
        assert_non_null(strstr(r.all, verbs[i].part));
        rows_finish(&r);
    }
    sluice_close(s, 0);
}

static void a_row_function_can_stop(void **state)
{
    sluice *s = open_text(MODELS);
    struct rows r;

    (void)state;
    rows_init(&r);
    r.most = 1;
    answer_to(&r, spawn(s), "models.list");
    assert_int_equal(r.n, 1);
    assert_int_equal(r.dones, 1);
    sluice_close(s, 0);
    rows_finish(&r);
}

static void an_unknown_verb_is_refused_at_once(void **state)
{
    sluice *s = open_text(MODELS);
    struct rows r;

    (void)state;
    rows_init(&r);
    assert_int_equal(question(&r, spawn(s), NULL, "no.such"), SLUICE_E_INVALID);
    sluice_close(s, 0);
    assert_int_equal(r.dones, 0);
    rows_finish(&r);
}

static void a_wrong_key_is_refused_and_the_embedder_is_trusted(void **state)
{
    sluice *s = open_text(MODELS "general_settings: {master_key: sk-m}\n");
    sluice_loop *loop = spawn(s);
    struct rows r;

    (void)state;
    rows_init(&r);
    assert_int_equal(question(&r, loop, "sk-wrong", "models.list"), SLUICE_E_DENIED);
    answer_to(&r, loop, "models.list");
    assert_int_equal(r.n, 3);
    rows_finish(&r);
    rows_init(&r);
    answer_to(&r, loop, "server");
    assert_non_null(strstr(r.all, "\"master_key\":true"));
    assert_null(strstr(r.all, "sk-m"));
    sluice_close(s, 0);
    rows_finish(&r);
}

static void a_question_on_a_loop_that_ends_is_answered_or_told_so(void **state)
{
    (void)state;
    for (int i = 0; i < 50; i++) {
        sluice *s = open_text(MODELS);
        struct rows r;

        rows_init(&r);
        assert_int_equal(question(&r, spawn(s), NULL, "plugins.list"), SLUICE_OK);
        sluice_close(s, 0);
        assert_int_equal(r.dones, 1);
        assert_true(r.status == SLUICE_OK || r.status == SLUICE_E_SHUTDOWN);
        rows_finish(&r);
    }
}

static void a_question_on_a_loop_that_is_detached_is_told_so(void **state)
{
    sluice *s = open_text(MODELS);
    struct event_base *base = event_base_new();
    sluice_error err = SLUICE_ERROR_INIT;
    sluice_loop *loop;
    struct rows r;

    (void)state;
    rows_init(&r);
    assert_int_equal(sluice_attach(s, base, &loop, &err), SLUICE_OK);
    assert_int_equal(question(&r, loop, NULL, "health"), SLUICE_OK);
    sluice_detach(loop); /* the base never ran */
    assert_int_equal(r.dones, 1);
    assert_int_equal(r.status, SLUICE_E_SHUTDOWN);
    sluice_close(s, 0);
    event_base_free(base);
    rows_finish(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_verb_has_its_rows),
        cmocka_unit_test(a_row_function_can_stop),
        cmocka_unit_test(an_unknown_verb_is_refused_at_once),
        cmocka_unit_test(a_wrong_key_is_refused_and_the_embedder_is_trusted),
        cmocka_unit_test(a_question_on_a_loop_that_ends_is_answered_or_told_so),
        cmocka_unit_test(a_question_on_a_loop_that_is_detached_is_told_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
