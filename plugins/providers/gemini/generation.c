/* SPDX-License-Identifier: Apache-2.0 */
/* generation.c - generationConfig: sampling, limits, the form of the answer, speech. */
#include <sluice_sdk/dropped.h>
#include "request.h"

#define STOPS_MOST 5

static void number(struct request *r, enum member from, const char *to)
{
    if (r->m[from] && r->m[from]->type == SL_JSON_NUMBER)
        sl_json_kv_raw(&r->out->out, to, r->m[from]->raw);
}

static void write_stop(struct request *r)
{
    struct sl_json_out *o = &r->out->out;
    const struct sl_json *stop = r->m[M_STOP];
    size_t n = 0;

    if (!stop || (stop->type == SL_JSON_ARRAY && !stop->n))
        return;
    sl_json_key(o, "stopSequences");
    sl_json_open(o, '[');
    if (stop->type == SL_JSON_STRING)
        sl_json_raw(o, stop->raw);
    else
        sl_json_each(s, stop)
        {
            if (s->type == SL_JSON_STRING && n++ < STOPS_MOST)
                sl_json_raw(o, s->raw);
        }
    sl_json_close(o, ']');
}

/* 32 bits there. */
static void write_seed(struct request *r)
{
    int64_t seed;

    if (r->m[M_SEED] && sl_json_i64(r->m[M_SEED]->raw, &seed))
        sl_json_kv_i64(&r->out->out, "seed", seed & INT32_MAX);
}

static void write_logprobs(struct request *r)
{
    const struct sl_json *on = r->m[M_LOGPROBS];

    if (!on || !sl_json_is_true(on->raw))
        return;
    sl_json_kv_bool(&r->out->out, "responseLogprobs", true);
    number(r, M_TOP_LOGPROBS, "logprobs");
}

/* ---- what the answer looks like ---- */

sluice_status gemini_format(struct request *r)
{
    const struct sl_json *format = r->m[M_RESPONSE_FORMAT];
    const struct sl_json *type = sl_json_opt(format, "type");
    const struct sl_json *spec = sl_json_opt(format, "json_schema");

    if (!format || sl_json_is(type, "text"))
        return SLUICE_OK;
    if (!sl_json_is(type, "json_object") && !sl_json_is(type, "json_schema"))
        return sl_chat_bad(r->c, NULL, "This is text, json_object or json_schema.",
                           "response_format.type");
    r->json = true;
    if (sl_json_is(type, "json_schema"))
        r->schema = sl_json_opt(spec, "schema");
    else
        r->schema = sl_json_opt(format, "response_schema");
    /* before the third generation JSON and functions exclude each other */
    r->json_hint = r->tools.n_functions && r->model->version < 30;
    if (r->json_hint) {
        struct part *p = gemini_part(r, &r->system, P_TEXT);
        sluice_span text = SL_SPAN("");
        sluice_status st =
            r->schema ? sl_chat_compact(r->c->arena, r->schema->raw, &text) : SLUICE_OK;

        if (!p || st < 0)
            return SLUICE_E_NOMEM;
        p->text = sl_arena_printf(r->c->arena,
                                  "When you answer without calling a function, answer with one "
                                  "JSON value and nothing else.%s%.*s",
                                  text.len ? " Its JSON Schema: " : "", SL_FMT(text));
        if (!p->text.ptr)
            return SLUICE_E_NOMEM;
    }
    return SLUICE_OK;
}

static sluice_status write_format(struct request *r)
{
    struct sl_json_out *o = &r->out->out;

    if (!r->json || r->json_hint)
        return SLUICE_OK;
    sl_json_kv_str(o, "responseMimeType", SL_SPAN("application/json"));
    if (!r->schema)
        return SLUICE_OK;
    if (gemini_takes_json_schema(r->model) && !gemini_schema_fits(r->schema)) {
        sl_json_key(o, "responseJsonSchema");
        sl_parts_raw(r->out, r->schema->raw);
        return SLUICE_OK;
    }
    sl_json_key(o, "responseSchema");
    return gemini_write_schema(r, r->schema, GEMINI_SCHEMA_ORDER,
                               "response_format.json_schema.schema");
}

static sluice_status write_modalities(struct request *r)
{
    static const char *const words[][2] = { { "text", "TEXT" },
                                            { "image", "IMAGE" },
                                            { "audio", "AUDIO" } };
    struct sl_json_out *o = &r->out->out;

    if (!r->m[M_MODALITIES] || !r->m[M_MODALITIES]->n)
        return SLUICE_OK;
    sl_json_key(o, "responseModalities");
    sl_json_open(o, '[');
    sl_json_each(m, r->m[M_MODALITIES])
    {
        size_t i = 0;

        while (i < 3 && !sl_json_is(m, words[i][0]))
            i++;
        if (i == 3)
            return sl_chat_bad(r->c, NULL, "A modality is text, image or audio.", "modalities");
        sl_json_str(o, sl_span_str(words[i][1]));
    }
    sl_json_close(o, ']');
    return SLUICE_OK;
}

static void write_speech(struct request *r)
{
    struct sl_json_out *o = &r->out->out;
    const struct sl_json *voice = sl_json_opt(r->m[M_AUDIO], "voice");

    if (!voice || voice->type != SL_JSON_STRING)
        return;
    sl_json_key(o, "speechConfig");
    sl_json_open(o, '{');
    sl_json_key(o, "voiceConfig");
    sl_json_open(o, '{');
    sl_json_key(o, "prebuiltVoiceConfig");
    sl_json_open(o, '{');
    sl_json_kv_raw(o, "voiceName", voice->raw);
    sl_json_close(o, '}');
    sl_json_close(o, '}');
    sl_json_close(o, '}');
}

/* Members of the vendor's own that belong in here when they stand at the top. */
static const char *const own[][2] = {
    { "topK", "topK" },
    { "topP", "topP" },
    { "maxOutputTokens", "maxOutputTokens" },
    { "responseModalities", "responseModalities" },
    { "response_modalities", "responseModalities" },
    { "speechConfig", "speechConfig" },
    { "speech_config", "speechConfig" },
    { "imageConfig", "imageConfig" },
    { "image_config", "imageConfig" },
    { "mediaResolution", "mediaResolution" },
    { "media_resolution", "mediaResolution" },
    { "thinkingConfig", "thinkingConfig" },
    { "thinking_config", "thinkingConfig" },
    { "audioTimestamp", "audioTimestamp" },
    { "audio_timestamp", "audioTimestamp" },
};

static void write_own(struct request *r)
{
    size_t kept = 0;

    for (size_t i = 0; i < r->n_extra; i++) {
        size_t k = 0;

        while (k < sizeof own / sizeof *own &&
               !sl_span_eq(r->extra[i]->name, sl_span_str(own[k][0])))
            k++;
        if (k == sizeof own / sizeof *own) {
            r->extra[kept++] = r->extra[i];
            continue;
        }
        sl_json_key(&r->out->out, own[k][1]);
        sl_parts_raw(r->out, r->extra[i]->value);
    }
    r->n_extra = kept;
    if (r->m[M_GENERATION_CONFIG] && r->m[M_GENERATION_CONFIG]->type == SL_JSON_OBJECT)
        sl_json_each(m, r->m[M_GENERATION_CONFIG])
        {
            sl_json_key_span(&r->out->out, m->name);
            sl_parts_raw(r->out, m->raw);
        }
}

sluice_status gemini_write_generation(struct request *r)
{
    struct sl_json_out *o = &r->out->out;
    size_t before, cuts;
    sluice_status st;

    sl_json_key(o, "generationConfig");
    sl_json_open(o, '{');
    before = r->out->text.len;
    cuts = r->out->n_cuts;
    number(r, M_TEMPERATURE, "temperature");
    number(r, M_TOP_P, "topP");
    number(r, M_TOP_K, "topK");
    number(r, M_N, "candidateCount");
    number(r, r->m[M_MAX_COMPLETION_TOKENS] ? M_MAX_COMPLETION_TOKENS : M_MAX_TOKENS,
           "maxOutputTokens");
    write_stop(r);
    write_seed(r);
    if (r->x->self->vertex || r->model->version != 25) { /* refused by AI Studio's 2.5 */
        number(r, M_PRESENCE_PENALTY, "presencePenalty");
        number(r, M_FREQUENCY_PENALTY, "frequencyPenalty");
    } else {
        if (r->m[M_PRESENCE_PENALTY])
            sl_dropped(r->c->call, SL_SPAN("presence_penalty"));
        if (r->m[M_FREQUENCY_PENALTY])
            sl_dropped(r->c->call, SL_SPAN("frequency_penalty"));
    }
    write_logprobs(r);
    st = write_format(r);
    if (st >= 0)
        st = write_modalities(r);
    if (st < 0)
        return st;
    write_speech(r);
    st = gemini_write_thinking(r);
    if (st < 0)
        return st;
    write_own(r);
    sl_json_close(o, '}');
    if (sl_buf_ok(&r->out->text) && r->out->text.len == before + 1 && r->out->n_cuts == cuts) {
        static const char empty[] = ",\"generationConfig\":{}"; /* it was all defaults */

        r->out->text.len -= sizeof empty - 1;
    }
    return SLUICE_OK;
}
