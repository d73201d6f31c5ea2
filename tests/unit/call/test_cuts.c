/* SPDX-License-Identifier: Apache-2.0 */
/* Reads do not fall where events end: for each dialect of clients and each protocol of vendors, a
 * stream that is cut at any byte reaches the client as the very bytes it is uncut. */
#include "vendor_streams.h"

static struct kit kit;
static struct canned vendor;

/* Seconds may pass between two calls: what says when an answer was made is blanked. */
static void blank_times(char *text)
{
    static const char *const names[] = { "\"created\":", "\"created_at\":", "\"completed_at\":" };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        for (char *p = text; (p = strstr(p, names[i]));) {
            p += strlen(names[i]);
            while (*p && *p != ',' && *p != '}')
                *p++ = '0';
        }
}

/* What the client reads, as text. */
static void ask(const char *dialect, const char *model, struct sl_buf *out)
{
    struct got g;

    vendor.requests = 0;
    canned_ask(&vendor, &g, dialect, model, true, "");
    sl_buf_reset(out);
    if (strcmp(g.content_type, AWS_EVENTS) == 0)
        read_aws_events(sl_span(g.body.ptr, g.body.len - 1), out);
    else
        sl_buf_add(out, sl_span(g.body.ptr, g.body.len));
    if (g.status != 200 || g.result != SLUICE_OK)
        fail_msg("%s from %s cut at %zu: %s\n%s", dialect, model, vendor.cut, g.err.message,
                 out->ptr);
    blank_times(out->ptr);
    got_free(&g);
}

static void check(const char *dialect, const char *model, sluice_span stream)
{
    struct sl_buf uncut, cut;

    sl_buf_init(&uncut, 1u << 20);
    sl_buf_init(&cut, 1u << 20);
    vendor.cut = vendor.piece = 0;
    ask(dialect, model, &uncut);
    assert_non_null(strstr(uncut.ptr, "se\xc3\xa9"));
    for (vendor.cut = 1; vendor.cut < stream.len; vendor.cut++) {
        ask(dialect, model, &cut);
        if (strcmp(uncut.ptr, cut.ptr) != 0)
            fail_msg("%s from %s cut at %zu:\n%s\nuncut:\n%s", dialect, model, vendor.cut, cut.ptr,
                     uncut.ptr);
    }
    vendor.cut = 0;
    vendor.piece = 1;
    ask(dialect, model, &cut);
    assert_string_equal(uncut.ptr, cut.ptr);
    vendor.piece = 0;
    sl_buf_finish(&uncut);
    sl_buf_finish(&cut);
}

static void every_dialect(const char *model, const char *type, sluice_span stream)
{
    canned_open(&vendor, &kit);
    canned_says(&vendor, type, stream);
    for (size_t i = 0; i < CANNED_DIALECTS; i++) {
        /* What speaks Responses is asked for them: see below. */
        if (strcmp(model, "openai") == 0 && strcmp(canned_dialects[i].name, "responses") == 0)
            continue;
        check(canned_dialects[i].name, model, stream);
    }
    canned_close(&vendor);
}

#define CUTS(model, type, text)                                                                    \
    static void model##_may_be_cut_anywhere_for_every_dialect(void **state)                        \
    {                                                                                              \
        (void)state;                                                                               \
        every_dialect(#model, type, sl_span_str(text));                                            \
    }

CUTS(openai, SSE, chat_stream)
CUTS(compat, SSE, chat_stream)
CUTS(anthropic, SSE, anthropic_stream)
CUTS(gemini, SSE, gemini_stream)
CUTS(cohere, SSE, cohere_stream)
CUTS(ollama, NDJSON, ollama_stream)
CUTS(mistral, SSE, mistral_stream)

static void bedrock_may_be_cut_anywhere_for_every_dialect(void **state)
{
    struct sl_buf stream;

    (void)state;
    sl_buf_init(&stream, 1u << 20);
    aws_events(&stream, bedrock_events);
    every_dialect("bedrock", AWS_EVENTS, sl_buf_span(&stream));
    sl_buf_finish(&stream);
}

CUTS(codex, SSE, responses_stream)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(openai_may_be_cut_anywhere_for_every_dialect),
        cmocka_unit_test(compat_may_be_cut_anywhere_for_every_dialect),
        cmocka_unit_test(anthropic_may_be_cut_anywhere_for_every_dialect),
        cmocka_unit_test(gemini_may_be_cut_anywhere_for_every_dialect),
        cmocka_unit_test(cohere_may_be_cut_anywhere_for_every_dialect),
        cmocka_unit_test(ollama_may_be_cut_anywhere_for_every_dialect),
        cmocka_unit_test(mistral_may_be_cut_anywhere_for_every_dialect),
        cmocka_unit_test(bedrock_may_be_cut_anywhere_for_every_dialect),
        cmocka_unit_test(codex_may_be_cut_anywhere_for_every_dialect),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
