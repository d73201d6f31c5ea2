/* SPDX-License-Identifier: Apache-2.0 */
/* Responses that are kept: in memory and in a file the same, before the client hears that all is
 * well; a store that cannot is no failure of the answer, and one of what asks it. */
#include "stored_kit.h"

#define PLAIN "{\"model\":\"m\",\"input\":\"hi\"}"
#define STREAMED "{\"model\":\"m\",\"input\":\"hi\",\"stream\":true}"

static void kept_when_the_client_hears_of_its_end(const char *answer, const char *body,
                                                  uint32_t flags)
{
    struct kit k;
    struct got made, found;

    begin(&k, answer);
    create(&k, &made, body, flags);
    assert_int_equal(made.result, SLUICE_OK);
    assert_non_null(strstr(made.body.ptr, "\"status\":\"completed\""));
    about(&k, &found, "responses.retrieve", id_in(&made));
    assert_int_equal(found.status, 200);
    assert_non_null(strstr(found.body.ptr, "Hello."));
    got_free(&found);
    got_free(&made);
    end(&k);
}

static void a_whole_answer_is_kept_when_it_is_told(void **state)
{
    (void)state;
    kept_when_the_client_hears_of_its_end(ANSWER, PLAIN, SLUICE_CALL_WIRE);
    kept_when_the_client_hears_of_its_end(ANSWER, PLAIN, 0);
}

static void a_stream_is_kept_when_its_end_is_told(void **state)
{
    (void)state;
    kept_when_the_client_hears_of_its_end(STREAM, STREAMED, SLUICE_CALL_WIRE);
    kept_when_the_client_hears_of_its_end(STREAM, STREAMED, 0);
}

static void the_whole_length_is_announced(void **state)
{
    struct kit k;
    struct got g;

    (void)state;
    begin(&k, ANSWER);
    create(&k, &g, PLAIN, SLUICE_CALL_WIRE);
    assert_int_equal(g.length, strlen(g.body.ptr));
    got_free(&g);
    end(&k);
}

static void a_conversation_goes_on_from_what_is_kept(void **state)
{
    struct kit k;
    struct got one, two;
    char body[256];

    (void)state;
    begin(&k, ANSWER);
    create(&k, &one, PLAIN, SLUICE_CALL_WIRE);
    snprintf(body, sizeof body,
             "{\"model\":\"m\",\"input\":\"more\",\"previous_response_id\":\"%.*s\"}",
             SL_FMT(id_in(&one)));
    create(&k, &two, body, SLUICE_CALL_WIRE);
    assert_int_equal(two.status, 200);
    assert_non_null(strstr(k.seen.ptr, "Hello."));
    got_free(&one);
    got_free(&two);
    end(&k);
}

static void what_was_deleted_is_gone(void **state)
{
    struct kit k;
    struct got made, g;

    (void)state;
    begin(&k, ANSWER);
    create(&k, &made, PLAIN, SLUICE_CALL_WIRE);
    about(&k, &g, "responses.delete", id_in(&made));
    assert_int_equal(g.status, 200);
    assert_non_null(strstr(g.body.ptr, "\"deleted\":true"));
    got_free(&g);
    about(&k, &g, "responses.delete", id_in(&made));
    assert_int_equal(g.status, 404);
    got_free(&g);
    about(&k, &g, "responses.input_items", id_in(&made));
    assert_int_equal(g.status, 404);
    got_free(&g);
    got_free(&made);
    end(&k);
}

/* Somebody else writes and does not end. */
static sqlite3 *lock_it(void)
{
    sqlite3 *db;

    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    return db;
}

static void an_answer_that_cannot_be_kept_is_told_all_the_same(void **state)
{
    struct kit k;
    struct got made, g;
    sqlite3 *other;

    (void)state;
    begin(&k, STREAM);
    create(&k, &made, PLAIN, SLUICE_CALL_WIRE); /* the file is there now */
    got_free(&made);
    other = lock_it();
    create(&k, &made, STREAMED, SLUICE_CALL_WIRE);
    assert_int_equal(made.result, SLUICE_OK);
    assert_non_null(strstr(made.body.ptr, "response.completed"));
    about(&k, &g, "responses.delete", id_in(&made)); /* it reads first: there is none */
    assert_int_equal(g.status, 404);
    got_free(&g);
    got_free(&made);
    sqlite3_close(other);
    end(&k);
}

static void what_asks_a_store_that_cannot_answer_fails_by_name(void **state)
{
    struct kit k;
    struct got made, g;
    sqlite3 *other;

    (void)state;
    begin(&k, ANSWER);
    create(&k, &made, PLAIN, SLUICE_CALL_WIRE);
    other = lock_it();
    about(&k, &g, "responses.delete", id_in(&made));
    assert_int_equal(g.status, 503);
    assert_non_null(strstr(g.body.ptr, "object_store_unavailable"));
    got_free(&g);
    sqlite3_close(other);
    got_free(&made);
    end(&k);
}

static void a_client_that_leaves_while_it_is_kept_ends_its_call(void **state)
{
    struct kit k;
    struct got made, g;
    sqlite3 *other;
    const sluice_request r = { .struct_size = sizeof r,
                               .operation = SL_SPAN("responses"),
                               .flags = SLUICE_CALL_WIRE,
                               .body = SL_SPAN(STREAMED) };

    (void)state;
    begin(&k, STREAM);
    create(&k, &made, PLAIN, SLUICE_CALL_WIRE);
    got_free(&made);
    other = lock_it();
    start(&k, &g, &r);
    while (!g.body.ptr || !sl_buf_ok(&g.body) ||
           sl_span_find(sl_buf_span(&g.body), SL_SPAN("lo.")) == g.body.len)
        event_base_loop(k.base, EVLOOP_ONCE);
    while (k.open > 0) /* the vendor has ended, too */
        event_base_loop(k.base, EVLOOP_ONCE);
    assert_int_equal(g.done, 0);
    sluice_cancel(k.loop, g.task);
    assert_int_equal(g.done, 1);
    assert_int_equal(g.result, SLUICE_E_CANCELLED);
    sqlite3_close(other);
    got_free(&g);
    end(&k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_answer_is_kept_when_it_is_told),
        cmocka_unit_test(a_stream_is_kept_when_its_end_is_told),
        cmocka_unit_test(the_whole_length_is_announced),
        cmocka_unit_test(a_conversation_goes_on_from_what_is_kept),
        cmocka_unit_test(what_was_deleted_is_gone),
        cmocka_unit_test(an_answer_that_cannot_be_kept_is_told_all_the_same),
        cmocka_unit_test(what_asks_a_store_that_cannot_answer_fails_by_name),
        cmocka_unit_test(a_client_that_leaves_while_it_is_kept_ends_its_call),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
