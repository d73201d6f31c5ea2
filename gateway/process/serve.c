/* SPDX-License-Identifier: Apache-2.0 */
/*
 * serve.c - the server's main thread: opens the library, chooses the address, starts workers, then
 * waits for signals. SIGHUP reloads; SIGTERM and SIGINT let running calls finish and end; a second
 * one ends at once.
 */
#include "process/serve.h"

#include "process/banner.h"
#include "process/cpus.h"
#include "process/guard.h"
#include "command/logline.h"
#include "command/quickstart.h"
#include "process/tidy.h"
#include "process/worker.h"

#include <event2/event.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

struct serving {
    const struct gw_options *options;
    struct gw_opening opening;
    struct gw_shared shared;
    struct event_base *base; /* the main thread's: signals, and questions to the library */
    sluice_loop *loop;
    struct event *on_hup, *on_term, *on_int, *on_ended, *on_deadline;
    struct gw_tidy tidy;
    struct gw_worker *workers;
    size_t n_workers, n_ended;
    bool reload_wanted;
};

/* ---- while it runs --------------------------------------------------------------------------- */

/* What the server has to know of a configuration. True: there was a master key before. */
static bool take_facts(struct serving *s, const struct gw_facts *facts)
{
    atomic_store(&s->shared.body, facts->max_request_bytes);
    atomic_store(&s->shared.body_ms, facts->body_ms);
    return atomic_exchange(&s->shared.master_key, facts->master_key);
}

/* Not from inside a callback: it waits for answers on the same event base. */
static void reload(struct serving *s)
{
    sluice_error err = SLUICE_ERROR_INIT;
    struct gw_facts facts;
    sluice_status st;
    bool had_key;

    s->reload_wanted = false;
    if (!s->options->config) {
        gw_log(GW_LOG_WARN, "SIGHUP: there is no configuration file to read again");
        return;
    }
    st = sluice_reload(s->shared.library, sl_span(NULL, 0), &err);
    if (st < 0) {
        gw_log(GW_LOG_ERROR, "reload refused, the old configuration stays: %s", err.message);
        return;
    }
    st = gw_ask_facts(s->loop, s->base, &facts, &err);
    if (st < 0) {
        gw_log(GW_LOG_ERROR, "reload: %s", err.message);
        return;
    }
    had_key = take_facts(s, &facts);
    for (size_t i = 0; i < s->n_workers; i++)
        gw_worker_reload(&s->workers[i]);
    gw_log(GW_LOG_INFO, "reloaded %s", s->options->config);
    if (had_key && !facts.master_key && !s->options->insecure)
        gw_log(GW_LOG_WARN, "no master key any more: other machines are refused from now on");
    if (!had_key && facts.master_key && !s->options->host &&
        gw_is_loopback(sl_span_str(s->shared.listen.host)))
        gw_log(GW_LOG_WARN, "a master key now, but still listening on %s: that waits for a restart",
               s->shared.listen.host);
}

static void hang_up(evutil_socket_t number, short what, void *ctx)
{
    struct serving *s = ctx;

    (void)number;
    (void)what;
    s->reload_wanted = true;
}

static void give_up(evutil_socket_t fd, short what, void *ctx)
{
    struct serving *s = ctx;

    (void)fd;
    (void)what;
    gw_log(GW_LOG_WARN, "calls still running after %ld s are cut", s->options->drain_s);
    for (size_t i = 0; i < s->n_workers; i++)
        gw_worker_stop(&s->workers[i]);
}

static void terminate(evutil_socket_t number, short what, void *ctx)
{
    struct serving *s = ctx;
    struct timeval deadline = { s->options->drain_s, 0 };

    (void)what;
    if (atomic_exchange(&s->shared.draining, true)) {
        gw_log(GW_LOG_WARN, "second signal: ending at once");
        _exit(128 + (int)number);
    }
    gw_log(GW_LOG_INFO, "ending: running calls may finish for %ld s", s->options->drain_s);
    for (size_t i = 0; i < s->n_workers; i++)
        gw_worker_drain(&s->workers[i]);
    evtimer_add(s->on_deadline, &deadline);
}

static void worker_ended(evutil_socket_t fd, short what, void *ctx)
{
    struct serving *s = ctx;
    uint64_t n;

    (void)what;
    if (read((int)fd, &n, sizeof n) != sizeof n)
        return;
    s->n_ended += n;
}

/* ---- the start ------------------------------------------------------------------------------- */

/* Every client takes a descriptor or two. */
static void raise_descriptor_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur == limit.rlim_max)
        return;
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit))
        gw_log(GW_LOG_WARN, "the limit of open files could not be raised");
}

/* Signals come to the main thread's event base only; threads started later inherit the mask. */
static bool watch_signals(struct serving *s)
{
    signal(SIGPIPE, SIG_IGN);
    s->on_hup = evsignal_new(s->base, SIGHUP, hang_up, s);
    s->on_term = evsignal_new(s->base, SIGTERM, terminate, s);
    s->on_int = evsignal_new(s->base, SIGINT, terminate, s);
    s->on_deadline = evtimer_new(s->base, give_up, s);
    s->shared.ended_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (s->shared.ended_fd < 0)
        return false;
    s->on_ended = event_new(s->base, s->shared.ended_fd, EV_READ | EV_PERSIST, worker_ended, s);
    return s->on_hup && s->on_term && s->on_int && s->on_deadline && s->on_ended &&
           !event_add(s->on_hup, NULL) && !event_add(s->on_term, NULL) &&
           !event_add(s->on_int, NULL) && !event_add(s->on_ended, NULL);
}

/* The address: without a master key, this machine only. False when that contradicts --host. */
static bool choose_host(struct serving *s)
{
    const struct gw_options *o = s->options;
    const char *host = o->host;

    if (atomic_load(&s->shared.master_key) || o->insecure) {
        host = host ? host : "0.0.0.0";
    } else if (!host) {
        host = "127.0.0.1";
    } else if (!gw_is_loopback(sl_span_str(host))) {
        if (!o->host_from_env) {
            fprintf(stderr,
                    "sluice: --host %s without a master key would let everybody use your vendors' "
                    "keys.\nSet general_settings.master_key (or LITELLM_MASTER_KEY), or add "
                    "--insecure if the network is yours alone.\n",
                    host);
            return false;
        }
        gw_log(GW_LOG_WARN, "HOST=%s is not used without a master key: listening on 127.0.0.1",
               host);
        host = "127.0.0.1";
    }
    s->shared.listen.host = host;
    return true;
}

static bool start_workers(struct serving *s)
{
    size_t n = s->options->workers ? (size_t)s->options->workers : gw_cpus_available();
    sluice_error err = SLUICE_ERROR_INIT;
    sigset_t all, old;
    bool ok = true;

    s->workers = calloc(n, sizeof *s->workers);
    if (!s->workers) {
        gw_log(GW_LOG_ERROR, "out of memory for %zu workers", n);
        return false;
    }
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    while (ok && s->n_workers < n) {
        s->shared.listen.alone = s->n_workers == 0;
        ok = gw_worker_start(&s->workers[s->n_workers], &s->shared, &err) >= 0;
        if (!ok)
            break;
        /* With --port 0 the first one chooses for all. */
        s->shared.listen.port = s->workers[s->n_workers++].port;
    }
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (!ok)
        fprintf(stderr, "sluice: cannot listen on %s port %u: %s\n", s->shared.listen.host,
                s->shared.listen.port, err.message);
    return ok;
}

static void end_workers(struct serving *s)
{
    for (size_t i = 0; i < s->n_workers; i++)
        gw_worker_stop(&s->workers[i]);
    for (size_t i = 0; i < s->n_workers; i++)
        gw_worker_join(&s->workers[i]);
    free(s->workers);
}

static bool say_what_is_served(struct serving *s)
{
    const char *host = s->shared.listen.host;
    bool everywhere = !strcmp(host, "0.0.0.0") || !strcmp(host, "::");
    sluice_error err = SLUICE_ERROR_INIT;
    struct gw_banner banner;
    char url[256];
    bool ok;

    gw_banner_init(&banner);
    ok = gw_banner_read(&banner, s->loop, s->base, &err) >= 0;
    if (ok) {
        snprintf(url, sizeof url, strchr(host, ':') && !everywhere ? "%s://[%s]:%u" : "%s://%s:%u",
                 s->shared.listen.tls ? "https" : "http", everywhere ? "127.0.0.1" : host,
                 s->shared.listen.port);
        gw_banner_print(&banner, url, atomic_load(&s->shared.master_key),
                        s->shared.listen.tls != NULL);
    } else {
        gw_log(GW_LOG_ERROR, "%s", err.message);
    }
    gw_banner_finish(&banner);
    return ok;
}

static bool open_library(struct serving *s)
{
    sluice_error err = SLUICE_ERROR_INIT;
    struct gw_facts facts;

    if (!gw_opening_init(&s->opening, s->options, stderr))
        return false;
    if (sluice_open(&s->opening.options, &s->shared.library, &err) < 0) {
        fprintf(stderr, "sluice: %s\n", err.message);
        return false;
    }
    s->base = event_base_new();
    if (!s->base || sluice_attach(s->shared.library, s->base, &s->loop, &err) < 0 ||
        gw_ask_facts(s->loop, s->base, &facts, &err) < 0) {
        fprintf(stderr, "sluice: %s\n", err.message[0] ? err.message : "out of memory");
        return false;
    }
    (void)take_facts(s, &facts);
    return true;
}

static bool prepare_listener(struct serving *s)
{
    const struct gw_options *o = s->options;
    struct gw_server_options *listen = &s->shared.listen;
    sluice_error err = SLUICE_ERROR_INIT;

    listen->port = (uint16_t)o->port;
    listen->server_name = "sluice";
    listen->limits.idle_ms = (uint32_t)o->keepalive_s * 1000;
    s->shared.insecure = o->insecure;
    if (!o->certificate != !o->private_key) {
        fprintf(stderr, "sluice: --ssl_certfile_path and --ssl_keyfile_path go together\n");
        return false;
    }
    if (o->certificate && gw_tls_create(o->certificate, o->private_key, &listen->tls, &err) < 0) {
        fprintf(stderr, "sluice: %s\n", err.message);
        return false;
    }
    return choose_host(s);
}

static void free_events(struct serving *s)
{
    struct event *events[] = { s->on_hup, s->on_term, s->on_int, s->on_ended, s->on_deadline };

    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++)
        if (events[i])
            event_free(events[i]);
}

int gw_serve(const struct gw_options *o)
{
    struct serving s = { .options = o, .shared.ended_fd = -1 };
    int status = 1;

    gw_log_from(o->debug ? GW_LOG_DEBUG : GW_LOG_INFO);
    raise_descriptor_limit();
    if (!open_library(&s) || !prepare_listener(&s))
        goto out;
    if (!watch_signals(&s) || !gw_tidy_start(&s.tidy, s.base)) {
        gw_log(GW_LOG_ERROR, "signals cannot be watched");
        goto out;
    }
    if (!start_workers(&s) || !say_what_is_served(&s))
        goto out;
    gw_log(GW_LOG_INFO, "ready: %zu worker%s", s.n_workers, s.n_workers == 1 ? "" : "s");
    while (s.n_ended < s.n_workers && event_base_loop(s.base, EVLOOP_ONCE) >= 0)
        if (s.reload_wanted)
            reload(&s);
    status = 0;
out:
    end_workers(&s);
    if (s.loop)
        sluice_detach(s.loop);
    free_events(&s);
    gw_tidy_stop(&s.tidy);
    if (s.base)
        event_base_free(s.base);
    if (s.shared.library)
        sluice_close(s.shared.library, 0);
    gw_tls_destroy(s.shared.listen.tls);
    if (s.shared.ended_fd >= 0)
        close(s.shared.ended_fd);
    gw_opening_finish(&s.opening);
    if (!status)
        gw_log(GW_LOG_INFO, "ended");
    return status;
}
