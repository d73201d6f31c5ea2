/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sluice_sdk/compat.h - what providers with an OpenAI-like protocol have in common: joining a URL,
 * telling classes of failure apart, reading usage and Retry-After. Nothing here allocates, keeps
 * state or does I/O; every function may be called on any thread.
 */
#ifndef SLUICE_SDK_COMPAT_H
#define SLUICE_SDK_COMPAT_H

#include <stdbool.h>
#include <sluice/provider.h>

/* ---- URLs ---- */

/* base + path, for bases with or without a trailing slash, with or without the path itself ("a full
 * URL"), with or without the version segment that the path begins with ("/v1"); a query on the base
 * stays behind the path. out needs base.len + path.len + 2 bytes. Returns the length. */
size_t sl_compat_url(sluice_span base, sluice_span path, char *out);

/* ---- failures ---- */

/* One line of a vendor's error map. `text` is compared to the answer's code, type and status words
 * as a whole, and looked for inside its message; letters' case does not count. */
struct sl_compat_rule {
    sluice_span text;
    sluice_status status;
};

/* An answer that is no success. */
struct sl_compat_failure {
    int32_t http_status;     /* of the answer; 200 for a failure that calls itself a success */
    uint32_t retry_after_ms; /* sl_compat_retry_after_ms(); 0 = unknown */
    sluice_span body;        /* JSON of any vendor's shape, plain text, HTML, or nothing */
    const struct sl_compat_rule *rules; /* asked before the built-in tables */
    size_t n_rules;
};
/* Names the class of failure and fills err (message, code, param, retry_after_ms, http_status where
 * the class alone does not say it). Never returns a status >= 0. */
sluice_status sl_compat_error(const struct sl_compat_failure *failure, sluice_error *err);
/* Is this object, sent with status 200, a failure all the same? Looks for `error`, `success:
 * false`, `object: "error"`, `base_resp.status_code`. object: valid JSON. */
bool sl_compat_is_error(sluice_span object);

/* What the headers ask for, retry-after-ms before retry-after (seconds or an HTTP date); 0 = not
 * said. unix_ms: now. More than a day is cut to a day. */
uint32_t sl_compat_retry_after_ms(const sluice_header *headers, size_t n, int64_t unix_ms);

/* The class that a word of an error map names ("rate_limit", "context", ...); 0 if it names none.
 */
sluice_status sl_compat_class(sluice_span word);

/* ---- usage ---- */

struct sl_compat_usage {
    sluice_count counts[SLUICE_USE_KINDS];
    uint32_t n;
};
/* Reads a usage object in any of the spellings that OpenAI-like vendors have; counts that they
 * leave out of the sums (cached, reasoning) are added so that INPUT and OUTPUT hold everything.
 * false: null, empty or no object. usage: valid JSON. */
bool sl_compat_usage(sluice_span usage, struct sl_compat_usage *out);

#endif
