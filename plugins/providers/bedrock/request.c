/* SPDX-License-Identifier: Apache-2.0 */
/*
 * request.c - sorts the members of a chat request, refuses or leaves out what the vendor lacks, and
 * writes the Converse body. Converse's own members are passed on; what no table here names is one
 * of the model's own fields.
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
    [M_METADATA] = "metadata",
    [M_REQUEST_METADATA] = "requestMetadata",
    [M_SERVICE_TIER] = "service_tier",
    [M_WEB_SEARCH_OPTIONS] = "web_search_options",
    [M_FIELDS] = "additionalModelRequestFields",
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
    "user",
    "safety_identifier",
    "prompt_cache_key",
    "prompt_cache_retention",
    "prompt_cache_options",
    "safety_settings",
    "cached_content",
    NULL,
};

/* Of Converse itself. */
static const char *const converse[] = {
    "guardrailConfig",
    "performanceConfig",
    "promptVariables",
    "serviceTier",
    "additionalModelResponseFieldPaths",
};

bool bedrock_is_converse(sluice_span name)
{
    for (size_t i = 0; i < sizeof converse / sizeof *converse; i++)
        if (sl_span_eq(name, sl_span_str(converse[i])))
            return true;
    return false;
}

static sluice_status sort(struct request *r)
{
    sluice_status st =
        sl_chat_members(&r->chat, names, MEMBERS, r->m, left_out, &r->extra, &r->n_extra);

    if (st >= 0 && r->m[M_FIELDS] && r->m[M_FIELDS]->type != SL_JSON_OBJECT)
        return sl_chat_bad(&r->chat, NULL, "This is an object.", "additionalModelRequestFields");
    return st;
}

static sluice_status refuse_lacking(struct request *r)
{
    sluice_status st = sl_chat_lacks(&r->chat, r->m[M_N], r->m[M_LOGPROBS], r->m[M_TOP_LOGPROBS],
                                     r->m[M_MODALITIES], r->m[M_AUDIO]);

    if (st >= 0 && r->m[M_MODERATION])
        st = sl_chat_lacking(&r->chat, "moderation");
    if (st >= 0 && r->m[M_WEB_SEARCH_OPTIONS])
        st = sl_chat_lacking(&r->chat, "web_search_options");
    return st;
}

/* ---- smaller members ---- */

static const struct {
    const char *openai, *type;
} tiers[] = { { "default", "default" }, { "priority", "priority" }, { "flex", "flex" } };

static void write_tier(struct request *r, struct sl_parts *b)
{
    for (size_t i = 0; i < sizeof tiers / sizeof *tiers; i++)
        if (sl_json_is(r->m[M_SERVICE_TIER], tiers[i].openai)) {
            sl_json_key(&b->out, "serviceTier");
            sl_json_open(&b->out, '{');
            sl_json_kv_str(&b->out, "type", sl_span_str(tiers[i].type));
            sl_json_close(&b->out, '}');
        }
}

/* What the vendor takes: up to 256 of these characters. */
static bool fits(sluice_span text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];

        if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') &&
            !strchr(" :_@$#=/+,-.", c))
            return false;
    }
    return text.len <= 256;
}

/* OpenAI's metadata serves the same purpose; what does not fit is left out. */
static void write_metadata(struct request *r, struct sl_parts *b)
{
    const struct sl_json *from = r->m[M_REQUEST_METADATA];
    int n = 0;

    if (from) {
        sl_json_kv_raw(&b->out, "requestMetadata", from->raw);
        return;
    }
    sl_json_each(m, r->m[M_METADATA])
    {
        if (m->type != SL_JSON_STRING || n == 16 || !m->name.len || !fits(m->name) ||
            !fits(sl_json_inside(m)))
            continue;
        if (!n++) {
            sl_json_key(&b->out, "requestMetadata");
            sl_json_open(&b->out, '{');
        }
        sl_json_key_span(&b->out, m->name);
        sl_json_raw(&b->out, m->raw);
    }
    if (n)
        sl_json_close(&b->out, '}');
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
        sluice_span text = sl_json_inside(sl_json_get(s, "text"));

        if (st >= 0)
            st = text.len
                     ? turns_add_text(&r->turns, text, turns_cache_control(s), &r->turns.system)
                     : turns_raw_part(&r->turns, s, &r->turns.system);
    }
    return st;
}

static sluice_status write_body(struct request *r)
{
    struct sl_parts *b = &r->x->body;
    sluice_status st;

    sl_json_open(&b->out, '{');
    bedrock_write_system(r, b);
    bedrock_write_messages(r, b);
    st = bedrock_write_inference(r, b);
    if (st >= 0)
        st = bedrock_write_tools(r, b);
    if (st >= 0)
        st = bedrock_write_format(r, b);
    if (st < 0)
        return st;
    bedrock_write_fields(r, b);
    write_tier(r, b);
    write_metadata(r, b);
    for (size_t i = 0; i < r->n_extra; i++)
        if (bedrock_is_converse(r->extra[i]->name)) {
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

sluice_status bedrock_request(sluice_exchange *x, sluice_error *err)
{
    static sluice_status (*const steps[])(struct request * r) = {
        sort,           refuse_lacking,   take_system,          read_messages, bedrock_tools,
        bedrock_format, bedrock_thinking, bedrock_finish_turns, write_body,
    };
    struct request *r = sl_alloc0(x->arena, sizeof *r);
    sluice_status st = SLUICE_OK;

    if (!r)
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory writing the request");
    r->x = x;
    r->self = x->self;
    sl_chat_init(&r->chat, x->self->host, x->call, x->arena, err);
    r->chat.lenient = x->self->lenient_arguments;
    r->turns = (struct turns){ .c = &r->chat,
                               .nine = x->family->maker == MAKER_MISTRAL,
                               .part = bedrock_part };
    r->family = x->family;
    for (size_t i = 0; i < sizeof steps / sizeof *steps && st >= 0; i++)
        st = steps[i](r);
    if (st >= 0)
        st = sl_parts_end(&x->body, &x->parts, &x->n_parts);
    if (st == SLUICE_E_NOMEM)
        return sl_fail(err, st, "out of memory writing the request");
    return st;
}
