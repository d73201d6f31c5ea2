/* SPDX-License-Identifier: Apache-2.0 */
/* pass.c - where a path leads, and what of a request goes there; see pass.h. */
#include "call/steps/pass.h"

#include "base/status.h"
#include "format/json_scan.h"

/* Is `path` this prefix, or below it? */
static bool below(sluice_span path, sluice_span prefix, sluice_span *rest)
{
    if (!sl_span_starts(path, prefix))
        return false;
    *rest = sl_span_from(path, prefix.len);
    return rest->len == 0 || rest->ptr[0] == '/';
}

/* A segment that climbs would leave the part of the target that was meant. */
static bool climbs(sluice_span path)
{
    while (path.len) {
        size_t slash = sl_span_find_char(path, '/'), dots = 0, at = 0;
        sluice_span segment = sl_span_head(path, slash);

        while (at < segment.len) {
            if (segment.ptr[at] == '.')
                dots++, at++;
            else if (sl_span_ieq(sl_span_head(sl_span_from(segment, at), 3), SL_SPAN("%2e")))
                dots++, at += 3;
            else
                break;
        }
        if (segment.len && at == segment.len && dots == 2)
            return true;
        if (memchr(segment.ptr ? segment.ptr : "", '\\', segment.len) ||
            sl_span_find(segment, SL_SPAN("%5c")) < segment.len ||
            sl_span_find(segment, SL_SPAN("%5C")) < segment.len)
            return true;
        path = sl_span_from(path, slash + 1);
    }
    return false;
}

static bool takes_method(const struct sl_pass_settings *e, sluice_span method)
{
    for (size_t i = 0; i < e->n_methods; i++)
        if (sl_span_ieq(e->methods[i], method))
            return true;
    return e->n_methods == 0;
}

const struct sl_pass_route *sl_pass_find(const struct sl_snapshot *s, sluice_span method,
                                         sluice_span path, sluice_span *rest)
{
    const struct sl_pass_route *found = NULL;
    size_t longest = 0;
    sluice_span name, after;

    if (path.len < 2 || path.ptr[0] != '/' || climbs(path))
        return NULL;
    name = sl_span_from(path, 1);
    name = sl_span_head(name, sl_span_find_char(name, '/'));
    for (size_t i = 0; i < s->n_pass; i++) {
        const struct sl_pass_route *r = &s->pass[i];

        if (r->endpoint) { /* the longest path counts, and before every provider */
            if (r->endpoint->path.len <= longest || !below(path, r->endpoint->path, &after) ||
                (after.len > 1 && !r->endpoint->include_subpath) ||
                !takes_method(r->endpoint, method))
                continue;
            longest = r->endpoint->path.len;
            found = r;
            *rest = after;
        } else if (!found && (sl_span_eq(r->name, name) || sl_span_eq(r->own, name)) &&
                   path.len > name.len + 2) {
            found = r;
            *rest = sl_span_from(path, name.len + 1);
        }
    }
    return found;
}

/* ---- what goes on ---- */

/* Fields of a connection, of our own, or that let somebody in here. */
static bool is_ours(sluice_span name)
{
    static const char *const ours[] = {
        "host",
        "connection",
        "keep-alive",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "content-length",
        "content-type",
        "accept-encoding",
        "expect",
        "authorization",
        "cookie",
        "proxy-authorization",
        "proxy-connection",
        "api-key",
        "x-api-key",
        "x-goog-api-key",
        "x-litellm-api-key",
        "forwarded",
        "custom-llm-provider",
        "ocp-apim-subscription-key",
    };

    for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++)
        if (sl_span_eq(name, sl_span_str(ours[i])))
            return true;
    return sl_span_starts(name, SL_SPAN("x-litellm-")) ||
           sl_span_starts(name, SL_SPAN("x-forwarded-")) || sl_span_starts(name, SL_SPAN("x-amz-"));
}

/* What every API of this kind may need to know of a caller. */
static bool is_common(sluice_span name)
{
    static const char *const begins[] = { "accept",          "anthropic-",  "openai-",
                                          "idempotency-key", "x-goog-",     "x-stainless-",
                                          "user-agent",      "x-request-id" };

    for (size_t i = 0; i < sizeof begins / sizeof begins[0]; i++)
        if (sl_span_starts(name, sl_span_str(begins[i])))
            return true;
    return false;
}

static bool keep_headers(struct sl_call *c, const sluice_request *r)
{
    const struct sl_pass_settings *e = c->pass->endpoint;
    sluice_header *kept = sl_alloc(&c->arena, (r->n_headers + c->n_headers + 1) * sizeof *kept);
    size_t n = 0;

    if (!kept)
        return false;
    for (size_t i = 0; i < r->n_headers; i++) {
        sluice_span name = r->headers[i].name;
        bool forced = sl_span_starts(name, SL_SPAN("x-pass-"));

        if (forced)
            name = sl_span_from(name, strlen("x-pass-"));
        if (!name.len || is_ours(name) || !(forced || (e && e->forward_headers) || is_common(name)))
            continue;
        kept[n].name = sl_arena_dup(&c->arena, name);
        kept[n].value = sl_arena_dup(&c->arena, r->headers[i].value);
        if (!kept[n].name.ptr || !kept[n++].value.ptr)
            return false;
    }
    c->headers = kept;
    c->n_headers = n;
    return true;
}

/* The client's query without its key, and the endpoint's own. */
static bool keep_query(struct sl_call *c, sluice_span query)
{
    const struct sl_pass_settings *e = c->pass->endpoint;
    sluice_span more = e ? e->query : sl_span("", 0);
    struct sl_buf b;

    sl_buf_init(&b, query.len + more.len + 2);
    while (query.len) {
        sluice_span pair = sl_span_head(query, sl_span_find_char(query, '&'));
        sluice_span name = sl_span_head(pair, sl_span_find_char(pair, '='));

        query = sl_span_from(query, pair.len + 1);
        if (!pair.len || sl_span_eq(name, SL_SPAN("key")))
            continue;
        if (b.len)
            sl_buf_add_char(&b, '&');
        sl_buf_add(&b, pair);
    }
    if (b.len && more.len)
        sl_buf_add_char(&b, '&');
    sl_buf_add(&b, more);
    c->query = sl_buf_ok(&b) ? sl_arena_dup(&c->arena, sl_buf_span(&b)) : sl_span(NULL, 0);
    sl_buf_finish(&b);
    return c->query.ptr != NULL;
}

bool sl_pass_keep(struct sl_call *c, const sluice_request *r, sluice_span rest)
{
    const struct sl_pass_settings *e = c->pass->endpoint;

    c->num_retries = 0; /* whether it may be done twice the caller knows */
    if (e && e->timeout_ms && !c->timeout_ms)
        c->timeout_ms = (uint32_t)e->timeout_ms;
    c->path = sl_arena_dup(&c->arena, rest);
    return c->path.ptr && keep_headers(c, r) && keep_query(c, r->query);
}

/* ".../models/NAME:verb", ".../deployments/NAME/...". */
static sluice_span path_model(sluice_span path)
{
    static const char *const before[] = { "/models/", "/model/", "/deployments/" };

    for (size_t i = 0; i < sizeof before / sizeof before[0]; i++) {
        sluice_span mark = sl_span_str(before[i]), name;
        size_t at = sl_span_find(path, mark);

        if (at == path.len)
            continue;
        name = sl_span_from(path, at + mark.len);
        name = sl_span_head(name, sl_span_find_char(name, '/'));
        return sl_span_head(name, sl_span_find_char(name, ':'));
    }
    return sl_span("", 0);
}

enum sl_verdict sl_pass_parse(struct sl_call *c)
{
    sluice_span body = sl_body_span(c->body), model = path_model(c->path), value;

    c->input_tokens = (int64_t)(body.len / 4);
    if (sl_span_find(c->content_type, SL_SPAN("json")) < c->content_type.len &&
        sl_json_validate(body, NULL) == SLUICE_OK) {
        value = sl_json_member(sl_span_trim(body), SL_SPAN("model"));
        if (value.ptr && sl_json_type(value) == SL_JSON_STRING)
            (void)sl_json_string(value, &c->arena, &model);
    }
    c->model = model.len ? sl_arena_dup(&c->arena, model) : sl_span("", 0);
    return c->model.ptr ? SL_NEXT : sl_call_refuse(c, SLUICE_E_NOMEM);
}

enum sl_verdict sl_pass_resolve(struct sl_call *c)
{
    struct sl_group *g;

    if (!c->pass->n)
        return sl_call_refuse(
            c, sl_fail_param(&c->error, SLUICE_E_NOT_FOUND, "provider_not_found", NULL,
                             "provider %.*s has no credential for pass-through: set its key in the "
                             "environment, or use_in_pass_through on a deployment",
                             SL_FMT(sl_span_head(c->pass->name, 64))));
    g = sl_alloc0(&c->arena, sizeof *g);
    if (!g)
        return sl_call_refuse(c, SLUICE_E_NOMEM);
    g->name = c->model;
    g->deployments = c->pass->deployments;
    g->n = c->pass->n;
    sl_group_own(g);
    c->group = g;
    return SL_NEXT;
}

/* ---- the answer ---- */

bool sl_pass_is_raw(const struct sl_attempt *a, int status)
{
    return a->operation->takes == SL_TAKES_ANY &&
           (a->call->pass->endpoint || (status != 401 && status != 403));
}

bool sl_pass_shows(sluice_span name)
{
    static const char *const hidden[] = {
        "connection",       "keep-alive",    "transfer-encoding", "upgrade",
        "trailer",          "server",        "x-request-id",      "proxy-authenticate",
        "www-authenticate", "cache-control", "alt-svc",           "strict-transport-security"
    };

    for (size_t i = 0; i < sizeof hidden / sizeof hidden[0]; i++)
        if (sl_span_eq(name, sl_span_str(hidden[i])))
            return false;
    return !sl_span_starts(name, SL_SPAN("access-control-"));
}
