/* SPDX-License-Identifier: Apache-2.0 */
/*
 * explain_cmd.c - `sluice explain REQUEST.json`: where a call with this body would go, and why,
 * from a configuration alone. Nobody is asked, no logger is started, no port is opened.
 */
#include "command/commands.h"
#include "command/logline.h"
#include "command/quickstart.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sluice_sdk/json.h>

#define BODY_MAX (100u << 20)

struct arguments {
    struct gw_options open;
    const char *file, *operation;
    bool json, upstream;
};

static bool read_all(FILE *f, struct sl_buf *out)
{
    size_t n;

    do {
        if (!sl_buf_reserve(out, 65536))
            return false;
        n = fread(out->ptr + out->len, 1, 65536, f);
        out->len += n;
    } while (n > 0);
    return !ferror(f);
}

/* "-" is standard input. */
static bool read_body(const char *name, struct sl_buf *out)
{
    bool in = !strcmp(name, "-");
    FILE *f = in ? stdin : fopen(name, "re");
    bool ok = f && read_all(f, out);

    if (!ok)
        fprintf(stderr, "sluice explain: %s: %s\n", name, errno ? strerror(errno) : "too large");
    if (f && !in)
        fclose(f);
    return ok;
}

/* ---- for people -------------------------------------------------------------------------------
 */

/* The inside of a JSON string; names and reasons hardly ever have escapes. */
static sluice_span text_at(sluice_span object, const char *path)
{
    sluice_span inside = { "", 0 };

    (void)sl_json_raw_string(sl_json_find(object, path), &inside);
    return inside;
}

static void print_candidates(sluice_span leg, const char *indent)
{
    sluice_span list = sl_json_find(leg, "candidates"), pick = text_at(leg, "pick"), name, d;
    struct sl_json_iter it = { 0 };

    while (sl_json_next(&it, list, &name, &d)) {
        bool fits = sl_json_is_true(sl_json_find(d, "fits"));
        sluice_span id = text_at(d, "id");

        printf("%s%s %.*s  %.*s/%.*s  %.*s%s%.*s\n", indent, sl_span_eq(id, pick) ? "*" : " ",
               SL_FMT(id), SL_FMT(text_at(d, "provider")), SL_FMT(text_at(d, "model")),
               SL_FMT(fits ? SL_SPAN("fits") : text_at(d, "reason")), fits ? "" : ": ",
               SL_FMT(fits ? SL_SPAN("") : text_at(d, "because")));
    }
}

static void print_leg(sluice_span leg, const char *indent)
{
    sluice_span error = sl_json_find(leg, "error");

    if (error.ptr)
        printf("%.*s -> nobody: %.*s\n", SL_FMT(text_at(leg, "model")),
               SL_FMT(text_at(error, "message")));
    else
        printf("%.*s -> %.*s by %.*s%s\n", SL_FMT(text_at(leg, "model")),
               SL_FMT(text_at(leg, "pick")), SL_FMT(text_at(leg, "strategy")),
               sl_json_is_true(sl_json_find(leg, "sticky")) ? ", as before in this session" : "");
    print_candidates(leg, indent);
}

static void print_chain(sluice_span all, const char *path, const char *words)
{
    sluice_span list = sl_json_find(all, path), name, leg;
    struct sl_json_iter it = { 0 };

    while (sl_json_next(&it, list, &name, &leg)) {
        printf("%s ", words);
        print_leg(leg, "    ");
    }
}

static sluice_span raw_at(sluice_span object, const char *path)
{
    sluice_span value = sl_json_find(object, path);

    return value.ptr ? value : SL_SPAN("unknown");
}

static sluice_span usd_at(sluice_span object, const char *path)
{
    sluice_span value = raw_at(object, path);

    return sl_span_eq(value, SL_SPAN("null")) ? SL_SPAN("unknown") : value;
}

static void print_figures(sluice_span all)
{
    sluice_span cache = sl_json_find(all, "cache"), limits = sl_json_find(all, "limits");

    printf("tokens  about %.*s of prompt, at most %.*s of answer\n",
           SL_FMT(raw_at(all, "tokens.input")), SL_FMT(raw_at(all, "tokens.output_most")));
    printf("cost    %.*s USD of prompt, at most %.*s USD\n", SL_FMT(usd_at(all, "cost.input_usd")),
           SL_FMT(usd_at(all, "cost.most_usd")));
    if (text_at(all, "cache.key").len)
        printf("cache   %.*s, key %.*s\n", SL_FMT(text_at(cache, "plugin")),
               SL_FMT(text_at(cache, "key")));
    else
        printf("cache   none\n");
    printf("limits  %.*s ms a try (%.*s), %.*s retries, %.*s fallbacks\n",
           SL_FMT(raw_at(limits, "attempt_ms")), SL_FMT(text_at(limits, "attempt_set_by")),
           SL_FMT(raw_at(limits, "retries")), SL_FMT(raw_at(limits, "fallbacks")));
}

static void print_upstream(sluice_span all)
{
    sluice_span r = sl_json_find(all, "upstream");

    if (text_at(r, "url").len)
        printf("sends   %.*s %.*s\n        %.*s\n        %.*s\n", SL_FMT(text_at(r, "method")),
               SL_FMT(text_at(r, "url")), SL_FMT(raw_at(r, "headers")), SL_FMT(raw_at(r, "body")));
    else if (r.ptr)
        printf("sends   nothing: %.*s\n", SL_FMT(text_at(r, "error")));
}

static void print_all(sluice_span all)
{
    print_leg(all, "  ");
    print_figures(all);
    print_upstream(all);
    print_chain(all, "fallbacks.any_failure", "fails:");
    print_chain(all, "fallbacks.context_window", "too long:");
    print_chain(all, "fallbacks.content_policy", "refused:");
}

/* ---- the command ------------------------------------------------------------------------------
 */

static int usage(void)
{
    fputs(
        "usage: sluice explain [-c CONFIG] [--operation NAME] [--upstream] [--json] REQUEST.json\n"
        "  -c, --config  the configuration; without one, what the environment offers\n"
        "  --operation   chat.completions (the default), completions, embeddings, ...\n"
        "  --upstream    also the request that the vendor would be sent, without the key\n"
        "  --json        the explanation as one JSON object\n"
        "  REQUEST.json  the body that a client would send; - reads standard input\n",
        stderr);
    return 2;
}

static int parse(struct arguments *a, int argc, char **argv)
{
    static const char *const names[] = { "--config", "--operation", "--json", "--upstream",
                                         "--help" };

    *a = (struct arguments){ .operation = "chat.completions" };
    for (int i = 0; i < argc; i++) {
        bool value = i + 1 < argc;

        if (!strcmp(argv[i], "--json"))
            a->json = true;
        else if (!strcmp(argv[i], "--upstream"))
            a->upstream = true;
        else if (value && (!strcmp(argv[i], "-c") || !strcmp(argv[i], "--config")))
            a->open.config = argv[++i];
        else if (value && !strcmp(argv[i], "--operation"))
            a->operation = argv[++i];
        else if (argv[i][0] == '-' && argv[i][1] && strcmp(argv[i], "--help") &&
                 strcmp(argv[i], "--config") && strcmp(argv[i], "-c") &&
                 strcmp(argv[i], "--operation"))
            return gw_unknown_flag("explain", argv[i], names, sizeof names / sizeof names[0]);
        else if ((argv[i][0] == '-' && argv[i][1]) || a->file)
            return usage();
        else
            a->file = argv[i];
    }
    return a->file ? 0 : usage();
}

static int explain(const struct arguments *a, sluice *s, sluice_span body)
{
    sluice_request request = { .struct_size = sizeof request,
                               .flags = SLUICE_CALL_EXPLAIN,
                               .operation = sl_span_str(a->operation),
                               .body = body };
    static const sluice_header upstream = { { "upstream", 8 }, { "true", 4 } };
    sluice_error err = SLUICE_ERROR_INIT;
    char *text = NULL;
    size_t len = 0;
    int status = 1;

    if (a->upstream) {
        request.params = &upstream;
        request.n_params = 1;
    }

    if (sluice_run(s, &request, &text, &len, &err) < 0) {
        fprintf(stderr, "sluice explain: %s\n", err.message);
        return 1;
    }
    if (a->json)
        printf("%.*s\n", (int)len, text);
    else
        print_all(sl_span(text, len));
    status = text_at(sl_span(text, len), "pick").len ? 0 : 1;
    sluice_free(text);
    return status;
}

int gw_explain_command(int argc, char **argv)
{
    sluice_error err = SLUICE_ERROR_INIT;
    struct gw_opening opening;
    struct arguments a;
    struct sl_buf body;
    sluice *s = NULL;
    int status = parse(&a, argc, argv);

    if (status)
        return status;
    gw_log_from(GW_LOG_WARN);
    sl_buf_init(&body, BODY_MAX);
    status = 1;
    if (!gw_opening_init(&opening, &a.open, stderr) || !read_body(a.file, &body))
        goto out;
    opening.options.flags |= SLUICE_OPEN_TRIAL;
    if (sluice_open(&opening.options, &s, &err) < 0)
        fprintf(stderr, "sluice explain: %s\n", err.message);
    else
        status = explain(&a, s, sl_buf_span(&body));
    sluice_close(s, 0);
out:
    gw_opening_finish(&opening);
    sl_buf_finish(&body);
    return status;
}
