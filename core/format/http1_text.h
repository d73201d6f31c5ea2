/* SPDX-License-Identifier: Apache-2.0 */
/* http1_text.h - the characters of HTTP/1.1, by table; for the http1_*.c files only. */
#ifndef SL_FORMAT_HTTP1_TEXT_H
#define SL_FORMAT_HTTP1_TEXT_H

#include <stdint.h>

/* The lower-case form of a character that may stand in a token (RFC 9110, 5.6.2), 0 for others. */
extern const unsigned char sl_http_token[256];

#define SL_HTTP_TARGET 1u /* may stand in a request target */
#define SL_HTTP_HOST 2u   /* may stand in the value of Host */
#define SL_HTTP_HEX 4u
#define SL_HTTP_VALUE 8u   /* field-content: visible, blank, tab, beyond ASCII */
#define SL_HTTP_QUOTED 16u /* within a quoted-string, unescaped */
extern const unsigned char sl_http_class[256];

#endif
