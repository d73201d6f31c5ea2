/* SPDX-License-Identifier: Apache-2.0 */
/* sampling.c - temperature, top_p, top_k and stop, as far as the model takes them. */
#include "request.h"

sluice_status anthropic_write_sampling(struct request *r, struct sl_parts *b)
{
    bool any = r->family->sampling, plain = any && !r->turns.thinks;
    double temperature = 0, top_p = 0;
    sluice_status st = SLUICE_OK;

    if (r->m[M_TEMPERATURE]) {
        st = sl_chat_number(&r->chat, r->m[M_TEMPERATURE], "temperature", &temperature);
        if (st >= 0 && plain)
            sl_json_kv_raw(&b->out, "temperature",
                           temperature > 1   ? SL_SPAN("1")
                           : temperature < 0 ? SL_SPAN("0")
                                             : r->m[M_TEMPERATURE]->raw);
    }
    if (st >= 0 && r->m[M_TOP_P]) {
        st = sl_chat_number(&r->chat, r->m[M_TOP_P], "top_p", &top_p);
        /* while thinking, only values near 1 are taken; newer models take one of the two */
        if (st >= 0 && any && (plain || (top_p >= 0.95 && top_p <= 1)) &&
            !(plain && r->m[M_TEMPERATURE] && r->family->one_sampling))
            sl_json_kv_raw(&b->out, "top_p", r->m[M_TOP_P]->raw);
    }
    if (st >= 0 && r->m[M_TOP_K] && plain)
        sl_json_kv_raw(&b->out, "top_k", r->m[M_TOP_K]->raw);
    return st;
}

sluice_status anthropic_write_stop(struct request *r, struct sl_parts *b)
{
    return turns_write_stop(&r->turns, b, "stop_sequences",
                            r->m[M_STOP] ? r->m[M_STOP] : r->m[M_STOP_SEQUENCES]);
}
