/* SPDX-License-Identifier: Apache-2.0 */
/*
 * request.c - sorts the members of a chat request, refuses or leaves out what the vendor lacks, and
 * writes the Converse body. Converse's own members are passed on; what no table here names is one
 * of the model's own fields.
 */
#include <sluice_sdk/dropped.h>
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
};

/* Of Converse itself. */
static const char *const converse[] = {
    "guardrailConfig",
    "performanceConfig",
    "promptVariables",
    "serviceTier",
    "additionalModelResponseFieldPaths",
};

static int member_of(sluice_span name)
{
    int i = 0;

    while (i < MEMBERS && !sl_span_eq(name, sl_span_str(names[i])))
        i++;
    return i;
}

static bool in(sluice_span name, const char *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (sl_span_eq(name, sl_span_str(list[i])))
            return true;
    return false;
}

/* Left out of the body because it is said elsewhere. */
static bool is_carried(sluice_span name)
{
    return sl_span_eq(name, SL_SPAN("model")) || sl_span_eq(name, SL_SPAN("stream")) ||
           sl_span_eq(name, SL_SPAN("stream_options"));
}

static sluice_status sort(struct request *r)
{
    size_t n = r->turns.call->n_members + 1;

    r->converse = sl_alloc(r->turns.arena, n * sizeof *r->converse);
    r->own = sl_alloc(r->turns.arena, n * sizeof *r->own);
    if (!r->converse || !r->own)
        return SLUICE_E_NOMEM;
    for (size_t i = 0; i < r->turns.call->n_members; i++) {
        const sluice_header *m = &r->turns.call->members[i];
        int which = member_of(m->name);
        struct sl_json_error e;
        struct sl_json *tree;
        sluice_status st;

        if (sl_json_type(m->value) == SL_JSON_NULL)
            continue;
        if (in(m->name, left_out, sizeof left_out / sizeof *left_out)) {
            if (!is_carried(m->name))
                sl_dropped(r->turns.call, m->name);
            continue;
        }
        if (in(m->name, converse, sizeof converse / sizeof *converse)) {
            r->converse[r->n_converse++] = m;
            continue;
        }
        if (which == MEMBERS) {
            r->own[r->n_own++] = m;
            continue;
        }
        st = sl_json_parse(m->value, r->turns.arena, &tree, &e);
        if (st == SLUICE_E_NOMEM)
            return st;
        if (st < 0)
            return turns_bad(&r->turns, NULL, e.what, "%s", names[which]);
        r->m[which] = tree;
    }
    if (r->m[M_FIELDS] && r->m[M_FIELDS]->type != SL_JSON_OBJECT)
        return turns_bad(&r->turns, NULL, "This is an object.", "additionalModelRequestFields");
    return SLUICE_OK;
}

/* ---- what the vendor lacks ---- */

static sluice_status refuse_lacking(struct request *r)
{
    sluice_status st = SLUICE_OK;
    int64_t n = 1, top = 0;

    if (r->m[M_N] && !sl_json_i64(r->m[M_N]->raw, &n))
        return turns_bad(&r->turns, NULL, "This is a whole number.", "n");
    if (n != 1)
        st = turns_lacking(&r->turns, "n");
    if (st >= 0 && r->m[M_LOGPROBS] && sl_json_is_true(r->m[M_LOGPROBS]->raw))
        st = turns_lacking(&r->turns, "logprobs");
    if (st >= 0 && r->m[M_TOP_LOGPROBS] && sl_json_i64(r->m[M_TOP_LOGPROBS]->raw, &top) && top > 0)
        st = turns_lacking(&r->turns, "top_logprobs");
    if (st >= 0)
        sl_json_each(word, r->m[M_MODALITIES])
        {
            if (st >= 0 && !sl_json_is(word, "text"))
                st = turns_lacking(&r->turns, "modalities");
        }

    if (st >= 0 && r->m[M_AUDIO])
        st = turns_lacking(&r->turns, "audio");
    if (st >= 0 && r->m[M_MODERATION])
        st = turns_lacking(&r->turns, "moderation");
    if (st >= 0 && r->m[M_WEB_SEARCH_OPTIONS])
        st = turns_lacking(&r->turns, "web_search_options");
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
    struct block *b;

    if (!system)
        return st;
    if (system->type == SL_JSON_STRING) {
        if (turns_blank(sl_json_inside(system)))
            return st;
        b = turns_block_add(&r->turns, &r->turns.system, B_TEXT);
        if (!b)
            return SLUICE_E_NOMEM;
        b->text = sl_json_inside(system);
        return st;
    }
    sl_json_each(s, system)
    {
        sluice_span text = sl_json_inside(sl_json_get(s, "text"));

        if (text.len && turns_blank(text))
            continue;
        b = turns_block_add(&r->turns, &r->turns.system, text.len ? B_TEXT : B_RAW);
        if (!b)
            return SLUICE_E_NOMEM;
        b->text = text.len ? text : s->raw;
        b->cache = text.len ? turns_cache_control(s) : SL_SPAN("");
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
    for (size_t i = 0; i < r->n_converse; i++) {
        sl_json_key_span(&b->out, r->converse[i]->name);
        sl_parts_raw(b, r->converse[i]->value);
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
    r->turns = (struct turns){ .host = x->self->host,
                               .call = x->call,
                               .arena = x->arena,
                               .err = err,
                               .drop = x->call->flags & SLUICE_CALL_DROP,
                               .lenient = x->self->lenient_arguments,
                               .part = bedrock_part };
    r->family = x->family;
    r->turns.nine = x->family->maker == MAKER_MISTRAL;
    for (size_t i = 0; i < sizeof steps / sizeof *steps && st >= 0; i++)
        st = steps[i](r);
    if (st >= 0)
        st = sl_parts_end(&x->body, &x->parts, &x->n_parts);
    if (st == SLUICE_E_NOMEM)
        return sl_fail(err, st, "out of memory writing the request");
    return st;
}
