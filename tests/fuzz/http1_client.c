/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes what an upstream may answer: the reader of the HTTP client, without its sockets. However
 * the bytes are cut, status, body and end are the same. */
#include "fuzz.h"
#include "net/answer.h"

struct answer {
    int status;
    size_t n_headers;
    bool ended, wrong, complete, keep;
    struct sl_buf body;
};

/* pieces: lengths to cut the text into; what an answer does not use up is kept, as by the client.
 */
static void read_answer(struct answer *out, const uint8_t *text, size_t len, bool to_head,
                        const size_t *cuts, size_t n_cuts)
{
    static struct sl_http_head head;
    struct sl_answer a;
    char *held = NULL;
    size_t n_held = 0, at = 0;

    *out = (struct answer){ .status = 0 };
    sl_buf_init(&out->body, 1u << 20);
    sl_answer_init(&a, to_head);
    for (size_t i = 0; i <= n_cuts && !out->ended && !out->wrong; i++) {
        size_t n = i < n_cuts && cuts[i] < len - at ? cuts[i] : len - at;
        char *input = malloc(n_held + n + 1), *start = input;
        size_t left = n_held + n;
        enum sl_answer_event event;
        sluice_span data;
        const char *why = NULL;

        require(input != NULL);
        if (n_held)
            memcpy(input, held, n_held);
        if (n)
            memcpy(input + n_held, text + at, n);
        at += n;
        free(held);
        while ((event = sl_answer_next(&a, &input, &left, &head, &data, &why)) != SL_ANSWER_MORE) {
            if (event == SL_ANSWER_HEAD) {
                require(out->status == 0 && head.status >= 200);
                out->status = head.status;
                out->n_headers = head.n_headers;
            } else if (event == SL_ANSWER_DATA) {
                require(out->status != 0 && data.len > 0);
                require(data.ptr >= start && data.ptr + data.len <= input + left);
                sl_buf_add(&out->body, data);
            } else {
                out->ended = event == SL_ANSWER_END;
                out->wrong = event == SL_ANSWER_INVALID;
                require(out->ended || why != NULL);
                break;
            }
        }
        held = fuzz_copy(input, left);
        n_held = left;
        free(start);
    }
    free(held);
    out->complete = sl_answer_complete_at_close(&a);
    out->keep = a.keep_alive;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    bool to_head = fuzz_number(&data, &size, 4) == 3;
    size_t cuts[3];
    struct answer whole, cut;

    for (int i = 0; i < 3; i++)
        cuts[i] = fuzz_number(&data, &size, 512);
    read_answer(&whole, data, size, to_head, NULL, 0);
    read_answer(&cut, data, size, to_head, cuts, 3);
    require(whole.status == cut.status && whole.n_headers == cut.n_headers);
    require(whole.ended == cut.ended && whole.wrong == cut.wrong);
    /* Before a malformed chunk more may have been given out when it came alone. */
    require(whole.wrong ? whole.body.len <= cut.body.len : whole.body.len == cut.body.len);
    require(!whole.body.len || memcmp(whole.body.ptr, cut.body.ptr, whole.body.len) == 0);
    require(whole.complete == cut.complete && whole.keep == cut.keep);
    sl_buf_finish(&whole.body);
    sl_buf_finish(&cut.body);
    return 0;
}
