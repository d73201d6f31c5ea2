/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes the HTTP/1.1 parser: a stream of messages must read the same however it is cut, and what
 * was decoded from chunks must read the same when it is sent in chunks again. */
#include "../http/transcript.h"

static void require(bool ok)
{
    if (!ok)
        __builtin_trap();
}

static void check_cut(bool request, const char *text, size_t len, size_t cut,
                      const struct transcript *want)
{
    struct transcript t;

    transcript_init(&t, request);
    transcript_feed(&t, text, cut);
    transcript_feed(&t, text + cut, len - cut);
    transcript_end(&t);
    require(t.len == want->len && memcmp(t.text, want->text, t.len) == 0);
    transcript_finish(&t);
}

static sluice_status decode(sluice_span in, FILE *out)
{
    struct sl_http_chunked c;
    struct sl_http_error err;
    sluice_span data;
    sluice_status st;

    sl_http_chunked_init(&c);
    while ((st = sl_http_chunked_next(&c, &in, &data, &err)) == SLUICE_OK)
        fwrite(data.ptr, 1, data.len, out);
    return st;
}

static void check_chunked(sluice_span in)
{
    char *text = NULL, *again = NULL, *chunks = NULL;
    size_t len, again_len, chunks_len;
    FILE *out = open_memstream(&text, &len);
    sluice_status st = decode(in, out);

    fclose(out);
    if (st == SLUICE_PENDING) {
        out = open_memstream(&chunks, &chunks_len);
        if (len) {
            fprintf(out, "%zx\r\n", len);
            fwrite(text, 1, len, out);
            fputs("\r\n", out);
        }
        fputs("0\r\n\r\n", out);
        fclose(out);
        out = open_memstream(&again, &again_len);
        require(decode(sl_span(chunks, chunks_len), out) == SLUICE_PENDING);
        fclose(out);
        require(again_len == len && (len == 0 || memcmp(text, again, len) == 0));
        free(again);
        free(chunks);
    }
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct transcript whole;
    const char *text = (const char *)data + 3;
    size_t len = size - 3;
    bool request;

    if (size < 3)
        return 0;
    request = data[0] & 1;
    transcript_init(&whole, request);
    transcript_feed(&whole, text, len);
    transcript_end(&whole);
    if (len) {
        check_cut(request, text, len, data[1] % len, &whole);
        check_cut(request, text, len, len - 1 - data[2] % len, &whole);
    }
    transcript_finish(&whole);
    check_chunked(sl_span(text, len));
    return 0;
}
