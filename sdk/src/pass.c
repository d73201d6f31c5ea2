/* SPDX-License-Identifier: Apache-2.0 */
/* pass.c - see sluice_sdk/pass.h. */
#include <sluice_sdk/pass.h>

#include <sluice_sdk/compat.h>
#include "base/arena.h"
#include "base/status.h"

bool sl_pass_is(const sluice_call *call)
{
    return sl_span_eq(call->operation, SL_SPAN("passthrough")) &&
           SLUICE_HAS(call, sluice_call, query);
}

/* "/v1", "/v1beta", "/v2" at the start of a path: its length, else 0. */
static size_t version(sluice_span path)
{
    size_t n;

    if (path.len < 3 || path.ptr[0] != '/' || path.ptr[1] != 'v' || path.ptr[2] < '0' ||
        path.ptr[2] > '9')
        return 0;
    n = 1 + sl_span_find_char(sl_span_from(path, 1), '/');
    return n > 12 ? 0 : n;
}

/* A base without its version, where the path has one. */
static sluice_span base_for(sluice_span base, sluice_span path)
{
    size_t slash = base.len;

    while (base.len && base.ptr[base.len - 1] == '/')
        base.len--;
    slash = base.len;
    if (!version(path))
        return base;
    while (slash > 0 && base.ptr[slash - 1] != '/')
        slash--;
    if (slash > 8 && version(sl_span_from(base, slash - 1)) == base.len - slash + 1)
        base.len = slash - 1;
    return base;
}

static sluice_status nomem(sluice_error *err)
{
    return sl_fail(err, SLUICE_E_NOMEM, "out of memory preparing a request");
}

sluice_status sl_pass_request(const sluice_call *call, sluice_span base, sluice_arena *arena,
                              sluice_http_request *out, sluice_error *err)
{
    size_t mark = sl_span_find_char(base, '?');
    sluice_span own = sl_span_from(base, mark + 1), query = call->query;
    sluice_part *parts = sl_alloc(arena, (call->n_body_parts + 1) * sizeof *parts);
    sluice_header *headers = sl_alloc(arena, (call->n_headers + 1) * sizeof *headers);
    size_t n = 0;

    if (!parts || !headers)
        return nomem(err);
    if (!base.len)
        return sl_fail_param(err, SLUICE_E_UNSUPPORTED, "missing_configuration", "api_base",
                             "there is no address to pass this on to: set api_base");
    base = base_for(sl_span_head(base, mark), call->path);
    out->url = sl_arena_printf(arena, "%.*s%.*s%s%.*s%s%.*s", SL_FMT(base), SL_FMT(call->path),
                               own.len || query.len ? "?" : "", SL_FMT(own),
                               own.len && query.len ? "&" : "", SL_FMT(query));
    if (!out->url.ptr)
        return nomem(err);
    for (size_t i = 0; i < call->n_body_parts; i++)
        parts[i] = (sluice_part){ SLUICE_PART_BYTES, SLUICE_FORM_RAW, call->body_parts[i] };
    if (call->content_type.len)
        headers[n++] = (sluice_header){ SL_SPAN("content-type"), call->content_type };
    for (size_t i = 0; i < call->n_headers; i++)
        headers[n++] = call->headers[i];
    out->method = call->method;
    out->framing = SLUICE_FRAME_RELAY;
    out->body = parts;
    out->n_body = call->n_body_parts;
    out->headers = headers;
    out->n_headers = n;
    return SLUICE_OK;
}

/* ---- a class that takes such calls beside its own ---- */

#define ERROR_MAX 65536

const char sl_pass_tag = 'p';

struct sl_pass_exchange *sl_pass_begin(sluice_provider *self, const sluice_call *call,
                                       sluice_arena *arena, sluice_error *err)
{
    struct sl_pass_exchange *x = sl_alloc0(arena, sizeof *x);

    if (!x) {
        nomem(err);
        return NULL;
    }
    x->tag = &sl_pass_tag;
    x->self = self;
    x->call = call;
    x->arena = arena;
    return x;
}

void sl_pass_head(struct sl_pass_exchange *x, const sluice_http_head *head)
{
    x->status = head->status;
}

static bool is_refusal(const struct sl_pass_exchange *x)
{
    return x->status == 401 || x->status == 403;
}

sluice_status sl_pass_data(struct sl_pass_exchange *x, const sluice_frame *frame, sluice_error *err)
{
    if (!is_refusal(x))
        return SLUICE_OK; /* the host hands it on */
    x->body = sl_arena_dup(x->arena, sl_span_head(frame->data, ERROR_MAX));
    return x->body.ptr ? SLUICE_OK : nomem(err);
}

sluice_status sl_pass_end(const struct sl_pass_exchange *x, sluice_error *err)
{
    const struct sl_compat_failure failure = { .http_status = x->status, .body = x->body };

    return is_refusal(x) ? sl_compat_error(&failure, err) : SLUICE_OK;
}
