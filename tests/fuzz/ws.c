/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes the reader of WebSocket frames: what it finds must not depend on how the bytes are cut,
 * and messages that are written again must read the same. */
#include "fuzz.h"

#include "format/websocket.h"

#define MOST 4096

struct seen {
    struct sl_buf text;
    bool over;
};

static void note(struct seen *s, const struct sl_ws_message *m)
{
    sl_buf_printf(&s->text, "%d %u %zu ", (int)m->kind, m->code, m->data.len);
    sl_buf_add(&s->text, m->data);
}

static void feed(struct sl_ws_reader *r, struct seen *s, const char *p, size_t n)
{
    char *copy = fuzz_copy(p, n);
    sluice_span in = sl_span(copy, n);
    struct sl_ws_message m;
    sluice_status st;

    while (!s->over && (st = sl_ws_next(r, &in, &m)) != SLUICE_MORE) {
        if (st == SLUICE_OK) {
            note(s, &m);
            continue;
        }
        require(r->what && r->code);
        sl_buf_printf(&s->text, "fault %u %s", r->code, r->what);
        s->over = true;
    }
    require(s->over || in.len == 0);
    free(copy);
}

static struct seen read_cut(bool from_client, const char *p, size_t n, size_t cut)
{
    struct seen s = { .over = false };
    struct sl_ws_reader r;

    sl_buf_init(&s.text, 1 << 20);
    sl_ws_reader_init(&r, from_client, MOST);
    feed(&r, &s, p, cut);
    feed(&r, &s, p + cut, n - cut);
    sl_ws_reader_finish(&r);
    return s;
}

/* Every message as one frame of the other end. */
static void check_round(bool from_client, const char *p, size_t n)
{
    static const unsigned char mask[4] = { 1, 2, 3, 4 };
    sluice_span in = sl_span(p, n), again;
    struct sl_ws_reader r, back;
    struct sl_ws_message m, got;

    sl_ws_reader_init(&r, from_client, MOST);
    while (sl_ws_next(&r, &in, &m) == SLUICE_OK) {
        char head[SL_WS_HEAD_MOST], payload[SL_WS_CONTROL_MOST];
        sluice_span data = m.data;
        struct sl_buf b;

        if (m.kind == SL_WS_CLOSE)
            data = sl_span(payload, sl_ws_close_payload(payload, m.code, m.data));
        sl_buf_init(&b, 2 * MOST);
        sl_buf_add(&b,
                   sl_span(head, sl_ws_head(head, m.kind, data.len, from_client ? NULL : mask)));
        require(sl_buf_reserve(&b, data.len + 1));
        if (from_client)
            sl_buf_add(&b, data);
        else if (data.len)
            sl_ws_mask(data.ptr, b.ptr + b.len, data.len, mask, 0);
        again = sl_span(b.ptr, b.len + (from_client ? 0 : data.len));
        sl_ws_reader_init(&back, !from_client, MOST);
        require(sl_ws_next(&back, &again, &got) == SLUICE_OK && again.len == 0);
        require(got.kind == m.kind && got.code == m.code && sl_span_eq(got.data, m.data));
        sl_ws_reader_finish(&back);
        sl_buf_finish(&b);
    }
    sl_ws_reader_finish(&r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data + 2;
    size_t len = size - 2;
    struct seen whole, cut;

    if (size < 3)
        return 0;
    whole = read_cut(data[0] & 1, text, len, len);
    cut = read_cut(data[0] & 1, text, len, data[1] % len);
    require(sl_span_eq(sl_buf_span(&whole.text), sl_buf_span(&cut.text)));
    sl_buf_finish(&whole.text);
    sl_buf_finish(&cut.text);
    check_round(data[0] & 1, text, len);
    return 0;
}
