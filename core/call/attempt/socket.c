/* SPDX-License-Identifier: Apache-2.0 */
/* socket.c - see socket.h. Neither a limit of time nor the call's deadline holds for a conversation
 * that has begun: it lasts as long as both sides want. */
#include "call/attempt/socket.h"

#include <stdlib.h>
#include "base/clock.h"
#include "base/rng.h"
#include "base/status.h"
#include "call/account.h"
#include "format/websocket.h"

#define MESSAGE_MOST (16u << 20) /* a longer one is not read along */
#define ID_MOST 256

struct sl_socket {
    char key[SL_WS_KEY + 1];
    bool open;
    bool deaf; /* what the vendor sends cannot be read along any more */
    struct sl_ws_reader reader;
    unsigned n_turns;
    uint64_t turn_us; /* when the response under way began; 0 = none does */
};

/* ---- the handshake ---- */

static struct sl_socket *make(void)
{
    struct sl_socket *s = calloc(1, sizeof *s);

    if (s) { /* sixteen bytes in base64, of which the last has two bits */
        sl_random_alnum(s->key, SL_WS_KEY - 3);
        memcpy(s->key + SL_WS_KEY - 3, "A==", 4);
        sl_ws_reader_init(&s->reader, false, MESSAGE_MOST);
    }
    return s;
}

sluice_status sl_socket_ask(struct sl_attempt *a, struct sl_http_out *out)
{
    sluice_header *all = sl_alloc(&a->arena, (out->n_headers + 2) * sizeof *all);

    sl_socket_finish(a);
    a->socket = make();
    if (!all || !a->socket)
        return sl_fail(&a->error, SLUICE_E_NOMEM, "out of memory for a WebSocket");
    for (size_t i = 0; i < out->n_headers; i++)
        all[i] = out->headers[i];
    all[out->n_headers++] = (sluice_header){ SL_SPAN("sec-websocket-version"), SL_SPAN("13") };
    all[out->n_headers++] =
        (sluice_header){ SL_SPAN("sec-websocket-key"), sl_span(a->socket->key, SL_WS_KEY) };
    out->headers = all;
    out->upgrade = true;
    return SLUICE_OK;
}

static bool is_accepted(const struct sl_socket *s, const struct sl_http_in *head)
{
    char accept[SL_WS_ACCEPT];

    sl_ws_accept(sl_span(s->key, SL_WS_KEY), accept);
    for (size_t i = 0; i < head->n_headers; i++)
        if (sl_span_eq(head->headers[i].name, SL_SPAN("sec-websocket-accept")))
            return sl_span_eq(head->headers[i].value, sl_span(accept, sizeof accept));
    return false;
}

sluice_status sl_socket_head(struct sl_attempt *a, const struct sl_http_in *head)
{
    struct sl_call *c = a->call;

    if (head->status >= 400) /* told as every other failure */
        return SLUICE_OK;
    if (head->status != 101 || !is_accepted(a->socket, head))
        return sl_fail(&a->error, SLUICE_E_UPSTREAM, "%.*s did not accept a WebSocket (status %d)",
                       SL_FMT(a->pick.deployment->settings->provider), head->status);
    a->socket->open = true;
    sl_timer_cancel(&a->timer);
    sl_timer_cancel(&c->deadline);
    c->out.status = 101;
    return sl_outlet_bytes(a, SL_SPAN("application/octet-stream"), -1, sl_span("", 0));
}

/* ---- what passes ---- */

/* Every response is accounted for when it is done. */
static void note(struct sl_attempt *a, sluice_span text)
{
    struct sl_socket *s = a->socket;
    struct sl_usage usage = { 0 };
    sluice_span type, id = { 0 }, object;

    if (sl_span_find(text, SL_SPAN("\"response.")) == text.len ||
        sl_json_validate(text, NULL) < 0 || sl_json_type(sl_span_trim(text)) != SL_JSON_OBJECT)
        return;
    text = sl_span_trim(text);
    if (!sl_json_raw_string(sl_json_member(text, SL_SPAN("type")), &type))
        return;
    if (sl_span_eq(type, SL_SPAN("response.created")))
        s->turn_us = sl_now_us();
    if (!sl_span_eq(type, SL_SPAN("response.done")))
        return;
    object = sl_json_find(text, "response.usage");
    if (sl_json_type(object) == SL_JSON_OBJECT)
        sl_usage_read(&usage, object);
    (void)sl_json_raw_string(sl_json_find(text, "response.id"), &id);
    sl_account_turn(a, ++s->n_turns, &usage, sl_span_head(id, ID_MOST),
                    s->turn_us ? s->turn_us : a->sent_us);
    s->turn_us = 0;
}

void sl_socket_scan(struct sl_attempt *a, sluice_span bytes)
{
    struct sl_ws_message m;
    sluice_status st = SLUICE_OK;

    while (!a->socket->deaf && (st = sl_ws_next(&a->socket->reader, &bytes, &m)) == SLUICE_OK)
        if (m.kind == SL_WS_TEXT)
            note(a, m.data);
    if (st < 0)
        a->socket->deaf = true;
}

sluice_status sl_socket_send(struct sl_attempt *a, sluice_span bytes)
{
    sluice_status st;

    if (!a->socket->open || !a->x)
        return SLUICE_E_NOT_FOUND;
    st = a->x->cls->send(a->x, bytes);
    return st == SLUICE_E_LIMITED ? SLUICE_E_NOMEM : st < 0 ? SLUICE_E_NOT_FOUND : SLUICE_OK;
}

void sl_socket_finish(struct sl_attempt *a)
{
    if (!a->socket)
        return;
    sl_ws_reader_finish(&a->socket->reader);
    free(a->socket);
    a->socket = NULL;
}
