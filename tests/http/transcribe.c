/* SPDX-License-Identifier: Apache-2.0 */
/*
 * transcribe - what our parser makes of streams, for llhttp.mjs to compare.
 * Standard input: cases, each one byte 'Q' (requests) or 'A' (answers), the length as four bytes
 * (little endian), the stream. Standard output: for each the transcript, after its length.
 */
#include "transcript.h"

static bool read_length(uint32_t *n)
{
    unsigned char b[4];

    if (fread(b, 1, 4, stdin) != 4)
        return false;
    *n = b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
    return *n < 1 << 24;
}

static void write_length(size_t n)
{
    for (int i = 0; i < 4; i++)
        putchar((int)(n >> (8 * i) & 0xff));
}

int main(void)
{
    for (int kind; (kind = getchar()) != EOF;) {
        struct transcript t;
        uint32_t n;
        char *text;

        if (!read_length(&n) || !(text = malloc(n ? n : 1)) || fread(text, 1, n, stdin) != n)
            return 1;
        transcript_init(&t, kind == 'Q');
        transcript_feed(&t, text, n);
        transcript_end(&t);
        write_length(t.len);
        fwrite(t.text, 1, t.len, stdout);
        transcript_finish(&t);
        free(text);
    }
    return 0;
}
