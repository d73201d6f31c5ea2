/* SPDX-License-Identifier: Apache-2.0 */
/*
 * aws_check.c - the signer and the event stream codec behind a pipe: one JSON object a line in, one
 * line out. oracles.mjs asks, and compares with what other implementations say.
 *
 *     {"op":"sign","method","path","query","headers":[["name","value"]],"body":B64,"id","secret",
 *      "region","service","unix"}         the value of authorization
 *     the same with "op":"check","now"    "ok", or the error's code
 *     {"op":"decode","frame":B64}         {"headers":[["name",type,B64]],"payload":B64}, or "bad:
 * .."
 *     {"op":"encode","headers":[..],"payload":B64}   the frame in base64
 *     {"op":"event","type","payload":B64}            the frame of an event; "exception": of one
 */
#include <stdio.h>
#include <stdlib.h>
#include <openssl/evp.h>
#include "credential/sigv4.h"
#include "format/eventstream.h"
#include "format/json_tree.h"

#define LINE_MAX_BYTES (16u << 20)
#define HEADERS_MAX 4096

static struct sluice_arena arena;

static sluice_span text(const struct sl_json *j)
{
    return sl_json_text(j, &arena);
}

static sluice_span member(const struct sl_json *o, const char *name)
{
    return text(sl_json_opt(o, name));
}

static sluice_span from_base64(sluice_span s)
{
    char *p = sl_alloc(&arena, s.len + 4);
    int n = EVP_DecodeBlock((unsigned char *)p, (const unsigned char *)s.ptr, (int)s.len);

    if (n < 0)
        abort();
    while (s.len && s.ptr[s.len - 1] == '=')
        s.len--, n--;
    return sl_span(p, (size_t)n);
}

static void print_base64(sluice_span s)
{
    char *p = sl_alloc(&arena, s.len * 2 + 8);

    EVP_EncodeBlock((unsigned char *)p, (const unsigned char *)s.ptr, (int)s.len);
    fputs(p, stdout);
}

static void sign(const struct sl_json *o, bool check)
{
    const struct sl_json *list = sl_json_get(o, "headers");
    sluice_header *headers = sl_alloc(&arena, (list->n + 1) * sizeof *headers);
    struct sl_sigv4_scope scope = { member(o, "id"), member(o, "secret"), member(o, "region"),
                                    member(o, "service"), sl_json_int(sl_json_get(o, "unix"), 0) };
    struct sl_sigv4_request r = { .method = member(o, "method"),
                                  .path = member(o, "path"),
                                  .query = member(o, "query"),
                                  .headers = headers };
    sluice_span body = from_base64(member(o, "body")), out = { NULL, 0 };
    char hash[2 * SL_DIGEST_SIZE + 1];
    struct sl_sigv4_claim claim;
    sluice_error err = SLUICE_ERROR_INIT;

    sl_json_each(h, list)
    {
        headers[r.n_headers++] = (sluice_header){ text(h->child), text(h->child->next) };
        if (check && sl_span_ieq(headers[r.n_headers - 1].name, SL_SPAN("authorization")))
            out = headers[r.n_headers - 1].value;
    }
    sl_sigv4_hash(&body, 1, hash);
    r.body_hash = sl_span_str(hash);
    if (!check) {
        if (sl_sigv4_sign(&r, &scope, &arena, &out) < 0)
            abort();
        printf("%.*s", SL_FMT(out));
    } else if (!sl_sigv4_claim(out, &claim)) {
        printf("no claim");
    } else if (sl_sigv4_check(&r, &claim, scope.secret, sl_json_int(sl_json_get(o, "now"), 0),
                              &arena, &err) < 0) {
        printf("%s", err.code);
    } else {
        printf("ok");
    }
}

static void decode(const struct sl_json *o)
{
    struct sl_es_message m;
    struct sl_es_header h;
    const char *what, *comma = "";
    sluice_span rest;

    if (sl_es_decode(from_base64(member(o, "frame")), &m, &what) < 0) {
        printf("bad: %s", what);
        return;
    }
    printf("{\"headers\":[");
    for (rest = m.headers; sl_es_next(&rest, &h); comma = ",") {
        printf("%s[\"", comma);
        print_base64(h.name);
        printf("\",%d,\"", (int)h.type);
        print_base64(h.value);
        printf("\"]");
    }
    printf("],\"payload\":\"");
    print_base64(m.payload);
    printf("\"}");
}

static void encode(const struct sl_json *o)
{
    static struct sl_es_header headers[HEADERS_MAX];
    sluice_span payload = from_base64(member(o, "payload"));
    struct sl_buf b;
    size_t n = 0;

    sl_json_each(h, sl_json_get(o, "headers"))
    {
        if (n == HEADERS_MAX)
            abort();
        headers[n++] =
            (struct sl_es_header){ text(h->child), (enum sl_es_type)sl_json_int(h->child->next, 0),
                                   from_base64(text(h->child->next->next)) };
    }
    sl_buf_init(&b, SL_ES_MESSAGE_MAX);
    sl_es_encode(&b, headers, n, &payload, 1);
    if (sl_buf_ok(&b))
        print_base64(sl_buf_span(&b));
    else
        printf("too large");
    sl_buf_finish(&b);
}

static void event(const struct sl_json *o, bool exception)
{
    sluice_span payload = from_base64(member(o, "payload"));
    struct sl_buf b;

    sl_buf_init(&b, SL_ES_MESSAGE_MAX);
    if (exception)
        sl_es_exception(&b, member(o, "type"), &payload, 1);
    else
        sl_es_event(&b, member(o, "type"), &payload, 1);
    print_base64(sl_buf_span(&b));
    sl_buf_finish(&b);
}

int main(void)
{
    char *line = malloc(LINE_MAX_BYTES);

    sl_arena_init(&arena, 1u << 30);
    while (line && fgets(line, LINE_MAX_BYTES, stdin)) {
        struct sl_json_error why;
        struct sl_json *o;

        if (sl_json_parse(sl_span_str(line), &arena, &o, &why) < 0)
            return 1;
        if (sl_json_is(sl_json_get(o, "op"), "decode"))
            decode(o);
        else if (sl_json_is(sl_json_get(o, "op"), "encode"))
            encode(o);
        else if (sl_json_is(sl_json_get(o, "op"), "event"))
            event(o, false);
        else if (sl_json_is(sl_json_get(o, "op"), "exception"))
            event(o, true);
        else
            sign(o, sl_json_is(sl_json_get(o, "op"), "check"));
        printf("\n");
        fflush(stdout);
        sl_arena_reset(&arena);
    }
    free(line);
    sl_arena_finish(&arena);
    return 0;
}
