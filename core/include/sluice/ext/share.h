/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sluice/ext/share.h - host service: what the instances of all loops have in common.
 * get_extension(SLUICE_SHARE_ID). The identity is one configured plugin entry of one sluice
 * object: two objects in one process never share.
 */
#ifndef SLUICE_EXT_SHARE_H
#define SLUICE_EXT_SHARE_H

#include <sluice/plugin.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SLUICE_SHARE_ID "sluice.host.share/1"

typedef struct sluice_host_share {
    uint32_t struct_size;
    uint32_t reserved;
    /* [any] The entry's one object; NULL = none yet. It lives until the last instance of the
     * entry is destroyed; a reload that keeps the entry's name hands it on. */
    void *(*get)(const sluice_host *host);
    /* [any] Sets it unless there is one; returns the winner, the loser frees its own. drop may
     * run on any thread. */
    void *(*set)(const sluice_host *host, void *obj, void (*drop)(void *obj));
    /* [any] A small bounded table with expiry (thought signatures, replay ids): both sides are
     * copied; when it is full the oldest entry goes. NOMEM: key plus value above 64 KiB. */
    sluice_status (*put)(const sluice_host *host, sluice_span key, sluice_span value,
                         uint64_t ttl_ms);
    /* [any] The value copied into arena; NOT_FOUND. */
    sluice_status (*find)(const sluice_host *host, sluice_span key, sluice_arena *arena,
                          sluice_span *value);
} sluice_host_share;

#ifdef __cplusplus
}
#endif
#endif
