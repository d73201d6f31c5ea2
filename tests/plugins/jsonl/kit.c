/* SPDX-License-Identifier: Apache-2.0 */
#include "kit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sluice_sdk/json.h>
#include <sluice_sdk/span.h>
#include <unistd.h>

const sluice_logger_class *class;
struct sl_testhost *host;
char path[64];

static char folder[] = "/tmp/sluice-jsonl-XXXXXX";
static char text[1 << 20]; /* the file that was read last */

sluice_logger *open_logger(const char *more)
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

void close_logger(sluice_logger *l)
{
    sluice_error err = SLUICE_ERROR_INIT;

    assert_int_equal(class->flush(l, 1000, &err), SLUICE_OK);
    class->stop(l);
    class->destroy(l);
}

sluice_span file_text(const char *suffix)
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

sluice_record call_record(const char *uid)
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

sluice_status write_one(sluice_logger *l, const sluice_record *r)
{
    sluice_error err = SLUICE_ERROR_INIT;
    size_t done = 0;
    sluice_status st = class->write(l, &r, 1, &done, &err);

    if (st == SLUICE_OK)
        assert_int_equal(done, 1);
    return st;
}

sluice_span only_line(void)
{
    sluice_span s = file_text("");

    assert_true(s.len > 0);
    assert_int_equal(sl_span_find_char(s, '\n'), s.len - 1);
    s.len--;
    assert_int_equal(sl_json_validate(s, NULL), SLUICE_OK);
    return s;
}

void says(sluice_span line, const char *at, const char *want)
{
    sluice_span v = sl_json_find(line, at);

    if (!v.ptr || !sl_span_eq(v, sl_span_str(want)))
        fail_msg("%s is %.*s, not %s", at, v.ptr ? (int)v.len : 6, v.ptr ? v.ptr : "absent", want);
}

void batch_make(struct batch *b)
{
    for (size_t i = 0; i < RECORDS; i++) {
        snprintf(b->uids[i], sizeof b->uids[i], "uid-%zu", i);
        b->records[i] = call_record(b->uids[i]);
        if (i % 7 == 3)
            b->records[i].kind = SLUICE_RECORD_TRY; /* not written */
        b->list[i] = &b->records[i];
    }
}

void batch_is_whole(int64_t files)
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

int kit_clean(void **state)
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

int kit_run(const struct CMUnitTest *tests, size_t n)
{
    int bad;

    signal(SIGXFSZ, SIG_IGN);
    if (!mkdtemp(folder))
        return 1;
    snprintf(path, sizeof path, "%s/log.jsonl", folder);
    class = sluice_builtin_jsonl()->get_class(SLUICE_LOGGER_ID);
    host = sl_testhost_create();
    bad = _cmocka_run_group_tests("jsonl", tests, n, NULL, NULL);
    sl_testhost_destroy(host);
    rmdir(folder);
    return bad;
}
