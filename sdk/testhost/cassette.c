/* SPDX-License-Identifier: Apache-2.0 */
/* cassette.c - reads cassette files. cassette_play.c replays them. */
#include "cassette.h"

#include "base/status.h"
#include "text.h"

#include <stdio.h>
#include <stdlib.h>

struct reader {
    struct sl_cassette *c;
    const char *path;
    sluice_span rest;
    unsigned line;
    sluice_error *err;
};

static sluice_status bad(struct reader *r, const char *what)
{
    return sl_fail(r->err, SLUICE_E_INVALID, "%s:%u: %s", r->path, r->line, what);
}

/* Cuts the next line off, without its line break. */
static sluice_span next_line(sluice_span *rest)
{
    size_t n = sl_span_find_char(*rest, '\n');
    sluice_span line = sl_span(rest->ptr, n);

    *rest = sl_span_from(*rest, n + 1);
    return line;
}

/* The text up to the next line that begins with "== ", without the line break in front of it. */
static sluice_span section_text(struct reader *r)
{
    const char *begin = r->rest.ptr, *end = begin;

    while (r->rest.len && !sl_span_starts(r->rest, SL_SPAN("== "))) {
        sluice_span line = next_line(&r->rest);

        r->line++;
        end = line.ptr + line.len;
    }
    return sl_span(begin, (size_t)(end - begin));
}

static bool take(sluice_span line, const char *name, sluice_span *value)
{
    size_t n = strlen(name);

    if (line.len <= n || memcmp(line.ptr, name, n) || line.ptr[n] != ':')
        return false;
    *value = sl_span_trim(sl_span_from(line, n + 1));
    return true;
}

static bool pair(sluice_span value, char separator, sluice_header *list, size_t *n)
{
    size_t at = sl_span_find_char(value, separator);

    if (*n == SL_CASSETTE_PAIRS || at == value.len)
        return false;
    list[*n].name = sl_span_trim(sl_span_head(value, at));
    list[*n].value = sl_span_trim(sl_span_from(value, at + 1));
    ++*n;
    return true;
}

static bool credential(sluice_span v, uint32_t *out)
{
    static const char *const names[] = { "none", "key", "token", "aws" };

    for (uint32_t i = 0; i < 4; i++)
        if (sl_span_eq(v, sl_span_str(names[i]))) {
            *out = i;
            return true;
        }
    return false;
}

static sluice_status call_line(struct reader *r, sluice_span line)
{
    struct sl_cassette *c = r->c;
    sluice_span v;
    uint64_t n;

    if (take(line, "operation", &v))
        c->call.operation = v;
    else if (take(line, "model", &v))
        c->call.model = v;
    else if (take(line, "base_url", &v))
        c->call.base_url = v;
    else if (take(line, "content_type", &v))
        c->call.content_type = v;
    else if (take(line, "facts", &v))
        c->call.credential_facts = v;
    else if (take(line, "config", &v))
        c->config = v;
    else if (take(line, "stream", &v))
        c->call.flags |= sl_span_eq(v, SL_SPAN("yes")) ? SLUICE_CALL_STREAM : 0;
    else if (take(line, "drop", &v))
        c->call.flags |= sl_span_eq(v, SL_SPAN("yes")) ? SLUICE_CALL_DROP : 0;
    else if (take(line, "credential", &v))
        return credential(v, &c->call.credential) ? SLUICE_OK : bad(r, "unknown credential");
    else if (take(line, "unix_ms", &v) && sl_span_u64(v, INT64_MAX, &n))
        c->unix_ms = (int64_t)n;
    else if (take(line, "param", &v))
        return pair(v, '=', c->params, &c->call.n_params) ? SLUICE_OK : bad(r, "bad param");
    else if (take(line, "header", &v))
        return pair(v, ':', c->headers, &c->call.n_headers) ? SLUICE_OK : bad(r, "bad header");
    else if (take(line, "secret", &v))
        return pair(v, '=', c->secrets, &c->n_secrets) ? SLUICE_OK : bad(r, "bad secret");
    else if (sl_span_trim(line).len)
        return bad(r, "unknown line in == call");
    return SLUICE_OK;
}

static sluice_status call_section(struct reader *r)
{
    unsigned begin = r->line;
    sluice_span text = section_text(r);
    unsigned end = r->line;
    sluice_status st = SLUICE_OK;

    r->line = begin;
    while (text.len && st >= 0) {
        r->line++;
        st = call_line(r, next_line(&text));
    }
    if (st >= 0)
        r->line = end;
    return st;
}

static int digit(char c)
{
    static const char set[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *p = c ? strchr(set, c) : NULL;

    return p ? (int)(p - set) : -1;
}

/* Blanks and '=' are skipped. */
static sluice_span decode(sluice_span in, char *out)
{
    uint32_t bits = 0, n_bits = 0;
    size_t n = 0;

    for (size_t i = 0; i < in.len; i++) {
        int d = digit(in.ptr[i]);

        if (d < 0)
            continue;
        bits = bits << 6 | (uint32_t)d;
        n_bits += 6;
        if (n_bits >= 8) {
            n_bits -= 8;
            out[n++] = (char)(bits >> n_bits & 0xff);
        }
    }
    return sl_span(out, n);
}

static sluice_status answer_section(struct reader *r, bool binary, bool broken)
{
    struct sl_cassette *c = r->c;
    size_t i = c->n_answers;
    struct sl_test_answer *a = &c->answers[i];
    sluice_span text, line;
    uint64_t status;

    if (i == SL_CASSETTE_ANSWERS)
        return bad(r, "too many answers");
    text = section_text(r);
    if (!sl_span_u64(sl_span_trim(next_line(&text)), 999, &status))
        return bad(r, "an answer begins with its status");
    a->status = (int32_t)status;
    a->headers = c->answer_headers[i];
    a->broken = broken;
    while (text.len && (line = next_line(&text)).len)
        if (!pair(line, ':', c->answer_headers[i], &a->n_headers))
            return bad(r, "bad header in an answer");
    a->body = text;
    if (binary) {
        c->decoded[i] = test_alloc(text.len);
        a->body = decode(text, c->decoded[i]);
    }
    c->n_answers++;
    return SLUICE_OK;
}

static sluice_status section(struct reader *r)
{
    sluice_span name = sl_span_trim(sl_span_from(next_line(&r->rest), 3));

    r->line++;
    if (sl_span_eq(name, SL_SPAN("call")))
        return call_section(r);
    if (sl_span_eq(name, SL_SPAN("body")))
        r->c->call.body = section_text(r);
    else if (sl_span_eq(name, SL_SPAN("request")))
        r->c->request = section_text(r);
    else if (sl_span_eq(name, SL_SPAN("sink")))
        r->c->sink = section_text(r);
    else if (sl_span_eq(name, SL_SPAN("answer")))
        return answer_section(r, false, false);
    else if (sl_span_eq(name, SL_SPAN("answer base64")))
        return answer_section(r, true, false);
    else if (sl_span_eq(name, SL_SPAN("answer broken")))
        return answer_section(r, false, true);
    else
        return bad(r, "unknown section");
    return SLUICE_OK;
}

static sluice_status read_all(const char *path, struct sl_cassette *c, sluice_error *err)
{
    FILE *f = fopen(path, "rb");
    struct text t = { NULL, 0, 0 };
    char block[8192];
    size_t n;

    if (!f)
        return sl_fail(err, SLUICE_E_NOT_FOUND, "%s: cannot be opened", path);
    while ((n = fread(block, 1, sizeof block, f)) > 0)
        text_add(&t, sl_span(block, n));
    fclose(f);
    c->len = t.len;
    c->text = text_take(&t);
    return SLUICE_OK;
}

sluice_status sl_cassette_load(const char *path, struct sl_cassette **out, sluice_error *err)
{
    struct sl_cassette *c = test_alloc(sizeof *c);
    struct reader r = { .c = c, .path = path, .err = err };
    sluice_status st = read_all(path, c, err);

    c->unix_ms = 1700000000000;
    c->call.params = c->params;
    c->call.headers = c->headers;
    if (st >= 0) {
        r.rest = sl_span(c->text, c->len);
        section_text(&r); /* comments */
        while (r.rest.len && st >= 0)
            st = section(&r);
    }
    if (st >= 0 && !c->call.body.ptr)
        st = bad(&r, "no == body section");
    if (st < 0)
        sl_cassette_destroy(c);
    else
        *out = c;
    return st;
}

void sl_cassette_destroy(struct sl_cassette *c)
{
    if (!c)
        return;
    for (size_t i = 0; i < SL_CASSETTE_ANSWERS; i++)
        free(c->decoded[i]);
    free(c->text);
    free(c);
}
