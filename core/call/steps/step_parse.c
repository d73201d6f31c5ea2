/* SPDX-License-Identifier: Apache-2.0 */
/* step_parse.c - the body is valid JSON and has what every call needs: model, stream, the
 * operation's own required member. Nothing else is looked at: unknown members go on as they came.
 */
#include "call/call.h"

#include "base/status.h"
#include "call/steps/pass.h"
#include "call/choice/needs.h"
#include "format/json_scan.h"

static enum sl_verdict wrong(struct sl_call *c, const char *param, const char *wanted)
{
    return sl_call_refuse(
        c, sl_fail_param(&c->error, SLUICE_E_INVALID, NULL, param, "'%s' %s", param, wanted));
}

static enum sl_verdict malformed(struct sl_call *c, const struct sl_json_error *why)
{
    bool twice =
        why->what && sl_span_starts(sl_span_str(why->what), SL_SPAN("a name appears twice"));

    return sl_call_refuse(
        c,
        sl_fail(&c->error, SLUICE_E_INVALID,
                "We could not parse the JSON body of your request: %s at line %zu, column %zu.%s",
                why->what ? why->what : "it is malformed", why->line, why->column,
                twice ? " Send each member once." : " Send one JSON object."));
}

/* The model of the path (/openai/deployments/MODEL/...) counts before the body's, as at Azure. */
static enum sl_verdict read_model(struct sl_call *c)
{
    sluice_span value = sl_call_member(c, SL_SPAN("model")),
                text = sl_call_param(c, SL_SPAN("model"));
    bool needed = c->operation->model == SL_MODEL_NEEDED;

    if (!text.len && value.ptr && !sl_json_string(value, &c->arena, &text))
        return wrong(c, "model", "must be a string");
    if (!text.len && needed)
        return sl_call_refuse(c, sl_fail_param(&c->error, SLUICE_E_INVALID, NULL, "model",
                                               "you must provide a model parameter"));
    for (size_t i = 0; c->boundary.len && i < text.len; i++)
        if ((unsigned char)text.ptr[i] < ' ') /* it could become another field */
            return wrong(c, "model", "must not hold control characters");
    /* It outlives the body. */
    c->model = text.len ? sl_arena_dup(&c->arena, text) : sl_span("", 0);
    return c->model.ptr ? SL_NEXT : sl_call_refuse(c, SLUICE_E_NOMEM);
}

static enum sl_verdict read_stream(struct sl_call *c)
{
    sluice_span stream = sl_call_member(c, SL_SPAN("stream")), options, usage;
    enum sl_json_type type = sl_json_type(stream);

    if (stream.ptr && type != SL_JSON_TRUE && type != SL_JSON_FALSE && type != SL_JSON_NULL)
        return wrong(c, "stream", "must be true or false");
    c->stream = c->operation->streams &&
                (type == SL_JSON_TRUE || c->run || (!stream.ptr && c->flags & SLUICE_CALL_STREAM) ||
                 (c->operation->flags & SL_OP_STREAM_UNLESS && type != SL_JSON_FALSE));
    /* What has no body says it in its query. */
    if (c->operation->streams && c->operation->takes == SL_TAKES_NOTHING)
        c->stream = sl_span_eq(sl_call_param(c, SL_SPAN("stream")), SL_SPAN("true"));
    /* Speech says it in words of its own. */
    if (c->operation->streams &&
        sl_json_raw_string(sl_call_member(c, SL_SPAN("stream_format")), &usage) &&
        sl_span_eq(usage, SL_SPAN("sse")))
        c->stream = true;
    options = sl_call_member(c, SL_SPAN("stream_options"));
    type = sl_json_type(options);
    if (options.ptr && type != SL_JSON_OBJECT && type != SL_JSON_NULL)
        return wrong(c, "stream_options", "must be an object");
    if (type == SL_JSON_OBJECT) {
        usage = sl_json_member(options, SL_SPAN("include_usage"));
        c->include_usage = sl_json_is_true(usage);
    }
    return SL_NEXT;
}

/* What came before is enough to go on with. */
static bool continues(const struct sl_call *c)
{
    return c->operation->issues &&
           sl_json_type(sl_call_member(c, SL_SPAN("previous_response_id"))) == SL_JSON_STRING;
}

static enum sl_verdict check_required(struct sl_call *c)
{
    for (const struct sl_required *r = c->operation->required; r && r->member.len; r++) {
        sluice_span value = sl_call_member(c, r->member);
        enum sl_json_type type = sl_json_type(value);

        if (!value.ptr)
            return wrong(c, r->member.ptr, "is required");
        if (r->type == SL_JSON_NONE ? type != SL_JSON_STRING && type != SL_JSON_ARRAY
                                    : type != r->type)
            return wrong(c, r->member.ptr, r->wanted);
        if (type == SL_JSON_ARRAY && !continues(c) &&
            sl_span_trim(sl_span(value.ptr + 1, value.len - 2)).len == 0)
            return wrong(c, r->member.ptr, "must not be empty");
    }
    return SL_NEXT;
}

/* LiteLLM's own members that say how hard to try; a header that says so counts before them. */
static enum sl_verdict read_limits(struct sl_call *c)
{
    sluice_span timeout = sl_call_member(c, SL_SPAN("timeout"));
    sluice_span retries = sl_call_member(c, SL_SPAN("num_retries"));
    sluice_span priority = sl_call_member(c, SL_SPAN("priority"));
    double seconds;
    int64_t n;

    if (timeout.ptr && sl_json_type(timeout) != SL_JSON_NULL) {
        if (!sl_json_f64(timeout, &seconds) || !(seconds > 0) || seconds > 86400 * 7)
            return wrong(c, "timeout", "must be a number of seconds above 0");
        if (!c->timeout_ms)
            c->timeout_ms = (uint32_t)(seconds * 1000);
    }
    if (retries.ptr && sl_json_type(retries) != SL_JSON_NULL) {
        if (!sl_json_i64(retries, &n) || n < 0 || n > SL_RETRIES_MOST)
            return wrong(c, "num_retries", "must be a number from 0 to 10");
        if (c->num_retries < 0)
            c->num_retries = n;
    }
    if (priority.ptr && sl_json_type(priority) != SL_JSON_NULL) {
        if (!sl_json_i64(priority, &n) || n < 0 || n > SL_PRIORITY_MOST)
            return wrong(c, "priority", "must be a number from 0 to 1000000");
        if (!c->priority_said)
            c->priority = n;
    }
    return SL_NEXT;
}

/* Members by which a client would choose where our call goes, or whose key pays. LiteLLM refuses
 * them unless the operator allows them; so do we. */
static enum sl_verdict check_banned(struct sl_call *c)
{
    static const sluice_span banned[] = { { "api_base", 8 }, { "base_url", 8 }, { "api_key", 7 } };

    for (size_t i = 0; i < sizeof banned / sizeof banned[0]; i++)
        if (sl_call_member(c, banned[i]).ptr) {
            sl_fail_param(
                &c->error, SLUICE_E_DENIED, NULL, banned[i].ptr,
                "%s is not allowed in the request body: deployments and their credentials "
                "come from the configuration",
                banned[i].ptr);
            c->error.http_status = 401;
            return sl_call_refuse(c, SLUICE_E_DENIED);
        }
    return SL_NEXT;
}

static enum sl_verdict read_body(struct sl_call *c, sluice_span body)
{
    struct sl_json_error why = { 0 };
    sluice_status st;

    if (c->operation->takes == SL_TAKES_NOTHING)
        return SL_NEXT;
    if (c->operation->takes == SL_TAKES_FORM &&
        sl_span_ieq(sl_span_head(c->content_type, 10), SL_SPAN("multipart/")))
        return sl_parse_form(c);
    st = sl_json_members_longs(body, &c->arena, &c->members, &c->n_members, &c->longs, &why);
    if (st == SLUICE_E_NOMEM)
        return sl_call_refuse(c, sl_fail(&c->error, st, "out of memory reading the request"));
    if (st < 0)
        return malformed(c, &why);
    for (size_t i = 0; i < c->n_members; i++)
        c->member_bits |= sl_span_bit(c->members[i].name);
    return SL_NEXT;
}

static enum sl_verdict check_targets(struct sl_call *c)
{
    sluice_status st = sl_targets_check(c);

    return st < 0 ? sl_call_refuse(c, st) : SL_NEXT;
}

enum sl_verdict sl_step_parse(struct sl_call *c)
{
    enum sl_verdict (*const parts[])(
        struct sl_call *) = { read_model,    read_stream, check_required, check_banned,
                              check_targets, read_limits, sl_wishes_read };
    sluice_span body = sl_body_span(c->body), limit;
    enum sl_verdict verdict;
    int64_t n;

    if (c->operation->takes == SL_TAKES_ANY)
        return sl_pass_parse(c);
    verdict = read_body(c, body);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0] && verdict == SL_NEXT; i++)
        verdict = parts[i](c);
    /* A guess good enough to route by: four bytes a token. */
    c->input_tokens = (int64_t)(body.len / 4);
    if (sl_json_string(sl_call_member(c, SL_SPAN("service_tier")), &c->arena, &c->service_tier))
        c->service_tier = sl_arena_dup(&c->arena, c->service_tier); /* it outlives the body */
    sl_needs_read(c, false);
    limit = sl_call_member(c, SL_SPAN("max_completion_tokens"));
    if (!limit.ptr)
        limit = sl_call_member(c, SL_SPAN("max_tokens"));
    (void)sl_json_i64(limit, &c->output_tokens);
    /* Where several answers run side by side in one stream. */
    c->many_choices =
        c->dialect->terminator.len && sl_json_i64(sl_call_member(c, SL_SPAN("n")), &n) && n > 1;
    return verdict;
}
