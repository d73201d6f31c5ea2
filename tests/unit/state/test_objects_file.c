/* SPDX-License-Identifier: Apache-2.0 */
/* Objects in a file: they outlive the process, however it ends; a file that is locked, full,
 * damaged or hangs is a failure that is told, and never holds up a loop. */
#include "objects_kit.h"

#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include "base/clock.h"
#include "base/status.h"
#include "state/objects_thread.h"

#define A SL_SPAN("a")
#define MIB (INT64_C(1) << 20)

static sluice_status try_open(int64_t bytes, struct sl_objects **o, sluice_error *err)
{
    *err = (sluice_error)SLUICE_ERROR_INIT;
    return sl_objects_sqlite(sl_span_str(kit_path()), bytes, NULL, o, err);
}

static struct sl_objects *open_it(void)
{
    struct sl_objects *o;
    sluice_error err;

    if (try_open(MIB, &o, &err) < 0)
        fail_msg("%s", err.message);
    return o;
}

static sqlite3 *other_process(const char *sql)
{
    sqlite3 *db;

    assert_int_equal(sqlite3_open(kit_path(), &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    return db;
}

static void what_was_put_is_there_after_a_restart(void **state)
{
    struct sl_objects *o = open_it();
    struct stat st;

    (void)state;
    kit_put(o, A, "1", SL_SPAN("x"));
    o->cls->destroy(o);
    o = open_it();
    assert_true(kit_has(o, A, "1", 0));
    o->cls->destroy(o);
    assert_int_equal(stat(kit_path(), &st), 0);
    assert_int_equal(st.st_mode & 077, 0);
    kit_unlink();
}

/* In a process of its own, which ends as by kill -9 as soon as the store has said that all are
 * kept. */
static void put_and_die(int many)
{
    struct sl_objects *o = open_it();
    char id[16];

    for (int i = 0; i < many; i++) {
        snprintf(id, sizeof id, "%d", i);
        if (kit_put(o, A, id, SL_SPAN("x")) != SLUICE_OK)
            _exit(1);
    }
    kill(getpid(), SIGKILL);
}

static void what_was_answered_survives_a_kill(void **state)
{
    pid_t child;
    int how;
    struct sl_objects *o;
    char id[16];

    (void)state;
    child = fork();
    if (child == 0) {
        struct sl_loop_options options = { 0 };

        if (sl_loop_create(&options, &kit_loop, NULL) == SLUICE_OK) /* one of this process */
            put_and_die(50);
        _exit(1);
    }
    assert_int_equal(waitpid(child, &how, 0), child);
    assert_true(WIFSIGNALED(how));
    o = open_it();
    for (int i = 0; i < 50; i++) {
        snprintf(id, sizeof id, "%d", i);
        assert_true(kit_has(o, A, id, 0));
    }
    o->cls->destroy(o);
    kit_unlink();
}

static void two_processes_share_a_file(void **state)
{
    struct sl_objects *one = open_it(), *two = open_it();

    (void)state;
    kit_put(one, A, "1", SL_SPAN("x"));
    assert_true(kit_has(two, A, "1", 0));
    kit_remove(two, A, "1");
    assert_false(kit_has(one, A, "1", 0));
    one->cls->destroy(one);
    two->cls->destroy(two);
    kit_unlink();
}

static void a_locked_file_fails_what_writes_and_works_again_later(void **state)
{
    struct sl_objects *o = open_it();
    sqlite3 *other;

    (void)state;
    kit_put(o, A, "1", SL_SPAN("x"));
    other = other_process("BEGIN IMMEDIATE");
    assert_int_equal(kit_put(o, A, "2", SL_SPAN("x")), SLUICE_E_UNAVAILABLE);
    assert_true(kit_has(o, A, "1", 0)); /* readers do not mind */
    sqlite3_exec(other, "ROLLBACK", NULL, NULL, NULL);
    assert_int_equal(kit_put(o, A, "2", SL_SPAN("x")), SLUICE_OK);
    sqlite3_close(other);
    o->cls->destroy(o);
    kit_unlink();
}

static void a_ping_tells_of_a_lock(void **state)
{
    struct sl_objects *o = open_it();
    sluice_error err = SLUICE_ERROR_INIT;
    sqlite3 *other;

    (void)state;
    assert_string_equal(o->name, "sqlite");
    assert_int_equal(o->cls->ping(o, 60000, &err), SLUICE_OK);
    other = other_process("BEGIN IMMEDIATE");
    assert_int_equal(o->cls->ping(o, 60000, &err), SLUICE_E_UNAVAILABLE);
    assert_true(err.message[0]);
    sqlite3_exec(other, "ROLLBACK", NULL, NULL, NULL);
    assert_int_equal(o->cls->ping(o, 60000, &err), SLUICE_OK);
    sqlite3_close(other);
    o->cls->destroy(o);
    kit_unlink();
}

static void one_that_is_locked_at_the_start_is_opened_later(void **state)
{
    sqlite3 *other =
        other_process("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; CREATE TABLE t (x)");
    struct sl_objects *o = open_it();

    (void)state;
    assert_int_equal(kit_put(o, A, "1", SL_SPAN("x")), SLUICE_E_UNAVAILABLE);
    sqlite3_exec(other, "ROLLBACK", NULL, NULL, NULL);
    sqlite3_close(other);
    for (int i = 0; i < 100 && kit_put(o, A, "1", SL_SPAN("x")) != SLUICE_OK; i++)
        usleep(50000);
    assert_true(kit_has(o, A, "1", 0));
    o->cls->destroy(o);
    kit_unlink();
}

static void write_file(const char *text)
{
    FILE *f = fopen(kit_path(), "w");

    fputs(text, f);
    fclose(f);
}

static void what_is_no_database_is_refused_by_name(void **state)
{
    struct sl_objects *o;
    sluice_error err;

    (void)state;
    write_file("This is the diary of somebody else. It is not to be written into, whoever asks.");
    assert_int_equal(try_open(MIB, &o, &err), SLUICE_E_INVALID);
    assert_null(o);
    assert_non_null(strstr(err.message, kit_path()));
    kit_unlink();
}

static void a_folder_that_is_not_there_is_refused(void **state)
{
    struct sl_objects *o;
    sluice_error err = SLUICE_ERROR_INIT;

    (void)state;
    assert_int_equal(sl_objects_sqlite(SL_SPAN("/nowhere/at/all.db"), MIB, NULL, &o, &err),
                     SLUICE_E_INVALID);
    assert_non_null(strstr(err.message, "/nowhere/at/all.db"));
}

static void a_file_of_a_later_version_is_left_alone(void **state)
{
    sqlite3 *other = other_process("PRAGMA user_version = 99");
    struct sl_objects *o;
    sluice_error err;

    (void)state;
    sqlite3_close(other);
    assert_int_equal(try_open(MIB, &o, &err), SLUICE_E_INVALID);
    kit_unlink();
}

static void damage_that_comes_later_is_told(void **state)
{
    static char big[200000];
    struct sl_objects *o = open_it();
    sluice_status st = SLUICE_OK;
    FILE *f;

    (void)state;
    kit_put(o, A, "1", sl_span(big, sizeof big));
    o->cls->destroy(o);
    f = fopen(kit_path(), "r+");
    fseek(f, 4096, SEEK_SET); /* behind the first page, which says that it is a database */
    memset(big, 0x5a, sizeof big);
    fwrite(big, 1, sizeof big, f);
    fclose(f);
    {
        sluice_error err;

        st = try_open(MIB, &o, &err);
    }
    if (st == SLUICE_OK) {
        assert_int_equal(kit_put(o, A, "1", SL_SPAN("x")), SLUICE_E_UNAVAILABLE);
        o->cls->destroy(o);
    } else {
        assert_int_equal(st, SLUICE_E_INVALID);
    }
    kit_unlink();
}

/* As on a disk without room: files may not grow. In a process of its own. */
static int fill_up(void)
{
    static char big[100000];
    struct sl_loop_options options = { 0 };
    struct rlimit most = { 300000, 300000 };
    struct sl_objects *o;
    sluice_status st = SLUICE_OK;
    char id[16];

    signal(SIGXFSZ, SIG_IGN);
    if (sl_loop_create(&options, &kit_loop, NULL) < 0)
        return 1;
    o = open_it();
    kit_put(o, A, "first", SL_SPAN("x"));
    setrlimit(RLIMIT_FSIZE, &most);
    for (int i = 0; i < 10 && st == SLUICE_OK; i++) {
        snprintf(id, sizeof id, "%d", i);
        st = kit_put(o, A, id, sl_span(big, sizeof big));
    }
    if (st != SLUICE_E_UNAVAILABLE || !kit_has(o, A, "first", 0))
        return 2;
    o->cls->destroy(o);
    return 0;
}

static void without_room_writing_fails_and_reading_goes_on(void **state)
{
    pid_t child = fork();
    int how;

    (void)state;
    if (child == 0)
        _exit(fill_up());
    assert_int_equal(waitpid(child, &how, 0), child);
    assert_true(WIFEXITED(how));
    assert_int_equal(WEXITSTATUS(how), 0);
    kit_unlink();
}

static void what_is_over_is_not_there(void **state)
{
    struct sl_objects *o = open_it();
    const struct sl_objects_ask old = { .kind = SL_OBJECTS_PUT,
                                        .owner = A,
                                        .id = SL_SPAN("old"),
                                        .text = SL_SPAN("x"),
                                        .ttl_ms = 1,
                                        .now_ms = 1 };

    (void)state;
    assert_int_equal(kit_ask(o, &old).status, SLUICE_OK);
    /* Removing it finds nothing: its time is over. */
    assert_int_equal(kit_ask(o, &(struct sl_objects_ask){ .kind = SL_OBJECTS_REMOVE,
                                                          .owner = A,
                                                          .id = SL_SPAN("old"),
                                                          .now_ms = 5 })
                         .status,
                     SLUICE_E_NOT_FOUND);
    o->cls->destroy(o);
    kit_unlink();
}

/* ---- a home that hangs ---- */

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static bool closed;

static sluice_status open_gate(void *self, sluice_error *err)
{
    (void)self;
    (void)err;
    return SLUICE_OK;
}

static void run_gate(void *self, struct sl_list *ops)
{
    (void)self;
    (void)ops;
    pthread_mutex_lock(&gate);
    pthread_mutex_unlock(&gate);
}

static void tidy_gate(void *self)
{
    (void)self;
}

static void close_gate(void *self)
{
    (void)self;
    closed = true;
}

static const struct sl_objects_home gate_home = { "gate", open_gate, run_gate, tidy_gate,
                                                  close_gate };

static void a_ping_does_not_wait_for_a_store_that_hangs(void **state)
{
    struct sl_objects *o;
    sluice_error err = SLUICE_ERROR_INIT;

    (void)state;
    closed = false;
    pthread_mutex_lock(&gate);
    assert_int_equal(sl_objects_thread(&gate_home, NULL, NULL, &o, &err), SLUICE_OK);
    assert_int_equal(o->cls->ping(o, 10, &err), SLUICE_E_TIMEOUT);
    assert_int_equal(o->cls->ping(o, 10, &err), SLUICE_E_TIMEOUT); /* the same one, still */
    pthread_mutex_unlock(&gate);
    assert_int_equal(o->cls->ping(o, 60000, &err), SLUICE_OK);
    o->cls->destroy(o);
    assert_true(closed);
    closed = false;
}

static void nobody_waits_in_asking_a_store_that_hangs(void **state)
{
    static char big[1u << 20];
    struct sl_objects_ask ask = { .kind = SL_OBJECTS_PUT, .text = sl_span(big, sizeof big) };
    struct sl_objects *o;
    struct kit_told t = { 0 };
    const struct sl_objects_asker asker = { kit_loop, kit_on_told, &t };
    struct sl_objects_op *op;
    sluice_error err = SLUICE_ERROR_INIT;
    sluice_status st = SLUICE_PENDING;
    int n = 0;

    (void)state;
    pthread_mutex_lock(&gate);
    assert_int_equal(sl_objects_thread(&gate_home, NULL, NULL, &o, &err), SLUICE_OK);
    assert_int_equal(o->cls->ask(o, &ask, &asker, NULL, &op, &err), SLUICE_PENDING);
    o->cls->leave(o, op);
    while (n < 1000 && st == SLUICE_PENDING) {
        st = o->cls->ask(o, &ask, NULL, NULL, NULL, &err);
        n++;
    }
    assert_int_equal(st, SLUICE_E_UNAVAILABLE); /* what waits is bounded */
    pthread_mutex_unlock(&gate);
    o->cls->destroy(o);
    assert_true(closed);
    assert_false(t.told); /* it had left */
}

static void an_answer_whose_asker_left_meanwhile_is_dropped(void **state)
{
    struct sl_objects *o = open_it();
    struct sl_objects_ask ask = { .kind = SL_OBJECTS_GET, .owner = A, .id = SL_SPAN("1") };
    struct kit_told t = { 0 };
    const struct sl_objects_asker asker = { kit_loop, kit_on_told, &t };
    struct sl_objects_op *op;
    sluice_error err = SLUICE_ERROR_INIT;

    (void)state;
    kit_put(o, A, "1", SL_SPAN("x"));
    assert_int_equal(o->cls->ask(o, &ask, &asker, NULL, &op, &err), SLUICE_PENDING);
    usleep(20000); /* most likely the answer is posted by now */
    o->cls->leave(o, op);
    kit_put(o, A, "2", SL_SPAN("x")); /* turns the loop */
    assert_false(t.told);
    o->cls->destroy(o);
    kit_unlink();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_put_is_there_after_a_restart),
        cmocka_unit_test(what_was_answered_survives_a_kill),
        cmocka_unit_test(two_processes_share_a_file),
        cmocka_unit_test(a_locked_file_fails_what_writes_and_works_again_later),
        cmocka_unit_test(a_ping_tells_of_a_lock),
        cmocka_unit_test(a_ping_does_not_wait_for_a_store_that_hangs),
        cmocka_unit_test(one_that_is_locked_at_the_start_is_opened_later),
        cmocka_unit_test(what_is_no_database_is_refused_by_name),
        cmocka_unit_test(a_folder_that_is_not_there_is_refused),
        cmocka_unit_test(a_file_of_a_later_version_is_left_alone),
        cmocka_unit_test(damage_that_comes_later_is_told),
        cmocka_unit_test(without_room_writing_fails_and_reading_goes_on),
        cmocka_unit_test(what_is_over_is_not_there),
        cmocka_unit_test(nobody_waits_in_asking_a_store_that_hangs),
        cmocka_unit_test(an_answer_whose_asker_left_meanwhile_is_dropped),
    };

    return cmocka_run_group_tests(tests, kit_begin, kit_end);
}
