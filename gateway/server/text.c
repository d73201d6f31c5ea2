/* SPDX-License-Identifier: Apache-2.0 */
/* text.c - percent-decoding and query strings. */
#include "server/text.h"

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

bool gw_percent_decode(sluice_span in, bool plus, char *out, size_t *len)
{
    size_t n = 0;

    for (size_t i = 0; i < in.len; i++) {
        char c = in.ptr[i];

        if (c == '%') {
            int high = i + 2 < in.len ? hex(in.ptr[i + 1]) : -1;
            int low = i + 2 < in.len ? hex(in.ptr[i + 2]) : -1;

            if (high < 0 || low < 0 || (high == 0 && low == 0))
                return false;
            c = (char)(high * 16 + low);
            i += 2;
        } else if (c == '+' && plus) {
            c = ' ';
        }
        out[n++] = c;
    }
    *len = n;
    return true;
}

bool gw_query_next(sluice_span *query, sluice_span *name, sluice_span *value)
{
    while (query->len) {
        sluice_span pair = sl_span_head(*query, sl_span_find_char(*query, '&'));
        size_t equals = sl_span_find_char(pair, '=');

        *query = sl_span_from(*query, pair.len + 1);
        if (!pair.len)
            continue;
        *name = sl_span_head(pair, equals);
        *value = sl_span_from(pair, equals + 1);
        return true;
    }
    return false;
}
