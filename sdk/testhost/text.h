/* SPDX-License-Identifier: Apache-2.0 */
/* text.h - growing text of the test kit itself: not sl_buf, since its allocations must not count
 * among those that are made to fail. Running out of memory ends the test program. */
#ifndef SL_TESTHOST_TEXT_H
#define SL_TESTHOST_TEXT_H

#include "base/span.h"

struct text {
    char *ptr; /* NUL-terminated, or NULL while empty */
    size_t len, size;
};

void text_add(struct text *t, sluice_span s);
void text_str(struct text *t, const char *s);
void text_printf(struct text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Control characters as \n \r \t \xNN, all else as it is: one line. Not reversible on purpose:
 * JSON text stays readable. */
void text_escaped(struct text *t, sluice_span s);
void text_clear(struct text *t);
void text_free(struct text *t);
/* Hands the memory out; never NULL. */
char *text_take(struct text *t);
/* malloc that does not return NULL. */
void *test_alloc(size_t size);

#endif
