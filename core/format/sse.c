/* SPDX-License-Identifier: Apache-2.0 */
/* sse.c - server-sent events. An event that lies within one read is taken apart where it is; what
 * is left at the end of a read is held, line by line. Both ways lead through the same code for a
 * line, so that cuts make no difference. */
#include "format/sse.h"

#define WINDOW 1024 /* bytes; an event has some hundred */

static const char bom[3] = { '\xEF', '\xBB', '\xBF' };

/* An event while its lines come in. */
struct event {
    struct sl_sse_event out;
    size_t n_data, size;
};

void sl_sse_init(struct sl_sse *p, size_t cap)
{
    *p = (struct sl_sse){ 0 };
    sl_buf_init(&p->held, cap);
    sl_buf_init(&p->data, cap);
}

void sl_sse_finish(struct sl_sse *p)
{
    sl_buf_finish(&p->held);
    sl_buf_finish(&p->data);
}

/* The first LF or CR, or NULL. Within windows: two searches over all that is there would be
 * quadratic on a stream that has only one of them. */
static const char *line_end(const char *p, const char *end)
{
    while (p < end) {
        size_t n = (size_t)(end - p) < WINDOW ? (size_t)(end - p) : WINDOW;
        const char *lf = memchr(p, '\n', n), *cr = memchr(p, '\r', lf ? (size_t)(lf - p) : n);

        if (cr || lf)
            return cr ? cr : lf;
        p += n;
    }
    return NULL;
}

static void add_data(struct sl_sse *p, struct event *e, sluice_span value)
{
    if (e->n_data++ == 0) {
        e->out.data = value;
        return;
    }
    if (e->n_data == 2) {
        sl_buf_reset(&p->data);
        sl_buf_add(&p->data, e->out.data);
    }
    sl_buf_add_char(&p->data, '\n');
    sl_buf_add(&p->data, value);
    e->out.data = sl_buf_span(&p->data);
}

/* One line, not empty, without its end. False when joining failed. */
static bool add_line(struct sl_sse *p, struct event *e, sluice_span line)
{
    size_t colon;
    sluice_span name, value;

    e->size += line.len + 1;
    /* What comes in nearly always, first. */
    if (sl_span_starts(line, SL_SPAN("data: "))) {
        add_data(p, e, sl_span_from(line, 6));
        return !p->data.failed;
    }
    colon = sl_span_find_char(line, ':');
    name = sl_span_head(line, colon);
    value = sl_span_from(line, colon + 1);
    if (value.len && value.ptr[0] == ' ')
        value = sl_span_from(value, 1);
    if (sl_span_eq(name, SL_SPAN("data")))
        add_data(p, e, value);
    else if (sl_span_eq(name, SL_SPAN("event")))
        e->out.event = value;
    return !p->data.failed;
}

static void count(size_t *comments_seen, size_t n)
{
    if (comments_seen)
        *comments_seen += n;
}

/* What nearly all events are: one line of data, and an empty one. False: nothing was done. */
static bool take_plain(struct sl_sse *p, sluice_span *input, struct sl_sse_event *out)
{
    const char *line = input->ptr, *lf;
    size_t n;

    if (!sl_span_starts(*input, SL_SPAN("data: ")))
        return false;
    lf = memchr(line, '\n', input->len < WINDOW ? input->len : WINDOW);
    if (!lf)
        return false;
    n = (size_t)(lf - line);
    if (input->len < n + 2 || lf[1] != '\n' || n >= p->held.cap || memchr(line, '\r', n))
        return false;
    out->data = sl_span(line + 6, n - 6);
    *input = sl_span(lf + 2, input->len - n - 2);
    return true;
}

/* An event within *input: OK, PENDING (it had no data), MORE (its end is not there; nothing was
 * used) or NOMEM. */
static sluice_status take_whole(struct sl_sse *p, sluice_span *input, struct sl_sse_event *out,
                                size_t *comments_seen)
{
    const char *at = input->ptr, *end = at + input->len, *stop;
    struct event e = { 0 };
    size_t comments = 0;

    for (;; at = stop + 1) {
        /* The LF of a CRLF within the event. */
        if (at > input->ptr && at < end && *at == '\n' && at[-1] == '\r')
            at++;
        stop = at < end ? line_end(at, end) : NULL;
        if (!stop)
            return SLUICE_MORE;
        if (stop == at)
            break;
        if (*at == ':')
            comments++;
        else if (!add_line(p, &e, sl_span(at, (size_t)(stop - at))) || e.size > p->held.cap)
            goto too_long;
    }
    p->skip_lf = *stop == '\r';
    *input = sl_span(stop + 1, (size_t)(end - stop - 1));
    count(comments_seen, comments);
    if (e.n_data == 0)
        return SLUICE_PENDING;
    *out = e.out;
    return SLUICE_OK;
too_long:
    count(comments_seen, comments);
    p->held.failed = true;
    return SLUICE_E_NOMEM;
}

/* Take the held lines apart. */
static sluice_status take_held(struct sl_sse *p, struct sl_sse_event *out)
{
    sluice_span rest = sl_buf_span(&p->held);
    struct event e = { 0 };

    p->held_done = true;
    while (rest.len) {
        size_t n = sl_span_find_char(rest, '\n');

        if (n && !add_line(p, &e, sl_span_head(rest, n))) {
            p->held.failed = true;
            return SLUICE_E_NOMEM;
        }
        rest = sl_span_from(rest, n + 1);
    }
    if (e.n_data == 0)
        return SLUICE_PENDING;
    *out = e.out;
    return SLUICE_OK;
}

/* Text of the line that is coming in. Comments may be as long and as many as they like. */
static void hold(struct sl_sse *p, sluice_span text)
{
    if (p->held.len == p->line && text.len && text.ptr[0] == ':')
        p->comment = true;
    if (!p->comment)
        sl_buf_add(&p->held, text);
}

/* Move one line, or what there is of it, from *input to held. MORE: go on; else as take_held(). */
static sluice_status hold_line(struct sl_sse *p, sluice_span *input, struct sl_sse_event *out,
                               size_t *comments_seen)
{
    const char *end = input->ptr + input->len, *stop = line_end(input->ptr, end);

    hold(p, sl_span(input->ptr, (size_t)((stop ? stop : end) - input->ptr)));
    if (!sl_buf_ok(&p->held))
        return SLUICE_E_NOMEM;
    if (!stop) {
        *input = sl_span(end, 0);
        return SLUICE_MORE;
    }
    *input = sl_span(stop + 1, (size_t)(end - stop - 1));
    p->skip_lf = *stop == '\r';
    if (p->comment) {
        p->comment = false;
        count(comments_seen, 1);
        return SLUICE_MORE;
    }
    if (p->held.len == p->line)
        return take_held(p, out);
    sl_buf_add_char(&p->held, '\n');
    p->line = p->held.len;
    return sl_buf_ok(&p->held) ? SLUICE_MORE : SLUICE_E_NOMEM;
}

/* The bytes of a mark at the very start are dropped, also when they come one by one. */
static void skip_bom(struct sl_sse *p, sluice_span *input)
{
    while (p->bom < 3 && input->len) {
        if (input->ptr[0] != bom[p->bom]) {
            /* Not a mark after all: then its first bytes are text. */
            hold(p, sl_span(bom, p->bom));
            p->bom = 3;
            return;
        }
        p->bom++;
        *input = sl_span_from(*input, 1);
    }
}

static void forget_held(struct sl_sse *p)
{
    if (p->held_done) {
        p->held.len = 0;
        p->line = 0;
        p->held_done = false;
    }
}

static void take_lf(struct sl_sse *p, sluice_span *input)
{
    if (!p->skip_lf || !input->len)
        return;
    p->skip_lf = false;
    if (input->ptr[0] == '\n')
        *input = sl_span_from(*input, 1);
}

sluice_status sl_sse_next(struct sl_sse *p, sluice_span *input, struct sl_sse_event *out,
                          size_t *comments_seen)
{
    bool whole = true; /* an event may lie in *input as a whole */
    sluice_status st;

    *out = (struct sl_sse_event){ 0 };
    for (;;) {
        forget_held(p);
        if (p->bom < 3)
            skip_bom(p, input);
        if (!sl_buf_ok(&p->held))
            return SLUICE_E_NOMEM;
        take_lf(p, input);
        if (input->len == 0)
            return SLUICE_MORE;
        st = SLUICE_MORE;
        if (whole && p->held.len == 0 && !p->comment) {
            if (take_plain(p, input, out))
                return SLUICE_OK;
            st = take_whole(p, input, out, comments_seen);
            /* No empty line in all of the rest: do not look again before the next read. */
            whole = st != SLUICE_MORE;
        }
        if (st == SLUICE_MORE)
            st = hold_line(p, input, out, comments_seen);
        if (st == SLUICE_OK) /* the rest of a CRLF is part of the event's bytes */
            take_lf(p, input);
        if (st == SLUICE_OK || st < 0)
            return st;
    }
}

sluice_status sl_sse_end(struct sl_sse *p, struct sl_sse_event *out)
{
    sluice_status st;

    *out = (struct sl_sse_event){ 0 };
    forget_held(p);
    if (!sl_buf_ok(&p->held))
        return SLUICE_E_NOMEM;
    st = take_held(p, out);
    return st == SLUICE_PENDING ? SLUICE_MORE : st;
}
