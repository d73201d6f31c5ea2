/* SPDX-License-Identifier: Apache-2.0 */
/* base64.c - bytes to base64. */
#include <sluice_sdk/base64.h>

size_t sl_base64(sluice_span bytes, char *out)
{
    static const char set[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *in = (const unsigned char *)bytes.ptr;
    size_t n = 0;

    for (size_t i = 0; i < bytes.len; i += 3) {
        size_t left = bytes.len - i;
        uint32_t v = (uint32_t)in[i] << 16;

        if (left > 1)
            v |= (uint32_t)in[i + 1] << 8;
        if (left > 2)
            v |= in[i + 2];
        out[n++] = set[v >> 18];
        out[n++] = set[v >> 12 & 63];
        out[n++] = left > 1 ? set[v >> 6 & 63] : '=';
        out[n++] = left > 2 ? set[v & 63] : '=';
    }
    return n;
}
