/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http1_read.c - what arrived goes to the exchange: head, data, end. Bytes are used where they were
 * read; only what cannot be used yet (half a head, anything while paused) is copied and held.
 */
#include "net/http1.h"

static bool hold(struct sl_h1_conn *c, const char *rest, size_t n)
{
    if (n == 0) {
        sl_buf_finish(&c->held);
        return true;
    }
    if (c->held.len) {
        /* The rest is the end of what is held already. */
        sl_buf_consume(&c->held, c->held.len - n);
        return true;
    }
    sl_buf_add(&c->held, sl_span(rest, n));
    return sl_buf_ok(&c->held);
}

static void give_head(struct sl_h1_exchange *x)
{
    const struct sl_http_head *head = &x->h1->head;
    struct sl_http_in in = { head->status, head->headers, head->n_headers, -1, sl_h1_all_sent(x) };

    if (head->body == SL_HTTP_BODY_LENGTH)
        in.length = (int64_t)head->length;
    else if (head->body == SL_HTTP_BODY_NONE)
        in.length = 0;
    /* Nothing can be sent again from now on. */
    if (x->written >= x->n_head)
        sl_h1_drop_head(x);
    if (x->answer.switched) {
        x->n_head = x->written = 0;
        sl_h1_duplex(x);
    }
    x->events.head(x->ctx, &in);
}

static bool end(struct sl_h1_conn *c, size_t excess)
{
    struct sl_h1_exchange *x = c->x;

    sl_buf_finish(&c->held);
    /* Bytes behind the answer, or an answer to half a request: such a connection is out of step. */
    sl_h1_end(x, x->answer.keep_alive && excess == 0 && sl_h1_all_sent(x) && !c->write_failed);
    return false;
}

bool sl_h1_deliver(struct sl_h1_conn *c, char *bytes, size_t n)
{
    struct sl_h1_exchange *x = c->x;

    if (c->held.len) {
        if (n)
            sl_buf_add(&c->held, sl_span(bytes, n));
        if (!sl_buf_ok(&c->held)) {
            sl_h1_failf(x, SLUICE_E_NOMEM, "%s: out of memory for its answer", c->origin->name);
            return false;
        }
        bytes = c->held.ptr;
        n = c->held.len;
    }
    while (!x->paused) {
        const char *why;
        sluice_span data;

        switch (sl_answer_next(&x->answer, &bytes, &n, &x->h1->head, &data, &why)) {
        case SL_ANSWER_MORE:
            goto out;
        case SL_ANSWER_HEAD:
            give_head(x);
            break;
        case SL_ANSWER_DATA:
            x->events.data(x->ctx, data, x->answer.ended);
            break;
        case SL_ANSWER_END:
            return end(c, n);
        case SL_ANSWER_INVALID:
            sl_h1_failf(x, SLUICE_E_UPSTREAM, "%s: %s", c->origin->name, why);
            return false;
        }
        if (c->x != x)
            return false; /* the callback cancelled it */
    }
out:
    if (!hold(c, bytes, n)) {
        sl_h1_failf(x, SLUICE_E_NOMEM, "%s: out of memory for its answer", c->origin->name);
        return false;
    }
    if (x->paused)
        sl_h1_conn_read_on(c, false);
    return !x->paused;
}

void sl_h1_closed(struct sl_h1_conn *c, bool eof)
{
    struct sl_h1_exchange *x = c->x;
    const char *tls = c->ssl && !eof ? sl_tls_reason() : NULL;

    if (eof && sl_answer_complete_at_close(&x->answer))
        sl_h1_end(x, false);
    else if (!x->answer.begun)
        sl_h1_broken(
            x, SLUICE_E_UPSTREAM,
            eof ? "connection closed without an answer" : "connection reset before an answer", tls);
    else
        sl_h1_broken(x, SLUICE_E_TRUNCATED,
                     eof ? "connection closed before the end of its answer"
                         : "connection reset before the end of its answer",
                     tls);
}
