/* SPDX-License-Identifier: Apache-2.0 */
/* sampling.c - temperature, top_p, top_k and stop, as far as the model takes them. */
#include "request.h"

static sluice_status number(struct request *r, enum member which, const char *name, double *out)
{
    if (r->m[which]->type == SL_JSON_NUMBER && sl_json_f64(r->m[which]->raw, out))
        return SLUICE_OK;
    return sl_chat_bad(&r->chat, NULL, "This is a number.", "%s", name);
}

sluice_status anthropic_write_sampling(struct request *r, struct sl_parts *b)
{
    bool any = r->family->sampling, plain = any && !r->turns.thinks;
    double temperature = 0, top_p = 0;
    sluice_status st = SLUICE_OK;

    if (r->m[M_TEMPERATURE]) {
        st = number(r, M_TEMPERATURE, "temperature", &temperature);
        if (st >= 0 && plain)
            sl_json_kv_raw(&b->out, "temperature",
                           temperature > 1   ? SL_SPAN("1")
                           : temperature < 0 ? SL_SPAN("0")
                                             : r->m[M_TEMPERATURE]->raw);
    }
    if (st >= 0 && r->m[M_TOP_P]) {
        st = number(r, M_TOP_P, "top_p", &top_p);
        /* while thinking, only values near 1 are taken; newer models take one of the two */
        if (st >= 0 && any && (plain || (top_p >= 0.95 && top_p <= 1)) &&
            !(plain && r->m[M_TEMPERATURE] && r->family->one_sampling))
            sl_json_kv_raw(&b->out, "top_p", r->m[M_TOP_P]->raw);
    }
    if (st >= 0 && r->m[M_TOP_K] && plain)
        sl_json_kv_raw(&b->out, "top_k", r->m[M_TOP_K]->raw);
    return st;
}

/* Blank sequences are refused by the vendor. */
sluice_status anthropic_write_stop(struct request *r, struct sl_parts *b)
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
            sl_json_key(&b->out, "stop_sequences");
            sl_json_open(&b->out, '[');
            open = true;
        }
        sl_json_raw(&b->out, s->raw);
    }
    if (open)
        sl_json_close(&b->out, ']');
    return SLUICE_OK;
}
