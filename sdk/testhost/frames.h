/* SPDX-License-Identifier: Apache-2.0 */
/* frames.h - private to the test kit: an answer's bytes to frames, as the host cuts them. */
#ifndef SL_TESTHOST_FRAMES_H
#define SL_TESTHOST_FRAMES_H

#include "format/lines.h"
#include "format/sse.h"
#include "host.h"
#include <sluice/provider.h>

struct framer {
    uint32_t framing; /* RELAY was resolved to SSE or WHOLE by the caller */
    struct sl_sse sse;
    struct sl_lines lines;
    struct text held; /* WHOLE, U32 */
    sluice_status (*frame)(void *ctx, sluice_span event, sluice_span data);
    void *ctx;
};

void framer_init(struct framer *f, uint32_t framing,
                 sluice_status (*frame)(void *ctx, sluice_span event, sluice_span data), void *ctx);
void framer_finish(struct framer *f);
sluice_status framer_feed(struct framer *f, sluice_span bytes);
sluice_status framer_end(struct framer *f);

#endif
