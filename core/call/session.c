/* SPDX-License-Identifier: Apache-2.0 */
/* session.c - see session.h. A message of a client becomes the body that the same call would have
 * had over HTTP; then it is a call like any other. */
#include "call/session.h"

#include <stdlib.h>
#include "base/clock.h"
#include "base/rng.h"
#include "base/status.h"
#include "format/json_edit.h"
#include "state/objects.h"

#define REQUEST_MOST (256u << 10) /* of headers and the like */
#define SCRATCH_MOST (1u << 20)
#define KEPT_MS (INT64_C(24) * 3600 * 1000)

/* ---- what its calls have in common ---- */

static bool copy(struct sluice_session *s, sluice_span *span)
{
    *span = span->len ? sl_arena_dup(&s->arena, *span) : sl_span("", 0);
    return span->ptr != NULL;
}

static bool copy_list(struct sluice_session *s, const sluice_header **list, size_t n)
{
    sluice_header *own = sl_alloc(&s->arena, (n + 1) * sizeof *own);

    for (size_t i = 0; own && i < n; i++) {
        own[i] = (*list)[i];
        if (!copy(s, &own[i].name) || !copy(s, &own[i].value))
            return false;
    }
    *list = own;
    return own != NULL;
}

static bool keep_request(struct sluice_session *s, const sluice_request *request)
{
    sluice_request *r = &s->request;
    sluice_span *const texts[] = { &r->operation, &r->dialect,      &r->method, &r->path,
                                   &r->query,     &r->content_type, &r->key,    &r->tags,
                                   &r->peer,      &r->purpose,      &r->session };

    *r = *request;
    r->flags &= ~(SLUICE_BODY_FOLLOWS | SLUICE_BODY_BORROWED | SLUICE_CALL_DELIVERY);
    r->flags |= SLUICE_CALL_STREAM;
    r->request_id = r->body = sl_span("", 0); /* each call has its own */
    r->body_length = r->received_us = 0;
    r->parent = 0;
    if (!r->session.len) /* its calls prefer one deployment */
        r->session = sl_span_str(s->uid);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (!copy(s, texts[i]))
            return false;
    return copy_list(s, &r->headers, r->n_headers) && copy_list(s, &r->params, r->n_params);
}

sluice_status sl_session_open(struct sl_worker *w, const sluice_request *request,
                              struct sluice_session **out, sluice_error *err)
{
    struct sluice_session *s;
    const struct sl_principal *who;
    sluice_status st = sl_principal_find(w->current->snapshot->settings, request->key,
                                         !(request->flags & SLUICE_CALL_WIRE), &who, err);

    if (st < 0)
        return st;
    s = calloc(1, sizeof *s);
    if (!s)
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory for a session");
    s->worker = w;
    sl_list_init(&s->calls);
    sl_arena_init(&s->arena, REQUEST_MOST);
    sl_random_alnum(s->uid, sizeof s->uid - 1);
    if (!keep_request(s, request)) {
        sl_session_close(s);
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory for a session");
    }
    *out = s;
    return SLUICE_OK;
}

/* ---- what it remembers ---- */

/* The store is this process's memory, which answers at once. */
static sluice_status ask(struct sluice_session *s, enum sl_objects_kind kind, sluice_span id,
                         sluice_span text, struct sl_object **found, sluice_error *err)
{
    struct sl_objects *o = s->worker->owner->recent;
    const struct sl_objects_ask question = { .kind = kind,
                                             .owner = sl_span_str(s->uid),
                                             .id = id,
                                             .text = text,
                                             .ttl_ms = KEPT_MS,
                                             .now_ms = sl_unix_ms() };
    const struct sl_objects_asker asker = { .loop = s->worker->loop };
    struct sl_objects_op *op;

    return o->cls->ask(o, &question, &asker, found, &op, err);
}

static void forget(struct sluice_session *s, char *id)
{
    struct sl_object *none;

    if (id)
        (void)ask(s, SL_OBJECTS_REMOVE, sl_span_str(id), sl_span(NULL, 0), &none, NULL);
    free(id);
}

struct sl_object *sl_session_recall(struct sluice_session *s, sluice_span id)
{
    struct sl_object *found = NULL;

    return ask(s, SL_OBJECTS_GET, id, sl_span(NULL, 0), &found, NULL) < 0 ? NULL : found;
}

sluice_status sl_session_remember(struct sluice_session *s, sluice_span id, sluice_span text,
                                  sluice_error *err)
{
    char **place = &s->kept[s->next_kept++ % SL_SESSION_KEPT];
    struct sl_object *none;

    forget(s, *place);
    *place = malloc(id.len + 1);
    if (!*place)
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory for its id");
    memcpy(*place, id.ptr, id.len);
    (*place)[id.len] = 0;
    return ask(s, SL_OBJECTS_PUT, id, text, &none, err);
}

void sl_session_close(struct sluice_session *s)
{
    while (!sl_list_empty(&s->calls)) /* each takes itself out of the list */
        sl_call_cancel(SL_CONTAINER(s->calls.next, struct sl_call, companion), SLUICE_E_CANCELLED);
    for (size_t i = 0; i < SL_SESSION_KEPT; i++)
        forget(s, s->kept[i]);
    sl_arena_finish(&s->arena);
    free(s);
}

/* ---- a message ---- */

static sluice_span member(const sluice_header *m, size_t n, sluice_span name)
{
    for (size_t i = 0; i < n; i++)
        if (sl_span_eq(m[i].name, name))
            return m[i].value;
    return sl_span(NULL, 0);
}

static sluice_status check(const sluice_header *m, size_t n, bool *warm, sluice_error *err)
{
    sluice_span type = member(m, n, SL_SPAN("type")), word = { 0 };
    enum sl_json_type generate = sl_json_type(member(m, n, SL_SPAN("generate")));

    if (type.ptr &&
        (!sl_json_raw_string(type, &word) || !sl_span_eq(word, SL_SPAN("response.create"))))
        return sl_fail_param(err, SLUICE_E_INVALID, "unknown_event_type", "type",
                             "messages of type response.create are served here, not %.*s",
                             SL_FMT(sl_span_head(type, 60)));
    if (sl_json_is_true(member(m, n, SL_SPAN("background"))))
        return sl_fail_param(err, SLUICE_E_INVALID, "unsupported_parameter", "background",
                             "over a connection that stays there is no background");
    if (generate != SL_JSON_NONE && generate != SL_JSON_NULL && generate != SL_JSON_TRUE &&
        generate != SL_JSON_FALSE)
        return sl_fail_param(err, SLUICE_E_INVALID, NULL, "generate",
                             "'generate' must be true or false");
    *warm = generate == SL_JSON_FALSE;
    return SLUICE_OK;
}

/* The body that it would have been over HTTP. One that is no JSON object stays as it is: the call
 * says what is wrong with it. */
static sluice_status read_message(sluice_span text, struct sl_buf *body, bool *warm,
                                  sluice_error *err)
{
    static const struct sl_json_edit edits[] = {
        { SL_SPAN("type"), { NULL, 0 } },       { SL_SPAN("stream_id"), { NULL, 0 } },
        { SL_SPAN("background"), { NULL, 0 } }, { SL_SPAN("generate"), { NULL, 0 } },
        { SL_SPAN("stream"), SL_SPAN("true") },
    };
    struct sluice_arena scratch;
    struct sl_json_error why;
    sluice_header *members;
    sluice_span *parts;
    size_t n;
    sluice_status st;

    sl_arena_init(&scratch, SCRATCH_MOST);
    st = sl_json_members(text, &scratch, &members, &n, &why);
    if (st == SLUICE_E_INVALID) {
        sl_buf_add(body, text);
        st = SLUICE_OK;
    } else if (st >= 0) {
        st = check(members, n, warm, err);
        if (st >= 0)
            st = sl_json_edit(text, edits, sizeof edits / sizeof edits[0], &scratch, &parts, &n);
        for (size_t i = 0; st >= 0 && i < n; i++)
            sl_buf_add(body, parts[i]);
    }
    sl_arena_finish(&scratch);
    if (st == SLUICE_E_NOMEM || !sl_buf_ok(body))
        st = sl_fail(err, SLUICE_E_NOMEM, "out of memory for a message");
    return st;
}

sluice_status sl_session_start(struct sluice_session *s, sluice_span body,
                               const sluice_events *events, void *ctx, uint64_t *task,
                               sluice_error *err)
{
    const struct sl_operation *op = sl_operation_find(s->request.operation, s->request.dialect);
    sluice_request request = s->request;
    struct sl_buf text;
    bool warm = false;
    sluice_status st = SLUICE_OK;

    request.body = body;
    sl_buf_init(&text, body.len + 64);
    if (op && op->messages) {
        st = read_message(body, &text, &warm, err);
        request.body = sl_buf_span(&text);
    }
    if (st >= 0)
        st = sl_call_start_in(s, &request, warm, events, ctx, task, err);
    sl_buf_finish(&text);
    return st;
}
