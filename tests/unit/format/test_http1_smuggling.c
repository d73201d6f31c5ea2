/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The corpus in tests/http/smuggling: one stream a file, whose name begins with the verdict. "400-"
 * and the like: the first message is refused with that status. "ok2-": two messages are read, and
 * nothing is refused behind them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <dirent.h>
#include "../../http/transcript.h"

#define FOLDER TEST_SOURCE_DIR "/http/smuggling"

static char *slurp(const char *name, size_t *len)
{
    char path[512], *text = malloc(1 << 17);
    FILE *f;

    snprintf(path, sizeof path, FOLDER "/%s", name);
    f = fopen(path, "rb");
    assert_non_null(f);
    assert_non_null(text);
    *len = fread(text, 1, 1 << 17, f);
    fclose(f);
    return text;
}

static void each_file(void (*fn)(const char *name, const char *text, size_t len))
{
    DIR *dir = opendir(FOLDER);
    int files = 0;

    assert_non_null(dir);
    for (struct dirent *e; (e = readdir(dir)) != NULL;) {
        if (strstr(e->d_name, ".http")) {
            size_t len;
            char *text = slurp(e->d_name, &len);

            fn(e->d_name, text, len);
            free(text);
            files++;
        }
    }
    closedir(dir);
    assert_true(files >= 140);
}

static void check_verdict(const char *name, const char *text, size_t len)
{
    struct transcript t;
    bool ok = strncmp(name, "ok", 2) == 0;
    int want = (int)strtol(ok ? name + 2 : name, NULL, 10);

    transcript_init(&t, true);
    transcript_feed(&t, text, len);
    transcript_end(&t);
    if (ok ? t.err.status != 0 || t.messages != want : t.err.status != want || t.messages != 0)
        fail_msg("%s: %s", name, t.text);
    transcript_finish(&t);
}

static void check_cuts(const char *name, const char *text, size_t len)
{
    struct transcript whole;
    size_t step = len > 2000 ? 499 : 1;

    transcript_init(&whole, true);
    transcript_feed(&whole, text, len);
    transcript_end(&whole);
    for (size_t cut = 0; cut <= len; cut += step) {
        struct transcript t;

        transcript_init(&t, true);
        transcript_feed(&t, text, cut);
        transcript_feed(&t, text + cut, len - cut);
        if (strcmp(whole.text, transcript_end(&t)) != 0)
            fail_msg("%s cut at %zu: %s", name, cut, t.text);
        transcript_finish(&t);
    }
    transcript_finish(&whole);
}

static void check_bytewise(const char *name, const char *text, size_t len)
{
    struct transcript whole, t;

    transcript_init(&whole, true);
    transcript_feed(&whole, text, len);
    transcript_end(&whole);
    transcript_init(&t, true);
    for (size_t i = 0, n; i < len; i += n) {
        n = len < 20000 ? 1 : len - i < 97 ? len - i : 97;
        transcript_feed(&t, text + i, n);
    }
    if (strcmp(whole.text, transcript_end(&t)) != 0)
        fail_msg("%s byte by byte: %s", name, t.text);
    transcript_finish(&t);
    transcript_finish(&whole);
}

static void corpus_gets_its_verdicts(void **state)
{
    (void)state;
    each_file(check_verdict);
}

static void corpus_cut_at_every_byte_gets_the_same_verdict(void **state)
{
    (void)state;
    each_file(check_cuts);
}

static void corpus_byte_by_byte_gets_the_same_verdict(void **state)
{
    (void)state;
    each_file(check_bytewise);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(corpus_gets_its_verdicts),
        cmocka_unit_test(corpus_cut_at_every_byte_gets_the_same_verdict),
        cmocka_unit_test(corpus_byte_by_byte_gets_the_same_verdict),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
