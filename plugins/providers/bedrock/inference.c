/* SPDX-License-Identifier: Apache-2.0 */
/* inference.c - inferenceConfig: the four parameters that all models share. */
#include "request.h"

/* Claude takes 0 to 1, and neither of the two while it thinks. */
static sluice_status write_sampling(struct request *r, struct sl_parts *b)
{
    bool claude = r->family->maker == MAKER_CLAUDE;
    bool plain = r->family->sampling && !(claude && r->turns.thinks);
    double temperature = 0, top_p = 0;
    sluice_status st = SLUICE_OK;

    if (r->m[M_TEMPERATURE]) {
        st = sl_chat_number(&r->chat, r->m[M_TEMPERATURE], "temperature", &temperature);
        if (st >= 0 && plain)
            sl_json_kv_raw(&b->out, "temperature",
                           claude && temperature > 1 ? SL_SPAN("1")
                           : temperature < 0         ? SL_SPAN("0")
                                                     : r->m[M_TEMPERATURE]->raw);
    }
    if (st >= 0 && r->m[M_TOP_P]) {
        st = sl_chat_number(&r->chat, r->m[M_TOP_P], "top_p", &top_p);
        if (st >= 0 && plain && !(r->m[M_TEMPERATURE] && r->family->one_sampling))
            sl_json_kv_raw(&b->out, "topP", r->m[M_TOP_P]->raw);
    }
    return st;
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
        st = turns_write_stop(&r->turns, b, "stopSequences",
                              r->m[M_STOP] ? r->m[M_STOP] : r->m[M_STOP_SEQUENCES]);
    if (st >= 0 && b->text.len == begin && sl_buf_ok(&b->text)) {
        b->text.len = key; /* nothing to say: as if it had not been begun */
        b->out.comma = true;
        return SLUICE_OK;
    }
    sl_json_close(&b->out, '}');
    return st;
}
