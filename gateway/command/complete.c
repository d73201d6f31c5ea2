/* SPDX-License-Identifier: Apache-2.0 */
/*
 * complete.c - `sluice complete -m MODEL TEXT`: one chat call from the shell, without a server, so
 * that a provider and its key can be tried. The answer goes to standard output, all else to
 * standard error.
 */
#include "command/commands.h"
#include "command/logline.h"
#include "command/quickstart.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sluice_sdk/json.h>

#define TEXT_MAX (64u << 20)

struct completion {
    struct gw_options open; /* what decides on the configuration */
    const char *system, *text;
    bool stream, json;

    struct sl_buf body, scratch;
    bool wrote; /* some text went out */
    bool line_open;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool over;
    sluice_status status;
    sluice_error error;
};

/* ---- output ---------------------------------------------------------------------------------- */

static void print_text(struct completion *c, sluice_span string)
{
    sluice_span inside;

    if (!sl_json_raw_string(string, &inside) || !inside.len)
        return;
    sl_buf_reset(&c->scratch);
    if (!sl_buf_reserve(&c->scratch, inside.len))
        return;
    c->scratch.len = sl_json_unescape(inside, c->scratch.ptr);
    fwrite(c->scratch.ptr, 1, c->scratch.len, stdout);
    fflush(stdout);
    c->wrote = true;
    c->line_open = c->scratch.len && c->scratch.ptr[c->scratch.len - 1] != '\n';
}

static void print_raw(struct completion *c, sluice_span json)
{
    printf("%.*s\n", SL_FMT(json));
    fflush(stdout);
    c->wrote = true;
}

/* One chunk, or the whole answer: the text of its first choice, or its tool calls as JSON. */
static void print_answer(struct completion *c, sluice_span object)
{
    sluice_span part = sl_json_find(object, c->stream ? "choices.0.delta" : "choices.0.message");
    sluice_span tools;

    if (c->json || !part.len) {
        if (c->json || !c->stream)
            print_raw(c, object);
        return;
    }
    print_text(c, sl_json_find(part, "content"));
    tools = sl_json_find(part, "tool_calls");
    if (sl_json_type(tools) == SL_JSON_ARRAY)
        print_raw(c, tools);
}

/* ---- the call -------------------------------------------------------------------------------- */

static void on_head(void *ctx, int32_t status, const sluice_header *headers, size_t n,
                    int64_t length)
{
    (void)ctx;
    (void)status;
    (void)headers;
    (void)n;
    (void)length;
}

static void on_json(void *ctx, sluice_span object)
{
    print_answer(ctx, object);
}

static void on_bytes(void *ctx, const sluice_span *parts, size_t n, uint32_t flags)
{
    (void)ctx;
    (void)flags;
    for (size_t i = 0; i < n; i++)
        fwrite(parts[i].ptr, 1, parts[i].len, stdout);
}

static void on_done(void *ctx, sluice_status status, const sluice_error *err,
                    const sluice_usage *usage)
{
    struct completion *c = ctx;

    (void)usage;
    pthread_mutex_lock(&c->lock);
    c->status = status;
    if (status < 0 && err)
        c->error = *err;
    c->over = true;
    pthread_cond_signal(&c->changed);
    pthread_mutex_unlock(&c->lock);
}

static const sluice_events events = { .struct_size = sizeof events,
                                      .head = on_head,
                                      .json = on_json,
                                      .bytes = on_bytes,
                                      .done = on_done };

static sluice_status run_stream(struct completion *c, sluice *s, const sluice_request *request)
{
    sluice_loop *loop;
    sluice_task task;
    sluice_status st = sluice_spawn(s, &loop, &c->error);

    if (st >= 0)
        st = sluice_start(loop, request, &events, c, &task, &c->error);
    if (st < 0)
        return st;
    pthread_mutex_lock(&c->lock);
    while (!c->over)
        pthread_cond_wait(&c->changed, &c->lock);
    st = c->status;
    pthread_mutex_unlock(&c->lock);
    return st;
}

static sluice_status run_whole(struct completion *c, sluice *s, const sluice_request *request)
{
    char *answer = NULL;
    size_t len = 0;
    sluice_status st = sluice_run(s, request, &answer, &len, &c->error);

    if (st >= 0)
        print_answer(c, sl_span(answer, len));
    sluice_free(answer);
    return st;
}

static void add_message(struct sl_json_out *o, const char *role, const char *text)
{
    sl_json_open(o, '{');
    sl_json_kv_str(o, "role", sl_span_str(role));
    sl_json_kv_str(o, "content", sl_span_str(text));
    sl_json_close(o, '}');
}

static bool build_body(struct completion *c)
{
    struct sl_json_out o = sl_json_out(&c->body);

    sl_json_open(&o, '{');
    sl_json_kv_str(&o, "model", sl_span_str(c->open.model));
    sl_json_key(&o, "messages");
    sl_json_open(&o, '[');
    if (c->system)
        add_message(&o, "system", c->system);
    add_message(&o, "user", c->text);
    sl_json_close(&o, ']');
    if (c->stream)
        sl_json_kv_bool(&o, "stream", true);
    sl_json_close(&o, '}');
    return sl_buf_ok(&c->body);
}

static int call(struct completion *c)
{
    sluice_request request = { .struct_size = sizeof request,
                               .flags = c->stream ? SLUICE_CALL_STREAM : 0,
                               .operation = SL_SPAN("chat.completions") };
    struct gw_options open = c->open;
    struct gw_opening opening;
    sluice *s = NULL;
    sluice_status st = SLUICE_E_INVALID;

    /* "openai/gpt-4o" and "mock" are served without a configuration; a bare name needs one. */
    if (!open.api_base && (strchr(open.model, '/') || !strcmp(open.model, "mock")))
        open.model = NULL;
    if (gw_opening_init(&opening, &open, stderr) && build_body(c)) {
        request.body = sl_buf_span(&c->body);
        st = sluice_open(&opening.options, &s, &c->error);
    }
    if (s) {
        st = c->stream ? run_stream(c, s, &request) : run_whole(c, s, &request);
        sluice_close(s, 1000);
    }
    gw_opening_finish(&opening);
    if (c->line_open)
        putchar('\n');
    if (st < 0)
        fprintf(stderr, "sluice complete: %s%s%s%s\n", c->error.message,
                c->error.code[0] ? " (" : "", c->error.code, c->error.code[0] ? ")" : "");
    return st < 0;
}

/* ---- arguments ------------------------------------------------------------------------------- */

struct value_flag {
    const char *name, *brief;
    const char **at;
};

static bool take_value(const struct value_flag *flags, size_t n, int argc, char **argv, int *i)
{
    for (size_t k = 0; k < n; k++)
        if ((!strcmp(argv[*i], flags[k].name) || !strcmp(argv[*i], flags[k].brief)) &&
            *i + 1 < argc) {
            *flags[k].at = argv[++*i];
            return true;
        }
    return false;
}

/* Standard input as the prompt, for `... | sluice complete -m MODEL -`. */
static bool read_input(struct sl_buf *out)
{
    size_t n;

    do {
        if (!sl_buf_reserve(out, 65536))
            return false;
        n = fread(out->ptr + out->len, 1, 65535, stdin);
        out->len += n;
    } while (n);
    sl_buf_add_char(out, '\0');
    return sl_buf_ok(out) && !ferror(stdin);
}

static int usage(void)
{
    fputs("usage: sluice complete -m MODEL [flags] TEXT   (TEXT \"-\": standard input)\n"
          "  --stream         print the text as it comes\n"
          "  --system TEXT    a system message before it\n"
          "  --json           print answers as they are\n"
          "  --config, -c FILE\n  --api_base URL   of MODEL, instead of a configuration\n"
          "  --plugin_path DIRS\n",
          stderr);
    return 2;
}

int gw_complete_command(int argc, char **argv)
{
    static const char *const names[] = { "--model",    "--config",      "--system", "--stream",
                                         "--api_base", "--plugin_path", "--json",   "--help" };
    struct completion c = { .error = SLUICE_ERROR_INIT,
                            .lock = PTHREAD_MUTEX_INITIALIZER,
                            .changed = PTHREAD_COND_INITIALIZER };
    const struct value_flag values[] = {
        { "--model", "-m", &c.open.model },
        { "--config", "-c", &c.open.config },
        { "--system", "-s", &c.system },
        { "--api_base", "--api-base", &c.open.api_base },
        { "--plugin_path", "--plugin-path", &c.open.plugin_path },
    };
    struct sl_buf input;
    int status;

    gw_log_from(GW_LOG_WARN);
    for (int i = 0; i < argc; i++) {
        if (take_value(values, sizeof values / sizeof values[0], argc, argv, &i))
            continue;
        if (!strcmp(argv[i], "--stream"))
            c.stream = true;
        else if (!strcmp(argv[i], "--json"))
            c.json = true;
        else if (!strcmp(argv[i], "--help"))
            return usage();
        else if (argv[i][0] == '-' && argv[i][1])
            return gw_unknown_flag("complete", argv[i], names, sizeof names / sizeof names[0]);
        else if (!c.text)
            c.text = argv[i];
        else
            return usage();
    }
    if (!c.open.model || !c.text)
        return usage();
    sl_buf_init(&input, TEXT_MAX);
    sl_buf_init(&c.body, 2 * TEXT_MAX);
    sl_buf_init(&c.scratch, TEXT_MAX);
    if (!strcmp(c.text, "-"))
        c.text = read_input(&input) ? input.ptr : NULL;
    if (c.text) {
        status = call(&c);
    } else {
        fputs("sluice complete: standard input cannot be read\n", stderr);
        status = 1;
    }
    sl_buf_finish(&input);
    sl_buf_finish(&c.body);
    sl_buf_finish(&c.scratch);
    return status;
}
