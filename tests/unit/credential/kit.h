/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kit.h - calls whose deployment has to fetch its credential: one HTTP server plays vendor, token
 * services and metadata endpoints by a list of paths; a provider of this file's own asks for the
 * authentication that a test wants. Everything runs on one event_base.
 */
#ifndef TEST_CREDENTIAL_KIT_H
#define TEST_CREDENTIAL_KIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <sluice/sluice.h>
#include "base/arena.h"
#include "base/clock.h"
#include "base/span.h"

#define KIT_ROUTES 12
#define KIT_LOG (1u << 20)

/* "GET /path" begins like this: answered so. text may be changed while a test runs. */
struct kit_route {
    const char *begins;
    int status; /* 0 = 200; -1 = never */
    char text[2048];
    int asked;
};

struct kit {
    struct event_base *base;
    struct evhttp *http;
    int port;
    struct kit_route routes[KIT_ROUTES];
    char log[KIT_LOG]; /* "METHOD URI\nheader: value\n...\n\nbody\n--\n" of each request */
    char dir[64];      /* of this test, for files */
    sluice *s;
    sluice_loop *loop;
};

/* ---- the provider ---- */

static uint32_t kit_auth = SLUICE_AUTH_SIGV4;
static const char *kit_id = "kit";        /* or a data file of the test's folder */
static _Thread_local char kit_facts[256]; /* what the last exchange was told */

struct sluice_exchange {
    const sluice_call *call;
    sluice_arena *arena;
    int status;
    char url[128];
};

static sluice_status kit_create(const sluice_host *host, sluice_span config, sluice_provider **out,
                                sluice_error *err)
{
    static int one;

    (void)host;
    (void)config;
    (void)err;
    *out = (sluice_provider *)(void *)&one;
    return SLUICE_OK;
}

static void kit_destroy(sluice_provider *self)
{
    (void)self;
}

static sluice_status kit_begin(sluice_provider *self, const sluice_call *call, sluice_arena *arena,
                               sluice_exchange **out, sluice_error *err)
{
    (void)self;
    (void)err;
    *out = calloc(1, sizeof **out);
    (*out)->call = call;
    (*out)->arena = arena;
    snprintf(kit_facts, sizeof kit_facts, "%.*s", SL_FMT(call->credential_facts));
    return SLUICE_OK;
}

static void kit_end_exchange(sluice_exchange *x)
{
    free(x);
}

static sluice_status kit_request(sluice_exchange *x, sluice_http_request *out, sluice_error *err)
{
    static const sluice_part body = { SLUICE_PART_BYTES, SLUICE_FORM_RAW, { "{}", 2 } };

    (void)err;
    snprintf(x->url, sizeof x->url, "%.*s/vendor", SL_FMT(x->call->base_url));
    out->url = sl_span_str(x->url);
    out->auth = kit_auth;
    out->auth_param =
        kit_auth == SLUICE_AUTH_SIGV4 ? SL_SPAN("aws:amz:us-east-1:bedrock") : SL_SPAN("");
    out->body = &body;
    out->n_body = 1;
    return SLUICE_OK;
}

static sluice_status kit_head(sluice_exchange *x, const sluice_http_head *h, uint32_t *framing,
                              sluice_error *err)
{
    (void)framing;
    (void)err;
    x->status = h->status;
    return SLUICE_OK;
}

static sluice_status kit_data(sluice_exchange *x, const sluice_frame *f, const sluice_sink *sink,
                              sluice_error *err)
{
    const sluice_delta text = { .struct_size = sizeof text,
                                .kind = SLUICE_DELTA_TEXT,
                                .text = { "x", 1 } };
    const sluice_delta end = { .struct_size = sizeof end,
                               .kind = SLUICE_DELTA_FINISH,
                               .text = { "stop", 4 } };
    sluice_status st;

    (void)f;
    (void)err;
    if (x->status != 200)
        return SLUICE_OK;
    st = sink->delta(sink, &text);
    return st < 0 ? st : sink->delta(sink, &end);
}

static sluice_status kit_end(sluice_exchange *x, const sluice_sink *sink, sluice_error *err)
{
    (void)sink;
    (void)err;
    return x->status == 200 ? SLUICE_OK : x->status == 403 ? SLUICE_E_AUTH : SLUICE_E_UPSTREAM;
}

/* KIT_SCHEMES: what a test's provider says in "credentials", before this file is included. */
static const void *kit_class(const char *id)
{
    static const char *const operations[] = { "chat.completions", NULL };
    static const sluice_provider_class cls = {
        .struct_size = sizeof cls,
        .operations = operations,
        .config_schema = "{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{"
                         "\"token\":{\"type\":\"string\"},\"account_id\":{\"type\":\"string\"}},"
                         "\"x-sluice\":{"
                         "\"key_env\":[\"KIT_KEY\"],\"credentials\":[" KIT_SCHEMES "]}}",
        .create = kit_create,
        .destroy = kit_destroy,
        .begin = kit_begin,
        .request = kit_request,
        .head = kit_head,
        .data = kit_data,
        .end = kit_end,
        .close = kit_end_exchange,
    };

    return strcmp(id, SLUICE_PROVIDER_ID) ? NULL : &cls;
}

static const sluice_plugin *kit_entry(void)
{
    static const sluice_plugin plugin = {
        .magic = SLUICE_MAGIC,
        .struct_size = sizeof plugin,
        .abi_major = SLUICE_ABI_MAJOR,
        .id = "kit",
        .version = "1",
        .vendor = "test",
        .summary = "asks for authentication",
        .get_class = kit_class,
    };

    return &plugin;
}

/* ---- the server ---- */

static void kit_serve(struct evhttp_request *req, void *arg)
{
    static const char *const methods[] = { "GET", "POST", "HEAD", "PUT" };
    struct kit *k = arg;
    struct evbuffer *in = evhttp_request_get_input_buffer(req), *out;
    struct evkeyvalq *headers = evhttp_request_get_input_headers(req);
    static const char *const shown[] = { "authorization",
                                         "x-amz-security-token",
                                         "x-aws-ec2-metadata-token",
                                         "x-aws-ec2-metadata-token-ttl-seconds",
                                         "metadata-flavor",
                                         "metadata",
                                         "x-identity-header",
                                         "x-amz-sso_bearer_token",
                                         "content-type" };
    unsigned which = 0, cmd = evhttp_request_get_command(req);
    size_t at = strlen(k->log), n = evbuffer_get_length(in);
    char line[1024];

    while (which < 3 && cmd != 1u << which)
        which++;
    snprintf(line, sizeof line, "%s %s", methods[which], evhttp_request_get_uri(req));
    at += (size_t)snprintf(k->log + at, KIT_LOG - at, "%s\n", line);
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++) {
        const char *value = evhttp_find_header(headers, shown[i]);

        if (value && at < KIT_LOG)
            at += (size_t)snprintf(k->log + at, KIT_LOG - at, "%s: %s\n", shown[i], value);
    }
    if (at < KIT_LOG)
        snprintf(k->log + at, KIT_LOG - at, "%.*s\n--\n", (int)n,
                 n ? (char *)evbuffer_pullup(in, -1) : "");
    for (struct kit_route *r = k->routes; r < k->routes + KIT_ROUTES && r->begins; r++) {
        if (strncmp(line, r->begins, strlen(r->begins)) != 0)
            continue;
        r->asked++;
        if (r->status < 0)
            return; /* never answered; freed with the server */
        out = evbuffer_new();
        evbuffer_add(out, r->text, strlen(r->text));
        if (strstr(r->begins, "/computeMetadata/"))
            evhttp_add_header(evhttp_request_get_output_headers(req), "Metadata-Flavor", "Google");
        evhttp_add_header(evhttp_request_get_output_headers(req), "Content-Type",
                          "application/json");
        evhttp_send_reply(req, r->status ? r->status : 200, "x", out);
        evbuffer_free(out);
        return;
    }
    evhttp_send_error(req, 404, NULL);
}

static inline struct kit_route *kit_route(struct kit *k, const char *begins, int status,
                                          const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
static inline struct kit_route *kit_route(struct kit *k, const char *begins, int status,
                                          const char *fmt, ...)
{
    struct kit_route *r = k->routes;
    va_list ap;

    while (r->begins && strcmp(r->begins, begins))
        r++;
    assert_true(r < k->routes + KIT_ROUTES);
    r->begins = begins;
    r->status = status;
    va_start(ap, fmt);
    vsnprintf(r->text, sizeof r->text, fmt, ap);
    va_end(ap);
    return r;
}

static inline int kit_setup(void **state)
{
    struct kit *k = calloc(1, sizeof *k);
    struct evhttp_bound_socket *socket;
    struct sockaddr_storage ss;
    ev_socklen_t len = sizeof ss;

    k->base = event_base_new();
    k->http = evhttp_new(k->base);
    evhttp_set_allowed_methods(k->http, EVHTTP_REQ_GET | EVHTTP_REQ_POST | EVHTTP_REQ_PUT);
    evhttp_set_gencb(k->http, kit_serve, k);
    socket = evhttp_bind_socket_with_handle(k->http, "127.0.0.1", 0);
    getsockname(evhttp_bound_socket_get_fd(socket), (struct sockaddr *)&ss, &len);
    k->port = ntohs(((struct sockaddr_in *)&ss)->sin_port);
    snprintf(k->dir, sizeof k->dir, "/tmp/sluice-credential-XXXXXX");
    assert_non_null(mkdtemp(k->dir));
    kit_route(k, "POST /vendor", 200, "{}");
    *state = k;
    return 0;
}

/* A file of this test's; its path lies in a static buffer. */
static inline const char *kit_file(struct kit *k, const char *name, const char *text)
{
    static char path[4][128];
    static unsigned next;
    char *p = path[next++ & 3];
    FILE *f;

    snprintf(p, sizeof *path, "%s/%s", k->dir, name);
    f = fopen(p, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
    return p;
}

/* params: more of litellm_params, as "a: b, c: d"; env: of environment_variables, likewise. Each
 * %d in them is the server's port. */
static inline sluice_status kit_try_open(struct kit *k, const char *params, const char *env,
                                         sluice_error *err)
{
    sluice_options options = { .struct_size = sizeof options };
    char p[2048], e[2048], config[8192], path[512];

    snprintf(path, sizeof path, "%s:%s", k->dir, TEST_BUILD_DIR "/lib/sluice/1");
    options.plugin_path = path;

    snprintf(p, sizeof p, params, k->port, k->port, k->port);
    snprintf(e, sizeof e, env, k->port, k->port, k->port);
    snprintf(config, sizeof config,
             "model_list:\n- {model_name: m, litellm_params: {model: %s/x, api_base: "
             "'http://127.0.0.1:%d'%s%s}}\nrouter_settings: {num_retries: 0}\n"
             "environment_variables: {HOME: '%s'%s%s}\n",
             kit_id, k->port, *p ? ", " : "", p, k->dir, *e ? ", " : "", e);
    options.config = sl_span_str(config);
    return sluice_open(&options, &k->s, err);
}

static inline void kit_open(struct kit *k, const char *params, const char *env)
{
    sluice_error err = SLUICE_ERROR_INIT;

    if (kit_try_open(k, params, env, &err) < 0)
        fail_msg("sluice_open: %s", err.message);
    assert_int_equal(sluice_attach(k->s, k->base, &k->loop, &err), SLUICE_OK);
}

static inline void kit_close(struct kit *k)
{
    if (k->loop)
        sluice_detach(k->loop);
    if (k->s)
        sluice_close(k->s, 0);
    k->loop = NULL;
    k->s = NULL;
}

static inline int kit_teardown(void **state)
{
    struct kit *k = *state;
    char command[128];

    sl_clock_freeze(0, 0);
    kit_close(k);
    evhttp_free(k->http);
    event_base_free(k->base);
    snprintf(command, sizeof command, "rm -rf %s", k->dir);
    assert_int_equal(system(command), 0);
    free(k);
    return 0;
}

/* ---- calls ---- */

struct got {
    int done;
    sluice_status status;
    sluice_error err;
    sluice_task task;
};

static inline void kit_head_cb(void *ctx, int32_t status, const sluice_header *h, size_t n,
                               int64_t length)
{
    (void)ctx;
    (void)status;
    (void)h;
    (void)n;
    (void)length;
}

static inline void kit_bytes_cb(void *ctx, const sluice_span *parts, size_t n, uint32_t flags)
{
    (void)ctx;
    (void)parts;
    (void)n;
    (void)flags;
}

static inline void kit_done_cb(void *ctx, sluice_status status, const sluice_error *err,
                               const sluice_usage *usage)
{
    struct got *g = ctx;

    (void)usage;
    g->done++;
    g->status = status;
    if (err)
        g->err = *err;
}

static inline void kit_start(struct kit *k, struct got *g)
{
    static const sluice_events events = { .struct_size = sizeof events,
                                          .head = kit_head_cb,
                                          .bytes = kit_bytes_cb,
                                          .done = kit_done_cb };
    sluice_request r = { .struct_size = sizeof r,
                         .operation = SL_SPAN("chat.completions"),
                         .flags = SLUICE_CALL_WIRE,
                         .body = SL_SPAN("{\"model\":\"m\",\"messages\":[{\"role\":\"user\","
                                         "\"content\":\"hi\"}]}") };
    sluice_error err = SLUICE_ERROR_INIT;

    memset(g, 0, sizeof *g);
    g->status = sluice_start(k->loop, &r, &events, g, &g->task, &err);
    if (g->status < 0)
        g->done = 1;
    if (g->status < 0 && g->status != SLUICE_E_NOMEM)
        fail_msg("sluice_start: %s", err.message);
}

static inline void kit_wait(struct kit *k, struct got *g)
{
    for (int i = 0; i < 1000000 && !g->done; i++)
        event_base_loop(k->base, EVLOOP_ONCE);
    assert_int_equal(g->done, 1);
}

static inline sluice_status kit_call(struct kit *k)
{
    struct got g;

    kit_start(k, &g);
    kit_wait(k, &g);
    return g.status;
}

/* Whatever allocation fails, the call ends, and the next one is whole. */
static inline void kit_fail_in_turn(struct kit *k, const char *params, const char *env)
{
    uint64_t counted, n = 0;
    int failed = 0;

    do {
        struct got g;

        assert_true(++n < 2000);
        memset(k->log, 0, sizeof k->log);
        kit_open(k, params, env);
        sl_fault_after(n);
        kit_start(k, &g); /* the fetch begins in here */
        for (int i = 0; i < 1000000 && !g.done; i++)
            event_base_loop(k->base, EVLOOP_ONCE);
        counted = sl_fault_after(0);
        assert_int_equal(g.done, 1);
        failed += g.status < 0;
        assert_int_equal(kit_call(k), SLUICE_OK);
        kit_close(k);
    } while (counted >= n); /* the last one met no failure */
    assert_true(failed > 10);
}

/* How often `text` stands in what the server was sent. */
static inline int kit_seen(const struct kit *k, const char *text)
{
    int n = 0;

    for (const char *p = k->log; (p = strstr(p, text)); p += strlen(text))
        n++;
    return n;
}

/* "2026-01-02T03:04:05Z" in so many seconds. */
static inline const char *kit_time(int seconds)
{
    static char text[4][32];
    static unsigned next;
    char *p = text[next++ & 3];
    time_t t = (time_t)(sl_unix_ms() / 1000 + seconds);
    struct tm tm;

    strftime(p, sizeof *text, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&t, &tm));
    return p;
}

#endif
