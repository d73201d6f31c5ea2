/* SPDX-License-Identifier: Apache-2.0 */
/* http1_text.h - the characters of HTTP/1.1, by table; for the http1_*.c files only. */
#ifndef SL_FORMAT_HTTP1_TEXT_H
#define SL_FORMAT_HTTP1_TEXT_H

#include <stddef.h>
#include <stdint.h>

/* The lower-case form of a character that may stand in a token (RFC 9110, 5.6.2), 0 for others. */
extern const unsigned char sl_http_token[256];

#define SL_HTTP_TARGET 1u /* may stand in a request target */
#define SL_HTTP_HOST 2u   /* may stand in the value of Host */
#define SL_HTTP_HEX 4u
#define SL_HTTP_VALUE 8u   /* field-content: visible, blank, tab, beyond ASCII */
#define SL_HTTP_QUOTED 16u /* within a quoted-string, unescaped */
extern const unsigned char sl_http_class[256];

/* How many of the n bytes at p, from the first on, are of a class. */
static inline size_t sl_http_run(const char *p, size_t n, unsigned class)
{
    const unsigned char *u = (const unsigned char *)p;
    size_t i = 0;

    while (i + 4 <= n && (sl_http_class[u[i]] & sl_http_class[u[i + 1]] & sl_http_class[u[i + 2]] &
                          sl_http_class[u[i + 3]] & class))
        i += 4;
    while (i < n && (sl_http_class[u[i]] & class))
        i++;
    return i;
}

#endif
