/* SPDX-License-Identifier: Apache-2.0 */
/*
 * testhost.h - a host in a box, for tests of plugins: a sluice_host whose memory fails on demand,
 * whose clock and randomness stand still until told otherwise, a small event loop behind ext/io.h,
 * stand-ins for ext/share.h and ext/secret.h, and captured log lines. One thread, but for
 * sluice_host_io.post(). exchange.h drives a provider with it, cassette.h replays files.
 */
#ifndef SL_TESTHOST_H
#define SL_TESTHOST_H

#include "base/arena.h"
#include <sluice/ext/io.h>
#include <sluice/ext/secret.h>
#include <sluice/ext/share.h>

struct sl_testhost;

/* The clock stands at mono 1,000 ms and Unix 1,700,000,000,000 ms. NULL when out of memory. */
struct sl_testhost *sl_testhost_create(void);
/* After the instance is destroyed: runs the drop() of what it shared. */
void sl_testhost_destroy(struct sl_testhost *t);
/* What to hand to create(). Valid until sl_testhost_destroy(). */
const sluice_host *sl_testhost_host(struct sl_testhost *t);

/* Memory of plugins comes from arenas of this cap (default 64 MiB each). Arena allocations fail in
 * turn with sl_fault_after() of base/arena.h. */
void sl_testhost_arena_cap(struct sl_testhost *t, size_t cap);
size_t sl_testhost_arena_cap_get(const struct sl_testhost *t);

void sl_testhost_clock(struct sl_testhost *t, uint64_t mono_ms, int64_t unix_ms);
void sl_testhost_advance(struct sl_testhost *t, uint64_t ms);
/* random() gives a fixed sequence made from seed (default 1). */
void sl_testhost_random(struct sl_testhost *t, uint64_t seed);

/* What reveal(ref) answers; NULL takes it away. ref and text are copied. */
void sl_testhost_secret(struct sl_testhost *t, const char *ref, const char *text);

/* What the plugin logged: lines "warn: text\n". Valid until the next call into the plugin. */
const char *sl_testhost_log(const struct sl_testhost *t);
void sl_testhost_log_clear(struct sl_testhost *t);

/* One turn of the loop without waiting: posts, jobs (work() runs here, so that a test is the same
 * each time), ready descriptors, timers due by the steered clock. Returns how many callbacks ran.
 */
size_t sl_testhost_turn(struct sl_testhost *t);
/* Turns, with waiting for descriptors and the steered clock moving like the real one, until
 * done(ctx) or real_ms have passed. Returns done(ctx). */
bool sl_testhost_run(struct sl_testhost *t, bool (*done)(void *ctx), void *ctx, uint32_t real_ms);
/* Watches, timers, jobs and posts that still exist: 0 after a clean stop(). */
size_t sl_testhost_pending(const struct sl_testhost *t);

/* A loaded plugin file. */
struct sl_testplugin;
/* dlopen(), entry, magic, versions and init(), as the host does it. *out is never unmapped. */
sluice_status sl_testplugin_load(const char *path, struct sl_testplugin **out, sluice_error *err);
/* Runs fini(). */
void sl_testplugin_drop(struct sl_testplugin *p);
const sluice_plugin *sl_testplugin_descriptor(const struct sl_testplugin *p);
/* For a plugin that is linked into the test. */
sluice_status sl_testplugin_wrap(sluice_plugin_entry_fn entry, struct sl_testplugin **out,
                                 sluice_error *err);

#endif
