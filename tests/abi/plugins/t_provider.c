/* SPDX-License-Identifier: Apache-2.0 */
/* t_provider.c - a provider for the tests: relays an OpenAI-like endpoint, and uses every host
 * service where it is there. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sluice/ext/http.h>
#include <sluice/ext/io.h>
#include <sluice/ext/metrics.h>
#include <sluice/ext/secret.h>
#include <sluice/ext/share.h>
#include <sluice/provider.h>
#include "probe.h"

struct sluice_provider {
    const sluice_host *host;
    const sluice_host_io *io;
    const sluice_host_http *http;
    const sluice_host_share *share;
    sluice_metric *things;
    sluice_watch *watch;
    sluice_timer *timer;
    sluice_job *job;
    probe_counts counts;
};

struct sluice_exchange {
    sluice_provider *p;
    const sluice_call *call;
    sluice_arena *arena;
    int status;
};

static sluice_span span(const char *text)
{
    sluice_span s = { text, strlen(text) };

    return s;
}

static void say(const sluice_host *host, const char *text)
{
    host->log(host, 1, span(text));
}

/* What "key" of the configuration says; it must be a reference. */
static void look_at_secret(const sluice_host *host, sluice_span config)
{
    const sluice_host_secret *secret = host->get_extension(host, SLUICE_SECRET_ID);
    const char *at = config.len ? memmem(config.ptr, config.len, "\"key\":\"", 7) : NULL;
    sluice_span ref, text;
    const char *end;
    char line[80];

    if (!secret || !at)
        return;
    ref.ptr = at + 7;
    end = memchr(ref.ptr, '"', config.len - (size_t)(ref.ptr - config.ptr));
    ref.len = end ? (size_t)(end - ref.ptr) : 0;
    if (secret->reveal(host, ref, &text) == SLUICE_OK)
        snprintf(line, sizeof line, "the key %.*s has %zu bytes", (int)ref.len, ref.ptr, text.len);
    else
        snprintf(line, sizeof line, "no key behind %.*s", (int)ref.len, ref.ptr);
    say(host, line);
    if (secret->reveal(host, span("secret:99"), &text) != SLUICE_E_NOT_FOUND)
        say(host, "another's secret was revealed");
}

static void drop_shared(void *obj)
{
    free(obj);
}

/* Counts the instances of the entry in an object that they share. */
static void come_by(sluice_provider *p)
{
    int *seen = p->share->get(p->host), *mine;

    if (!seen) {
        mine = calloc(1, sizeof *mine);
        if (!mine)
            return;
        seen = p->share->set(p->host, mine, drop_shared);
        if (seen != mine)
            free(mine);
    }
    ++*seen;
}

static sluice_status create(const sluice_host *host, sluice_span config, sluice_provider **out,
                            sluice_error *err)
{
    const sluice_host_metrics *metrics = host->get_extension(host, SLUICE_METRICS_ID);
    sluice_provider *p = calloc(1, sizeof *p);

    (void)err;
    if (!p)
        return SLUICE_E_NOMEM;
    p->host = host;
    p->io = host->get_extension(host, SLUICE_IO_ID);
    p->http = host->get_extension(host, SLUICE_HTTP_ID);
    p->share = host->get_extension(host, SLUICE_SHARE_ID);
    if (metrics)
        p->things = metrics->open(host, "things", "Things that happened.", SLUICE_METRIC_COUNTER);
    if (p->things)
        metrics->add(p->things, 2);
    if (p->share)
        come_by(p);
    look_at_secret(host, config);
    *out = p;
    return SLUICE_OK;
}

static void destroy(sluice_provider *p)
{
    if (p->watch)
        p->io->unwatch(p->watch);
    if (p->timer)
        p->io->cancel_timer(p->timer);
    free(p);
}

static sluice_status begin(sluice_provider *p, const sluice_call *call, sluice_arena *arena,
                           sluice_exchange **out, sluice_error *err)
{
    sluice_exchange *x = p->host->arena_alloc(p->host, arena, sizeof *x);

    (void)err;
    if (!x)
        return SLUICE_E_NOMEM;
    memset(x, 0, sizeof *x);
    x->p = p;
    x->call = call;
    x->arena = arena;
    *out = x;
    return SLUICE_OK;
}

static sluice_status request(sluice_exchange *x, sluice_http_request *out, sluice_error *err)
{
    static const char path[] = "/chat/completions";
    const sluice_host *host = x->p->host;
    sluice_span base = x->call->base_url.len ? x->call->base_url : span("https://t.example/v1");
    char *url = host->arena_alloc(host, x->arena, base.len + sizeof path);
    sluice_part *part = host->arena_alloc(host, x->arena, sizeof *part);

    (void)err;
    if (!url || !part)
        return SLUICE_E_NOMEM;
    memcpy(url, base.ptr, base.len);
    memcpy(url + base.len, path, sizeof path);
    memset(part, 0, sizeof *part);
    part->data = x->call->body;
    out->url.ptr = url;
    out->url.len = base.len + sizeof path - 1;
    out->auth = SLUICE_AUTH_BEARER;
    out->body = part;
    out->n_body = 1;
    out->framing = x->call->flags & SLUICE_CALL_STREAM ? SLUICE_FRAME_SSE : SLUICE_FRAME_WHOLE;
    return SLUICE_OK;
}

static sluice_status head(sluice_exchange *x, const sluice_http_head *h, uint32_t *framing,
                          sluice_error *err)
{
    (void)framing;
    (void)err;
    x->status = h->status;
    return SLUICE_OK;
}

static sluice_status data(sluice_exchange *x, const sluice_frame *f, const sluice_sink *sink,
                          sluice_error *err)
{
    if (x->status >= 400) {
        snprintf(err->message, sizeof err->message, "%.*s", (int)f->data.len, f->data.ptr);
        return SLUICE_OK;
    }
    if (f->data.len == 6 && !memcmp(f->data.ptr, "[DONE]", 6))
        return SLUICE_OK;
    return x->call->flags & SLUICE_CALL_STREAM ? sink->chunk(sink, &f->data, 1)
                                               : sink->whole(sink, &f->data, 1);
}

static sluice_status end(sluice_exchange *x, const sluice_sink *sink, sluice_error *err)
{
    (void)sink;
    (void)err;
    return x->status == 429   ? SLUICE_E_RATE_LIMIT
           : x->status >= 400 ? SLUICE_E_UPSTREAM
                              : SLUICE_OK;
}

/* ---- the probe ---- */

static void on_readable(void *ctx, int fd, uint32_t events)
{
    sluice_provider *p = ctx;
    char c = 0;

    (void)events;
    if (read(fd, &c, 1) != 1)
        return;
    p->counts.reads++;
    if (c == 'q') {
        p->io->unwatch(p->watch);
        p->watch = NULL;
    }
}

static int probe_watch(sluice_provider *p, int fd)
{
    p->watch = p->io->watch(p->host, fd, SLUICE_IO_READ, on_readable, p);
    return p->watch != NULL;
}

static void on_timer(void *ctx)
{
    sluice_provider *p = ctx;

    p->timer = NULL;
    p->counts.timers++;
}

static int probe_timer(sluice_provider *p, uint64_t ms)
{
    p->timer = p->io->after(p->host, ms, on_timer, p);
    return p->timer != NULL;
}

static void on_work(void *ctx)
{
    ((sluice_provider *)ctx)->counts.works++;
}

static void on_done(void *ctx)
{
    ((sluice_provider *)ctx)->counts.dones++;
}

static int probe_job(sluice_provider *p)
{
    p->job = p->io->submit(p->host, on_work, on_done, p);
    return p->job != NULL;
}

static int32_t probe_cancel_last(sluice_provider *p)
{
    return p->io->cancel_job(p->job);
}

static void on_post(void *ctx)
{
    ((sluice_provider *)ctx)->counts.posts++;
}

static void *foreign(void *arg)
{
    sluice_provider *p = arg;

    return p->io->post(p->host, on_post, p) == SLUICE_OK ? p : NULL;
}

static int probe_post(sluice_provider *p)
{
    pthread_t thread;
    void *result = NULL;

    return !pthread_create(&thread, NULL, foreign, p) && !pthread_join(thread, &result) && result;
}

static void on_answer(void *ctx, sluice_status status, const sluice_http_head *h, sluice_span body,
                      const sluice_error *err)
{
    sluice_provider *p = ctx;

    (void)body;
    (void)err;
    p->counts.answers++;
    p->counts.last_status = status < 0 ? status : h->status;
}

static void ask(sluice_http_request *q, sluice_part *part, sluice_span url)
{
    memset(q, 0, sizeof *q);
    memset(part, 0, sizeof *part);
    q->struct_size = sizeof *q;
    q->url = url;
    q->body = part;
    q->n_body = 1;
    q->auth = SLUICE_AUTH_HEADER;
    q->auth_param = span("x-token: Key");
    part->kind = SLUICE_PART_SECRET;
    part->form = SLUICE_FORM_PERCENT;
    part->data = span("secret:0");
}

static sluice_status probe_http(sluice_provider *p, sluice_span url)
{
    sluice_http_request q;
    sluice_part part;
    sluice_http_op *op;

    ask(&q, &part, url);
    return p->http->send(p->host, &q, span("secret:0"), 5000, on_answer, p, &op);
}

static sluice_status probe_http_blocking(sluice_provider *p, sluice_span url)
{
    sluice_http_request q;
    sluice_part part;

    ask(&q, &part, url);
    return p->http->call(p->host, &q, span("secret:0"), 5000, on_answer, p);
}

static const probe_counts *probe_read(sluice_provider *p)
{
    return &p->counts;
}

static int probe_seen(sluice_provider *p)
{
    int *seen = p->share->get(p->host);

    return seen ? *seen : 0;
}

static const void *get_extension(const char *id)
{
    static const probe table = { probe_watch,         probe_timer, probe_job,
                                 probe_cancel_last,   probe_post,  probe_http,
                                 probe_http_blocking, probe_read,  probe_seen };

    return strcmp(id, PROBE_ID) ? NULL : &table;
}

static const char *const operations[] = { "chat.completions", NULL };

static const sluice_provider_class provider = {
    .struct_size = sizeof provider,
    .operations = operations,
    .config_schema = "{\"type\":\"object\",\"additionalProperties\":false,"
                     "\"x-sluice\":{\"base_url\":\"https://t.example/v1\","
                     "\"key_env\":[\"T_KEY\",\"T_OTHER_KEY\"],\"aliases\":[\"t_alias\"]},"
                     "\"properties\":{\"key\":{\"type\":\"string\",\"format\":\"secret\"},"
                     "\"region\":{\"type\":\"string\",\"enum\":[\"north\",\"south\"]},"
                     "\"tries\":{\"type\":\"integer\",\"minimum\":0}}}",
    .create = create,
    .destroy = destroy,
    .begin = begin,
    .request = request,
    .head = head,
    .data = data,
    .end = end,
    .get_extension = get_extension,
};

static const void *get_class(const char *id)
{
    return strcmp(id, SLUICE_PROVIDER_ID) ? NULL : &provider;
}

static int inits;

static sluice_status init(const sluice_host *host, sluice_error *err)
{
    (void)err;
    if (inits++)
        say(host, "init() ran twice");
    say(host, "hello");
    return SLUICE_OK;
}

static void fini(void)
{
    inits--;
}

static const sluice_plugin plugin = {
    .magic = SLUICE_MAGIC,
    .struct_size = sizeof plugin,
    .abi_major = SLUICE_ABI_MAJOR,
    .abi_minor = SLUICE_ABI_MINOR,
    .id = "t_provider",
    .version = "1.2",
    .vendor = "tests",
    .summary = "a provider for the tests",
    .init = init,
    .fini = fini,
    .get_class = get_class,
};

SLUICE_PLUGIN_ENTRY(t_provider)
{
    return &plugin;
}
