/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes the reader of binary event streams: as the bytes are, and with CRCs that are right, so
 * that the headers are reached. What is read and written again is the same. */
#include "fuzz.h"

#include "base/crc32.h"
#include "format/eventstream.h"

static void put_u32(char *p, uint32_t n)
{
    for (int i = 0; i < 4; i++)
        p[i] = (char)(n >> (24 - 8 * i));
}

static void check(sluice_span frame)
{
    struct sl_es_header headers[256];
    struct sl_es_message m;
    const char *what = NULL;
    sluice_span rest;
    struct sl_buf b;
    size_t n = 0;

    if (sl_es_decode(frame, &m, &what) < 0) {
        require(what != NULL);
        return;
    }
    rest = m.headers;
    while (n < 256 && sl_es_next(&rest, &headers[n])) {
        if (headers[n].value.len > INT16_MAX)
            return;
        n++;
    }
    if (rest.len)
        return;
    sl_buf_init(&b, SL_ES_MESSAGE_MAX);
    sl_es_encode(&b, headers, n, &m.payload, 1);
    require(sl_buf_ok(&b) && sl_span_eq(sl_buf_span(&b), frame));
    sl_buf_finish(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *copy = fuzz_copy((const char *)data, size);

    check(sl_span(copy, size));
    if (size >= 16) {
        put_u32(copy, (uint32_t)size);
        put_u32(copy + 4, ((uint32_t)data[6] << 8 | data[7]) % (uint32_t)(size - 15));
        put_u32(copy + 8, sl_crc32(0, sl_span(copy, 8)));
        put_u32(copy + size - 4, sl_crc32(0, sl_span(copy, size - 4)));
        check(sl_span(copy, size));
    }
    free(copy);
    return 0;
}
