/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sluice/plugin.h - what every sluice plugin starts from.
 *
 * A plugin is a shared object that exports one function, sluice_plugin_entry_v1(),
 * which returns a constant descriptor. Through it the host asks for the classes the
 * plugin offers: provider.h, cache.h, logger.h, router.h.
 *
 * GROWTH     Within ABI major 1 structs grow only at the end. Whoever allocates a
 *            struct sets struct_size; the other side looks first (SLUICE_HAS). Zero
 *            means "default" in every field, now and later. Structs are multiples of
 *            8 bytes, padding is spelled "reserved" and never becomes a field. Structs
 *            marked FROZEN never change. Arrays of growing structs are arrays of
 *            pointers. A struct handed out *to be written* lies in SLUICE_SLACK more
 *            bytes than it needs, so `*out = (T){ ... }` compiled against newer
 *            headers stays inside; the host does not read its struct_size back.
 * MEMORY     Nobody frees what the other side allocated. A span is borrowed until the
 *            call it was passed to returns, unless its comment says longer. Results go
 *            into the arena handed in; the host frees arenas whole. An arena belongs to
 *            one thread at a time: the call's loop, or the one job working for it.
 * THREADS    [main]   one at a time per process; other instances may be at work
 *            [loop]   the one event-loop thread that owns the instance; never block
 *            [writer] a host thread that belongs to one logger; may block
 *            [pool]   a host thread that runs one job; may block
 *            [any]    every thread, concurrently
 *            The host never calls into the same instance from inside a host call that
 *            instance makes. stop() functions may run callbacks of pending operations.
 * ERRORS     No exception, panic or longjmp leaves a plugin function: catch it and
 *            return SLUICE_E_INTERNAL.
 * STRINGS    UTF-8, length-counted, not NUL-terminated, except const char *.
 * SECRETS    Never in a config: a member whose schema says "format":"secret" arrives as
 *            a reference ("secret:7"), to be used in SLUICE_PART_SECRET or ext/secret.h.
 * TRUST      A plugin has all the power of the process. It must not call exit(), fork(),
 *            setlocale(), setenv(), curl_global_*(), cJSON_InitHooks(), nor touch signal
 *            handlers or descriptors that it did not open.
 *
 * HISTORY    1.0  first layout; not frozen yet.
 */
#ifndef SLUICE_PLUGIN_H
#define SLUICE_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define SLUICE_EXTERN_C extern "C"
extern "C" {
#else
#define SLUICE_EXTERN_C
#endif

#define SLUICE_MAGIC     0x43554C53u /* "SLUC" */
#define SLUICE_ABI_MAJOR 1
#define SLUICE_ABI_MINOR 0
#define SLUICE_SLACK     256u /* see GROWTH */

/* True if the struct that p points to is long enough to hold field f. */
#define SLUICE_HAS(p, T, f) ((p)->struct_size >= offsetof(T, f) + sizeof(((T *)0)->f))

/* Text or bytes that somebody else owns. FROZEN */
typedef struct sluice_span {
    const char *ptr;
    size_t len;
} sluice_span;

/* A name and its value: HTTP headers, JSON members, parameters. FROZEN */
typedef struct sluice_header {
    sluice_span name, value;
} sluice_header;

/* Outcome of a call: >= 0 is fine, < 0 names the class of failure, which is what retry
 * and fallback decide on. Read an unknown negative value as INTERNAL. */
typedef int32_t sluice_status;
#define SLUICE_OK             0
#define SLUICE_PENDING        1     /* the callback will run later */
#define SLUICE_MORE           2     /* another round follows */
#define SLUICE_E_INTERNAL     (-1)  /* a bug, here or there */
#define SLUICE_E_INVALID      (-2)  /* the caller's mistake; another target will not help */
#define SLUICE_E_UNSUPPORTED  (-3)  /* not by this plugin; another one may */
#define SLUICE_E_NOMEM        (-4)  /* memory, or a byte bound, is used up */
#define SLUICE_E_UNAVAILABLE  (-5)  /* try again later */
#define SLUICE_E_TIMEOUT      (-6)  /* a time limit passed */
#define SLUICE_E_UPSTREAM     (-7)  /* the remote side answered something unusable */
#define SLUICE_E_AUTH         (-8)  /* the remote side refused our credentials */
#define SLUICE_E_RATE_LIMIT   (-9)  /* the remote side asks us to slow down */
#define SLUICE_E_CONTEXT      (-10) /* prompt longer than the model's window */
#define SLUICE_E_REFUSED      (-11) /* content policy */
#define SLUICE_E_NOT_FOUND    (-12) /* no such model or deployment there; another may have it */
#define SLUICE_E_FORBIDDEN    (-13) /* the remote side knows us and says no; another may not */
#define SLUICE_E_QUOTA        (-14) /* the account there is empty: not here again, elsewhere yes */
#define SLUICE_E_CANCELLED    (-15) /* the client left, or a twin won */
#define SLUICE_E_DENIED       (-16) /* our own policy (key, guardrail) said no: final */
#define SLUICE_E_LIMITED      (-17) /* our own limit or budget said no */
#define SLUICE_E_TRUNCATED    (-18) /* the answer ended before its end */
#define SLUICE_E_SHUTDOWN     (-19) /* this process is going away */

/* Filled by the callee on failure, field by field: nothing lies behind it (no SLUICE_SLACK), so it
 * is never assigned whole. Owned by the caller, so nothing to free. One object serves all
 * functions of one step, from head() to end(). */
typedef struct sluice_error {
    uint32_t struct_size;
    int32_t http_status;     /* what to tell the client; 0 = derive from the status */
    uint32_t retry_after_ms; /* 0 = unknown */
    uint32_t reserved;
    char code[56];           /* slug such as "model_not_found", NUL-terminated */
    char message[448];       /* one sentence; no secrets, no prompt text; the host cuts at a
                                code point */
    char param[96];          /* "messages.[2].tool_calls.[0].function.arguments" */
} sluice_error;
#define SLUICE_ERROR_INIT { sizeof(sluice_error), 0, 0, 0, "", "", "" }

/* Memory that the host frees in one go. Opaque but for its beginning, which is FROZEN: a pointer
 * void *(*)(sluice_arena *arena, size_t size), the function behind sluice_host.arena_alloc, so
 * that helpers which have no host at hand can allocate. */
typedef struct sluice_arena sluice_arena;

/* The host, as one instance sees it. Valid until that instance is destroyed. */
typedef struct sluice_host sluice_host;
struct sluice_host {
    uint32_t struct_size;
    uint16_t abi_major, abi_minor; /* of the running host */
    const char *product;           /* "sluice 0.1.0", "acme-edged 7 (libsluice 0.1.0)" */
    void *impl;                    /* the host's own */

    /* [any] Uninitialised memory, aligned for any type, alive as long as the arena; NULL
     * when the arena's cap is hit. */
    void *(*arena_alloc)(const sluice_host *host, sluice_arena *arena, size_t size);
    /* [any] level: 0 debug, 1 info, 2 warn, 3 error. The host adds the instance's name and
     * copies the text. */
    void (*log)(const sluice_host *host, int32_t level, sluice_span message);
    /* [any] Monotonic milliseconds; use it instead of clock_gettime so tests can steer. */
    uint64_t (*now_ms)(const sluice_host *host);
    /* [any] Unix milliseconds, steered like now_ms(). */
    int64_t (*unix_ms)(const sluice_host *host);
    /* [any] Unpredictable bits for ids; steered in tests. */
    uint64_t (*random)(const sluice_host *host);
    /* [any] Optional host services by id (ext/...h), NULL if this host lacks one. */
    const void *(*get_extension)(const sluice_host *host, const char *id);
};

/* The descriptor. Constant, complete before init(), readable without side effects. */
typedef struct sluice_plugin {
    uint32_t magic;         /* SLUICE_MAGIC */
    uint32_t struct_size;
    uint16_t abi_major;     /* must equal the host's */
    uint16_t abi_minor;     /* header this was compiled with; for humans */
    uint16_t abi_minor_min; /* oldest host minor it can live with; the host refuses if lower */
    uint16_t reserved;      /* 0 */
    const char *id;         /* "anthropic"; others' plugins: reverse DNS, "com.acme.audit".
                               [a-z0-9_.-]+, and the file is named ID.so */
    const char *version;    /* of the plugin, free form */
    const char *vendor;
    const char *summary;    /* one line for `sluice plugins` */

    /* [main] Once per process, before anything else; may be NULL. Quick, no I/O. host is
     * valid during this call only: a process may hold several sluice objects. */
    sluice_status (*init)(const sluice_host *host, sluice_error *err);
    /* [main] Undoes a successful init(); may be NULL. The object stays mapped. */
    void (*fini)(void);
    /* [any] A class table by id ("sluice.provider/1"), or NULL. Static lifetime. One table
     * per kind: two loggers are two files. */
    const void *(*get_class)(const char *id);
} sluice_plugin;

typedef const sluice_plugin *(*sluice_plugin_entry_fn)(void);

/* Write   SLUICE_PLUGIN_ENTRY(anthropic) { return &descriptor; }
 * With -DSLUICE_BUILTIN the same source links into the host under its own name. */
#ifdef SLUICE_BUILTIN
#define SLUICE_PLUGIN_ENTRY(name)                                         \
    SLUICE_EXTERN_C const sluice_plugin *sluice_builtin_##name(void);     \
    const sluice_plugin *sluice_builtin_##name(void)
#else
#define SLUICE_PLUGIN_ENTRY(name)                                         \
    SLUICE_EXTERN_C __attribute__((visibility("default")))                \
    const sluice_plugin *sluice_plugin_entry_v1(void);                    \
    const sluice_plugin *sluice_plugin_entry_v1(void)
#endif

#ifdef __cplusplus
}
#endif
#endif
