/* SPDX-License-Identifier: Apache-2.0 */
/* secret.h - a credential of a type that cannot be printed by accident: only sl_secret_reveal()
 * yields its text, and the memory is cleared when the last holder lets go. Counted, [any]. */
#ifndef SL_BASE_SECRET_H
#define SL_BASE_SECRET_H

#include "base/span.h"

struct sl_secret;

struct sl_secret *sl_secret_create(sluice_span text); /* copies; NULL when out of memory */
struct sl_secret *sl_secret_hold(struct sl_secret *s);
void sl_secret_drop(struct sl_secret *s); /* NULL is fine */
sluice_span sl_secret_reveal(const struct sl_secret *s);

#endif
