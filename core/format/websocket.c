/* SPDX-License-Identifier: Apache-2.0 */
/* websocket.c - see websocket.h. What is written is one frame a message; what is read may come in
 * any number of them, with control frames in between. */
#include "format/websocket.h"

#include "base/digest.h"

#define MESSAGE_KEPT (64u << 10) /* a larger buffer is not kept for the next message */
#define OP_CONTINUATION 0

void sl_ws_reader_init(struct sl_ws_reader *r, bool from_client, size_t most)
{
    *r = (struct sl_ws_reader){ .from_client = from_client };
    sl_buf_init(&r->message, most);
}

void sl_ws_reader_finish(struct sl_ws_reader *r)
{
    sl_buf_finish(&r->message);
}

static sluice_status fault(struct sl_ws_reader *r, uint16_t code, const char *what)
{
    r->code = code;
    r->what = what;
    return SLUICE_E_INVALID;
}

static bool is_control(unsigned op)
{
    return op >= SL_WS_CLOSE;
}

/* ---- heads ---- */

/* How long a head is, as far as its first n bytes say. */
static size_t head_length(const unsigned char *head, size_t n_head)
{
    unsigned short_length = head[1] & 0x7f;
    size_t n = 2;

    if (n_head < 2)
        return 2;
    if (short_length == 126)
        n += 2;
    else if (short_length == 127)
        n += 8;
    return head[1] & 0x80 ? n + 4 : n;
}

static uint64_t number(const unsigned char *p, size_t n)
{
    uint64_t value = 0;

    for (size_t i = 0; i < n; i++)
        value = value << 8 | p[i];
    return value;
}

/* Of a head that is whole. */
static uint64_t payload_length(const unsigned char *head)
{
    unsigned length = head[1] & 0x7f;

    return length == 127 ? number(head + 2, 8) : length == 126 ? number(head + 2, 2) : length;
}

/* The two bytes that every frame begins with. */
static sluice_status check_start(struct sl_ws_reader *r)
{
    unsigned op = r->head[0] & 0x0f, length = r->head[1] & 0x7f;
    bool last = r->head[0] & 0x80, masked = r->head[1] & 0x80;

    if (r->head[0] & 0x70)
        return fault(r, SL_WS_PROTOCOL_ERROR, "a reserved bit is set");
    if (op > SL_WS_PONG || (op > SL_WS_BINARY && op < SL_WS_CLOSE))
        return fault(r, SL_WS_PROTOCOL_ERROR, "a frame has an unknown opcode");
    if (masked != r->from_client)
        return fault(r, SL_WS_PROTOCOL_ERROR,
                     masked ? "a server's frame is masked" : "a client's frame is not masked");
    if (is_control(op) && (!last || length > SL_WS_CONTROL_MOST))
        return fault(r, SL_WS_PROTOCOL_ERROR, "a control frame is long or in pieces");
    if (op == OP_CONTINUATION && !r->in_message)
        return fault(r, SL_WS_PROTOCOL_ERROR, "a message goes on that was not begun");
    if (op != OP_CONTINUATION && !is_control(op) && r->in_message)
        return fault(r, SL_WS_PROTOCOL_ERROR, "a message begins within another");
    return SLUICE_OK;
}

/* All of the head is here: the frame begins. */
static sluice_status begin_frame(struct sl_ws_reader *r)
{
    unsigned length = r->head[1] & 0x7f;

    r->op = r->head[0] & 0x0f;
    r->last = r->head[0] & 0x80;
    r->left = payload_length(r->head);
    if ((length == 126 && r->left < 126) || (length == 127 && r->left <= UINT16_MAX))
        return fault(r, SL_WS_PROTOCOL_ERROR, "a length is not written in the shortest way");
    if (r->left >> 63)
        return fault(r, SL_WS_PROTOCOL_ERROR, "a length has its highest bit set");
    if (!is_control(r->op) && r->left > r->message.cap - r->message.len)
        return fault(r, SL_WS_TOO_LARGE, "a message is too large");
    if (!is_control(r->op) && !r->in_message) {
        r->in_message = true;
        r->kind = (enum sl_ws_kind)r->op;
        r->need = 0;
    }
    r->at = 0;
    r->n_control = 0;
    r->in_frame = true;
    return SLUICE_OK;
}

static sluice_status read_head(struct sl_ws_reader *r, sluice_span *in)
{
    sluice_status st = SLUICE_OK;

    while (r->n_head < head_length(r->head, r->n_head) && st >= 0) {
        if (!in->len)
            return SLUICE_MORE;
        r->head[r->n_head++] = (unsigned char)in->ptr[0];
        *in = sl_span_from(*in, 1);
        if (r->n_head == 2)
            st = check_start(r);
    }
    return st < 0 ? st : begin_frame(r);
}

/* ---- text ---- */

/* A byte that begins a sequence: what may follow (RFC 3629: no surrogates, no overlong forms). */
static bool begin_sequence(struct sl_ws_reader *r, unsigned char c)
{
    r->low = 0x80;
    r->high = 0xBF;
    if (c >= 0xC2 && c <= 0xDF) {
        r->need = 1;
    } else if (c >= 0xE0 && c <= 0xEF) {
        r->need = 2;
        if (c == 0xE0)
            r->low = 0xA0;
        if (c == 0xED)
            r->high = 0x9F;
    } else if (c >= 0xF0 && c <= 0xF4) {
        r->need = 3;
        if (c == 0xF0)
            r->low = 0x90;
        if (c == 0xF4)
            r->high = 0x8F;
    } else {
        return false;
    }
    return true;
}

/* Goes on where the last piece ended: text is refused at its first wrong byte. */
static bool check_text(struct sl_ws_reader *r, const char *p, size_t n)
{
    size_t i = 0;

    while (i < n) {
        unsigned char c = (unsigned char)p[i];

        if (!r->need) {
            uint64_t eight;

            for (; n - i >= sizeof eight; i += sizeof eight) {
                memcpy(&eight, p + i, sizeof eight);
                if (eight & 0x8080808080808080u)
                    break;
            }
            if (i == n)
                return true;
            c = (unsigned char)p[i];
            if (c >= 0x80 && !begin_sequence(r, c))
                return false;
        } else {
            if (c < r->low || c > r->high)
                return false;
            r->low = 0x80;
            r->high = 0xBF;
            r->need--;
        }
        i++;
    }
    return true;
}

/* ---- payloads ---- */

void sl_ws_mask(const char *from, char *to, size_t n, const unsigned char mask[4], uint64_t at)
{
    unsigned char turned[8];
    uint64_t wide, eight;
    size_t i = 0;

    for (size_t k = 0; k < sizeof turned; k++)
        turned[k] = mask[(at + k) & 3];
    memcpy(&wide, turned, sizeof wide);
    for (; n - i >= sizeof eight; i += sizeof eight) {
        memcpy(&eight, from + i, sizeof eight);
        eight ^= wide;
        memcpy(to + i, &eight, sizeof eight);
    }
    for (; i < n; i++)
        to[i] = (char)((unsigned char)from[i] ^ turned[i & 7]);
}

static void unmask(struct sl_ws_reader *r, const char *from, char *to, size_t n)
{
    if (r->from_client)
        sl_ws_mask(from, to, n, r->head + r->n_head - 4, r->at);
    else
        memcpy(to, from, n);
    r->at += n;
    r->left -= n;
}

static sluice_status read_payload(struct sl_ws_reader *r, sluice_span *in)
{
    size_t n = in->len < r->left ? in->len : (size_t)r->left;
    bool control = is_control(r->op);
    char *to;

    if (n) {
        if (!control && !sl_buf_reserve(&r->message, n))
            return SLUICE_E_NOMEM;
        to = control ? r->control + r->n_control : r->message.ptr + r->message.len;
        if (control)
            r->n_control = (uint8_t)(r->n_control + n);
        else
            r->message.len += n;
        unmask(r, in->ptr, to, n);
        *in = sl_span_from(*in, n);
        if (!control && r->kind == SL_WS_TEXT && !check_text(r, to, n))
            return fault(r, SL_WS_BAD_TEXT, "a text is not UTF-8");
    }
    return r->left ? SLUICE_MORE : SLUICE_OK;
}

/* May this code be sent? */
static bool is_code(unsigned code)
{
    return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
           (code >= 3000 && code <= 4999);
}

static sluice_status read_close(struct sl_ws_reader *r, struct sl_ws_message *out)
{
    r->need = 0;
    out->code = SL_WS_NO_CODE;
    if (r->n_control == 0)
        return SLUICE_OK;
    out->code = (uint16_t)number((const unsigned char *)r->control, r->n_control > 1 ? 2 : 1);
    if (r->n_control < 2 || !is_code(out->code))
        return fault(r, SL_WS_PROTOCOL_ERROR, "a close has a code that may not be sent");
    out->data = sl_span(r->control + 2, r->n_control - 2u);
    if (!check_text(r, out->data.ptr, out->data.len) || r->need)
        return fault(r, SL_WS_BAD_TEXT, "the reason of a close is not UTF-8");
    return SLUICE_OK;
}

/* The frame is complete. MORE: its message is not. */
static sluice_status end_frame(struct sl_ws_reader *r, struct sl_ws_message *out)
{
    r->in_frame = false;
    r->n_head = 0;
    if (is_control(r->op)) {
        *out =
            (struct sl_ws_message){ (enum sl_ws_kind)r->op, sl_span(r->control, r->n_control), 0 };
        return r->op == SL_WS_CLOSE ? read_close(r, out) : SLUICE_OK;
    }
    if (!r->last)
        return SLUICE_MORE;
    if (r->kind == SL_WS_TEXT && r->need)
        return fault(r, SL_WS_BAD_TEXT, "a text ends within a character");
    r->in_message = false;
    r->given = true;
    *out = (struct sl_ws_message){ r->kind, sl_buf_span(&r->message), 0 };
    return SLUICE_OK;
}

sluice_status sl_ws_next(struct sl_ws_reader *r, sluice_span *in, struct sl_ws_message *out)
{
    sluice_status st = SLUICE_OK;

    if (r->what)
        return SLUICE_E_INVALID;
    if (r->given) {
        if (r->message.size > MESSAGE_KEPT)
            sl_buf_finish(&r->message);
        sl_buf_reset(&r->message);
        r->given = false;
    }
    do {
        if (!r->in_frame)
            st = read_head(r, in);
        if (st == SLUICE_OK)
            st = read_payload(r, in);
        if (st == SLUICE_OK)
            st = end_frame(r, out);
    } while (st == SLUICE_MORE && !r->in_frame && in->len);
    return st;
}

size_t sl_ws_pass(struct sl_ws_passing *p, sluice_span bytes)
{
    size_t n = 0;

    while (n < bytes.len && !p->left) {
        p->head[p->n_head++] = (unsigned char)bytes.ptr[n++];
        if (p->n_head < head_length(p->head, p->n_head))
            continue;
        p->n_head = 0;
        p->left = payload_length(p->head);
        if (!p->left)
            return n;
    }
    if (p->left < bytes.len - n) {
        n += (size_t)p->left;
        p->left = 0;
        return n;
    }
    p->left -= bytes.len - n;
    return bytes.len;
}

/* ---- writing ---- */

size_t sl_ws_head(char out[SL_WS_HEAD_MOST], enum sl_ws_kind kind, uint64_t length,
                  const unsigned char mask[4])
{
    size_t n = 2, bytes = length <= SL_WS_CONTROL_MOST ? 0 : length <= UINT16_MAX ? 2 : 8;
    unsigned first = bytes == 0 ? (unsigned)length : bytes == 2 ? 126 : 127;

    out[0] = (char)(0x80u | (unsigned)kind);
    out[1] = (char)(first | (mask ? 0x80u : 0));
    while (bytes--)
        out[n++] = (char)(length >> (8 * bytes));
    if (mask) {
        memcpy(out + n, mask, 4);
        n += 4;
    }
    return n;
}

size_t sl_ws_close_payload(char out[SL_WS_CONTROL_MOST], uint16_t code, sluice_span reason)
{
    size_t n = reason.len < SL_WS_REASON_MOST ? reason.len : SL_WS_REASON_MOST;

    while (n < reason.len && n && ((unsigned char)reason.ptr[n] & 0xC0) == 0x80)
        n--;
    if (code == SL_WS_NO_CODE)
        return 0;
    out[0] = (char)(code >> 8);
    out[1] = (char)(code & 0xff);
    if (n)
        memcpy(out + 2, reason.ptr, n);
    return n + 2;
}

/* ---- the handshake ---- */

/* Sixteen bytes in base64. */
bool sl_ws_key_ok(sluice_span key)
{
    if (key.len != SL_WS_KEY || key.ptr[22] != '=' || key.ptr[23] != '=')
        return false;
    for (size_t i = 0; i < 22; i++) {
        char c = key.ptr[i];

        if (!((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
              c == '+' || c == '/'))
            return false;
    }
    return true;
}

void sl_ws_accept(sluice_span key, char out[SL_WS_ACCEPT])
{
    static const char magic[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    char text[SL_WS_KEY + sizeof magic - 1];

    memcpy(text, key.ptr, SL_WS_KEY);
    memcpy(text + SL_WS_KEY, magic, sizeof magic - 1);
    sl_digest_sha1_base64(sl_span(text, sizeof text), out);
}
