/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reassembled.c - a streamed answer put together equals the whole one. Each argument is a pair of
 * cassettes, "STREAM=WHOLE" in CASSETTES, that hold the same answer both ways: what reaches the
 * sink has to be the same when pieces that follow one another are joined and of usage the last
 * counts. ENTRY is the plugin's built-in entry.
 */
#include "cassette.h"

#include <sluice_sdk/buf.h>
#include <stdio.h>
#include <stdlib.h>

SLUICE_EXTERN_C const sluice_plugin *ENTRY(void);

#define CAP (64u << 20)

/* Kinds that come in pieces. */
static const char *const pieces[] = { "delta text ", "delta reasoning ", "delta tool_args " };

/* What stands in front of the text of a piece; empty: it is none. */
static sluice_span piece_head(sluice_span line)
{
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++)
        if (sl_span_starts(line, sl_span_str(pieces[i])))
            return sl_span_head(line, sl_span_find(line, SL_SPAN(" text=")) + 6);
    return SL_SPAN("");
}

/* The lines of a sink, joined. */
static void join(const char *sink, struct sl_buf *out)
{
    sluice_span rest = sl_span_str(sink), last = SL_SPAN(""), usage = SL_SPAN("");

    while (rest.len) {
        sluice_span line = sl_span_head(rest, sl_span_find_char(rest, '\n')), head;

        rest = sl_span_from(rest, line.len + 1);
        if (sl_span_starts(line, SL_SPAN("usage "))) {
            usage = line;
            continue;
        }
        head = piece_head(line);
        if (head.len && sl_span_eq(head, last)) {
            sl_buf_add(out, sl_span_from(line, head.len));
            continue;
        }
        sl_buf_add_char(out, '\n');
        sl_buf_add(out, line);
        last = head;
    }
    sl_buf_add_char(out, '\n');
    sl_buf_add(out, usage);
    sl_buf_add_char(out, 0);
}

/* Plays one; false: it cannot be. */
static bool play(const struct sl_testplugin *plugin, const char *name, size_t len,
                 struct sl_buf *out)
{
    struct sl_testhost *host = sl_testhost_create();
    struct sl_test_provider p;
    struct sl_test_result r;
    struct sl_cassette *c = NULL;
    sluice_error err = SLUICE_ERROR_INIT;
    char path[1024];
    bool ok;

    snprintf(path, sizeof path, "%s/%.*s.cassette", CASSETTES, (int)len, name);
    ok = host && sl_cassette_load(path, &c, &err) >= 0 &&
         sl_test_provider_init(&p, host, plugin, c->config, &err) >= 0;
    if (ok) {
        sl_test_exchange(&p, &c->call, c->answers, c->n_answers, NULL, &r);
        join(r.sink, out);
        ok = r.status >= 0;
        sl_test_result_finish(&r);
        sl_test_provider_finish(&p);
    }
    if (!ok)
        printf("%s: %s\n", path, err.message);
    sl_cassette_destroy(c);
    sl_testhost_destroy(host);
    return ok;
}

int main(int argc, char **argv)
{
    struct sl_testplugin *plugin;
    sluice_error err = SLUICE_ERROR_INIT;
    int bad = argc < 2;

    if (sl_testplugin_wrap(ENTRY, &plugin, &err) < 0)
        return 1;
    for (int i = 1; i < argc; i++) {
        size_t split = strcspn(argv[i], "=");
        struct sl_buf stream, whole;

        sl_buf_init(&stream, CAP);
        sl_buf_init(&whole, CAP);
        if (!argv[i][split] || !play(plugin, argv[i], split, &stream) ||
            !play(plugin, argv[i] + split + 1, strlen(argv[i] + split + 1), &whole) ||
            strcmp(stream.ptr, whole.ptr) != 0) {
            printf("FAIL %s\n--- stream%s\n--- whole%s\n", argv[i], stream.ptr ? stream.ptr : "",
                   whole.ptr ? whole.ptr : "");
            bad++;
        } else {
            printf("ok   %s\n", argv[i]);
        }
        sl_buf_finish(&stream);
        sl_buf_finish(&whole);
    }
    sl_testplugin_drop(plugin);
    return bad > 0;
}
