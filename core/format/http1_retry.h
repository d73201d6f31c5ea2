/* SPDX-License-Identifier: Apache-2.0 */
/* http1_retry.h - how long an answer asks to be left alone. */
#ifndef SL_FORMAT_HTTP1_RETRY_H
#define SL_FORMAT_HTTP1_RETRY_H

#include "base/span.h"

/* retry-after-ms before retry-after (seconds or an HTTP date); at most a day. 0 = not asked for, or
 * not understood. */
uint32_t sl_http_retry_after_ms(const sluice_header *headers, size_t n, int64_t unix_ms);

#endif
