/* SPDX-License-Identifier: Apache-2.0 */
/* The jsonl logger on real files: what a line says, rotation, files that were moved, a disk that is
 * full at every byte of a batch, failing allocations. */
#include "testhost.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>
#include <sluice/logger.h>
#include <sluice_sdk/json.h>
#include <sluice_sdk/span.h>

#define RECORDS 20

SLUICE_EXTERN_C const sluice_plugin *sluice_builtin_jsonl(void);

static const sluice_logger_class *class;
static struct sl_testhost *host;
static char folder[] = "/tmp/sluice-jsonl-XXXXXX";
static char path[64];
static char text[1 << 20]; /* the file that was read last */

static sluice_logger *open_logger(const char *more)
{
    char config[256];
    sluice_error err = SLUICE_ERROR_INIT;
    sluice_logger *l = NULL;

    snprintf(config, sizeof config, "{\"path\":\"%s\"%s}", path, more);
    assert_int_equal(class->create(sl_testhost_host(host), sl_span_str(config), &l, &err),
                     SLUICE_OK);
    assert_int_equal(class->start(l, &err), SLUICE_OK);
    return l;
}

static void close_logger(sluice_logger *l)
{
    sluice_error err = SLUICE_ERROR_INIT;

    assert_int_equal(class->flush(l, 1000, &err), SLUICE_OK);
    class->stop(l);
    class->destroy(l);
}

static sluice_span file_text(const char *suffix)
{
    char name[80];
    ssize_t n;
    int fd;

    snprintf(name, sizeof name, "%s%s", path, suffix);
    fd = open(name, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return sl_span(NULL, 0);
    n = read(fd, text, sizeof text);
    close(fd);
    assert_true(n >= 0);
    return sl_span(text, (size_t)n);
}

static sluice_record call_record(const char *uid)
{
    return (sluice_record){ .struct_size = sizeof(sluice_record),
                            .kind = SLUICE_RECORD_CALL,
                            .http_status = 200,
                            .attempts = 1,
                            .started_us = 1700000000123456,
                            .first_byte_us = 250000,
                            .total_us = 1500000,
                            .overhead_us = 180,
                            .cost_nano_usd = 1234567,
                            .uid = sl_span_str(uid),
                            .operation = SL_SPAN("chat.completions"),
                            .model = SL_SPAN("alias"),
                            .provider = SL_SPAN("acme") };
}

static sluice_status write_one(sluice_logger *l, const sluice_record *r)
{
    sluice_error err = SLUICE_ERROR_INIT;
    size_t done = 0;
    sluice_status st = class->write(l, &r, 1, &done, &err);

    if (st == SLUICE_OK)
        assert_int_equal(done, 1);
    return st;
}

/* The one line of the file, which must be JSON. */
static sluice_span only_line(void)
{
    sluice_span s = file_text("");

    assert_true(s.len > 0);
    assert_int_equal(sl_span_find_char(s, '\n'), s.len - 1);
    s.len--;
    assert_int_equal(sl_json_validate(s, NULL), SLUICE_OK);
    return s;
}

static void says(sluice_span line, const char *at, const char *want)
{
    sluice_span v = sl_json_find(line, at);

    if (!v.ptr || !sl_span_eq(v, sl_span_str(want)))
        fail_msg("%s is %.*s, not %s", at, v.ptr ? (int)v.len : 6, v.ptr ? v.ptr : "absent", want);
}

static void a_call_becomes_one_line_with_known_names(void **state)
{
    static const sluice_count counts[] = { { SLUICE_USE_INPUT, 0, 10 },
                                           { SLUICE_USE_OUTPUT, 0, 5 },
                                           { SLUICE_USE_CACHED_INPUT, 0, 4 } };
    static const sluice_stage stages[] = { { "auth", 3 }, { "dispatch", 90 } };
    sluice_record r = call_record("u1");
    sluice_logger *l = open_logger("");
    sluice_span line;

    (void)state;
    r.counts = counts;
    r.n_counts = 3;
    r.stages = stages;
    r.n_stages = 2;
    r.flags = SLUICE_RECORD_STREAMED;
    r.key_id = SL_SPAN("hash");
    r.team_id = SL_SPAN("team \"1\"");
    r.tags = SL_SPAN("{\"a\": 1}");
    r.upstream_model = SL_SPAN("acme-large");
    r.request = SL_SPAN("{\"secret\":true}");
    assert_int_equal(write_one(l, &r), SLUICE_OK);
    line = only_line();
    says(line, "id", "\"u1\"");
    says(line, "record", "\"call\"");
    says(line, "status", "\"success\"");
    says(line, "stream", "true");
    says(line, "cache_hit", "false");
    says(line, "model", "\"acme-large\"");
    says(line, "model_group", "\"alias\"");
    says(line, "custom_llm_provider", "\"acme\"");
    says(line, "startTime", "1700000000.123456");
    says(line, "endTime", "1700000001.623456");
    says(line, "completionStartTime", "1700000000.373456");
    says(line, "response_time", "1.500000");
    says(line, "overhead_time_ms", "0.180");
    says(line, "response_cost", "0.001234567");
    says(line, "total_tokens", "15");
    says(line, "cached_tokens", "4");
    says(line, "stages_us.dispatch", "90");
    says(line, "metadata.user_api_key_hash", "\"hash\"");
    says(line, "metadata.user_api_key_team_id", "\"team \\\"1\\\"\"");
    says(line, "metadata.requester_metadata", "{\"a\": 1}");
    assert_null(sl_json_member(line, SL_SPAN("messages")).ptr);
    close_logger(l);
}

static void a_failure_names_its_class(void **state)
{
    sluice_record r = call_record("u1");
    sluice_logger *l = open_logger("");

    (void)state;
    r.status = SLUICE_E_RATE_LIMIT;
    r.http_status = 429;
    r.error_code = SL_SPAN("rate_limit_exceeded");
    r.error_message = SL_SPAN("slow\ndown");
    r.total_us = r.first_byte_us = r.cost_nano_usd = -1;
    assert_int_equal(write_one(l, &r), SLUICE_OK);
    says(only_line(), "status", "\"failure\"");
    says(only_line(), "error_information.error_class", "\"rate_limit\"");
    says(only_line(), "error_information.error_code", "\"rate_limit_exceeded\"");
    says(only_line(), "error_str", "\"slow\\ndown\"");
    assert_null(sl_json_member(only_line(), SL_SPAN("endTime")).ptr);
    assert_null(sl_json_member(only_line(), SL_SPAN("response_cost")).ptr);
    close_logger(l);
}

static void bodies_are_written_when_asked_for(void **state)
{
    sluice_record r = call_record("u1");
    sluice_logger *l = open_logger(",\"bodies\":true");

    (void)state;
    r.request = SL_SPAN("{\"n\":1.0}");
    r.response = SL_SPAN("data: not json\n");
    assert_int_equal(write_one(l, &r), SLUICE_OK);
    says(only_line(), "messages", "{\"n\":1.0}");
    says(only_line(), "response", "\"data: not json\\n\"");
    close_logger(l);
}

static void attempts_are_written_only_when_asked_for(void **state)
{
    sluice_record r = call_record("u1");
    sluice_logger *l = open_logger("");

    (void)state;
    r.kind = SLUICE_RECORD_TRY;
    assert_int_equal(write_one(l, &r), SLUICE_OK);
    assert_int_equal(file_text("").len, 0);
    close_logger(l);
    l = open_logger(",\"tries\":true");
    assert_int_equal(write_one(l, &r), SLUICE_OK);
    says(only_line(), "record", "\"try\"");
    close_logger(l);
}

static void the_file_is_for_its_owner_only(void **state)
{
    sluice_logger *l = open_logger("");
    struct stat st;

    (void)state;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    close_logger(l);
}

/* ---- batches ---- */

struct batch {
    sluice_record records[RECORDS];
    const sluice_record *list[RECORDS];
    char uids[RECORDS][16];
};

static void batch_make(struct batch *b)
{
    for (size_t i = 0; i < RECORDS; i++) {
        snprintf(b->uids[i], sizeof b->uids[i], "uid-%zu", i);
        b->records[i] = call_record(b->uids[i]);
        if (i % 7 == 3)
            b->records[i].kind = SLUICE_RECORD_TRY; /* not written */
        b->list[i] = &b->records[i];
    }
}

/* All wanted records of the batch, in order, once each, over the rotated files too. */
static void batch_is_whole(int64_t files)
{
    size_t next = 0;

    for (int64_t i = files; i >= 0; i--) {
        char suffix[24] = "";
        sluice_span s;

        if (i)
            snprintf(suffix, sizeof suffix, ".%lld", (long long)i);
        s = file_text(suffix);
        while (s.len) {
            size_t n = sl_span_find_char(s, '\n');
            char want[24];

            assert_true(n < s.len);
            assert_int_equal(sl_json_validate(sl_span_head(s, n), NULL), SLUICE_OK);
            if (next % 7 == 3)
                next++;
            snprintf(want, sizeof want, "\"uid-%zu\"", next++);
            says(sl_span_head(s, n), "uid", want);
            s = sl_span_from(s, n + 1);
        }
    }
    assert_int_equal(next, RECORDS);
}

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

static void wrong_configurations_are_refused_by_name(void **state)
{
    static const char *const configs[] = { "{}", "{\"path\":5}", "{\"path\":\"x\",\"keep\":-1}",
                                           "{\"path\":\"x\",\"max_bytes\":\"1\"}" };
    static const char *const params[] = { "path", "path", "keep", "max_bytes" };
    sluice_logger *l;

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        sluice_error err = SLUICE_ERROR_INIT;

        assert_int_equal(class->create(sl_testhost_host(host), sl_span_str(configs[i]), &l, &err),
                         SLUICE_E_INVALID);
        assert_string_equal(err.param, params[i]);
    }
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

/* ---- */

static int clean(void **state)
{
    char name[80];

    (void)state;
    unlink(path);
    for (int i = 1; i < 40; i++) {
        snprintf(name, sizeof name, "%s.%d", path, i);
        unlink(name);
    }
    return 0;
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, clean, clean)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_call_becomes_one_line_with_known_names),
        TEST(a_failure_names_its_class),
        TEST(bodies_are_written_when_asked_for),
        TEST(attempts_are_written_only_when_asked_for),
        TEST(the_file_is_for_its_owner_only),
        TEST(a_batch_is_written_in_order),
        TEST(rotation_loses_nothing_and_keeps_lines_whole),
        TEST(the_oldest_files_go),
        TEST(without_kept_files_the_file_begins_anew),
        TEST(a_moved_file_is_followed),
        TEST(a_full_disk_tears_and_doubles_nothing),
        TEST(a_missing_folder_is_waited_for),
        TEST(what_is_no_file_is_refused),
        TEST(wrong_configurations_are_refused_by_name),
        TEST(failing_allocations_lose_only_their_record),
    };
    int bad;

    signal(SIGXFSZ, SIG_IGN);
    if (!mkdtemp(folder))
        return 1;
    snprintf(path, sizeof path, "%s/log.jsonl", folder);
    class = sluice_builtin_jsonl()->get_class(SLUICE_LOGGER_ID);
    host = sl_testhost_create();
    bad = cmocka_run_group_tests(tests, NULL, NULL);
    sl_testhost_destroy(host);
    rmdir(folder);
    return bad;
}
