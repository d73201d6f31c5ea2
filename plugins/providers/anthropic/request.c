/* SPDX-License-Identifier: Apache-2.0 */
/*
 * request.c - sorts the members of a chat request, refuses or leaves out what the vendor lacks, and
 * writes the Messages body. What no table here names is passed on: the vendor's own members.
 */
#include "request.h"

static const char *const names[MEMBERS] = {
    [M_MESSAGES] = "messages",
    [M_MAX_TOKENS] = "max_tokens",
    [M_MAX_COMPLETION_TOKENS] = "max_completion_tokens",
    [M_TEMPERATURE] = "temperature",
    [M_TOP_P] = "top_p",
    [M_TOP_K] = "top_k",
    [M_STOP] = "stop",
    [M_STOP_SEQUENCES] = "stop_sequences",
    [M_SYSTEM] = "system",
    [M_N] = "n",
    [M_LOGPROBS] = "logprobs",
    [M_TOP_LOGPROBS] = "top_logprobs",
    [M_MODALITIES] = "modalities",
    [M_AUDIO] = "audio",
    [M_MODERATION] = "moderation",
    [M_TOOLS] = "tools",
    [M_TOOL_CHOICE] = "tool_choice",
    [M_PARALLEL_TOOL_CALLS] = "parallel_tool_calls",
    [M_FUNCTIONS] = "functions",
    [M_FUNCTION_CALL] = "function_call",
    [M_RESPONSE_FORMAT] = "response_format",
    [M_REASONING_EFFORT] = "reasoning_effort",
    [M_THINKING] = "thinking",
    [M_OUTPUT_CONFIG] = "output_config",
    [M_USER] = "user",
    [M_SAFETY_IDENTIFIER] = "safety_identifier",
    [M_METADATA] = "metadata",
    [M_SERVICE_TIER] = "service_tier",
    [M_WEB_SEARCH_OPTIONS] = "web_search_options",
};

/* Hints without an equivalent, left out in silence; and what is written from the call itself. */
static const char *const left_out[] = {
    "model",
    "stream",
    "stream_options",
    "presence_penalty",
    "frequency_penalty",
    "logit_bias",
    "seed",
    "store",
    "prediction",
    "verbosity",
    "prompt_cache_key",
    "prompt_cache_retention",
    "prompt_cache_options",
    NULL,
};

static sluice_status sort(struct request *r)
{
    sluice_status st =
        sl_chat_members(&r->chat, names, MEMBERS, r->m, left_out, &r->extra, &r->n_extra);

    for (size_t i = 0; i < r->n_extra && st >= 0; i++)
        anthropic_betas_of_member(r->betas, r->extra[i]->name);
    return st;
}

static sluice_status refuse_lacking(struct request *r)
{
    sluice_status st = sl_chat_lacks(&r->chat, r->m[M_N], r->m[M_LOGPROBS], r->m[M_TOP_LOGPROBS],
                                     r->m[M_MODALITIES], r->m[M_AUDIO]);

    return st >= 0 && r->m[M_MODERATION] ? sl_chat_lacking(&r->chat, "moderation") : st;
}

/* ---- who asks ---- */

/* The vendor forbids e-mail addresses and phone numbers as user ids. */
static bool personal(sluice_span id)
{
    size_t at = sl_span_find_char(id, '@'), digits = 0;

    if (at && at < id.len && sl_span_find_char(sl_span_from(id, at), '.') < id.len - at)
        return true;
    for (size_t i = 0; i < id.len; i++) {
        char c = id.ptr[i];

        if (c >= '0' && c <= '9')
            digits++;
        else if (!memchr("+-() ./", c, 7))
            return false;
    }
    return digits >= 7;
}

static void write_user(struct request *r, struct sl_parts *b)
{
    const struct sl_json *own = sl_json_opt(r->m[M_METADATA], "user_id");
    const struct sl_json *user =
        r->m[M_SAFETY_IDENTIFIER] ? r->m[M_SAFETY_IDENTIFIER] : r->m[M_USER];
    sluice_span id = sl_json_inside(user ? user : own);

    if (!id.len || personal(id))
        return;
    sl_json_key(&b->out, "metadata");
    sl_json_open(&b->out, '{');
    sl_json_key(&b->out, "user_id");
    sl_json_inside_str(&b->out, id);
    sl_json_close(&b->out, '}');
}

static void write_tier(struct request *r, struct sl_parts *b)
{
    const struct sl_json *tier = r->m[M_SERVICE_TIER];

    if (sl_json_is(tier, "auto"))
        sl_json_kv_str(&b->out, "service_tier", SL_SPAN("auto"));
    else if (sl_json_is(tier, "default") || sl_json_is(tier, "standard_only"))
        sl_json_kv_str(&b->out, "service_tier", SL_SPAN("standard_only"));
}

/* The vendor's own `system` stands in front of system messages. */
static sluice_status take_system(struct request *r)
{
    const struct sl_json *system = r->m[M_SYSTEM];
    sluice_status st = SLUICE_OK;

    if (system && system->type == SL_JSON_STRING)
        return turns_add_text(&r->turns, sl_json_inside(system), SL_SPAN(""), &r->turns.system);
    sl_json_each(s, system)
    {
        if (st >= 0)
            st = turns_raw_part(&r->turns, s, &r->turns.system);
    }
    return st;
}

static sluice_status write_body(struct request *r)
{
    struct sl_parts *b = &r->x->body;
    sluice_status st;

    sl_json_open(&b->out, '{');
    if (r->self->version_in_body.len)
        sl_json_kv_str(&b->out, "anthropic_version", r->self->version_in_body);
    else
        sl_json_kv_str(&b->out, "model", r->chat.call->model);
    sl_json_kv_i64(&b->out, "max_tokens", r->max_tokens);
    if (r->chat.call->flags & SLUICE_CALL_STREAM)
        sl_json_kv_bool(&b->out, "stream", true);
    anthropic_write_system(r, b);
    st = anthropic_write_tools(r, b);
    if (st < 0)
        return st;
    anthropic_write_messages(r, b);
    anthropic_write_thinking(r, b);
    st = anthropic_write_sampling(r, b);
    if (st >= 0)
        st = anthropic_write_stop(r, b);
    if (st < 0)
        return st;
    write_user(r, b);
    write_tier(r, b);
    for (size_t i = 0; i < r->n_extra; i++) {
        sl_json_key_span(&b->out, r->extra[i]->name);
        sl_parts_raw(b, r->extra[i]->value);
    }
    sl_json_close(&b->out, '}');
    return SLUICE_OK;
}

static sluice_status read_messages(struct request *r)
{
    return turns_messages(&r->turns, r->m[M_MESSAGES]);
}

static sluice_status read_format(struct request *r)
{
    sluice_status st = turns_format(&r->turns, r->m[M_RESPONSE_FORMAT],
                                    r->family->structured ? anthropic_schema_fits : NULL);

    r->x->json_tool = r->turns.json_tool;
    return st;
}

sluice_status anthropic_request(sluice_exchange *x, struct anthropic_betas *betas,
                                sluice_error *err)
{
    static sluice_status (*const steps[])(struct request * r) = {
        sort,        refuse_lacking,     take_system, read_messages, anthropic_tools,
        read_format, anthropic_thinking, write_body,
    };
    struct request *r = sl_alloc0(x->arena, sizeof *r);
    sluice_status st = SLUICE_OK;

    if (!r)
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory writing the request");
    r->x = x;
    r->self = x->self;
    sl_chat_init(&r->chat, x->self->host, x->call, x->arena, err);
    r->chat.lenient = x->self->lenient_arguments;
    r->turns = (struct turns){ .c = &r->chat, .part = anthropic_part };
    r->betas = betas;
    r->family = anthropic_family(x->self->base_model.len ? x->self->base_model : x->call->model);
    for (size_t i = 0; i < sizeof steps / sizeof *steps && st >= 0; i++)
        st = steps[i](r);
    if (st >= 0)
        st = sl_parts_end(&x->body, &x->parts, &x->n_parts);
    if (st == SLUICE_E_NOMEM)
        return sl_fail(err, st, "out of memory writing the request");
    return st;
}
