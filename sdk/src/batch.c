/* SPDX-License-Identifier: Apache-2.0 */
/* batch.c - see sluice_sdk/batch.h: lines of the input, each through the provider's own begin() and
 * request(). */
#include <stdio.h>
#include <sluice_sdk/base64.h>
#include <sluice_sdk/batch.h>
#include <sluice_sdk/status.h>
#include "batch_line.h"

#define LINE_ARENA ((size_t)256 << 20)
#define NAME_MOST 512
#define ENDPOINT "/v1/chat/completions"

void sl_batch_init(struct sl_batch *b, const sluice_host *host, const sluice_provider_class *cls,
                   sluice_provider *self, const sluice_call *call)
{
    *b = (struct sl_batch){ .host = host, .cls = cls, .self = self, .call = call };
    sl_arena_init(&b->arena, LINE_ARENA);
    sl_buf_init(&b->name, NAME_MOST);
    sl_buf_init(&b->vendor, NAME_MOST);
}

void sl_batch_finish(struct sl_batch *b)
{
    sl_arena_finish(&b->arena);
    sl_buf_finish(&b->name);
    sl_buf_finish(&b->vendor);
}

/* ---- what is wrong, and where ---- */

/* Puts the line in front of what a chat call's error says. */
static sluice_status located(const struct sl_batch *b, sluice_status status, sluice_error *err)
{
    char message[sizeof err->message], param[sizeof err->param];

    if (status != SLUICE_E_INVALID && status != SLUICE_E_UNSUPPORTED)
        return status;
    memcpy(message, err->message, sizeof message);
    memcpy(param, err->param, sizeof param);
    snprintf(err->message, sizeof err->message, "Line %zu of the file: %.400s", b->line, message);
    snprintf(err->param, sizeof err->param, "lines.[%zu].body%s%.60s", b->line - 1,
             param[0] ? "." : "", param);
    return SLUICE_E_INVALID;
}

sluice_status sl_batch_refuse(const struct sl_batch *b, const char *param, const char *message,
                              sluice_error *err)
{
    sl_fail_param(err, SLUICE_E_INVALID, "invalid_batch_line", NULL, "Line %zu of the file: %s",
                  b->line, message);
    snprintf(err->param, sizeof err->param, "lines.[%zu]%s%s", b->line - 1, param[0] ? "." : "",
             param);
    return SLUICE_E_INVALID;
}

/* ---- reading ---- */

/* What the vendor calls it: asked once for many lines that name the same. */
static sluice_status find_model(struct sl_batch *b, sluice_span name, sluice_error *err)
{
    const sluice_call *call = b->call;
    sluice_span vendor = name;
    sluice_status st = SLUICE_OK;

    if (b->vendor.len && sl_span_eq(name, sl_buf_span(&b->name)))
        return SLUICE_OK;
    if (SLUICE_HAS(call, sluice_call, model_named) && call->model_named)
        st = call->model_named(call->impl, name, &vendor, err);
    if (st < 0)
        return located(b, st, err);
    sl_buf_reset(&b->name);
    sl_buf_reset(&b->vendor);
    sl_buf_add(&b->name, name);
    sl_buf_add(&b->vendor, vendor);
    return sl_buf_ok(&b->name) && sl_buf_ok(&b->vendor)
               ? SLUICE_OK
               : sl_batch_refuse(b, "body.model", "the model's name is too long.", err);
}

static sluice_status read_line(struct sl_batch *b, sluice_span text, struct sl_batch_line *out,
                               sluice_error *err)
{
    struct sl_json_error e;
    sluice_span method, url, inside, model;
    sluice_status st;

    if (sl_json_type(text) != SL_JSON_OBJECT || sl_json_validate(text, &e) < 0)
        return sl_batch_refuse(b, "", "this is no JSON object.", err);
    out->custom_id = sl_json_member(text, SL_SPAN("custom_id"));
    out->body = sl_json_member(text, SL_SPAN("body"));
    if (!sl_json_raw_string(out->custom_id, &inside) || !inside.len)
        return sl_batch_refuse(b, "custom_id", "a custom_id is missing.", err);
    if (sl_json_raw_string(sl_json_member(text, SL_SPAN("method")), &method) &&
        !sl_span_eq(method, SL_SPAN("POST")))
        return sl_batch_refuse(b, "method", "the method must be POST.", err);
    if (!sl_json_raw_string(sl_json_member(text, SL_SPAN("url")), &url) ||
        !sl_span_eq(url, SL_SPAN(ENDPOINT)))
        return sl_batch_refuse(b, "url", "the url must be " ENDPOINT ".", err);
    if (sl_json_type(out->body) != SL_JSON_OBJECT)
        return sl_batch_refuse(b, "body", "a body is missing.", err);
    if (!sl_json_string(sl_json_member(out->body, SL_SPAN("model")), &b->arena, &model) ||
        !model.len)
        return sl_batch_refuse(b, "body.model", "a model is missing.", err);
    if (sl_json_is_true(sl_json_member(out->body, SL_SPAN("stream"))))
        return sl_batch_refuse(b, "body.stream", "a batch does not stream.", err);
    st = find_model(b, model, err);
    out->model = sl_buf_span(&b->vendor);
    return st;
}

sluice_status sl_batch_next(struct sl_batch *b, sluice_span *rest, struct sl_batch_line *out,
                            sluice_error *err)
{
    sl_arena_reset(&b->arena);
    while (rest->len) {
        size_t n = sl_span_find_char(*rest, '\n');
        sluice_span text = sl_span_trim(sl_span_head(*rest, n));

        if (b->line == 0 && sl_span_starts(text, SL_SPAN("\xef\xbb\xbf")))
            text = sl_span_from(text, 3);
        *rest = sl_span_from(*rest, n + 1);
        b->line++;
        if (!text.len)
            continue;
        b->lines++;
        return read_line(b, text, out, err);
    }
    return SLUICE_MORE;
}

/* ---- translating ---- */

/* The call that the line stands for: but for what it asks, the one that the file came with. */
sluice_status sl_batch_chat(struct sl_batch *b, sluice_span model, sluice_span body,
                            sluice_call *out, sluice_error *err)
{
    struct sl_json_error e;
    sluice_header *members;
    size_t n, kept = 0;
    sluice_status st = sl_json_members(body, &b->arena, &members, &n, &e);

    if (st < 0)
        return st == SLUICE_E_NOMEM ? st : sl_batch_refuse(b, "body", e.what, err);
    *out = *b->call;
    out->flags &= SLUICE_CALL_DROP;
    out->operation = SL_SPAN("chat.completions");
    out->model = model;
    out->content_type = SL_SPAN("application/json");
    out->body = body;
    for (size_t i = 0; i < n; i++)
        if (!sl_span_eq(members[i].name, SL_SPAN("stream")))
            members[kept++] = members[i];
    out->members = members;
    out->n_members = kept;
    out->params = NULL;
    out->n_params = 0;
    out->body_parts = NULL;
    out->n_body_parts = 0;
    return SLUICE_OK;
}

static sluice_status add_base64(sluice_span data, struct sl_buf *out)
{
    if (!sl_buf_reserve(out, SL_BASE64_SIZE(data.len)))
        return SLUICE_E_NOMEM;
    out->len += sl_base64(data, out->ptr + out->len);
    return SLUICE_OK;
}

static sluice_status add_part(const sluice_part *p, struct sl_buf *out)
{
    if (p->kind == SLUICE_PART_BASE64)
        return add_base64(p->data, out);
    if (p->kind != SLUICE_PART_BYTES || p->form == SLUICE_FORM_PERCENT)
        return SLUICE_E_UNSUPPORTED; /* secrets do not go into files */
    if (p->form == SLUICE_FORM_JSON)
        sl_json_escape(out, p->data);
    else
        sl_buf_add(out, p->data);
    return sl_buf_ok(out) ? SLUICE_OK : SLUICE_E_NOMEM;
}

static sluice_status add_body(struct sl_batch *b, struct sl_buf *out, sluice_error *err)
{
    sluice_status st = SLUICE_OK;

    if (b->sent.flags & SLUICE_REQ_FOREIGN)
        return sl_batch_refuse(b, "body.messages",
                               "an image or a file is behind a URL that the vendor cannot fetch; "
                               "send it as a data URL.",
                               err);
    for (size_t i = 0; i < b->sent.n_body && st >= 0; i++)
        st = add_part(&b->sent.body[i], out);
    if (st == SLUICE_E_NOMEM)
        return sl_fail_param(err, SLUICE_E_NOMEM, "batch_too_large", "input_file_id",
                             "The batch is larger than %zu bytes, or memory is short.", out->cap);
    return st < 0 ? sl_batch_refuse(b, "body", "it cannot be written into a batch.", err) : st;
}

sluice_status sl_batch_request(struct sl_batch *b, const struct sl_batch_line *line,
                               struct sl_buf *out, sluice_error *err)
{
    union {
        sluice_http_request request;
        char slack[sizeof(sluice_http_request) + SLUICE_SLACK];
    } room = { .request = { .struct_size = sizeof(sluice_http_request) } };
    sluice_exchange *x = NULL;
    sluice_call *call = sl_alloc(&b->arena, sizeof *call);
    sluice_status st = call ? sl_batch_chat(b, line->model, line->body, call, err) : SLUICE_E_NOMEM;

    if (st < 0)
        return st;
    st = b->cls->begin(b->self, call, &b->arena, &x, err);
    if (st < 0)
        return located(b, st, err);
    st = b->cls->request(x, &room.request, err);
    b->sent = room.request;
    st = st < 0 ? located(b, st, err) : add_body(b, out, err);
    if (b->cls->close)
        b->cls->close(x);
    return st;
}

sluice_status sl_batch_turn(struct sl_batch *b, sluice_span *rest, sl_batch_fn fn,
                            sluice_exchange *x, sluice_error *err)
{
    size_t before = rest->len;
    struct sl_batch_line line;
    sluice_status st = SLUICE_OK;

    while (st == SLUICE_OK && before - rest->len < SL_BATCH_TURN) {
        st = sl_batch_next(b, rest, &line, err);
        if (st == SLUICE_OK)
            st = fn(x, &line, err);
    }
    return st;
}

/* ---- the calls that files and batches come with ---- */

sluice_status sl_batch_file_part(const sluice_call *call, struct sl_form_part *out,
                                 sluice_error *err)
{
    struct sl_form form;
    sluice_span boundary;
    sluice_status st = SLUICE_E_INVALID;

    if (sl_form_boundary(call->content_type, &boundary))
        st = sl_form_begin(&form, call->body, boundary, err);
    while (st == SLUICE_OK && (st = sl_form_next(&form, out, err)) == SLUICE_OK)
        if (out->file && sl_span_eq(out->name, SL_SPAN("file")))
            return SLUICE_OK;
    return sl_fail_param(err, SLUICE_E_INVALID, "missing_required_parameter", "file",
                         "A file is to be sent as the part `file` of multipart/form-data.");
}

sluice_span sl_batch_param(const sluice_call *call, const char *name)
{
    for (size_t i = 0; i < call->n_params; i++)
        if (sl_span_eq(call->params[i].name, sl_span_str(name)))
            return call->params[i].value;
    return SL_SPAN("");
}

sluice_span sl_batch_member(const sluice_call *call, const char *name)
{
    for (size_t i = 0; i < call->n_members; i++)
        if (sl_span_eq(call->members[i].name, sl_span_str(name)) &&
            sl_json_type(call->members[i].value) != SL_JSON_NULL)
            return call->members[i].value;
    return sl_span(NULL, 0);
}

sluice_status sl_batch_check(const sluice_call *call, sluice_error *err)
{
    sluice_span endpoint = sl_batch_member(call, "endpoint"), text;
    sluice_span window = sl_batch_member(call, "completion_window");
    sluice_span metadata = sl_batch_member(call, "metadata");

    if (!sl_json_raw_string(endpoint, &text) || !sl_span_eq(text, SL_SPAN(ENDPOINT)))
        return sl_fail_param(err, SLUICE_E_INVALID, "unsupported_value", "endpoint",
                             "Batches of this provider are of " ENDPOINT " only.");
    if (window.ptr && (!sl_json_raw_string(window, &text) || !sl_span_eq(text, SL_SPAN("24h"))))
        return sl_fail_param(err, SLUICE_E_INVALID, "unsupported_value", "completion_window",
                             "The completion_window must be 24h.");
    if (metadata.ptr && sl_json_type(metadata) != SL_JSON_OBJECT)
        return sl_fail_param(err, SLUICE_E_INVALID, "invalid_type", "metadata",
                             "metadata must be an object.");
    return SLUICE_OK;
}
