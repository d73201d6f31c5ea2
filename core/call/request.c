/* SPDX-License-Identifier: Apache-2.0 */
/* request.c - what a provider is shown of a call: members with the host's edits in. What its
 * request becomes on the wire is credential/wire.h's business. */
#include "call/attempt.h"

#include "call/foreign.h"
#include "credential/wire.h"
#include "format/json_write.h"

static bool listed(const sluice_span *list, size_t n, sluice_span name)
{
    for (size_t i = 0; i < n; i++)
        if (sl_span_eq(list[i], name))
            return true;
    return false;
}

static bool present(const sluice_header *members, size_t n, sluice_span name)
{
    for (size_t i = 0; i < n; i++)
        if (sl_span_eq(members[i].name, name))
            return true;
    return false;
}

static sluice_status escape(struct sl_attempt *a, sluice_span text, sluice_span *out)
{
    struct sl_buf b;

    sl_buf_init(&b, text.len * 6 + 16);
    sl_json_escape(&b, text);
    *out = sl_buf_ok(&b) ? sl_arena_dup(&a->arena, sl_buf_span(&b)) : sl_span(NULL, 0);
    sl_buf_finish(&b);
    return out->ptr ? SLUICE_OK : SLUICE_E_NOMEM;
}

/* A JSON string of plain text, in the attempt's arena. Model names hardly ever need escapes. */
static sluice_span quoted(struct sl_attempt *a, sluice_span text)
{
    size_t plain = 0;
    sluice_span inside = text;
    char *out;

    while (plain < text.len && (unsigned char)text.ptr[plain] >= 0x20 &&
           (unsigned char)text.ptr[plain] < 0x7f && text.ptr[plain] != '"' &&
           text.ptr[plain] != '\\')
        plain++;
    if (plain < text.len && escape(a, text, &inside) < 0)
        return sl_span(NULL, 0);
    out = sl_alloc(&a->arena, inside.len + 2);
    if (!out)
        return sl_span(NULL, 0);
    out[0] = out[inside.len + 1] = '"';
    memcpy(out + 1, inside.ptr, inside.len);
    return sl_span(out, inside.len + 2);
}

/* The mock provider is told by members what others must never see. */
static bool goes_upstream(const struct sl_attempt *a, sluice_span name)
{
    if (!sl_member_is_ours(name))
        return true;
    return sl_span_starts(name, SL_SPAN("mock_")) &&
           strcmp(sl_entry_class(a->provider->entry)->plugin_id, "mock") == 0;
}

static bool edit_members(struct sl_attempt *a, const sluice_header **out, size_t *n_out)
{
    struct sl_call *c = a->call;
    const struct sl_deployment_settings *d = a->pick.deployment->settings;
    sluice_span model = quoted(a, a->model);
    sluice_header *m =
        sl_alloc(&a->arena, (c->n_members + d->n_defaults + d->n_extra_body + 2) * sizeof *m);
    size_t n = 0;

    if (!m || !model.ptr)
        return false;
    for (size_t i = 0; i < c->n_members; i++) {
        sluice_header member = c->members[i];

        if (!goes_upstream(a, member.name) || listed(d->drop, d->n_drop, member.name) ||
            present(d->extra_body, d->n_extra_body, member.name))
            continue;
        /* The client's own spelling stays when it says the same. */
        if (sl_span_eq(member.name, SL_SPAN("model")) && !sl_span_eq(member.value, model))
            member.value = model;
        m[n++] = member;
    }
    if (!present(m, n, SL_SPAN("model")))
        m[n++] = (sluice_header){ SL_SPAN("model"), model };
    if (c->stream && !present(m, n, SL_SPAN("stream")))
        m[n++] = (sluice_header){ SL_SPAN("stream"), SL_SPAN("true") };
    for (size_t i = 0; i < d->n_defaults; i++)
        if (!present(m, n, d->defaults[i].name))
            m[n++] = d->defaults[i];
    for (size_t i = 0; i < d->n_extra_body; i++)
        m[n++] = d->extra_body[i];
    *out = m;
    *n_out = n;
    return true;
}

sluice_status sl_request_view(struct sl_attempt *a)
{
    struct sl_call *c = a->call;
    const struct sl_deployment *d = a->pick.deployment;
    sluice_call *v = &a->call_view;

    a->model = sl_wildcard_apply(d->settings->model, &c->match, c->model, &a->arena);
    if (!a->model.ptr)
        return SLUICE_E_NOMEM;
    *v = (sluice_call){
        .struct_size = sizeof *v,
        .operation = sl_span_str(c->operation->name),
        .model = a->model,
        .base_url = d->base_url,
        .content_type = SL_SPAN("application/json"),
        .body = sl_body_span(c->body),
        .params = c->params,
        .n_params = c->n_params,
        .headers = c->headers,
        .n_headers = c->n_headers,
        .request_id = c->request_id.len ? c->request_id : sl_span_str(c->uid),
        .credential = sl_credential_kind(d->credential),
    };
    if (c->stream)
        v->flags |= SLUICE_CALL_STREAM;
    if (d->settings->drop_params || c->settings->drop_params)
        v->flags |= SLUICE_CALL_DROP;
    return edit_members(a, &v->members, &v->n_members) ? SLUICE_OK : SLUICE_E_NOMEM;
}

sluice_status sl_request_build(struct sl_attempt *a, const sluice_http_request *r,
                               struct sl_http_out *out)
{
    const struct sl_deployment *d = a->pick.deployment;
    struct sl_wire wire = {
        .arena = &a->arena,
        .err = &a->error,
        .credential = d->credential,
        .grant = a->grant,
        .cls = a->cls,
        .provider = a->provider->entry,
        .base_url = d->base_url,
        .upstream = d->upstream,
        .headers = d->settings->extra_headers,
        .n_headers = d->settings->n_extra_headers,
        .content_type = a->call_view.content_type,
    };
    sluice_status st = sl_wire_build(&wire, r, out);

    if (st >= 0 && out->foreign && !sl_foreign_checked(a->call->settings, r->url))
        out->foreign = false;
    return st;
}
