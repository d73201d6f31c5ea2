/* SPDX-License-Identifier: Apache-2.0 */
/* failed.c - see sluice_sdk/failed.h. */
#include <sluice_sdk/arena.h>
#include <sluice_sdk/failed.h>

#define BODY_CAP (1u << 20)

void sl_failed_init(struct sl_failed *f)
{
    f->http_status = 0;
    f->retry_after_ms = 0;
    sl_buf_init(&f->body, BODY_CAP);
}

void sl_failed_finish(struct sl_failed *f)
{
    sl_buf_finish(&f->body);
}

void sl_failed_head(struct sl_failed *f, const sluice_http_head *head, int64_t unix_ms)
{
    f->http_status = head->status;
    f->retry_after_ms = sl_compat_retry_after_ms(head->headers, head->n_headers, unix_ms);
}

void sl_failed_data(struct sl_failed *f, sluice_span body)
{
    sl_buf_reset(&f->body);
    sl_buf_add(&f->body, sl_span_head(body, BODY_CAP)); /* without it the status still tells */
}

sluice_status sl_failed_report(const struct sl_failed *f, const struct sl_compat_rule *rules,
                               size_t n, sluice_error *err)
{
    struct sl_compat_failure failure = { .http_status = f->http_status,
                                         .retry_after_ms = f->retry_after_ms,
                                         .body = sl_buf_span(&f->body),
                                         .rules = rules,
                                         .n_rules = n };

    return sl_compat_error(&failure, err);
}

sluice_status sl_failed_inside(sluice_span body, int32_t as_status,
                               const struct sl_compat_rule *rules, size_t n, sluice_error *err)
{
    struct sl_compat_failure failure = {
        .http_status = as_status, .body = body, .rules = rules, .n_rules = n
    };

    return sl_compat_error(&failure, err);
}

sluice_span sl_url_join(struct sluice_arena *arena, sluice_span base, const char *path)
{
    char *p = sl_alloc(arena, base.len + strlen(path) + 2);

    return p ? sl_span(p, sl_compat_url(base, sl_span_str(path), p)) : sl_span(NULL, 0);
}
