/* SPDX-License-Identifier: Apache-2.0 */
/* Guessed tokens come near to counted ones, and a prompt's parts are told apart in every dialect.
 */
#include "format/json_write.h"
#include "format/usage/prompt.h"
#include "format/usage/tokens.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "token_samples.h"

#define SAMPLES (sizeof token_samples / sizeof *token_samples)

static void each_guess_is_within_a_quarter_of_the_count(void **state)
{
    (void)state;
    for (size_t i = 0; i < SAMPLES; i++) {
        int64_t guess = sl_tokens_weigh(sl_span_str(token_samples[i].text));
        int64_t count = 100 * (int64_t)token_samples[i].o200k;

        if (guess < count * 3 / 4 || guess > count * 5 / 4)
            fail_msg("%s: guessed %lld, counted %lld", token_samples[i].name,
                     (long long)guess / 100, (long long)count / 100);
    }
}

static void all_guesses_together_are_within_a_twentieth(void **state)
{
    int64_t guess = 0, count = 0;

    (void)state;
    for (size_t i = 0; i < SAMPLES; i++) {
        guess += sl_tokens_weigh(sl_span_str(token_samples[i].text));
        count += 100 * (int64_t)token_samples[i].o200k;
    }
    if (guess < count * 19 / 20 || guess > count * 21 / 20)
        fail_msg("guessed %lld, counted %lld", (long long)guess / 100, (long long)count / 100);
}

/* The bytes that four bytes a token would go by are far off for most scripts. */
static void it_is_better_than_bytes_by_four(void **state)
{
    int64_t ours = 0, bytes = 0;

    (void)state;
    for (size_t i = 0; i < SAMPLES; i++) {
        sluice_span text = sl_span_str(token_samples[i].text);
        int64_t count = 100 * (int64_t)token_samples[i].o200k;

        ours += llabs(sl_tokens_weigh(text) - count) * 1000 / count;
        bytes += llabs((int64_t)text.len * 25 - count) * 1000 / count;
    }
    assert_true(ours * 2 < bytes);
}

static void escapes_weigh_what_they_stand_for(void **state)
{
    static const char *const pairs[][2] = {
        { "caf\\u00e9 \\u4f60\\u597d", "café 你好" },
        { "a\\u0020b", "a b" },
        { "\\ud83d\\ude00", "😀" },
        { "\\u000a", "\\n" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        assert_int_equal(sl_tokens_weigh(sl_span_str(pairs[i][0])),
                         sl_tokens_weigh(sl_span_str(pairs[i][1])));
}

static void a_long_text_weighs_as_its_parts(void **state)
{
    sluice_span part = sl_span_str(token_samples[0].text);
    size_t n = 400;
    char *text = malloc(n * part.len);
    int64_t whole, parts = (int64_t)n * sl_tokens_weigh(part);

    (void)state;
    for (size_t i = 0; i < n; i++)
        memcpy(text + i * part.len, part.ptr, part.len);
    whole = sl_tokens_weigh(sl_span(text, n * part.len));
    assert_in_range(whole, parts * 9 / 10, parts * 11 / 10);
    free(text);
}

/* Samples begin anywhere, and a guess must not read beyond its text. */
static void a_text_may_be_cut_at_every_byte(void **state)
{
    static const char text[] = "ab\\u00e9 \\ud83d\\ude00 é你😀\\n  12345 \\\\";

    (void)state;
    for (size_t from = 0; from < sizeof text; from++)
        for (size_t to = from; to < sizeof text; to++) {
            char *piece = malloc(to - from + 1);

            memcpy(piece, text + from, to - from);
            assert_true(sl_tokens_weigh(sl_span(piece, to - from)) >= 0);
            free(piece);
        }
}

/* A hundred texts of one kind, of which most are judged by how they begin. */
static void a_long_prompt_weighs_as_its_parts(void **state)
{
    sluice_span part = sl_span_str(token_samples[0].text);
    struct sl_prompt p = { 0 };
    char json[2048];
    int n = snprintf(json, sizeof json, "[{\"role\":\"user\",\"content\":\"%.*s %.*s\"}]",
                     SL_FMT(part), SL_FMT(part));

    (void)state;
    for (int i = 0; i < 1000; i++)
        sl_prompt_add(&p, sl_span(json, (size_t)n), SL_PROMPT_MESSAGES);
    assert_in_range(p.weight, 1000 * (2 * sl_tokens_weigh(part)) * 9 / 10,
                    1000 * (2 * sl_tokens_weigh(part) + 400) * 11 / 10);
}

static struct sl_prompt prompt_of(const char *json, enum sl_prompt_part part)
{
    struct sl_prompt p = { 0 };

    sl_prompt_add(&p, sl_span_str(json), part);
    return p;
}

static void a_chat_counts_as_openai_counts_it(void **state)
{
    struct sl_prompt p =
        prompt_of("[{\"role\":\"system\",\"content\":\"You are a helpful assistant.\"},"
                  "{\"role\":\"user\",\"content\":\"What is the capital of France?\"}]",
                  SL_PROMPT_MESSAGES);

    (void)state;
    assert_in_range(sl_prompt_tokens(&p), 19, 24); /* 21 without the answer's three */
}

/* What is known of long strings saves reading them, and changes nothing. */
static void known_long_strings_weigh_the_same(void **state)
{
    struct sl_prompt known = { 0 }, read = { 0 };
    struct sluice_arena a;
    struct sl_json_longs longs;
    sluice_header *m;
    size_t n, len = 0, size = 300000;
    char *text = malloc(size);

    (void)state;
    assert_non_null(text);
    sl_arena_init(&a, 1 << 20);
    len += (size_t)snprintf(text, size, "{\"messages\":[");
    for (int i = 0; i < 40; i++) {
        len += (size_t)snprintf(text + len, size - len,
                                "%s{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"",
                                i ? "," : "");
        for (int k = 0; k < i * 5; k++)
            len += (size_t)snprintf(text + len, size - len, "say \\\"%d\\\" words, ", k);
        len += (size_t)snprintf(
            text + len, size - len,
            "\"},{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:%0*d\"}}]}", i * 100, i);
    }
    len += (size_t)snprintf(text + len, size - len, "]}");
    assert_int_equal(sl_json_members_longs(sl_span(text, len), &a, &m, &n, &longs, NULL),
                     SLUICE_OK);
    assert_true(longs.n > 40);
    known.longs = &longs;
    sl_prompt_add(&known, m[0].value, SL_PROMPT_MESSAGES);
    sl_prompt_add(&read, m[0].value, SL_PROMPT_MESSAGES);
    assert_int_equal(known.weight, read.weight);
    assert_int_equal(known.images, read.images);
    assert_int_equal(read.images, 40);
    sl_arena_finish(&a);
    free(text);
}

static void parts_are_told_apart_in_each_dialect(void **state)
{
    static const struct {
        const char *json;
        uint32_t images, sounds, films, papers;
    } cases[] = {
        { "[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"hi\"},{\"type\":"
          "\"image_url\",\"image_url\":{\"url\":\"https://a/b.png\"}}]}]",
          1, 0, 0, 0 },
        { "[{\"role\":\"user\",\"content\":[{\"type\":\"input_audio\",\"input_audio\":{\"data\":"
          "\"AAAA\",\"format\":\"wav\"}},{\"type\":\"file\",\"file\":{\"file_id\":\"f\"}}]}]",
          0, 1, 0, 1 },
        { "[{\"role\":\"user\",\"content\":[{\"type\":\"input_image\",\"image_url\":\"https://a\"},"
          "{\"type\":\"input_file\",\"file_id\":\"f\"}]}]",
          1, 0, 0, 1 },
        { "[{\"role\":\"user\",\"content\":[{\"type\":\"image\",\"source\":{\"type\":\"base64\","
          "\"media_type\":\"image/png\",\"data\":\"AAAA\"}},{\"type\":\"document\",\"source\":{"
          "\"type\":\"url\",\"url\":\"https://a\"}}]}]",
          1, 0, 0, 1 },
        { "[{\"role\":\"user\",\"parts\":[{\"inlineData\":{\"mimeType\":\"image/png\",\"data\":"
          "\"AAAA\"}},{\"fileData\":{\"mimeType\":\"video/mp4\",\"fileUri\":\"gs://a\"}},"
          "{\"inline_data\":{\"mime_type\":\"audio/wav\",\"data\":\"AAAA\"}}]}]",
          1, 1, 1, 0 },
        { "[{\"role\":\"user\",\"content\":\"a \\\"type\\\": \\\"image\\\" in words\"}]", 0, 0, 0,
          0 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sl_prompt p = prompt_of(cases[i].json, SL_PROMPT_MESSAGES);

        assert_int_equal(p.images, cases[i].images);
        assert_int_equal(p.sounds, cases[i].sounds);
        assert_int_equal(p.films, cases[i].films);
        assert_int_equal(p.papers, cases[i].papers);
    }
}

static void data_is_no_text(void **state)
{
    char json[4096], data[2001];
    struct sl_prompt p;

    (void)state;
    memset(data, 'A', sizeof data - 1);
    data[sizeof data - 1] = 0;
    snprintf(
        json, sizeof json,
        "[{\"type\":\"input_audio\",\"input_audio\":{\"data\":\"%s\"}},{\"type\":\"image_url\","
        "\"image_url\":{\"url\":\"data:image/png;base64,%s\",\"detail\":\"low\"}}]",
        data, "AA");
    p = prompt_of(json, SL_PROMPT_MESSAGES);
    assert_int_equal(sl_prompt_tokens(&p), 320 + 85);
}

static void tokens_given_as_numbers_are_counted(void **state)
{
    struct sl_prompt p = prompt_of("[[1,2,3], [4,5]]", SL_PROMPT_MESSAGES);

    (void)state;
    assert_int_equal(sl_prompt_tokens(&p), 5);
}

static void tools_weigh_by_names_and_descriptions(void **state)
{
    struct sl_prompt p = prompt_of(
        "[{\"type\":\"function\",\"function\":{\"name\":\"get_weather\",\"description\":"
        "\"Get the current weather in a given location\",\"parameters\":{\"type\":\"object\","
        "\"properties\":{\"location\":{\"type\":\"string\",\"description\":\"The city and state, "
        "e.g. San Francisco, CA\"},\"unit\":{\"type\":\"string\",\"enum\":[\"celsius\","
        "\"fahrenheit\"]}},\"required\":[\"location\"]}}}]",
        SL_PROMPT_SCHEMA);

    (void)state;
    assert_in_range(sl_prompt_tokens(&p), 50, 75); /* 64 as the vendor spells tools out */
    assert_int_equal(p.images, 0);
}

static void any_bytes_are_survived(void **state)
{
    static const char json[] = "[{\"type\":\"image_url\",\"x\":\"\\\\\\\"\",\"n\":-1.5e3},\"a\"]";

    (void)state;
    for (size_t n = 0; n < sizeof json; n++) {
        struct sl_prompt p = { 0 };
        char *piece = malloc(n + 1);

        memcpy(piece, json, n);
        sl_prompt_add(&p, sl_span(piece, n), SL_PROMPT_MESSAGES);
        sl_prompt_add(&p, sl_span(piece, n), SL_PROMPT_SCHEMA);
        free(piece);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_guess_is_within_a_quarter_of_the_count),
        cmocka_unit_test(all_guesses_together_are_within_a_twentieth),
        cmocka_unit_test(it_is_better_than_bytes_by_four),
        cmocka_unit_test(escapes_weigh_what_they_stand_for),
        cmocka_unit_test(a_long_text_weighs_as_its_parts),
        cmocka_unit_test(a_long_prompt_weighs_as_its_parts),
        cmocka_unit_test(a_text_may_be_cut_at_every_byte),
        cmocka_unit_test(a_chat_counts_as_openai_counts_it),
        cmocka_unit_test(known_long_strings_weigh_the_same),
        cmocka_unit_test(parts_are_told_apart_in_each_dialect),
        cmocka_unit_test(data_is_no_text),
        cmocka_unit_test(tokens_given_as_numbers_are_counted),
        cmocka_unit_test(tools_weigh_by_names_and_descriptions),
        cmocka_unit_test(any_bytes_are_survived),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
