/* SPDX-License-Identifier: Apache-2.0 */
/* converse_error.c - failures as clients of AWS know them: {"__type":CLASS,"message":TEXT}, and
 * exceptions of a stream. */
#include "format/converse/converse.h"

#include <stdio.h>
#include "format/eventstream.h"
#include "format/json_write.h"
#include "format/openai/openai_error.h"

/* The first that fits a status is what it is called. */
static const struct {
    const char *name; /* before "Exception" */
    sluice_status status;
    int http_status;
} kinds[] = {
    { "Validation", SLUICE_E_INVALID, 400 },
    { "AccessDenied", SLUICE_E_FORBIDDEN, 403 },
    { "UnrecognizedClient", SLUICE_E_AUTH, 401 },
    { "ExpiredToken", SLUICE_E_AUTH, 401 },
    { "InvalidSignature", SLUICE_E_AUTH, 401 },
    { "ResourceNotFound", SLUICE_E_NOT_FOUND, 404 },
    { "UnknownOperation", SLUICE_E_NOT_FOUND, 404 },
    { "ModelTimeout", SLUICE_E_TIMEOUT, 408 },
    { "ModelError", SLUICE_E_UPSTREAM, 424 },
    { "ModelStreamError", SLUICE_E_UPSTREAM, 424 },
    { "Throttling", SLUICE_E_RATE_LIMIT, 429 },
    { "ServiceQuotaExceeded", SLUICE_E_RATE_LIMIT, 429 },
    { "ModelNotReady", SLUICE_E_RATE_LIMIT, 429 },
    { "ServiceUnavailable", SLUICE_E_UNAVAILABLE, 503 },
    { "InternalServer", SLUICE_E_UPSTREAM, 500 },
};
#define KINDS (sizeof kinds / sizeof kinds[0])

/* "com.amazon#ThrottlingException:http" is Throttling. */
static sluice_span short_name(sluice_span type)
{
    sluice_span ending = SL_SPAN("Exception");
    size_t hash = sl_span_find_char(type, '#');

    if (hash < type.len)
        type = sl_span_from(type, hash + 1);
    type = sl_span_head(type, sl_span_find_char(type, ':'));
    if (sl_span_ends(type, ending))
        type.len -= ending.len;
    return type;
}

sluice_status sl_converse_failure(sluice_span error, sluice_error *err)
{
    sluice_span type = { NULL, 0 }, text = { NULL, 0 };
    sluice_status st = SLUICE_E_UPSTREAM;
    char message[400] = "";

    if (sl_json_type(error) == SL_JSON_OBJECT) {
        sl_json_raw_string(sl_json_find(error, "__type"), &type);
        if (!type.len)
            sl_json_raw_string(sl_json_find(error, "Output.__type"), &type);
        if (sl_json_raw_string(sl_json_find(error, "message"), &text) && text.len < sizeof message)
            message[sl_json_unescape(text, message)] = 0;
    }
    type = short_name(type);
    for (size_t i = 0; i < KINDS; i++)
        if (sl_span_ieq(type, sl_span_str(kinds[i].name)))
            st = kinds[i].status;
    return sl_fail(err, st, "%s",
                   message[0] ? message : "the vendor broke off its answer with an error");
}

int sl_converse_http_status(sluice_status status, const sluice_error *err)
{
    int http_status = sl_error_http_status(status, err);

    return http_status == 401 ? 403 : http_status == 504 ? 408 : http_status;
}

/* A class that was named already (a signature that is wrong), else the status's. */
static sluice_span name_of(sluice_status status, const sluice_error *err, char *room, size_t size)
{
    sluice_span code = sl_span_str(err ? err->code : "");
    int http_status = sl_error_http_status(status, err);
    const char *name = http_status < 500 ? "Validation" : "InternalServer";

    if (sl_span_ends(code, SL_SPAN("Exception")))
        return code;
    for (size_t i = KINDS; i-- > 0;)
        if (kinds[i].http_status == (http_status == 504 ? 408 : http_status))
            name = kinds[i].name;
    snprintf(room, size, "%sException", name);
    return sl_span_str(room);
}

static void write_message(struct sl_json_out *o, sluice_status status, const sluice_error *err)
{
    sl_json_kv_str(
        o, "message",
        sl_span_str(err && err->message[0] ? err->message : sl_status_info(status)->name));
}

void sl_converse_error_body(struct sl_buf *b, sluice_status status, const sluice_error *err)
{
    struct sl_json_out o = sl_json_out(b);
    char room[64];

    sl_json_open(&o, '{');
    sl_json_kv_str(&o, "__type", name_of(status, err, room, sizeof room));
    write_message(&o, status, err);
    sl_json_close(&o, '}');
}

/* Streams know five exceptions, and spell them with a small letter. */
void sl_converse_error_event(struct sl_encoder *e, struct sl_buf *b, sluice_status status,
                             const sluice_error *err)
{
    int http_status = sl_error_http_status(status, err);
    const char *name = http_status == 429   ? "throttlingException"
                       : http_status == 503 ? "serviceUnavailableException"
                       : http_status == 424 || http_status == 502 || http_status == 504
                           ? "modelStreamErrorException"
                       : http_status < 500 ? "validationException"
                                           : "internalServerException";
    struct sl_json_out o;
    struct sl_buf text;
    sluice_span payload;

    (void)e;
    sl_buf_init(&text, 8192);
    o = sl_json_out(&text);
    sl_json_open(&o, '{');
    write_message(&o, status, err);
    sl_json_close(&o, '}');
    payload = sl_buf_ok(&text) ? sl_buf_span(&text) : SL_SPAN("{}");
    sl_es_exception(b, sl_span_str(name), &payload, 1);
    sl_buf_finish(&text);
}
