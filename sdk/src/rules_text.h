/* SPDX-License-Identifier: Apache-2.0 */
/* rules_text.h - what the files of sluice_sdk/rules.h share. */
#ifndef SLUICE_SDK_RULES_TEXT_H
#define SLUICE_SDK_RULES_TEXT_H

#include <sluice_sdk/rules.h>

#define SL_RULES_TEXT_MOST 512 /* longer strings with escapes match nothing */

/* The text of a JSON string; other values as they are written. room: SL_RULES_TEXT_MOST bytes. */
sluice_span sl_rules_text(sluice_span value, char *room);
/* rules_time.c: do `hours` and `days` of `when` hold? */
bool sl_rules_time(sluice_span when, int64_t unix_ms);

#endif
