/* SPDX-License-Identifier: Apache-2.0 */
/*
 * request_view.c - what a provider is shown of a call: the members, or the form, with the host's
 * edits in. No secret comes near it.
 */
#include "call/attempt/attempt.h"
#include "call/attempt/named.h"
#include "call/stored/stored.h"
#include "call/attempt/upload.h"
#include "credential/credential.h"

#include "format/form.h"
#include "format/json_drop.h"
#include "format/json_write.h"

static bool present(const sluice_header *members, size_t n, sluice_span name)
{
    for (size_t i = 0; i < n; i++)
        if (sl_span_eq(members[i].name, name))
            return true;
    return false;
}

/* A JSON string of plain text, in the attempt's arena. Model names hardly ever need escapes. */
static sluice_span quoted(struct sl_attempt *a, sluice_span text)
{
    size_t plain = 0;
    sluice_span out = { 0 };
    struct sl_json_out o;
    struct sl_buf b;

    while (plain < text.len && (unsigned char)text.ptr[plain] >= 0x20 &&
           (unsigned char)text.ptr[plain] < 0x7f && text.ptr[plain] != '"' &&
           text.ptr[plain] != '\\')
        plain++;
    if (plain == text.len) {
        char *p = sl_alloc(&a->arena, text.len + 2);

        if (p) {
            p[0] = p[text.len + 1] = '"';
            memcpy(p + 1, text.ptr, text.len);
            out = sl_span(p, text.len + 2);
        }
        return out;
    }
    sl_buf_init(&b, text.len * 6 + 16);
    o = sl_json_out(&b);
    sl_json_str(&o, text);
    if (sl_buf_ok(&b))
        out = sl_arena_dup(&a->arena, sl_buf_span(&b));
    sl_buf_finish(&b);
    return out;
}

/* The mock provider is told by members what others must never see. */
static bool goes_upstream(const struct sl_attempt *a, sluice_span name)
{
    if (!sl_member_is_ours(a->operation, name))
        return true;
    return sl_span_starts(name, SL_SPAN("mock_")) &&
           strcmp(sl_entry_class(a->provider->entry)->plugin_id, "mock") == 0;
}

static size_t without(sluice_header *m, size_t n, sluice_span name)
{
    size_t kept = 0;

    for (size_t i = 0; i < n; i++)
        if (!sl_span_eq(m[i].name, name))
            m[kept++] = m[i];
    return kept;
}

/* What one list of paths takes from a member; a value that ends up without anything goes whole. */
static bool drop_from(struct sl_attempt *a, const sluice_span *paths, size_t n,
                      sluice_header *member, bool *gone)
{
    for (size_t i = 0; i < n && !*gone; i++) {
        sluice_span rest, name = sl_json_drop_name(paths[i], &rest), value;
        sluice_status st = SLUICE_OK;

        if (!sl_span_eq(name, member->name))
            continue;
        if (rest.len)
            st = sl_json_drop(member->value, rest, &a->arena, &value);
        if (st == SLUICE_E_NOMEM)
            return false;
        if (st < 0)
            continue;
        sl_dropped_note(a, paths[i]);
        *gone = !rest.len;
        if (rest.len)
            member->value = value;
    }
    return true;
}

static bool drop_listed(struct sl_attempt *a, sluice_header *member, bool *gone)
{
    const struct sl_deployment_settings *d = a->pick.deployment->settings;
    const struct sl_wishes *w = &a->call->wishes;

    *gone = false;
    if (!d->n_drop && !w->n_drop)
        return true;
    return drop_from(a, d->drop, d->n_drop, member, gone) &&
           drop_from(a, w->drop_list, w->n_drop, member, gone);
}

static bool edit_members(struct sl_attempt *a, const sluice_header **out, size_t *n_out)
{
    const struct sl_call *c = a->call;
    const struct sl_leg *leg = a->leg;
    const struct sl_deployment_settings *d = a->pick.deployment->settings;
    const sluice_header *from = a->bridged ? a->bridged->members : leg->members;
    size_t n_from = a->bridged ? a->bridged->n_members : leg->n_members;
    bool in_path = a->operation->flags & SL_OP_PATH;
    /* Else an account is asked: a model only said which, and what is set for it does not concern
     * the request. */
    bool named = a->model.len > 0;
    bool defaults = named && !(a->operation->flags & SL_OP_OWN_PARAMETERS);
    sluice_span model = quoted(a, a->model);
    /* The vendor does not know what a client continues and we keep: it is told all of it. */
    bool continued = c->history && c->operation->issues && !a->bridged;
    sluice_header *m = sl_alloc(
        &a->arena, (n_from + d->n_defaults + d->n_extra_body + c->wishes.n_body + 2) * sizeof *m);
    const struct sl_wishes *w = &c->wishes;
    size_t n = 0;
    bool says_model = false, gone;

    if (!m || !model.ptr)
        return false;
    for (size_t i = 0; i < n_from; i++) {
        sluice_header member = from[i];

        if (continued && sl_span_eq(member.name, SL_SPAN("previous_response_id")))
            continue;
        if (continued && sl_span_eq(member.name, SL_SPAN("input")) &&
            sl_stored_conversation(a->call, &member.value) < 0)
            return false;
        if (!goes_upstream(a, member.name) ||
            (named && (present(d->extra_body, d->n_extra_body, member.name) ||
                       present(w->body, w->n_body, member.name))))
            continue;
        if (named && !drop_listed(a, &member, &gone))
            return false;
        if (named && gone)
            continue;
        if (sl_span_eq(member.name, SL_SPAN("model"))) {
            says_model = true;
            /* The client's own spelling stays when it says the same. */
            if (!sl_span_eq(member.value, model))
                member.value = model;
        }
        m[n++] = member;
    }
    if (!named || in_path)
        n = without(m, n, SL_SPAN("model"));
    else if (!says_model)
        m[n++] = (sluice_header){ SL_SPAN("model"), model };
    if (c->stream && !in_path && a->operation->takes != SL_TAKES_NOTHING &&
        !present(m, n, SL_SPAN("stream")))
        m[n++] = (sluice_header){ SL_SPAN("stream"), SL_SPAN("true") };
    for (size_t i = 0; defaults && i < d->n_defaults; i++)
        if (!present(m, n, d->defaults[i].name))
            m[n++] = d->defaults[i];
    for (size_t i = 0; named && i < d->n_extra_body; i++)
        m[n++] = d->extra_body[i];
    /* What the operator set stays; a model of the client's choice it is not. */
    for (size_t i = 0; named && i < w->n_body; i++)
        if (!present(m, n, w->body[i].name) && goes_upstream(a, w->body[i].name))
            m[n++] = w->body[i];
    *out = m;
    *n_out = n;
    return true;
}

/* A parameter of a form: a string's own text, anything else as JSON. */
static bool form_text(struct sl_attempt *a, sluice_span json, sluice_span *text)
{
    *text = json;
    return sl_json_type(json) != SL_JSON_STRING || sl_json_string(json, &a->arena, text);
}

static bool edit_form(struct sl_attempt *a, sluice_call *v)
{
    const struct sl_call *c = a->call;
    const struct sl_leg *leg = a->leg;
    const struct sl_deployment_settings *d = a->pick.deployment->settings;
    struct sl_form_edit *e = sl_alloc(
        &a->arena, (leg->n_members + d->n_defaults + d->n_extra_body + d->n_drop + 1) * sizeof *e);
    bool named = a->model.len > 0;
    sluice_span *parts;
    size_t n = 0;

    if (!e)
        return false;
    e[n++] = (struct sl_form_edit){ SL_SPAN("model"), a->model.len ? a->model : sl_span(NULL, 0) };
    for (size_t i = 0; named && i < d->n_extra_body; i++, n++) {
        e[n].name = d->extra_body[i].name;
        if (!form_text(a, d->extra_body[i].value, &e[n].value))
            return false;
    }
    for (size_t i = 0; named && i < d->n_drop; i++) {
        if (present(c->members, c->n_members, d->drop[i]))
            sl_dropped_note(a, d->drop[i]);
        e[n++] = (struct sl_form_edit){ d->drop[i], sl_span(NULL, 0) };
    }
    for (size_t i = 0; i < leg->n_members; i++)
        if (!goes_upstream(a, leg->members[i].name))
            e[n++] = (struct sl_form_edit){ leg->members[i].name, sl_span(NULL, 0) };
    for (size_t i = 0; named && i < d->n_defaults; i++) {
        if (present(leg->members, leg->n_members, d->defaults[i].name))
            continue;
        e[n].name = d->defaults[i].name;
        if (!form_text(a, d->defaults[i].value, &e[n++].value))
            return false;
    }
    if (sl_form_edit(v->body, c->boundary, e, n, &a->arena, &parts, &v->n_body_parts) < 0)
        return false;
    if (a->call->upload) {
        sl_upload_open(a->call, parts, &v->n_body_parts);
        v->flags |= SLUICE_CALL_BODY_STREAM;
    }
    v->body_parts = parts;
    return true;
}

/* What goes out of a body that is no JSON object. */
static bool view_body(struct sl_attempt *a, sluice_call *v)
{
    sluice_span *all;

    if (a->call->boundary.len)
        return edit_form(a, v);
    if (a->operation->takes != SL_TAKES_ANY || !v->body.len)
        return true;
    all = sl_alloc(&a->arena, sizeof *all);
    if (!all)
        return false;
    *all = v->body;
    v->body_parts = all;
    v->n_body_parts = 1;
    return true;
}

/* Empty: an account is asked, or the vendor's default. */
sluice_status sl_request_model(struct sl_attempt *a)
{
    const struct sl_call *c = a->call;

    a->model = c->pass ? c->model : sl_span("", 0); /* as far as it shows */
    if (c->model.len && c->operation->model != SL_MODEL_NONE)
        a->model = sl_wildcard_apply(a->pick.deployment->settings->model, a->leg->match,
                                     a->leg->model, &a->arena);
    return a->model.ptr ? SLUICE_OK : SLUICE_E_NOMEM;
}

/* The deployment's list and the client's. */
static bool view_allowed(struct sl_attempt *a, sluice_call *v)
{
    const struct sl_deployment_settings *d = a->pick.deployment->settings;
    const struct sl_wishes *w = &a->call->wishes;
    sluice_span *all;

    v->allowed = d->allow;
    v->n_allowed = d->n_allow;
    if (!w->n_allow)
        return true;
    all = sl_alloc(&a->arena, (d->n_allow + w->n_allow) * sizeof *all);
    if (!all)
        return false;
    for (size_t i = 0; i < d->n_allow; i++)
        all[i] = d->allow[i];
    for (size_t i = 0; i < w->n_allow; i++)
        all[d->n_allow + i] = w->allow[i];
    v->allowed = all;
    v->n_allowed = d->n_allow + w->n_allow;
    return true;
}

/* Fields of a client's handshake mean something in a handshake only. */
static bool shakes_hands(sluice_span name)
{
    return sl_span_eq(name, SL_SPAN("openai-beta")) ||
           sl_span_eq(name, SL_SPAN("sec-websocket-protocol"));
}

/* Words to the gateway are none to the vendor. */
static bool view_headers(struct sl_attempt *a, sluice_call *v)
{
    const struct sl_call *c = a->call;
    sluice_header *kept = sl_alloc(&a->arena, (c->n_headers + 1) * sizeof *kept);
    bool socket = c->operation->flags & SL_OP_SOCKET;
    size_t n = 0;

    if (!kept)
        return false;
    for (size_t i = 0; i < c->n_headers; i++) {
        sluice_span name = c->headers[i].name;

        if ((socket || !shakes_hands(name)) && !sl_span_starts(name, SL_SPAN("x-litellm-")) &&
            !sl_span_eq(name, SL_SPAN("custom-llm-provider")) &&
            !sl_span_eq(name, SL_SPAN("x-session-affinity")))
            kept[n++] = c->headers[i];
    }
    v->headers = kept;
    v->n_headers = n;
    return true;
}

sluice_status sl_request_view(struct sl_attempt *a)
{
    struct sl_call *c = a->call;
    const struct sl_deployment *d = a->pick.deployment;
    sluice_call *v = &a->call_view;

    *v = (sluice_call){
        .struct_size = sizeof *v,
        .operation = sl_span_str(a->operation->name),
        .model = a->model,
        .base_url = d->base_url,
        .content_type = c->boundary.len || c->operation->takes == SL_TAKES_ANY
                            ? c->content_type
                            : SL_SPAN("application/json"),
        .body = c->operation->takes == SL_TAKES_NOTHING
                    ? sl_span("", 0)
                    : sl_body_span(a->bridged ? a->bridged->body : c->body),
        .params = c->params,
        /* Of a path and a query of the client's own dialect: nobody else's. */
        .n_params = a->bridged ? 0 : c->n_params,
        .request_id = c->request_id.len ? c->request_id : sl_span_str(c->uid),
        .credential = sl_credential_kind(a->credential),
        .credential_facts = SL_SPAN("{}"),
        .method = c->method,
        .path = c->path,
        .query = a->bridged ? sl_span("", 0) : c->query,
    };
    if (c->stream)
        v->flags |= SLUICE_CALL_STREAM;
    if (c->wishes.drop >= 0 ? c->wishes.drop > 0
                            : d->settings->drop_params || c->settings->drop_params)
        v->flags |= SLUICE_CALL_DROP;
    v->dropped = sl_dropped_note;
    v->model_named = sl_named_model;
    v->impl = a;
    a->dropped.len = 0;
    return view_headers(a, v) && view_allowed(a, v) &&
                   (a->operation->takes == SL_TAKES_NOTHING ||
                    edit_members(a, &v->members, &v->n_members)) &&
                   view_body(a, v)
               ? SLUICE_OK
               : SLUICE_E_NOMEM;
}
