/* SPDX-License-Identifier: Apache-2.0 */
/* Thoughts in tags: whatever is cut where, the pieces put together are the two halves. */
#include <openai_common/think.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include <sluice_sdk/span.h>

struct told {
    char text[512], thought[512];
};

static void put(char *to, const struct pieces *p)
{
    for (size_t i = 0; i < p->n; i++)
        strncat(to, p->at[i].ptr, p->at[i].len);
}

static void feed(struct think *t, struct told *told, const char *ptr, size_t len, bool last)
{
    struct halves h;
    char copy[512]; /* of its own, so that reading beyond it is seen */

    memcpy(copy, ptr, len);
    copy[len] = 'X';
    if (!oc_think_split(t, sl_span(copy, len), last, &h)) {
        strncat(told->text, copy, len);
        return;
    }
    put(told->text, &h.text);
    put(told->thought, &h.thought);
}

/* What was held back comes without its escapes. */
static void unescape(char *s)
{
    char *p;

    while ((p = strstr(s, "\\u003c"))) {
        *p = '<';
        memmove(p + 1, p + 6, strlen(p + 6) + 1);
    }
    while ((p = strstr(s, "\\/")))
        memmove(p, p + 1, strlen(p));
}

/* A piece of JSON cannot end inside an escape. */
static bool may_cut(const char *s, size_t at)
{
    for (size_t i = 0; i < at;) {
        i += s[i] != '\\' ? 1 : s[i + 1] == 'u' ? 6 : 2;
        if (i > at)
            return false;
    }
    return true;
}

static void same_however_it_is_cut(const char *in, const char *thought, const char *text)
{
    size_t n = strlen(in);

    for (size_t a = 0; a <= n; a++)
        for (size_t b = a; b <= n; b++) {
            struct think t = { 0 };
            struct told told = { "", "" };

            if (!may_cut(in, a) || !may_cut(in, b))
                continue;
            feed(&t, &told, in, a, false);
            feed(&t, &told, in + a, b - a, false);
            feed(&t, &told, in + b, n - b, false);
            feed(&t, &told, "", 0, true);
            unescape(told.thought);
            unescape(told.text);
            assert_string_equal(told.thought, thought);
            assert_string_equal(told.text, text);
        }
}

static void thoughts_are_taken_out(void **state)
{
    (void)state;
    same_however_it_is_cut("<think>why</think>because", "why", "because");
    same_however_it_is_cut("<thinking>why</thinking>because", "why", "because");
    same_however_it_is_cut("\\n <think>\\nwhy\\n</think>\\n\\nbecause", "\\nwhy\\n",
                           "\\n \\n\\nbecause");
}

static void escapes_do_not_hide_them(void **state)
{
    (void)state;
    same_however_it_is_cut("\\u003cthink\\u003ewhy \\u003c b\\u003c/think\\u003eso\\u003c",
                           "why < b", "so<");
    same_however_it_is_cut("<think>\\\"<\\/b><\\/think>so", "\\\"</b>", "so");
    same_however_it_is_cut("<think>\\\\u003d/think></think>so", "\\\\u003d/think>", "so");
}

static void what_only_looks_like_a_tag_is_text(void **state)
{
    (void)state;
    same_however_it_is_cut("<b>bold</b>", "", "<b>bold</b>");
    same_however_it_is_cut("<thin", "", "<thin");
    same_however_it_is_cut("<thinker>x", "", "<thinker>x");
    same_however_it_is_cut("<<think>x</think>", "", "<<think>x</think>");
    same_however_it_is_cut("a <think>b</think>", "", "a <think>b</think>");
    same_however_it_is_cut("<think>a</thin</<</think>b</think>", "a</thin</<", "b</think>");
    same_however_it_is_cut("<think>a</thinking></think>b", "a</thinking>", "b");
}

static void only_the_first_thoughts_are_taken_out(void **state)
{
    (void)state;
    same_however_it_is_cut("<think></think><think>x</think>", "", "<think>x</think>");
}

static void thoughts_without_an_end_are_thoughts(void **state)
{
    (void)state;
    same_however_it_is_cut("<think>why, and then</th", "why, and then</th", "");
    same_however_it_is_cut("<think>", "", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(thoughts_are_taken_out),
        cmocka_unit_test(escapes_do_not_hide_them),
        cmocka_unit_test(what_only_looks_like_a_tag_is_text),
        cmocka_unit_test(only_the_first_thoughts_are_taken_out),
        cmocka_unit_test(thoughts_without_an_end_are_thoughts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
