/* SPDX-License-Identifier: Apache-2.0 */
/* chat_state.c - choices and blocks of a chat answer under way; see chat_state.h. */
#include "format/dialect/chat_state.h"

#include "format/dialect/blocks.h"

/* Lists are walked for every step, and their lengths are the vendor's to choose. */
#define CHOICES_MOST 256     /* OpenAI allows 128 */
#define BLOCKS_MOST 4096     /* tool calls and thinking blocks of one choice */
#define TEXT_CAP (64u << 20) /* one answer's text; providers stop far below */

struct sl_chat_choice *sl_chat_choice(struct sl_encoder *e, uint32_t number)
{
    struct sl_chat_choice **at = &e->choices;
    size_t n = 0;

    while (*at && (*at)->number != number) {
        at = &(*at)->next;
        n++;
    }
    if (!*at) {
        struct sl_chat_choice *c = n < CHOICES_MOST ? sl_alloc0(e->arena, sizeof *c) : NULL;

        if (!c)
            return NULL;
        c->number = number;
        sl_buf_init(&c->content, TEXT_CAP);
        sl_buf_init(&c->reasoning, TEXT_CAP);
        sl_buf_init(&c->refusal, TEXT_CAP);
        sl_buf_init(&c->extra, TEXT_CAP);
        sl_buf_init(&c->notes, TEXT_CAP);
        sl_buf_init(&c->logprobs, TEXT_CAP);
        *at = c;
    }
    return *at;
}

/* The last one of that number: numbers of calls may be used again. */
static struct sl_chat_block *find(const struct sl_chat_choice *c, uint32_t number, bool tool)
{
    struct sl_chat_block *found = NULL;

    for (struct sl_chat_block *b = c->blocks; b; b = b->next)
        if (b->number == number && b->tool == tool)
            found = b;
    return found;
}

static struct sl_chat_block *add(struct sl_encoder *e, struct sl_chat_choice *c, uint32_t number,
                                 bool tool)
{
    struct sl_chat_block **at = &c->blocks, *b;
    size_t n = 0;

    for (; *at; at = &(*at)->next)
        n++;
    b = n < BLOCKS_MOST ? sl_alloc0(e->arena, sizeof *b) : NULL;
    if (!b)
        return NULL;
    b->number = number;
    b->tool = tool;
    if (tool)
        b->index = c->n_tools++;
    sl_buf_init(&b->text, TEXT_CAP);
    sl_buf_init(&b->signature, TEXT_CAP);
    *at = b;
    return b;
}

struct sl_chat_block *sl_chat_block(struct sl_encoder *e, struct sl_chat_choice *c, uint32_t number)
{
    struct sl_chat_block *b = find(c, number, false);

    return b ? b : add(e, c, number, false);
}

struct sl_chat_block *sl_chat_call(const struct sl_chat_choice *c, uint32_t number)
{
    return find(c, number, true);
}

sluice_status sl_chat_call_begins(struct sl_encoder *e, struct sl_chat_choice *c,
                                  const sluice_delta *d, struct sl_chat_block **out)
{
    struct sl_chat_block *b = find(c, d->index, true);

    *out = NULL;
    if (b && (!d->id.len || sl_span_eq(b->id, d->id)))
        return SLUICE_OK;
    b = add(e, c, d->index, true);
    if (!b || !(b->id = sl_arena_dup(e->arena, d->id)).ptr ||
        !(b->name = sl_arena_dup(e->arena, d->name)).ptr ||
        !(b->opaque = sl_arena_dup(e->arena, d->extra)).ptr)
        return SLUICE_E_NOMEM;
    *out = b;
    return SLUICE_OK;
}

sluice_span sl_chat_finish_word(const struct sl_chat_choice *c)
{
    if (c->n_tools && (c->finish.len == 0 || sl_span_eq(c->finish, SL_SPAN("stop"))))
        return SL_SPAN("tool_calls");
    return c->finish.len ? c->finish : SL_SPAN("stop");
}

sluice_span sl_chat_elements(sluice_span extra)
{
    sluice_span s = sl_span_trim(sl_span_from(extra, sl_span_find_char(extra, '[') + 1));

    return s.len && s.ptr[s.len - 1] == ']' ? sl_span_trim(sl_span_head(s, s.len - 1)) : s;
}

bool sl_json_half_pair(sluice_span s)
{
    const char *p;
    size_t slashes = 0;

    if (s.len < 6)
        return false;
    p = s.ptr + s.len - 6;
    if (p[0] != '\\' || p[1] != 'u' || (p[2] | 0x20) != 'd' || !memchr("89abAB", p[3], 6))
        return false;
    while (p - slashes > s.ptr && p[-1 - (ptrdiff_t)slashes] == '\\')
        slashes++;
    return slashes % 2 == 0;
}

void sl_encoder_finish(struct sl_encoder *e)
{
    for (struct sl_chat_choice *c = e->choices; c; c = c->next) {
        for (struct sl_chat_block *b = c->blocks; b; b = b->next) {
            sl_buf_finish(&b->text);
            sl_buf_finish(&b->signature);
        }
        sl_buf_finish(&c->content);
        sl_buf_finish(&c->reasoning);
        sl_buf_finish(&c->refusal);
        sl_buf_finish(&c->extra);
        sl_buf_finish(&c->notes);
        sl_buf_finish(&c->logprobs);
    }
    e->choices = NULL;
    sl_blocks_finish(e);
    e->state = NULL;
}
