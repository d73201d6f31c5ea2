/* SPDX-License-Identifier: Apache-2.0 */
/* answer.c - the states of one answer: interim heads, the head, a body by length, by chunks or up
 * to the close. */
#include "net/answer.h"

void sl_answer_init(struct sl_answer *a, bool to_head)
{
    *a = (struct sl_answer){ .to_head = to_head };
}

static void take(char **input, size_t *len, size_t n)
{
    *input += n;
    *len -= n;
}

/* Whether a name has the length of one of these is looked at before its letters are. */
static bool hop_by_hop(sluice_span name)
{
    static const sluice_span names[] = {
        { "te", 2 },
        { "trailer", 7 },
        { "upgrade", 7 },
        { "connection", 10 },
        { "keep-alive", 10 },
        { "proxy-connection", 16 },
        { "transfer-encoding", 17 },
        { "proxy-authenticate", 18 },
        { "proxy-authorization", 19 },
    };
    static const uint32_t lengths =
        1u << 2 | 1u << 7 | 1u << 10 | 1u << 16 | 1u << 17 | 1u << 18 | 1u << 19;

    if (name.len > 19 || !(lengths >> name.len & 1))
        return false;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].len == name.len && memcmp(name.ptr, names[i].ptr, name.len) == 0)
            return true;
    return false;
}

/* Also what a Connection field names; usual answers name nothing but "keep-alive" and "close". */
size_t sl_answer_drop_hop_by_hop(sluice_header *headers, size_t n)
{
    sluice_span named[4];
    size_t n_named = 0, kept = 0;

    for (size_t i = 0; i < n; i++) {
        const sluice_header *h = &headers[i];

        if (!hop_by_hop(h->name)) {
            if (kept != i)
                headers[kept] = *h;
            kept++;
        } else if (h->name.len == 10 && h->name.ptr[0] == 'c' && n_named < 4 &&
                   !sl_span_eq(h->value, SL_SPAN("keep-alive")) &&
                   !sl_span_eq(h->value, SL_SPAN("close"))) {
            named[n_named++] = h->value;
        }
    }
    if (n_named == 0)
        return kept;
    n = kept;
    kept = 0;
    for (size_t i = 0; i < n; i++) {
        bool drop = false;

        for (size_t k = 0; k < n_named && !drop; k++)
            drop = sl_http_lists(named[k], headers[i].name);
        if (!drop)
            headers[kept++] = headers[i];
    }
    return kept;
}

static enum sl_answer_event next_head(struct sl_answer *a, char **input, size_t *len,
                                      struct sl_http_head *head, const char **why)
{
    static const struct sl_http_limits limits = { SL_ANSWER_HEAD_MAX, SL_ANSWER_HEAD_MAX };

    for (;;) {
        struct sl_http_error error = { 0, NULL };
        size_t used = 0;
        sluice_status st;

        if (*len == 0)
            return SL_ANSWER_MORE;
        a->begun = true;
        st = sl_http_parse_answer(*input, *len, a->seen, &limits, a->to_head, head, &used, &error);
        if (a->heads + (st == SLUICE_OK ? used : *len) > SL_ANSWER_HEAD_MAX && st >= 0) {
            *why = "the head of its answer is larger than 64 KiB";
            return SL_ANSWER_INVALID;
        }
        if (st == SLUICE_MORE) {
            a->seen = *len;
            return SL_ANSWER_MORE;
        }
        if (st < 0) {
            *why = error.what;
            return SL_ANSWER_INVALID;
        }
        a->seen = 0;
        a->heads += used;
        take(input, len, used);
        if (head->status == 101 && !a->may_switch) {
            *why = "it switched protocols unasked";
            return SL_ANSWER_INVALID;
        }
        if (head->status == 101 || head->status >= 200)
            break;
    }
    a->in_body = true;
    a->switched = head->status == 101;
    if (a->switched)
        head->body = SL_HTTP_BODY_CLOSE;
    a->keep_alive = head->keep_alive;
    a->body = head->body;
    a->left = head->body == SL_HTTP_BODY_LENGTH ? head->length : 0;
    a->ended =
        head->body == SL_HTTP_BODY_NONE || (head->body == SL_HTTP_BODY_LENGTH && head->length == 0);
    if (head->body == SL_HTTP_BODY_CHUNKED)
        sl_http_chunked_init(&a->chunked);
    if (head->body == SL_HTTP_BODY_CLOSE)
        a->keep_alive = false;
    head->n_headers = sl_answer_drop_hop_by_hop(head->headers, head->n_headers);
    return SL_ANSWER_HEAD;
}

/* All payload of the input as one run at the place of its first piece. */
static enum sl_answer_event next_chunks(struct sl_answer *a, char **input, size_t *len,
                                        sluice_span *data, const char **why)
{
    sluice_span in = sl_span(*input, *len);
    char *run = NULL;
    size_t n = 0;
    sluice_status st;

    for (;;) {
        struct sl_http_error error = { 0, NULL };
        sluice_span piece;

        st = sl_http_chunked_next(&a->chunked, &in, &piece, &error);
        if (st < 0)
            *why = error.what;
        if (st != SLUICE_OK)
            break;
        if (!run)
            run = *input + (piece.ptr - *input);
        else
            memmove(run + n, piece.ptr, piece.len);
        n += piece.len;
    }
    take(input, len, *len - in.len);
    if (st < 0)
        return SL_ANSWER_INVALID;
    a->ended = st == SLUICE_PENDING;
    if (n) {
        *data = sl_span(run, n);
        return SL_ANSWER_DATA;
    }
    return a->ended ? SL_ANSWER_END : SL_ANSWER_MORE;
}

enum sl_answer_event sl_answer_next(struct sl_answer *a, char **input, size_t *len,
                                    struct sl_http_head *head, sluice_span *data, const char **why)
{
    size_t n = *len;

    if (!a->in_body)
        return next_head(a, input, len, head, why);
    if (a->ended)
        return SL_ANSWER_END;
    if (n == 0)
        return SL_ANSWER_MORE;
    if (a->body == SL_HTTP_BODY_CHUNKED)
        return next_chunks(a, input, len, data, why);
    if (a->body == SL_HTTP_BODY_LENGTH) {
        if (n > a->left)
            n = (size_t)a->left;
        a->left -= n;
        a->ended = a->left == 0;
    }
    *data = sl_span(*input, n);
    take(input, len, n);
    return SL_ANSWER_DATA;
}

bool sl_answer_complete_at_close(const struct sl_answer *a)
{
    return a->in_body && (a->ended || a->body == SL_HTTP_BODY_CLOSE);
}
