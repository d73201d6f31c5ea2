/* SPDX-License-Identifier: Apache-2.0 */
/* Responses that are made in the background: what is told meanwhile, and that none is lost without
 * a word, whatever ends the process or runs out. */
#include "stored_kit.h"

#include "base/arena.h"

#define QUIETLY "{\"model\":\"m\",\"input\":\"hi\",\"background\":true}"
#define FOLLOWED "{\"model\":\"m\",\"input\":\"hi\",\"background\":true,\"stream\":true}"

static void turn(struct kit *k)
{
    event_base_loop(k->base, EVLOOP_ONCE);
}

/* Its state as it is told; until it is that. */
static void becomes(struct kit *k, sluice_span id, const char *status)
{
    struct got g;
    char wanted[64];
    bool is = false;

    snprintf(wanted, sizeof wanted, "\"status\":\"%s\",\"error\"", status);
    for (int i = 0; i < 20000 && !is; i++) {
        about(k, &g, "responses.retrieve", id);
        assert_int_equal(g.status, 200);
        is = strstr(g.body.ptr, wanted) != NULL;
        got_free(&g);
        event_base_loop(k->base, EVLOOP_NONBLOCK);
        usleep(1000);
    }
    assert_true(is);
}

static void it_is_made_when_nobody_waits(void **state)
{
    struct kit k;
    struct got made;

    (void)state;
    begin(&k, STREAM);
    create(&k, &made, QUIETLY, SLUICE_CALL_WIRE);
    assert_int_equal(made.status, 200);
    assert_non_null(strstr(made.body.ptr, "\"status\":\"queued\""));
    becomes(&k, id_in(&made), "completed");
    got_free(&made);
    end(&k);
}

static void who_follows_reads_all_of_it(void **state)
{
    static const uint32_t ways[] = { SLUICE_CALL_WIRE, 0 };
    struct kit k;
    struct got made;

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        begin(&k, STREAM);
        create(&k, &made, FOLLOWED, ways[i]);
        assert_int_equal(made.result, SLUICE_OK);
        assert_non_null(strstr(made.body.ptr, "response.completed"));
        got_free(&made);
        end(&k);
    }
}

static void a_reader_that_leaves_does_not_end_it(void **state)
{
    struct kit k;
    struct got reader;
    const sluice_request r = { .struct_size = sizeof r,
                               .operation = SL_SPAN("responses"),
                               .flags = SLUICE_CALL_WIRE,
                               .body = SL_SPAN(FOLLOWED) };
    char id[64];

    (void)state;
    begin(&k, STREAM);
    start(&k, &reader, &r);
    while (!reader.body.len)
        turn(&k);
    snprintf(id, sizeof id, "%.*s", SL_FMT(id_in(&reader)));
    if (!reader.done)
        sluice_cancel(k.loop, reader.task);
    becomes(&k, sl_span_str(id), "completed");
    got_free(&reader);
    end(&k);
}

static void one_that_is_held_back_reads_on(void **state)
{
    struct kit k;
    struct got reader;
    const sluice_request r = { .struct_size = sizeof r,
                               .operation = SL_SPAN("responses"),
                               .flags = SLUICE_CALL_WIRE,
                               .body = SL_SPAN(FOLLOWED) };
    char id[64];
    size_t seen;

    (void)state;
    begin(&k, STREAM);
    start(&k, &reader, &r);
    while (!reader.body.len)
        turn(&k);
    sluice_pause(k.loop, reader.task, true);
    seen = reader.body.len;
    snprintf(id, sizeof id, "%.*s", SL_FMT(id_in(&reader)));
    becomes(&k, sl_span_str(id), "completed");
    assert_int_equal(reader.body.len, seen);
    assert_int_equal(reader.done, 0);
    sluice_pause(k.loop, reader.task, false);
    finish(&k, &reader);
    assert_non_null(strstr(reader.body.ptr, "response.completed"));
    got_free(&reader);
    end(&k);
}

static void forget_lease(void)
{
    sqlite3 *db;

    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    sqlite3_busy_timeout(db, 1000);
    assert_int_equal(sqlite3_exec(db, "DELETE FROM objects WHERE CAST(id AS TEXT) LIKE '%/run'",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    sqlite3_close(db);
}

static void one_whose_process_is_gone_has_failed(void **state)
{
    struct kit k, other;
    struct got made, g;

    (void)state;
    begin(&k, STREAM);
    k.script.stall = true;
    create(&k, &made, QUIETLY, SLUICE_CALL_WIRE);
    kit_open(&other, config); /* another process on the same file */
    becomes(&other, id_in(&made), "queued");
    forget_lease(); /* as when it has run out */
    becomes(&other, id_in(&made), "failed");
    about(&other, &g, "responses.retrieve", id_in(&made));
    assert_non_null(strstr(g.body.ptr, "ended before it was done"));
    got_free(&g);
    kit_close(&other);
    got_free(&made);
    end(&k);
}

/* A call at one process while the other one's loop goes on, too. */
static void about_there(struct kit *here, struct kit *there, struct got *g, const char *operation,
                        sluice_span id)
{
    const sluice_header param = { SL_SPAN("response_id"), id };
    const sluice_request r = { .struct_size = sizeof r,
                               .operation = sl_span_str(operation),
                               .flags = SLUICE_CALL_WIRE,
                               .params = &param,
                               .n_params = 1 };

    start(there, g, &r);
    for (int i = 0; i < 20000 && !g->done; i++) {
        event_base_loop(here->base, EVLOOP_NONBLOCK);
        event_base_loop(there->base, EVLOOP_NONBLOCK);
        usleep(1000);
    }
    assert_int_equal(g->done, 1);
}

static void another_process_is_told_to_stop_through_the_store(void **state)
{
    static const char *const operations[] = { "responses.cancel", "responses.delete" };
    struct kit k, other;
    struct got made, g;

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        begin(&k, STREAM);
        k.script.stall = true;
        create(&k, &made, QUIETLY, SLUICE_CALL_WIRE);
        kit_open(&other, config); /* another process on the same file */
        about_there(&k, &other, &g, operations[i], id_in(&made));
        assert_int_equal(g.status, 200);
        assert_non_null(strstr(g.body.ptr, i ? "\"deleted\":true" : "\"status\":\"cancelled\""));
        got_free(&g);
        kit_close(&other);
        got_free(&made);
        end(&k);
    }
}

static void one_that_runs_at_the_end_of_the_process_has_failed(void **state)
{
    struct kit k;
    struct got made, g;

    (void)state;
    begin(&k, STREAM);
    k.script.stall = true;
    create(&k, &made, QUIETLY, SLUICE_CALL_WIRE);
    kit_close(&k);
    kit_open(&k, config);
    about(&k, &g, "responses.retrieve", id_in(&made));
    assert_non_null(strstr(g.body.ptr, "\"status\":\"failed\""));
    assert_non_null(strstr(g.body.ptr, "going away"));
    got_free(&g);
    got_free(&made);
    end(&k);
}

static void what_cannot_be_kept_is_not_begun(void **state)
{
    struct kit k;
    struct got made;
    sqlite3 *other;

    (void)state;
    begin(&k, STREAM);
    create(&k, &made, "{\"model\":\"m\",\"input\":\"hi\"}", SLUICE_CALL_WIRE);
    got_free(&made);
    assert_int_equal(sqlite3_open(path, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    create(&k, &made, QUIETLY, SLUICE_CALL_WIRE);
    assert_int_equal(made.status, 503);
    assert_int_equal(k.requests, 1);
    got_free(&made);
    sqlite3_close(other);
    end(&k);
}

/* Whatever allocation fails: an answer or a failure, and nothing left behind. */
static void without_memory_it_fails_in_order(void **state)
{
    struct kit k;
    const sluice_request r = { .struct_size = sizeof r,
                               .operation = SL_SPAN("responses"),
                               .flags = SLUICE_CALL_WIRE,
                               .body = SL_SPAN(FOLLOWED) };

    (void)state;
    begin(&k, STREAM);
    for (uint64_t n = 1; n < 120; n++) {
        sluice_error err = SLUICE_ERROR_INIT;
        struct got made;

        got_init(&made, &k);
        sl_fault_after(n);
        if (sluice_start(k.loop, &r, &kit_events, &made, &made.task, &err) >= 0)
            finish(&k, &made);
        sl_fault_after(0);
        got_free(&made);
    }
    end(&k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_made_when_nobody_waits),
        cmocka_unit_test(who_follows_reads_all_of_it),
        cmocka_unit_test(a_reader_that_leaves_does_not_end_it),
        cmocka_unit_test(one_that_is_held_back_reads_on),
        cmocka_unit_test(one_whose_process_is_gone_has_failed),
        cmocka_unit_test(another_process_is_told_to_stop_through_the_store),
        cmocka_unit_test(one_that_runs_at_the_end_of_the_process_has_failed),
        cmocka_unit_test(what_cannot_be_kept_is_not_begun),
        cmocka_unit_test(without_memory_it_fails_in_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
