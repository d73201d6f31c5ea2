/* SPDX-License-Identifier: Apache-2.0 */
/* lines.h - cuts a byte stream into lines (LF or CRLF), as NDJSON has them; only a line that is
 * split over reads is copied. Empty lines are skipped. */
#ifndef SL_FORMAT_LINES_H
#define SL_FORMAT_LINES_H

#include "base/buf.h"

struct sl_lines {
    struct sl_buf held;
    bool held_done; /* the held line was handed out */
};

/* cap: the longest line. */
void sl_lines_init(struct sl_lines *p, size_t cap);
void sl_lines_finish(struct sl_lines *p);
/* As sl_sse_next(); cap counts the CR. A CR that is not before an LF is part of the line. */
sluice_status sl_lines_next(struct sl_lines *p, sluice_span *input, sluice_span *line);
sluice_status sl_lines_end(struct sl_lines *p, sluice_span *line);

#endif
