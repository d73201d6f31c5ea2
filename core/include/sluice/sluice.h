/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sluice/sluice.h - the library for embedders, and the gateway's only door.
 *
 * A `sluice` is one configuration with its plugins and state. It is used through loops: one of
 * yours (sluice_attach), one the library runs on a thread (sluice_spawn), or none (sluice_run
 * blocks). A call is started on a loop and reports back through sluice_events, on that loop's
 * thread.
 *
 * THREADS   A `sluice` may be used from every thread. An attached loop and its tasks belong to
 *           the thread that runs the event_base; a spawned one may be used from every thread.
 * MEMORY    Everything passed in is copied unless its comment says otherwise. Spans in callbacks
 *           are borrowed until the callback returns.
 * ERRORS    A status < 0 names the class (plugin.h); *err, where given, says it in a sentence.
 *           err may be NULL. Nothing here exits, aborts, prints, or touches signal handlers.
 *           Sockets are written with MSG_NOSIGNAL: SIGPIPE needs no attention.
 */
#ifndef SLUICE_SLUICE_H
#define SLUICE_SLUICE_H

#include <sluice/provider.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SLUICE_VERSION "0.1.0"

#if defined(__GNUC__)
#define SLUICE_API __attribute__((visibility("default")))
#else
#define SLUICE_API
#endif

typedef struct sluice sluice;             /* one configuration with its plugins and state */
typedef struct sluice_loop sluice_loop;   /* its presence on one event loop */
typedef struct sluice_queue sluice_queue; /* a spawned loop seen from a foreign one */

/* One running call. A number, not a pointer: one that has ended is simply not found, so a
 * cancel that races with done() is harmless. 0 is no task. */
typedef uint64_t sluice_task;

/* ---- opening and closing ---------------------------------------------------------------- */

#define SLUICE_OPEN_TRIAL                                                                          \
    0x80000000u /* flags: for a look, not for use: no logger is started, nobody is asked in the    \
                   background */

typedef struct sluice_options {
    uint32_t struct_size;
    uint32_t flags;          /* SLUICE_OPEN_* */
    const char *config_file; /* LiteLLM's config.yaml; or */
    sluice_span config;      /* YAML or JSON text; both empty = the providers whose key is in the
                                environment, and `mock` */
    const char *plugin_path; /* colon list of absolute folders; NULL = the configuration's
                                plugins.path, else $SLUICE_PLUGIN_PATH, then the installed folder */
    const char *product;     /* your program's name in sluice_host.product; may be NULL */
    /* The library's own log lines, [any] thread. level as in sluice_host.log. NULL = none. */
    void (*log)(void *ctx, int32_t level, sluice_span message);
    void *log_ctx;
} sluice_options;

/* Check the configuration, load its plugins, start the loggers. No network. */
SLUICE_API sluice_status sluice_open(const sluice_options *options, sluice **out,
                                     sluice_error *err);
/* Check and take a new configuration, from the file again when config is empty; running calls
 * finish on the old one. On failure nothing changes. Blocks for file and plugin loading. */
SLUICE_API sluice_status sluice_reload(sluice *s, sluice_span config, sluice_error *err);
/* Stop taking calls, let running ones finish for drain_ms, cancel the rest, flush loggers, free
 * everything. Blocks. Attached loops must have been detached; spawned ones are ended. */
SLUICE_API void sluice_close(sluice *s, uint32_t drain_ms);
/* Link a plugin in statically. Before the first sluice_open(); process-wide. */
SLUICE_API sluice_status sluice_add_builtin(sluice_plugin_entry_fn entry);

/* ---- loops ------------------------------------------------------------------------------ */

/* Live on a libevent loop of yours (struct event_base *), from its own thread. */
SLUICE_API sluice_status sluice_attach(sluice *s, void *event_base, sluice_loop **out,
                                       sluice_error *err);
/* Cancels what still runs on it; every done() has come when this returns. */
SLUICE_API void sluice_detach(sluice_loop *loop);
/* Live on a thread that the library starts; sluice_close() ends it. */
SLUICE_API sluice_status sluice_spawn(sluice *s, sluice_loop **out, sluice_error *err);

/* For loops other than libevent's (libuv, GLib, asyncio, Go): a spawned loop whose callbacks run
 * when you say so. Watch fd for reading; when it is readable call sluice_queue_run() from the
 * thread of your choice, always the same one. */
SLUICE_API sluice_status sluice_queue_open(sluice *s, sluice_queue **out, sluice_error *err);
SLUICE_API int sluice_queue_fd(const sluice_queue *q);
SLUICE_API sluice_loop *sluice_queue_loop(sluice_queue *q);
/* Runs pending callbacks; returns how many. */
SLUICE_API size_t sluice_queue_run(sluice_queue *q);
/* Cancels what still runs on it; every done() has come when this returns. On the thread that runs
 * it. Before sluice_close(), or after: then it only runs what was left. */
SLUICE_API void sluice_queue_close(sluice_queue *q);

/* ---- calls ------------------------------------------------------------------------------ */

#define SLUICE_CALL_WIRE                                                                           \
    0x100u /* answer with head() + bytes() as the client's dialect has it                          \
              on HTTP: SSE framing, [DONE], error bodies; else json() */
#define SLUICE_BODY_FOLLOWS                                                                        \
    0x200u                           /* body comes by sluice_body_write(); the call checks the     \
                                        caller meanwhile */
#define SLUICE_BODY_BORROWED 0x400u  /* body is not copied: it stays until released() */
#define SLUICE_CALL_DETACHED 0x800u  /* it does not end with its parent */
#define SLUICE_CALL_NO_CACHE 0x1000u /* neither answered from a cache nor kept in one */
#define SLUICE_CALL_DELIVERY                                                                       \
    0x2000u /* sluice_delivered() follows done(OK): the record waits for it.                       \
               Not on spawned loops */
#define SLUICE_CALL_EXPLAIN                                                                        \
    0x4000u /* nobody is asked: the answer tells in JSON where the call would go and why */

typedef struct sluice_request {
    uint32_t struct_size;
    uint32_t flags;                  /* SLUICE_CALL_STREAM, _WIRE, SLUICE_BODY_* */
    sluice_span operation;           /* "chat.completions", "completions", "embeddings", ... */
    sluice_span dialect;             /* the client's; empty = the operation's own */
    sluice_span method, path, query; /* as the client wrote them; empty for embedders. Signatures
                                        are checked over them, raw APIs are reached by them; what
                                        is told upstream of a query is in params as well */
    const sluice_header *params;     /* decoded from path and query: {"model","gpt-4o"} */
    size_t n_params;
    sluice_span content_type; /* empty = application/json */
    sluice_span body;
    uint64_t body_length;   /* with SLUICE_BODY_FOLLOWS: what Content-Length said, else 0 */
    sluice_span key;        /* the client's credential; empty = who pays for the parent; without
                               one the embedder vouches, unless SLUICE_CALL_WIRE */
    sluice_span tags;       /* JSON object for routing and records */
    sluice_span session;    /* calls with the same text prefer the same deployment */
    sluice_span request_id; /* the client's own; empty = a new one */
    sluice_span peer;       /* the client's address, for records */
    const sluice_header *headers; /* the client's; names in lower case */
    size_t n_headers;
    uint64_t received_us; /* sluice_now_us() when its first byte was read; 0 = now */
    sluice_task parent;   /* the call this one works for and ends with; 0 = none.
                             At most 2 deep; a call that has ended is none */
    uint32_t timeout_ms;  /* of each attempt; 0 = from the configuration */
    uint32_t deadline_ms; /* of the whole call from its start: body, waiting, all attempts;
                             0 = from the configuration, where there may be none */
    sluice_span purpose;  /* what it does for its parent: "shadow", "guard", ... For its record */
} sluice_request;

#define SLUICE_BYTES_MORE 1u /* more follows in this turn of the loop: writing can wait */

/* On the task's loop. Never from inside sluice_start(), except for a loop used from its own
 * thread with SLUICE_CALL_WIRE: there callbacks may come before it returns, *task being set
 * first. */
typedef struct sluice_events {
    uint32_t struct_size;
    uint32_t reserved;
    /* Once, before anything else but done(). length = bytes that follow, -1 = not known. Names are
     * tokens, fit to be sent. */
    void (*head)(void *ctx, int32_t http_status, const sluice_header *headers, size_t n,
                 int64_t length);
    /* Without SLUICE_CALL_WIRE: one chunk when streaming, else the whole answer. */
    void (*json)(void *ctx, sluice_span object);
    /* With SLUICE_CALL_WIRE, and for binary answers: parts to write one after the other. */
    void (*bytes)(void *ctx, const sluice_span *parts, size_t n, uint32_t flags);
    /* A borrowed body is no longer needed. May be NULL without SLUICE_BODY_BORROWED. */
    void (*released)(void *ctx);
    /* Last, exactly once, also after cancel. err is set when status < 0; with SLUICE_CALL_WIRE
     * it was already told to the client by head() and bytes(). usage may be empty. */
    void (*done)(void *ctx, sluice_status status, const sluice_error *err,
                 const sluice_usage *usage);
    /* sluice_body_write() said NOMEM, and there may be room by now: write that piece again. May be
     * NULL, and comes on no spawned loop: there one asks again from time to time. */
    void (*room)(void *ctx);
} sluice_events;

/* When this returns < 0 no event follows. events is not copied: it must outlive the call. */
SLUICE_API sluice_status sluice_start(sluice_loop *loop, const sluice_request *request,
                                      const sluice_events *events, void *ctx, sluice_task *task,
                                      sluice_error *err);
/* The next piece of a body begun with SLUICE_BODY_FOLLOWS; copied. Or, behind a head with status
 * 101 (operation "realtime"), of the client's frames, which go on as they are (RFC 6455). NOMEM:
 * none of it was taken; hold the client back until room(). NOT_FOUND: the call has ended (its
 * answer was given without the body); on a spawned loop that is told by done() only. A body whose
 * next piece does not come within general_settings.body_timeout ends the call with TIMEOUT. */
SLUICE_API sluice_status sluice_body_write(sluice_loop *loop, sluice_task task, sluice_span data,
                                           int last);
/* [loop] Where the next bytes of such a body may be put before sluice_body_write() is told of them,
 * with `data` beginning there, so that nothing is copied: *room of them. Good until that call, or
 * the next of any function for this task. NULL: nowhere (the length was not told, or the loop is a
 * spawned one); hand them over from any place. */
SLUICE_API char *sluice_body_room(sluice_loop *loop, sluice_task task, size_t *room);
/* The reader is slow: hold the upstream back (on = 1), go on (0). */
SLUICE_API void sluice_pause(sluice_loop *loop, sluice_task task, int on);
/* Drops the upstream at once. done(CANCELLED) comes before this returns when called from the
 * loop's own thread, else soon after. */
SLUICE_API void sluice_cancel(sluice_loop *loop, sluice_task task);
/* [loop] Once, inside done(OK) or after it, for a call with SLUICE_CALL_DELIVERY: has all of its
 * answer left for the client (whole = 1), or was the client gone before (0)? */
SLUICE_API void sluice_delivered(sluice_loop *loop, sluice_task task, int whole);

/* Block until done; the whole answer as text in *out (NUL-terminated as a courtesy), freed with
 * sluice_free(). From any thread that is not a loop's. */
SLUICE_API sluice_status sluice_run(sluice *s, const sluice_request *request, char **out,
                                    size_t *len, sluice_error *err);
/* The common case: one prompt, one text. Freed with sluice_free(). */
SLUICE_API sluice_status sluice_ask(sluice *s, const char *model, const char *prompt, char **text,
                                    sluice_error *err);
SLUICE_API void sluice_free(void *p);

/* ---- sessions: clients that stay connected ----------------------------------------------- */

/* A client that makes its calls over one connection, such as a WebSocket: what it said once (key,
 * headers, operation) holds for all of them. An answer of "responses" that nobody is to keep
 * ("store": false) is remembered here, for the "previous_response_id" of a later call; the last
 * ones are. On an attached loop, from its own thread; on others UNSUPPORTED. */
typedef struct sluice_session sluice_session;

/* request: as for sluice_start(), copied; body, request_id and parent are not looked at. The
 * caller is checked now, and again with each call. */
SLUICE_API sluice_status sluice_session_open(sluice_loop *loop, const sluice_request *request,
                                             sluice_session **out, sluice_error *err);
/* One call. body: a request, or the message around one ("type": "response.create"). The answer is a
 * stream; with SLUICE_CALL_WIRE bytes() makes lines of JSON, each of them one message for the
 * client, failures too. "generate": false asks nobody: what follows can continue it. */
SLUICE_API sluice_status sluice_session_start(sluice_session *session, sluice_span body,
                                              const sluice_events *events, void *ctx,
                                              sluice_task *task, sluice_error *err);
/* Cancels what still runs of it: every done() has come when this returns. Before sluice_detach().
 */
SLUICE_API void sluice_session_close(sluice_session *session);

/* ---- administration --------------------------------------------------------------------- */

/* [any for spawned, loop's own for attached] row: one JSON value at a time, in order; return
 * non-zero to stop. done: once, last. */
typedef int (*sluice_row_cb)(void *ctx, sluice_span json);
typedef void (*sluice_done_cb)(void *ctx, sluice_status status, const sluice_error *err);
/* verb with a JSON argument ("" = {}); key is checked against the verb's role: a NULL ptr means
 * that the embedder vouches, an empty text that a client sent none. Verbs and their rows:
 * "models.list": {"object":"model",...}, for that key.
 * "plugins.list": id, kind, version, abi, file, sha256, summary.
 * "deployments": id, model_name, provider, in_flight, ...
 * "explain" {"operation","request","upstream"}: one row, as with SLUICE_CALL_EXPLAIN.
 * "health.endpoints" {"model","model_id"}: deployments with a verdict, from calls and checks.
 * "health.services": loggers, cache, routers, and whether they work.
 * "health": status, loops and how late they are, loggers.
 * "tokens.count", "params.supported": a request; {"model"}. In LiteLLM's shapes.
 * "metrics": Prometheus text, as one JSON string.
 * "server": what a server in front needs: master_key (bool), limits.
 */
SLUICE_API sluice_status sluice_control(sluice_loop *loop, sluice_span key, sluice_span verb,
                                        sluice_span argument, sluice_row_cb row,
                                        sluice_done_cb done, void *ctx, sluice_error *err);

/* Check a configuration without opening it. Each line of the report goes to line(): severity 0
 * exact, 1 approximated, 2 ignored or not yet in force, 3 error; where "file:line:column"; key
 * "router_settings.num_retries"; text. Returns OK when there was no error. */
typedef void (*sluice_report_cb)(void *ctx, int32_t severity, sluice_span where, sluice_span key,
                                 sluice_span text);
SLUICE_API sluice_status sluice_check(const sluice_options *options, sluice_report_cb line,
                                      void *ctx, sluice_error *err);
/* Load one plugin file as the host would, without using it, and describe it in JSON (freed with
 * sluice_free()). What is wrong is said in err: file, found, wanted. */
SLUICE_API sluice_status sluice_plugin_check(const char *file, char **json, sluice_error *err);

/* Monotonic microseconds, the clock of received_us. */
SLUICE_API uint64_t sluice_now_us(void);
SLUICE_API const char *sluice_version(void);
/* "rate_limit" for SLUICE_E_RATE_LIMIT; static. */
SLUICE_API const char *sluice_status_name(sluice_status status);

#ifdef __cplusplus
}
#endif
#endif
