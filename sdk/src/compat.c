/* SPDX-License-Identifier: Apache-2.0 */
/*
 * compat.c - URLs and Retry-After of OpenAI-like vendors. Classes of failure are in compat_error.c,
 * usage in compat_usage.c.
 */
#include <sluice_sdk/compat.h>

#include "format/http1_retry.h"

#include "base/span.h"

/* Paths that people paste as part of the base when they mean the server. */
static const sluice_span full_paths[] = { { "/chat/completions", 17 },
                                          { "/completions", 12 },
                                          { "/embeddings", 11 } };

static sluice_span without_slashes(sluice_span s)
{
    while (s.len && s.ptr[s.len - 1] == '/')
        s.len--;
    return s;
}

/* Length of a version segment ("/v1", "/v2beta") at the start of path, else 0. */
static size_t version_segment(sluice_span path)
{
    size_t n;

    if (path.len < 3 || path.ptr[0] != '/' || path.ptr[1] != 'v' || path.ptr[2] < '0' ||
        path.ptr[2] > '9')
        return 0;
    n = 1 + sl_span_find_char(sl_span_from(path, 1), '/');
    return n;
}

static size_t put(char *out, size_t at, sluice_span s)
{
    if (s.len)
        memcpy(out + at, s.ptr, s.len);
    return at + s.len;
}

size_t sl_compat_url(sluice_span base, sluice_span path, char *out)
{
    size_t q = sl_span_find_char(base, '?');
    sluice_span query = sl_span_from(base, q);
    size_t n, v;

    base = without_slashes(sl_span_head(base, q));
    if (path.len && sl_span_ends(base, path)) {
        path.len = 0;
    } else {
        for (size_t i = 0; i < sizeof full_paths / sizeof *full_paths; i++) {
            if (sl_span_ends(base, full_paths[i])) {
                base.len -= full_paths[i].len;
                break;
            }
        }
        v = version_segment(path);
        if (v && sl_span_ends(base, sl_span_head(path, v)))
            path = sl_span_from(path, v);
    }
    n = put(out, 0, base);
    if (path.len && path.ptr[0] != '/')
        out[n++] = '/';
    n = put(out, n, path);
    if (query.len > 1) {
        /* The path of an operation may carry a query of its own. */
        bool second = sl_span_find_char(path, '?') < path.len;

        out[n++] = second ? '&' : '?';
        n = put(out, n, sl_span_from(query, 1));
    }
    return n;
}

uint32_t sl_compat_retry_after_ms(const sluice_header *headers, size_t n, int64_t unix_ms)
{
    return sl_http_retry_after_ms(headers, n, unix_ms);
}
