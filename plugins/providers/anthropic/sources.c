/* SPDX-License-Identifier: Apache-2.0 */
/* sources.c - citations and search results: kept while text goes by, told in one step at the end,
 * since members of that step are not merged with others of the same name. */
#include "answer.h"

sluice_status anthropic_block_citation(sluice_exchange *x, sluice_span citation)
{
    struct sl_buf *b = &x->answer.held;

    if (x->answer.block != BLOCK_TEXT || sl_json_type(citation) != SL_JSON_OBJECT)
        return SLUICE_OK;
    sl_buf_add_char(b, b->len ? ',' : '[');
    sl_buf_add(b, citation);
    return sl_buf_ok(b) ? SLUICE_OK : SLUICE_E_NOMEM;
}

/* One url_citation over the text of the block that ends now. */
static void annotate(struct anthropic_answer *a, sluice_span citation)
{
    struct sl_json_out o = sl_json_out(&a->annotations);

    o.comma = a->annotations.len > 0;
    sl_json_open(&o, '{');
    sl_json_kv_str(&o, "type", SL_SPAN("url_citation"));
    sl_json_key(&o, "url_citation");
    sl_json_open(&o, '{');
    sl_json_kv_i64(&o, "start_index", (int64_t)a->block_chars);
    sl_json_kv_i64(&o, "end_index", (int64_t)a->chars);
    sl_json_key(&o, "url");
    sl_json_inside_str(&o, sl_chat_member(citation, "url"));
    sl_json_key(&o, "title");
    sl_json_inside_str(&o, sl_chat_member(citation, "title"));
    sl_json_close(&o, '}');
    sl_json_close(&o, '}');
}

void anthropic_list_append(struct sl_buf *list, sluice_span element)
{
    if (list->len)
        sl_buf_add_char(list, ',');
    sl_buf_add(list, element);
}

sluice_status anthropic_text_end(struct anthropic_answer *a)
{
    struct sl_json_iter it = { .started = false };
    sluice_span name, citation;

    if (!a->held.len)
        return SLUICE_OK;
    sl_buf_add_char(&a->held, ']');
    if (!sl_buf_ok(&a->held))
        return SLUICE_E_NOMEM;
    while (sl_json_next(&it, sl_buf_span(&a->held), &name, &citation))
        if (sl_chat_member(citation, "url").len)
            annotate(a, citation);
    anthropic_list_append(&a->citations, sl_buf_span(&a->held));
    return sl_buf_ok(&a->citations) && sl_buf_ok(&a->annotations) ? SLUICE_OK : SLUICE_E_NOMEM;
}

/* annotations as OpenAI has them; what the vendor said about sources under the name that LiteLLM's
 * users look for. */
sluice_status anthropic_sources(struct anthropic_answer *a, const sluice_sink *sink)
{
    struct sl_buf *b = &a->held; /* no block is open */

    if (!a->annotations.len && !a->citations.len && !a->searches.len)
        return SLUICE_OK;
    sl_buf_reset(b);
    if (a->annotations.len) {
        sl_buf_add_str(b, "\"annotations\":[");
        sl_buf_add(b, sl_buf_span(&a->annotations));
        sl_buf_add_str(b, "],");
    }
    sl_buf_add_str(b, "\"provider_specific_fields\":{");
    if (a->citations.len) {
        sl_buf_add_str(b, "\"citations\":[");
        sl_buf_add(b, sl_buf_span(&a->citations));
        sl_buf_add_str(b, a->searches.len ? "]," : "]");
    }
    if (a->searches.len) {
        sl_buf_add_str(b, "\"web_search_results\":[");
        sl_buf_add(b, sl_buf_span(&a->searches));
        sl_buf_add_char(b, ']');
    }
    sl_buf_add_char(b, '}');
    return sl_buf_ok(b) ? sl_chat_emit_extra(sink, 0, sl_buf_span(b)) : SLUICE_E_NOMEM;
}
