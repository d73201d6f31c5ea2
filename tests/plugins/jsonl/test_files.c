/* SPDX-License-Identifier: Apache-2.0 */
/* test_files.c - the jsonl logger on real files: batches, rotation, files that were moved, a disk
 * that is full at every byte of a batch, failing allocations. */
#include "kit.h"

#include <sluice_sdk/span.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static void a_batch_is_written_in_order(void **state)
{
    sluice_logger *l = open_logger("");
    sluice_error err = SLUICE_ERROR_INIT;
    struct batch b;
    size_t done = 0;

    (void)state;
    batch_make(&b);
    assert_int_equal(class->write(l, b.list, RECORDS, &done, &err), SLUICE_OK);
    assert_int_equal(done, RECORDS);
    batch_is_whole(0);
    close_logger(l);
}

static void rotation_loses_nothing_and_keeps_lines_whole(void **state)
{
    sluice_logger *l = open_logger(",\"max_bytes\":1000,\"keep\":100");
    sluice_error err = SLUICE_ERROR_INIT;
    struct batch b;
    struct stat st;
    char name[80];
    int64_t files = 0;
    size_t done = 0;

    (void)state;
    batch_make(&b);
    assert_int_equal(class->write(l, b.list, RECORDS, &done, &err), SLUICE_OK);
    for (;; files++) {
        snprintf(name, sizeof name, "%s.%lld", path, (long long)files + 1);
        if (stat(name, &st) < 0)
            break;
        assert_true(st.st_size <= 1000);
    }
    assert_true(files > 3);
    batch_is_whole(files);
    close_logger(l);
}

static void the_oldest_files_go(void **state)
{
    sluice_logger *l = open_logger(",\"max_bytes\":300,\"keep\":2");
    sluice_error err = SLUICE_ERROR_INIT;
    struct batch b;
    size_t done = 0;

    (void)state;
    batch_make(&b);
    assert_int_equal(class->write(l, b.list, RECORDS, &done, &err), SLUICE_OK);
    assert_true(file_text(".1").len > 0);
    assert_true(file_text(".2").len > 0);
    assert_null(file_text(".3").ptr);
    close_logger(l);
}

static void without_kept_files_the_file_begins_anew(void **state)
{
    sluice_logger *l = open_logger(",\"max_bytes\":300,\"keep\":0");
    sluice_error err = SLUICE_ERROR_INIT;
    struct batch b;
    size_t done = 0;

    (void)state;
    batch_make(&b);
    assert_int_equal(class->write(l, b.list, RECORDS, &done, &err), SLUICE_OK);
    assert_null(file_text(".1").ptr);
    says(only_line(), "uid", "\"uid-19\"");
    close_logger(l);
}

static void a_moved_file_is_followed(void **state)
{
    sluice_record r = call_record("before"), q = call_record("after");
    sluice_logger *l = open_logger("");
    char moved[80];

    (void)state;
    snprintf(moved, sizeof moved, "%s.old", path);
    assert_int_equal(write_one(l, &r), SLUICE_OK);
    assert_int_equal(rename(path, moved), 0);
    assert_int_equal(write_one(l, &q), SLUICE_OK);
    says(only_line(), "uid", "\"after\"");
    unlink(moved);
    close_logger(l);
}

/* A limit on file sizes stands for a full disk: it cuts writes at exactly one byte. */
static void set_limit(rlim_t bytes)
{
    struct rlimit limit;

    getrlimit(RLIMIT_FSIZE, &limit);
    limit.rlim_cur = bytes;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void a_full_disk_tears_and_doubles_nothing(void **state)
{
    sluice_error err = SLUICE_ERROR_INIT;
    struct batch b;
    size_t whole, done;

    (void)state;
    batch_make(&b);
    sluice_logger *l = open_logger("");
    assert_int_equal(class->write(l, b.list, RECORDS, &done, &err), SLUICE_OK);
    whole = file_text("").len;
    close_logger(l);

    for (size_t cut = 1; cut < whole; cut += 13) {
        size_t from = 0;
        sluice_status st;

        unlink(path);
        l = open_logger("");
        set_limit(cut);
        st = class->write(l, b.list, RECORDS, &done, &err);
        assert_int_equal(st, SLUICE_E_UNAVAILABLE);
        from += done;
        /* Still full: nothing moves. */
        st = class->write(l, b.list + from, RECORDS - from, &done, &err);
        assert_int_equal(st, SLUICE_E_UNAVAILABLE);
        from += done;
        set_limit(RLIM_INFINITY);
        assert_int_equal(class->write(l, b.list + from, RECORDS - from, &done, &err), SLUICE_OK);
        batch_is_whole(0);
        close_logger(l);
    }
}

static void a_missing_folder_is_waited_for(void **state)
{
    sluice_error err = SLUICE_ERROR_INIT;
    sluice_logger *l;

    (void)state;
    assert_int_equal(class->create(sl_testhost_host(host),
                                   SL_SPAN("{\"path\":\"/nonexistent/x/y.jsonl\"}"), &l, &err),
                     SLUICE_OK);
    assert_int_equal(class->start(l, &err), SLUICE_E_UNAVAILABLE);
    class->destroy(l);
}

static void what_is_no_file_is_refused(void **state)
{
    sluice_error err = SLUICE_ERROR_INIT;
    sluice_logger *l;

    (void)state;
    assert_int_equal(
        class->create(sl_testhost_host(host), SL_SPAN("{\"path\":\"/dev/null\"}"), &l, &err),
        SLUICE_OK);
    assert_int_equal(class->start(l, &err), SLUICE_E_INVALID);
    class->destroy(l);
}

static void failing_allocations_lose_only_their_record(void **state)
{
    bool whole = false;
    struct batch b;

    (void)state;
    batch_make(&b);
    for (uint64_t n = 1; !whole; n++) {
        char config[128];
        sluice_error err = SLUICE_ERROR_INIT;
        sluice_logger *l;
        sluice_status st;
        size_t done = 0, at = 0;

        unlink(path);
        snprintf(config, sizeof config, "{\"path\":\"%s\"}", path);
        sl_fault_after(n);
        st = class->create(sl_testhost_host(host), sl_span_str(config), &l, &err);
        if (st == SLUICE_OK) {
            st = class->write(l, b.list, RECORDS, &done, &err);
            at += st == SLUICE_OK ? RECORDS : done;
            whole = sl_fault_after(0) < n;
            if (st < 0) /* the host drops the record; here it is tried again */
                assert_int_equal(class->write(l, b.list + at, RECORDS - at, &done, &err),
                                 SLUICE_OK);
            batch_is_whole(0);
            close_logger(l);
        }
        sl_fault_after(0);
        assert_true(st == SLUICE_OK || st == SLUICE_E_NOMEM);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_batch_is_written_in_order),
        TEST(rotation_loses_nothing_and_keeps_lines_whole),
        TEST(the_oldest_files_go),
        TEST(without_kept_files_the_file_begins_anew),
        TEST(a_moved_file_is_followed),
        TEST(a_full_disk_tears_and_doubles_nothing),
        TEST(a_missing_folder_is_waited_for),
        TEST(what_is_no_file_is_refused),
        TEST(failing_allocations_lose_only_their_record),
    };

    return kit_run(tests, sizeof tests / sizeof *tests);
}
