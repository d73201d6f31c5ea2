/* SPDX-License-Identifier: Apache-2.0 */
/* cassette_play.c - replays a cassette, compares, tortures, records. */
#include "cassette.h"

#include "base/status.h"
#include "text.h"

#include <stdio.h>
#include <stdlib.h>

static struct sl_testhost *host_for(const struct sl_cassette *c)
{
    struct sl_testhost *t = sl_testhost_create();

    if (!t)
        return NULL;
    sl_testhost_clock(t, 1000, c->unix_ms);
    for (size_t i = 0; i < c->n_secrets; i++) {
        struct text ref = { NULL, 0, 0 }, value = { NULL, 0, 0 };

        text_add(&ref, c->secrets[i].name);
        text_add(&value, c->secrets[i].value);
        sl_testhost_secret(t, ref.ptr, value.ptr);
        text_free(&ref);
        text_free(&value);
    }
    return t;
}

/* Plays; *requests and *sink are what sections of these names should say. */
static sluice_status play(const struct sl_cassette *c, const struct sl_testplugin *plugin,
                          struct text *requests, struct text *sink, sluice_error *err)
{
    struct sl_testhost *t = host_for(c);
    struct sl_test_provider p;
    struct sl_test_result r;
    sluice_status st = t ? sl_test_provider_init(&p, t, plugin, c->config, err) : SLUICE_E_NOMEM;

    if (st < 0) {
        sl_testhost_destroy(t);
        return st;
    }
    sl_test_exchange(&p, &c->call, c->answers, c->n_answers, NULL, &r);
    text_str(requests, r.requests);
    text_str(sink, r.sink);
    text_printf(sink, "status %s", sl_status_info(r.status)->name);
    if (r.status < 0) {
        if (r.error.http_status)
            text_printf(sink, " http=%d", r.error.http_status);
        if (r.error.retry_after_ms)
            text_printf(sink, " retry_after_ms=%u", r.error.retry_after_ms);
        if (r.error.code[0])
            text_printf(sink, " code=%s", r.error.code);
        if (r.error.param[0])
            text_printf(sink, " param=%s", r.error.param);
        text_str(sink, " ");
        text_escaped(sink, sl_span_str(r.error.message));
    }
    text_str(sink, "\n");
    sl_test_result_finish(&r);
    sl_test_provider_finish(&p);
    sl_testhost_destroy(t);
    return SLUICE_OK;
}

/* A section is held without its last line break, and an author may leave blank lines behind it. */
static sluice_span trimmed(sluice_span s)
{
    while (s.len && (s.ptr[s.len - 1] == '\n' || s.ptr[s.len - 1] == ' '))
        s.len--;
    return s;
}

static void compare(struct text *out, const char *what, sluice_span want, const struct text *got)
{
    sluice_span have = trimmed(sl_span(got->ptr, got->len));

    want = trimmed(want);
    if (!want.ptr || sl_span_eq(want, have))
        return;
    text_printf(out, "%s differs\n", what);
    while (want.len || have.len) {
        size_t w = sl_span_find_char(want, '\n'), h = sl_span_find_char(have, '\n');
        sluice_span a = sl_span_head(want, w), b = sl_span_head(have, h);

        if (want.len && have.len && sl_span_eq(a, b)) {
            text_printf(out, "  %.*s\n", SL_FMT(a));
        } else {
            if (want.len)
                text_printf(out, "- %.*s\n", SL_FMT(a));
            if (have.len)
                text_printf(out, "+ %.*s\n", SL_FMT(b));
        }
        want = sl_span_from(want, w + 1);
        have = sl_span_from(have, h + 1);
    }
}

char *sl_cassette_play(const struct sl_cassette *c, const struct sl_testplugin *plugin)
{
    struct text requests = { NULL, 0, 0 }, sink = { NULL, 0, 0 }, out = { NULL, 0, 0 };
    sluice_error err = SLUICE_ERROR_INIT;

    if (play(c, plugin, &requests, &sink, &err) < 0)
        text_printf(&out, "create() failed: %s\n", err.message);
    else {
        compare(&out, "request", c->request, &requests);
        compare(&out, "sink", c->sink, &sink);
        if (!c->sink.ptr)
            text_str(&out, "no == sink section: nothing was compared\n");
    }
    text_free(&requests);
    text_free(&sink);
    return out.len ? text_take(&out) : (text_free(&out), NULL);
}

char *sl_cassette_torture(const struct sl_cassette *c, const struct sl_testplugin *plugin)
{
    struct sl_testhost *t = host_for(c);
    struct sl_test_provider p;
    sluice_error err = SLUICE_ERROR_INIT;
    char *fault = NULL;

    if (!t)
        return strdup("out of memory");
    if (sl_test_provider_init(&p, t, plugin, c->config, &err) < 0)
        fault = strdup("create() failed");
    if (!fault)
        fault = sl_test_every_cut(&p, &c->call, c->answers, c->n_answers);
    if (!fault)
        fault = sl_test_every_stop(&p, &c->call, c->answers, c->n_answers);
    sl_test_provider_finish(&p);
    if (!fault)
        fault = sl_test_every_fault(plugin, t, c->config, &c->call, c->answers, c->n_answers);
    sl_testhost_destroy(t);
    return fault;
}

static void copy_sections(const struct sl_cassette *c, FILE *f)
{
    sluice_span rest = sl_span(c->text, c->len);
    bool skipping = false;

    while (rest.len) {
        size_t n = sl_span_find_char(rest, '\n');
        sluice_span line = sl_span_head(rest, n);

        if (sl_span_starts(line, SL_SPAN("== ")))
            skipping = sl_span_starts(line, SL_SPAN("== request")) ||
                       sl_span_starts(line, SL_SPAN("== sink"));
        if (!skipping)
            fprintf(f, "%.*s\n", SL_FMT(line));
        rest = sl_span_from(rest, n + 1);
    }
}

sluice_status sl_cassette_record(const char *path, const struct sl_cassette *c,
                                 const struct sl_testplugin *plugin, sluice_error *err)
{
    struct text requests = { NULL, 0, 0 }, sink = { NULL, 0, 0 };
    sluice_status st = play(c, plugin, &requests, &sink, err);
    FILE *f = st >= 0 ? fopen(path, "wb") : NULL;

    if (f) {
        copy_sections(c, f);
        fprintf(f, "== request\n%s== sink\n%s", requests.ptr ? requests.ptr : "", sink.ptr);
        if (fclose(f))
            st = sl_fail(err, SLUICE_E_INTERNAL, "%s: cannot be written", path);
    } else if (st >= 0) {
        st = sl_fail(err, SLUICE_E_INTERNAL, "%s: cannot be written", path);
    }
    text_free(&requests);
    text_free(&sink);
    return st;
}
