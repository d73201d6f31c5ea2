/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sluice_sdk/failed.h - an exchange's error answer from its head to end(): status, Retry-After and
 * body kept, then told by sl_compat_error(). For providers whose vendors have no error shape that
 * compat.h would not know.
 */
#ifndef SLUICE_SDK_FAILED_H
#define SLUICE_SDK_FAILED_H

#include <sluice_sdk/buf.h>
#include <sluice_sdk/compat.h>

struct sl_failed {
    int32_t http_status; /* of the answer, also when it is none of failure */
    uint32_t retry_after_ms;
    struct sl_buf body;
};

void sl_failed_init(struct sl_failed *f);
void sl_failed_finish(struct sl_failed *f);
/* In head(). */
void sl_failed_head(struct sl_failed *f, const sluice_http_head *head, int64_t unix_ms);
static inline bool sl_failed(const struct sl_failed *f)
{
    return f->http_status >= 400;
}
/* In data(), when it failed. */
void sl_failed_data(struct sl_failed *f, sluice_span body);
/* In end(), when it failed: the class of failure. */
sluice_status sl_failed_report(const struct sl_failed *f, const struct sl_compat_rule *rules,
                               size_t n, sluice_error *err);
/* An error inside of an answer that called itself a success; body: any JSON. */
sluice_status sl_failed_inside(sluice_span body, int32_t as_status,
                               const struct sl_compat_rule *rules, size_t n, sluice_error *err);

/* base + path by sl_compat_url(), in the arena; ptr NULL: out of memory. */
struct sluice_arena;
sluice_span sl_url_join(struct sluice_arena *arena, sluice_span base, const char *path);

#endif
