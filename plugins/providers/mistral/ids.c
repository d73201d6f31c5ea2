/* SPDX-License-Identifier: Apache-2.0 */
/* ids.c - ids of calls: those of other vendors become nine letters and digits by a fixed function,
 * so that a call and its result agree without a table, in every process. */
#include "mistral.h"

static bool fits(sluice_span id)
{
    if (id.len != MISTRAL_ID)
        return false;
    for (size_t i = 0; i < id.len; i++) {
        char c = id.ptr[i];

        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')))
            return false;
    }
    return true;
}

sluice_span mistral_id(sluice_span id, char out[MISTRAL_ID])
{
    static const char set[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    uint64_t hash = UINT64_C(14695981039346656037); /* FNV-1a */

    if (fits(id))
        return id;
    for (size_t i = 0; i < id.len; i++)
        hash = (hash ^ (unsigned char)id.ptr[i]) * UINT64_C(1099511628211);
    for (int i = 0; i < MISTRAL_ID; i++) {
        out[i] = set[hash % (sizeof set - 1)];
        hash /= sizeof set - 1;
    }
    return sl_span(out, MISTRAL_ID);
}
