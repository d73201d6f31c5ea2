/* SPDX-License-Identifier: Apache-2.0 */
/* test_rng.c - random bits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/rng.h"

#include <pthread.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void words_differ(void **state)
{
    uint64_t words[1000];

    (void)state;
    for (size_t i = 0; i < 1000; i++) {
        words[i] = sl_random();
        for (size_t k = 0; k < i; k++)
            assert_true(words[k] != words[i]);
    }
}

static void a_seed_gives_the_same_sequence_again(void **state)
{
    uint64_t first[10];

    (void)state;
    sl_random_seed(42);
    for (size_t i = 0; i < 10; i++)
        first[i] = sl_random();
    sl_random_seed(42);
    for (size_t i = 0; i < 10; i++)
        assert_true(sl_random() == first[i]);
    sl_random_seed(0);
    assert_true(sl_random() != sl_random());
}

static void alnum_uses_the_whole_set_and_nothing_else(void **state)
{
    char text[10000];
    int seen[256] = { 0 }, n = 0;

    (void)state;
    memset(text, 0, sizeof text);
    sl_random_alnum(text, sizeof text - 1);
    for (size_t i = 0; i < sizeof text - 1; i++) {
        unsigned char c = (unsigned char)text[i];

        assert_true((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'));
        n += !seen[c]++;
    }
    assert_int_equal(n, 62);
    assert_int_equal(text[sizeof text - 1], 0);
}

static void *draw(void *out)
{
    *(uint64_t *)out = sl_random();
    return NULL;
}

static void threads_draw_different_words(void **state)
{
    uint64_t a = sl_random(), b = a;
    pthread_t thread;

    (void)state;
    assert_int_equal(pthread_create(&thread, NULL, draw, &b), 0);
    pthread_join(thread, NULL);
    assert_true(a != b);
}

static void a_child_process_draws_different_words(void **state)
{
    uint64_t mine, theirs;
    int fds[2], status;
    pid_t child;

    (void)state;
    sl_random(); /* the pool is filled before the fork */
    assert_int_equal(pipe(fds), 0);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        theirs = sl_random();
        _exit(write(fds[1], &theirs, sizeof theirs) == sizeof theirs ? 0 : 1);
    }
    mine = sl_random();
    assert_int_equal(read(fds[0], &theirs, sizeof theirs), sizeof theirs);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(mine != theirs);
    close(fds[0]);
    close(fds[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_differ),
        cmocka_unit_test(a_seed_gives_the_same_sequence_again),
        cmocka_unit_test(alnum_uses_the_whole_set_and_nothing_else),
        cmocka_unit_test(threads_draw_different_words),
        cmocka_unit_test(a_child_process_draws_different_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
