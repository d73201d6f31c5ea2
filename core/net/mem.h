/* SPDX-License-Identifier: Apache-2.0 */
/* mem.h - for net/ only: allocations that tests can let fail (sl_fault_after). */
#ifndef SL_NET_MEM_H
#define SL_NET_MEM_H

#include <stdlib.h>
#include <string.h>
#include "base/arena.h"

static inline void *sl_net_zalloc(size_t size)
{
    return sl_fault_hit() ? NULL : calloc(1, size);
}

static inline char *sl_net_strdup(sluice_span s)
{
    char *copy = sl_fault_hit() ? NULL : malloc(s.len + 1);

    if (copy) {
        if (s.len)
            memcpy(copy, s.ptr, s.len);
        copy[s.len] = 0;
    }
    return copy;
}

#endif
