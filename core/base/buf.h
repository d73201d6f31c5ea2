/* SPDX-License-Identifier: Apache-2.0 */
/* buf.h - growing text with a cap given at birth, in malloc memory. Once an append failed the
 * buffer stays failed, so a chain of appends needs one check at its end (sl_buf_ok). */
#ifndef SL_BASE_BUF_H
#define SL_BASE_BUF_H

#include "base/span.h"

struct sl_buf {
    char *ptr;
    size_t len, size, cap;
    bool failed;
};

void sl_buf_init(struct sl_buf *b, size_t cap);
void sl_buf_finish(struct sl_buf *b);
/* Empties it and clears a failure; keeps the memory. */
void sl_buf_reset(struct sl_buf *b);
/* Drops the first n bytes. */
void sl_buf_consume(struct sl_buf *b, size_t n);
/* Room for n more bytes at ptr + len; false at the cap or when memory is out. */
bool sl_buf_reserve(struct sl_buf *b, size_t n);
void sl_buf_add(struct sl_buf *b, sluice_span s);
void sl_buf_add_char(struct sl_buf *b, char c);
void sl_buf_add_str(struct sl_buf *b, const char *text);
void sl_buf_add_u64(struct sl_buf *b, uint64_t n);
void sl_buf_add_i64(struct sl_buf *b, int64_t n);
/* n with a point before its last `places` digits, at least one digit before the point; exact, and
 * the same in every locale. The text lies in room[SL_DECIMAL_ROOM]; places at most 18. */
#define SL_DECIMAL_ROOM 24
sluice_span sl_decimal(char *room, uint64_t n, unsigned places);
void sl_buf_printf(struct sl_buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static inline bool sl_buf_ok(const struct sl_buf *b)
{
    return !b->failed;
}

static inline sluice_span sl_buf_span(const struct sl_buf *b)
{
    return sl_span(b->ptr, b->len);
}

#endif
