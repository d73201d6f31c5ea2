/* SPDX-License-Identifier: Apache-2.0 */
/* options.c - sampling and limits go into `options`, under the server's names. The deployment's own
 * options are the default, what the caller names wins. */
#include "ollama.h"

/* Members at the top of a request that are options: OpenAI's and the server's. */
static const char *const known[] = {
    "temperature",
    "top_p",
    "top_k",
    "min_p",
    "typical_p",
    "seed",
    "presence_penalty",
    "frequency_penalty",
    "repeat_penalty",
    "repeat_last_n",
    "num_ctx",
    "num_keep",
    "num_predict",
    "num_gpu",
    "num_thread",
    "num_batch",
    "main_gpu",
    "use_mmap",
    "mirostat",
    "mirostat_tau",
    "mirostat_eta",
    "tfs_z",
    "penalize_newline",
    "draft_num_predict",
};

static bool is_option(sluice_span name)
{
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (sl_span_eq(name, sl_span_str(known[i])))
            return true;
    return false;
}

static bool given(const struct ollama_members *m, sluice_span name)
{
    if ((m->max_tokens || m->max_completion_tokens) && sl_span_eq(name, SL_SPAN("num_predict")))
        return true;
    if (m->stop && sl_span_eq(name, SL_SPAN("stop")))
        return true;
    for (size_t i = 0; i < m->n_extra; i++)
        if (is_option(name) && sl_span_eq(m->extra[i]->name, name))
            return true;
    return false;
}

/* The key `options` comes with the first of them. */
static void key(struct sl_json_out *o, bool *open, sluice_span name)
{
    if (!*open) {
        sl_json_key(o, "options");
        sl_json_open(o, '{');
        *open = true;
    }
    sl_json_key_span(o, name);
}

static void write_stop(struct sl_json_out *o, bool *open, const struct sl_json *stop)
{
    if (!stop || (stop->type == SL_JSON_ARRAY && !stop->n))
        return;
    key(o, open, SL_SPAN("stop"));
    if (stop->type == SL_JSON_STRING) {
        sl_json_open(o, '[');
        sl_json_raw(o, stop->raw);
        sl_json_close(o, ']');
    } else {
        sl_json_raw(o, stop->raw);
    }
}

void ollama_write_options(sluice_exchange *x, struct ollama_members *m)
{
    struct sl_json_out *o = &x->body.out;
    const struct sl_json *limit =
        m->max_completion_tokens ? m->max_completion_tokens : m->max_tokens;
    struct sl_json_iter it = { .started = false };
    sluice_span name, value, keep_alive = m->keep_alive ? m->keep_alive->raw : x->self->keep_alive;
    bool open = false;
    size_t kept = 0;

    if (limit && limit->type == SL_JSON_NUMBER) {
        key(o, &open, SL_SPAN("num_predict"));
        sl_json_raw(o, limit->raw);
    }
    write_stop(o, &open, m->stop);
    for (size_t i = 0; i < m->n_extra; i++)
        if (is_option(m->extra[i]->name)) {
            key(o, &open, m->extra[i]->name);
            sl_json_raw(o, m->extra[i]->value);
        }
    if (m->options && m->options->type == SL_JSON_OBJECT)
        sl_json_each(option, m->options)
        {
            if (given(m, option->name))
                continue;
            key(o, &open, option->name);
            sl_json_raw(o, option->raw);
        }
    while (x->self->options.len && sl_json_next(&it, x->self->options, &name, &value)) {
        if (given(m, name) || (m->options && sl_json_member(m->options->raw, name).ptr != NULL))
            continue;
        key(o, &open, name);
        sl_json_raw(o, value);
    }
    if (open)
        sl_json_close(o, '}');
    if (keep_alive.len)
        sl_json_kv_raw(o, "keep_alive", keep_alive);
    for (size_t i = 0; i < m->n_extra; i++)
        if (!is_option(m->extra[i]->name))
            m->extra[kept++] = m->extra[i];
    m->n_extra = kept;
}
