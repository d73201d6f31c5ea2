/* SPDX-License-Identifier: Apache-2.0 */
/*
 * h2_head.c - the head of a request as it comes, field by field. In the end it is written down as
 * an HTTP/1.1 head and parsed as one: what the strict parser refuses is refused here as well, with
 * the same status, and handlers see the same struct.
 */
#include "server/h2.h"

#define ENDURED 4 /* times the limit: so much is read past to answer 431, more is an attack */

enum special { METHOD, PATH, AUTHORITY };

static bool is_special(sluice_span name, enum special *which)
{
    static const sluice_span names[] = { SL_SPAN(":method"), SL_SPAN(":path"),
                                         SL_SPAN(":authority") };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (sl_span_eq(name, names[i])) {
            *which = (enum special)i;
            return true;
        }
    return false;
}

static sluice_span special(const struct gw_stream *st, enum special which)
{
    if (!st->special_len[which])
        return sl_span("", 0);
    return sl_span(st->special.ptr + st->special_at[which], st->special_len[which]);
}

static void add_line(struct sl_buf *b, sluice_span name, sluice_span value)
{
    sl_buf_add(b, name);
    sl_buf_add(b, SL_SPAN(": "));
    sl_buf_add(b, value);
    sl_buf_add(b, SL_SPAN("\r\n"));
}

bool gw_stream_field(struct gw_stream *st, sluice_span name, sluice_span value)
{
    size_t limit = st->h2->conn->server->limits.head;
    enum special which;

    st->head_size += name.len + value.len + 4;
    if (st->head_size > limit)
        return st->head_size <= ENDURED * limit;
    if (st->begun)
        return true;
    if (is_special(name, &which)) {
        st->special_at[which] = (uint32_t)st->special.len;
        st->special_len[which] = (uint32_t)value.len;
        if (sl_buf_reserve(&st->special, value.len))
            sl_buf_add(&st->special, value);
        else
            st->special_len[which] = 0;
    } else if (sl_span_eq(name, SL_SPAN("cookie"))) {
        /* Cookies may come one a field, which HTTP/1.1 does not know (RFC 9113, 8.2.3). */
        if (st->cookie.len)
            sl_buf_add(&st->cookie, SL_SPAN("; "));
        sl_buf_add(&st->cookie, value);
    } else if (name.ptr[0] != ':' &&
               !(sl_span_eq(name, SL_SPAN("host")) && sl_span_ieq(value, special(st, AUTHORITY)))) {
        add_line(&st->fields, name, value);
    }
    return true;
}

bool gw_stream_text(struct gw_stream *st, struct sl_buf *out)
{
    sluice_span host = special(st, AUTHORITY);

    sl_buf_add(out, special(st, METHOD));
    sl_buf_add_char(out, ' ');
    sl_buf_add(out, special(st, PATH));
    sl_buf_add(out, SL_SPAN(" HTTP/1.1\r\n"));
    if (host.len)
        add_line(out, SL_SPAN("host"), host);
    sl_buf_add(out, sl_buf_span(&st->fields));
    if (st->cookie.len)
        add_line(out, SL_SPAN("cookie"), sl_buf_span(&st->cookie));
    sl_buf_add(out, SL_SPAN("\r\n"));
    return sl_buf_ok(out) && sl_buf_ok(&st->special) && sl_buf_ok(&st->fields) &&
           sl_buf_ok(&st->cookie);
}

void gw_stream_forget_head(struct gw_stream *st)
{
    sl_buf_finish(&st->special);
    sl_buf_finish(&st->fields);
    sl_buf_finish(&st->cookie);
}
