/* SPDX-License-Identifier: Apache-2.0 */
/* probe.c - the smallest request that shows whether a deployment answers, by its mode. Modes whose
 * smallest answer costs real money (pictures, films) are not asked: calls tell of them. */
#include "api/health.h"
#include "format/json_write.h"

static int64_t most_tokens(const struct sl_deployment *d)
{
    const struct sl_probe_settings *p = &d->settings->probe;
    bool reasons = sl_model_can(d->model, SL_ABLE_REASONING) == SL_CAN;

    if (reasons && p->max_reasoning > 0)
        return p->max_reasoning;
    if (!reasons && p->max_plain > 0)
        return p->max_plain;
    return p->max_tokens;
}

static void write_limits(const struct sl_deployment *d, struct sl_json_out *o)
{
    sl_json_kv_i64(o, "max_tokens", most_tokens(d));
    if (d->settings->probe.effort.len)
        sl_json_kv_str(o, "reasoning_effort", d->settings->probe.effort);
}

static void write_chat(const struct sl_deployment *d, struct sl_json_out *o)
{
    sl_json_kv_raw(o, "messages", SL_SPAN("[{\"role\":\"user\",\"content\":\"ping\"}]"));
    write_limits(d, o);
}

static void write_text(const struct sl_deployment *d, struct sl_json_out *o)
{
    sl_json_kv_str(o, "prompt", SL_SPAN("ping"));
    write_limits(d, o);
}

static void write_input(const struct sl_deployment *d, struct sl_json_out *o)
{
    (void)d;
    sl_json_kv_str(o, "input", SL_SPAN("ping"));
}

static void write_rank(const struct sl_deployment *d, struct sl_json_out *o)
{
    (void)d;
    sl_json_kv_str(o, "query", SL_SPAN("ping"));
    sl_json_kv_raw(o, "documents", SL_SPAN("[\"ping\"]"));
}

static void write_speech(const struct sl_deployment *d, struct sl_json_out *o)
{
    write_input(d, o);
    sl_json_kv_str(o, "voice", d->settings->probe.voice);
}

static const struct {
    const char *mode, *operation;
    void (*write)(const struct sl_deployment *d, struct sl_json_out *o);
} modes[] = {
    { "", "chat.completions", write_chat },
    { "chat", "chat.completions", write_chat },
    { "responses", "chat.completions", write_chat },
    { "completion", "completions", write_text },
    { "embedding", "embeddings", write_input },
    { "moderation", "moderations", write_input },
    { "rerank", "rerank", write_rank },
    { "audio_speech", "audio.speech", write_speech },
};

/* The configuration's word, else the catalogue's. */
static sluice_span mode_of(const struct sl_deployment *d)
{
    return d->settings->mode.len ? d->settings->mode : d->model->mode;
}

/* Asked for by its id, so that no other deployment answers for it; nobody tries again or elsewhere.
 * Behind a wildcard the name that is asked for decides. */
bool sl_probe_request(const struct sl_deployment *d, struct sl_buf *body, sluice_span *operation)
{
    struct sl_json_out o = sl_json_out(body);
    sluice_span model = d->wildcard ? d->settings->probe.model : d->settings->id;

    if (d->settings->probe.off || !model.len)
        return false;
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        if (!sl_span_eq(mode_of(d), sl_span_str(modes[i].mode)))
            continue;
        *operation = sl_span_str(modes[i].operation);
        sl_json_open(&o, '{');
        sl_json_kv_str(&o, "model", model);
        sl_json_kv_i64(&o, "num_retries", 0);
        sl_json_kv_bool(&o, "disable_fallbacks", true);
        modes[i].write(d, &o);
        sl_json_close(&o, '}');
        return sl_buf_ok(body);
    }
    return false;
}
