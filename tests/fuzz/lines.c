/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes lines: those of a plain loop over the whole text, however the stream is cut. */
#include "format/lines.h"

#include "fuzz.h"

static void note(struct sl_buf *log, sluice_span line)
{
    sl_buf_add(log, line);
    sl_buf_add_char(log, '\n');
}

/* What is expected; true when a line is longer than the cap. */
static bool reference(const uint8_t *data, size_t size, size_t cap, struct sl_buf *log)
{
    for (size_t at = 0; at < size;) {
        size_t end = at, len;

        while (end < size && data[end] != '\n')
            end++;
        len = end - at;
        if (len > cap)
            return true;
        if (len && data[end - 1] == '\r')
            len--;
        if (len)
            note(log, sl_span((const char *)data + at, len));
        at = end + 1;
    }
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t cap = fuzz_number(&data, &size, 300), step = fuzz_number(&data, &size, 40) + 1;
    sluice_status st = SLUICE_MORE;
    struct sl_buf want, got;
    struct sl_lines p;
    sluice_span line;
    bool too_long;

    sl_buf_init(&want, 1 << 24);
    sl_buf_init(&got, 1 << 24);
    too_long = reference(data, size, cap, &want);
    sl_lines_init(&p, cap);
    for (size_t at = 0; at < size && st == SLUICE_MORE; at += step) {
        size_t len = size - at < step ? size - at : step;
        char *copy = fuzz_copy((const char *)data + at, len);
        sluice_span in = sl_span(copy, len);

        while ((st = sl_lines_next(&p, &in, &line)) == SLUICE_OK)
            note(&got, line);
        free(copy);
    }
    if (st == SLUICE_MORE && sl_lines_end(&p, &line) == SLUICE_OK)
        note(&got, line);
    require((st == SLUICE_E_NOMEM) == too_long);
    require(sl_span_eq(sl_buf_span(&got), sl_buf_span(&want)));
    sl_lines_finish(&p);
    sl_buf_finish(&want);
    sl_buf_finish(&got);
    return 0;
}
