/* SPDX-License-Identifier: Apache-2.0 */
/* params.c - path, query and header fields to a sluice_request. */
#include "routes/params.h"

#include "server/text.h"

#include <sluice_sdk/json.h>

static bool add(struct gw_params *p, sluice_span name, sluice_span value)
{
    char *at = p->text + p->used;
    size_t len, name_len;

    if (p->n == GW_PARAMS_MAX || name.len + value.len > sizeof p->text - p->used ||
        !gw_percent_decode(name, true, at, &name_len) ||
        !gw_percent_decode(value, true, at + name_len, &len))
        return false;
    p->list[p->n++] = (sluice_header){ { at, name_len }, { at + name_len, len } };
    p->used += name_len + len;
    return true;
}

bool gw_params_read(struct gw_params *p, const struct gw_exchange *x)
{
    sluice_span query = x->query, name, value;

    p->n = p->used = 0;
    if (x->param.len)
        p->list[p->n++] = (sluice_header){ x->param, x->param_value };
    while (gw_query_next(&query, &name, &value))
        if (!add(p, name, value))
            return false;
    return true;
}

uint32_t gw_seconds_ms(sluice_span text)
{
    sluice_span whole = sl_span_head(text, sl_span_find_char(text, '.'));
    sluice_span part = sl_span_head(sl_span_from(text, whole.len + 1), 3);
    uint64_t seconds = 0, ms = 0;

    if (!sl_span_u64(whole, 86400, &seconds) || (part.len && !sl_span_u64(part, 999, &ms)))
        return 0;
    for (size_t i = part.len; i < 3; i++)
        ms *= 10;
    return (uint32_t)(seconds * 1000 + ms);
}

sluice_span gw_tags_json(sluice_span list, char *out, size_t size)
{
    struct sl_buf buf;
    struct sl_json_out o;
    sluice_span made = { out, 0 };
    size_t n = 0;

    if (!list.len)
        return made;
    sl_buf_init(&buf, size);
    o = sl_json_out(&buf);
    sl_json_open(&o, '{');
    sl_json_key(&o, "tags");
    sl_json_open(&o, '[');
    while (list.len) {
        sluice_span tag = sl_span_head(list, sl_span_find_char(list, ','));

        list = sl_span_from(list, tag.len + 1);
        tag = sl_span_trim(tag);
        if (tag.len)
            sl_json_str(&o, tag), n++;
    }
    sl_json_close(&o, ']');
    sl_json_close(&o, '}');
    if (n && sl_buf_ok(&buf)) {
        memcpy(out, buf.ptr, buf.len);
        made.len = buf.len;
    }
    sl_buf_finish(&buf);
    return made;
}

/* The first of several fields that a client sends. */
static sluice_span session_of(const struct sl_http_head *head)
{
    sluice_span value = sl_http_header(head, SL_SPAN("x-litellm-session-id"));

    if (!value.len)
        value = sl_http_header(head, SL_SPAN("x-session-affinity"));
    return value.len ? value : sl_http_header(head, SL_SPAN("x-session-id"));
}

void gw_params_request(struct gw_params *p, const struct gw_exchange *x, sluice_request *out)
{
    const struct sl_http_head *head = x->head;

    *out = (sluice_request){
        .struct_size = sizeof *out,
        .flags = SLUICE_CALL_WIRE | SLUICE_CALL_DELIVERY |
                 (x->route->flags & GW_STREAM ? SLUICE_CALL_STREAM : 0),
        .operation = x->route->operation,
        .method = head->method,
        .path = x->path,
        .query = x->query,
        .params = p->list,
        .n_params = p->n,
        .content_type = sl_http_header(head, SL_SPAN("content-type")),
        .key = x->key,
        .tags =
            gw_tags_json(sl_http_header(head, SL_SPAN("x-litellm-tags")), p->tags, sizeof p->tags),
        .session = session_of(head),
        .request_id = sl_http_header(head, SL_SPAN("x-litellm-call-id")),
        .peer = gw_request_peer(x->reply.request),
        .headers = head->headers,
        .n_headers = head->n_headers,
        .received_us = gw_request_received_us(x->reply.request),
        .timeout_ms = gw_seconds_ms(sl_http_header(head, SL_SPAN("x-litellm-timeout"))),
    };
}
