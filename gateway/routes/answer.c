/* SPDX-License-Identifier: Apache-2.0 */
/* answer.c - answers of the gateway's own: whole bodies, errors in the shape of a route's clients,
 * CORS fields. */
#include "routes/handlers.h"

#include <sluice_sdk/json.h>
#include <sluice_sdk/status.h>

#include <stdio.h>

#define FIELDS_MAX 128 /* of one answer; further ones of an upstream are left out */
#define BODY_MAX 4096

/* Any page may call, as with LiteLLM: the key is in a header, never in a cookie. */
static const sluice_header cors[] = {
    { SL_SPAN("access-control-allow-origin"), SL_SPAN("*") },
    { SL_SPAN("access-control-expose-headers"), SL_SPAN("*") },
};
#define N_CORS (sizeof cors / sizeof cors[0])

/* The fields of an answer, behind those of CORS where a page asked. */
static size_t gather(const struct gw_reply *r, const sluice_header **fields, size_t n,
                     sluice_header room[FIELDS_MAX])
{
    n = n < FIELDS_MAX - N_CORS ? n : FIELDS_MAX - N_CORS;
    if (!r->cors)
        return n;
    memcpy(room, cors, sizeof cors);
    if (n)
        memcpy(room + N_CORS, *fields, n * sizeof *room);
    *fields = room;
    return N_CORS + n;
}

void gw_answer_head(struct gw_reply *r, int status, const sluice_header *fields, size_t n,
                    int64_t length)
{
    sluice_header room[FIELDS_MAX];

    n = gather(r, &fields, n, room);
    gw_respond_head(r->request, status, fields, n, length);
}

void gw_answer_with(struct gw_reply *r, int status, const sluice_header *fields, size_t n,
                    const char *type, sluice_span body)
{
    sluice_header room[FIELDS_MAX];
    struct gw_request *request = r->request;

    r->request = NULL;
    n = gather(r, &fields, n, room);
    gw_respond_simple(request, status, fields, n, type, body);
}

void gw_answer(struct gw_reply *r, int status, const char *type, sluice_span body)
{
    gw_answer_with(r, status, NULL, 0, type, body);
}

static void openai_error(struct sl_json_out *o, const char *type, const char *code,
                         const char *param, const char *message)
{
    sl_json_open(o, '{');
    sl_json_kv_str(o, "message", sl_span_str(message));
    sl_json_kv_str(o, "type", sl_span_str(type));
    if (param && *param)
        sl_json_kv_str(o, "param", sl_span_str(param));
    else
        sl_json_kv_raw(o, "param", SL_SPAN("null"));
    if (code && *code)
        sl_json_kv_str(o, "code", sl_span_str(code));
    else
        sl_json_kv_raw(o, "code", SL_SPAN("null"));
    sl_json_close(o, '}');
}

/* Words for a status that the gateway itself answers with; what is not listed is the last row's. */
static const struct {
    int status;
    const char *anthropic, *google, *aws; /* aws: before "Exception" */
} words[] = {
    { 400, "invalid_request_error", "INVALID_ARGUMENT", "Validation" },
    { 401, "authentication_error", "UNAUTHENTICATED", "UnrecognizedClient" },
    { 403, "permission_error", "PERMISSION_DENIED", "AccessDenied" },
    { 404, "not_found_error", "NOT_FOUND", "ResourceNotFound" },
    { 413, "request_too_large", "INVALID_ARGUMENT", "Validation" },
    { 429, "rate_limit_error", "RESOURCE_EXHAUSTED", "Throttling" },
    { 503, "overloaded_error", "UNAVAILABLE", "ServiceUnavailable" },
    { 0, "api_error", "INTERNAL", "InternalServer" },
};

static void aws_error(struct sl_json_out *o, const char *word, const char *message)
{
    sl_json_open(o, '{');
    sl_json_key(o, "__type");
    sl_json_raw(o, SL_SPAN("\""));
    sl_buf_printf(o->buf, "%sException\"", word);
    sl_json_kv_str(o, "message", sl_span_str(message));
    sl_json_close(o, '}');
}

static void spoken_error(struct sl_json_out *o, enum gw_shape shape, int status,
                         const char *message)
{
    size_t i = 0;

    if (shape == GW_SHAPE_OLLAMA || shape == GW_SHAPE_COHERE) {
        sl_json_open(o, '{');
        sl_json_kv_str(o, shape == GW_SHAPE_OLLAMA ? "error" : "message", sl_span_str(message));
        sl_json_close(o, '}');
        return;
    }
    while (words[i].status && words[i].status != status)
        i++;
    if (shape == GW_SHAPE_AWS) {
        aws_error(o, words[i].aws, message);
        return;
    }
    sl_json_open(o, '{');
    if (shape == GW_SHAPE_ANTHROPIC)
        sl_json_kv_str(o, "type", SL_SPAN("error"));
    sl_json_key(o, "error");
    sl_json_open(o, '{');
    if (shape == GW_SHAPE_ANTHROPIC)
        sl_json_kv_str(o, "type", sl_span_str(words[i].anthropic));
    else
        sl_json_kv_i64(o, "code", status);
    sl_json_kv_str(o, "message", sl_span_str(message));
    if (shape == GW_SHAPE_GEMINI)
        sl_json_kv_str(o, "status", sl_span_str(words[i].google));
    sl_json_close(o, '}');
    sl_json_close(o, '}');
}

static void refuse(struct gw_reply *r, int status, const sluice_header *fields, size_t n,
                   const char *type, const char *code, const char *param, const char *message)
{
    struct sl_buf body;
    struct sl_json_out o;

    sl_buf_init(&body, BODY_MAX);
    o = sl_json_out(&body);
    if (r->shape == GW_SHAPE_OPENAI) {
        sl_json_open(&o, '{');
        sl_json_key(&o, "error");
        openai_error(&o, type, code, param, message);
        sl_json_close(&o, '}');
    } else {
        spoken_error(&o, r->shape, status, message);
    }
    gw_answer_with(r, status, fields, n, "application/json",
                   sl_buf_ok(&body) ? sl_buf_span(&body) : sl_span(NULL, 0));
    sl_buf_finish(&body);
}

void gw_refuse_with(struct gw_reply *r, int status, const sluice_header *fields, size_t n,
                    const char *type, const char *code, const char *message)
{
    refuse(r, status, fields, n, type, code, NULL, message);
}

void gw_refuse(struct gw_reply *r, int status, const char *type, const char *code,
               const char *message)
{
    refuse(r, status, NULL, 0, type, code, NULL, message);
}

static const char *code_of(sluice_status status, const sluice_error *err)
{
    return err && err->code[0] ? err->code : sl_status_info(status)->code;
}

static const char *message_of(const sluice_error *err)
{
    return err && err->message[0] ? err->message : "The gateway could not answer.";
}

int gw_http_status(sluice_status status, const sluice_error *err)
{
    return err && err->http_status ? err->http_status : sl_status_info(status)->http_status;
}

void gw_openai_error(struct sl_json_out *o, sluice_status status, const sluice_error *err)
{
    openai_error(o, sl_status_type(status, gw_http_status(status, err)), code_of(status, err),
                 err ? err->param : NULL, message_of(err));
}

void gw_refuse_status(struct gw_reply *r, sluice_status status, const sluice_error *err)
{
    int http = gw_http_status(status, err);
    char seconds[16];
    sluice_header wait = { SL_SPAN("retry-after"), { seconds, 0 } };

    if (err && err->retry_after_ms)
        wait.value.len =
            (size_t)snprintf(seconds, sizeof seconds, "%u", (err->retry_after_ms + 999) / 1000);
    refuse(r, http, &wait, wait.value.len ? 1 : 0, sl_status_type(status, http),
           code_of(status, err), err ? err->param : NULL, message_of(err));
}
