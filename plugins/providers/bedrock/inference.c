/* SPDX-License-Identifier: Apache-2.0 */
/* inference.c - inferenceConfig: the four parameters that all models share. */
#include "request.h"

static sluice_status number(struct request *r, enum member which, const char *name, double *out)
{
    if (r->m[which]->type == SL_JSON_NUMBER && sl_json_f64(r->m[which]->raw, out))
        return SLUICE_OK;
    return sl_chat_bad(&r->chat, NULL, "This is a number.", "%s", name);
}

/* Claude takes 0 to 1, and neither of the two while it thinks. */
static sluice_status write_sampling(struct request *r, struct sl_parts *b)
{
    bool claude = r->family->maker == MAKER_CLAUDE;
    bool plain = r->family->sampling && !(claude && r->turns.thinks);
    double temperature = 0, top_p = 0;
    sluice_status st = SLUICE_OK;

    if (r->m[M_TEMPERATURE]) {
        st = number(r, M_TEMPERATURE, "temperature", &temperature);
        if (st >= 0 && plain)
            sl_json_kv_raw(&b->out, "temperature",
                           claude && temperature > 1 ? SL_SPAN("1")
                           : temperature < 0         ? SL_SPAN("0")
                                                     : r->m[M_TEMPERATURE]->raw);
    }
    if (st >= 0 && r->m[M_TOP_P]) {
        st = number(r, M_TOP_P, "top_p", &top_p);
        if (st >= 0 && plain && !(r->m[M_TEMPERATURE] && r->family->one_sampling))
            sl_json_kv_raw(&b->out, "topP", r->m[M_TOP_P]->raw);
    }
    return st;
}

/* Blank sequences are refused by the vendor. */
static sluice_status write_stop(struct request *r, struct sl_parts *b)
{
    const struct sl_json *stop = r->m[M_STOP] ? r->m[M_STOP] : r->m[M_STOP_SEQUENCES];
    const struct sl_json *first = stop;
    bool open = false;

    if (!stop)
        return SLUICE_OK;
    if (stop->type == SL_JSON_ARRAY)
        first = stop->child;
    for (const struct sl_json *s = first; s; s = s == stop ? NULL : s->next) {
        if (s->type != SL_JSON_STRING)
            return sl_chat_bad(&r->chat, NULL, "This is a string or a list of strings.", "stop");
        if (sl_chat_blank(sl_json_inside(s)))
            continue;
        if (!open) {
            sl_json_key(&b->out, "stopSequences");
            sl_json_open(&b->out, '[');
            open = true;
        }
        sl_json_raw(&b->out, s->raw);
    }
    if (open)
        sl_json_close(&b->out, ']');
    return SLUICE_OK;
}

sluice_status bedrock_write_inference(struct request *r, struct sl_parts *b)
{
    size_t key, begin;
    sluice_status st;

    key = b->text.len;
    sl_json_key(&b->out, "inferenceConfig");
    sl_json_open(&b->out, '{');
    begin = b->text.len;
    if (r->max_tokens)
        sl_json_kv_i64(&b->out, "maxTokens", r->max_tokens);
    st = write_sampling(r, b);
    if (st >= 0)
        st = write_stop(r, b);
    if (st >= 0 && b->text.len == begin && sl_buf_ok(&b->text)) {
        b->text.len = key; /* nothing to say: as if it had not been begun */
        b->out.comma = true;
        return SLUICE_OK;
    }
    sl_json_close(&b->out, '}');
    return st;
}
