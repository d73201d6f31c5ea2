/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bridge.c - a client's request in its operation's pivot. Attempts share it: it is made at the
 * first that wants it, at most once with and once without the extension members, and goes when the
 * body goes.
 */
#include "call/attempt/attempt.h"

#include "base/status.h"
#include "call/dispatch/continue.h"
#include "call/stored/stored.h"

#define SLACK (1u << 20) /* what a translation may be longer than the request */

/* Members as sl_json_members() would find them. */
static bool list_members(const struct sl_call *c, const struct sl_translation *t,
                         struct sl_bridged *out)
{
    struct sl_call *call = (struct sl_call *)(uintptr_t)c;
    sluice_header *m = sl_alloc(&call->arena, (t->n_members + 1) * sizeof *m);

    if (!m)
        return false;
    for (size_t i = 0; i < t->n_members; i++) {
        m[i].name = sl_arena_dup(&call->arena, sl_span_str(t->members[i].name));
        m[i].value =
            sl_span(out->body->ptr + t->members[i].at, t->members[i].end - t->members[i].at);
        if (!m[i].name.ptr)
            return false;
    }
    out->members = m;
    out->n_members = t->n_members;
    return true;
}

static sluice_status malformed(struct sl_attempt *a, sluice_status st,
                               const struct sl_json_error *why)
{
    return st == SLUICE_E_NOMEM
               ? st
               : sl_fail(&a->error, SLUICE_E_INVALID,
                         "We could not parse the JSON body of your request: %s.", why->what);
}

/* A tree over the leg's members: they may be others than the body's. */
static sluice_status grow(struct sl_attempt *a, struct sl_json *root)
{
    const struct sl_leg *leg = a->leg;
    struct sl_json_error why;
    struct sl_json *value;

    *root = (struct sl_json){ .type = SL_JSON_OBJECT, .raw = sl_body_span(a->call->body) };
    root->child = sl_alloc0(&a->scratch, (leg->n_members + 1) * sizeof *root->child);
    if (!root->child)
        return SLUICE_E_NOMEM;
    for (size_t i = 0; i < leg->n_members; i++) {
        sluice_status st = sl_json_parse(leg->members[i].value, &a->scratch, &value, &why);

        if (st < 0)
            return malformed(a, st, &why);
        root->child[i] = *value;
        root->child[i].name = leg->members[i].name;
        root->child[i].next = i + 1 < leg->n_members ? &root->child[i + 1] : NULL;
    }
    root->n = (uint32_t)leg->n_members;
    if (!root->n)
        root->child = NULL;
    return SLUICE_OK;
}

static sluice_status translate(struct sl_attempt *a, struct sl_translation *t)
{
    struct sl_json root;
    sluice_status st = grow(a, &root);

    t->root = &root;
    return st < 0 ? st : a->call->operation->request(t);
}

sluice_status sl_bridge_request(struct sl_attempt *a, bool extended)
{
    struct sl_call *c = a->call;
    struct sl_bridged *out;
    bool drop = a->pick.deployment->settings->drop_params || c->settings->drop_params;
    struct sl_buf text;
    struct sl_translation t = { .params = c->params,
                                .n_params = c->n_params,
                                .history = sl_stored_history(c),
                                .model = a->leg->model,
                                .stream = c->stream,
                                .background = c->run != NULL,
                                .extended = extended,
                                .drop = drop,
                                .arena = &a->scratch,
                                .keep = &c->arena,
                                .err = &a->error,
                                .out = { &text, false } };
    sluice_status st;

    if (!c->bridged)
        c->bridged = sl_alloc0(&c->arena, 2 * sizeof *c->bridged);
    if (!c->bridged)
        return sl_fail(&a->error, SLUICE_E_NOMEM, "out of memory translating the request");
    out = &c->bridged[extended];
    a->bridged = out;
    if (out->body && out->leg == a->leg && out->dropped == drop)
        return SLUICE_OK;
    sl_body_drop(out->body);
    *out = (struct sl_bridged){ .leg = a->leg, .dropped = drop };
    sl_arena_pass(&c->worker->scratch, &a->scratch);
    sl_buf_init(&text, 2 * sl_body_span(c->body).len + SLACK);
    st = translate(a, &t);
    if (st >= 0) {
        out->body = sl_body_adopt(c->worker->owner, &text);
        out->echo = t.echo;
        st = out->body && list_members(c, &t, out) &&
                     (!a->leg->continues ||
                      sl_continue_prefill(c, out->members, &out->n_members, sl_span(NULL, 0)))
                 ? sl_stored_note(c, false)
                 : SLUICE_E_NOMEM;
    }
    sl_buf_finish(&text);
    sl_arena_pass(&a->scratch, &c->worker->scratch);
    return st == SLUICE_E_NOMEM ? sl_fail(&a->error, st, "out of memory translating the request")
                                : st;
}

void sl_bridge_drop(struct sl_call *c)
{
    for (size_t i = 0; c->bridged && i < 2; i++) {
        sl_body_drop(c->bridged[i].body);
        c->bridged[i].body = NULL;
    }
    sl_body_drop(c->stored.conversation);
    c->stored.conversation = NULL;
}
