/* SPDX-License-Identifier: Apache-2.0 */
/* blocks.c - see blocks.h. */
#include "format/dialect/blocks.h"

#include "format/dialect/chat_state.h"
#include "format/dialect/extras.h"

#define BLOCKS_MOST 4096     /* lists are walked, and their lengths are the vendor's to choose */
#define TEXT_CAP (64u << 20) /* one answer's text; providers stop far below */

struct sl_blocks *sl_blocks(struct sl_encoder *e)
{
    if (!e->blocks) {
        e->blocks = sl_alloc0(e->arena, sizeof *e->blocks);
        if (e->blocks)
            sl_buf_init(&e->blocks->extra, TEXT_CAP);
    }
    return e->blocks;
}

static struct sl_block *add(struct sl_encoder *e, enum sl_block_kind kind, uint32_t number)
{
    struct sl_blocks *l = e->blocks;
    struct sl_block *block = l->n < BLOCKS_MOST ? sl_alloc0(e->arena, sizeof *block) : NULL;

    if (!block)
        return NULL;
    block->kind = kind;
    block->number = number;
    block->index = l->n++;
    sl_buf_init(&block->text, TEXT_CAP);
    sl_buf_init(&block->signature, TEXT_CAP);
    sl_buf_init(&block->notes, TEXT_CAP);
    if (l->last)
        l->last->next = block;
    else
        l->first = block;
    l->last = block;
    if (!l->current)
        l->current = block;
    return block;
}

/* ---- what is complete ---- */

static bool is_blank(sluice_span inside)
{
    for (size_t i = 0; i < inside.len; i++) {
        char c = inside.ptr[i];

        if (c == '\\' && i + 1 < inside.len && strchr("ntr", inside.ptr[i + 1]))
            i++;
        else if (c != ' ')
            return false;
    }
    return true;
}

static bool unescaped(sluice_span inside, struct sl_buf *out)
{
    sl_buf_init(out, TEXT_CAP);
    if (!sl_buf_reserve(out, inside.len + 1))
        return false;
    out->len = sl_json_unescape(inside, out->ptr);
    return true;
}

/* Are the arguments a whole JSON value? */
static bool is_complete(const struct sl_block *block)
{
    struct sl_json_error why;
    struct sl_buf text;
    bool ok = block->text.len && unescaped(sl_buf_span(&block->text), &text);

    if (!block->text.len)
        return false;
    ok = ok && sl_json_validate(sl_buf_span(&text), &why) >= 0;
    sl_buf_finish(&text);
    return ok;
}

/* Raw JSON on one line: a line end is white space there, and within a frame it would end the line.
 * It is copied where there is one; false: out of memory. */
static bool on_one_line(sluice_span *json, struct sluice_arena *arena)
{
    sluice_span s = *json;
    char *copy;

    if (sl_span_find_char(s, '\n') == s.len && sl_span_find_char(s, '\r') == s.len)
        return true;
    copy = sl_alloc(arena, s.len);
    for (size_t i = 0; copy && i < s.len; i++)
        copy[i] = s.ptr[i] == '\n' || s.ptr[i] == '\r' ? ' ' : s.ptr[i];
    *json = sl_span(copy, s.len);
    return copy != NULL;
}

sluice_span sl_block_object(const struct sl_block *block, struct sluice_arena *arena)
{
    struct sl_json_error why;
    struct sl_buf text;
    sluice_span out = SL_SPAN("{}");

    if (is_blank(sl_buf_span(&block->text)))
        return out;
    if (unescaped(sl_buf_span(&block->text), &text) &&
        sl_json_validate(sl_buf_span(&text), &why) >= 0 &&
        sl_json_type(sl_span_trim(sl_buf_span(&text))) == SL_JSON_OBJECT)
        out = sl_arena_dup(arena, sl_span_trim(sl_buf_span(&text)));
    sl_buf_finish(&text);
    return on_one_line(&out, arena) ? out : sl_span(NULL, 0);
}

/* ---- writing as far as is known ---- */

static bool keeps(const struct sl_block_writer *w, const struct sl_block *block)
{
    return w->keeps || block->kind == SL_BLOCK_TOOL ||
           (w->keeps_thoughts && block->kind == SL_BLOCK_THINKING);
}

static void write_text(struct sl_encoder *e, const struct sl_block_writer *w,
                       struct sl_block *block, struct sl_buf *b, bool all)
{
    sluice_span left = sl_span_from(sl_buf_span(&block->text), block->sent);

    if (!all && sl_json_half_pair(left))
        left.len -= 6;
    if (!left.len)
        return;
    w->text(e, block, left, b);
    block->sent += left.len;
    if (!keeps(w, block)) {
        sl_buf_consume(&block->text, block->sent);
        block->sent = 0;
    }
}

static bool end_block(struct sl_encoder *e, const struct sl_block_writer *w, struct sl_block *block,
                      struct sl_buf *b)
{
    if (block->kind == SL_BLOCK_TOOL && is_blank(sl_buf_span(&block->text)))
        sl_buf_add(&block->text, SL_SPAN("{}"));
    if (w)
        write_text(e, w, block, b, true);
    block->ended = true;
    if (w)
        w->end(e, block, b);
    return sl_buf_ok(&block->text);
}

static sluice_status pump(struct sl_encoder *e, const struct sl_block_writer *w, struct sl_buf *b,
                          bool last)
{
    struct sl_blocks *l = e->blocks;

    while (l->current) {
        struct sl_block *block = l->current;

        if (w && !block->begun)
            w->begin(e, block, b);
        block->begun = true;
        if (w)
            write_text(e, w, block, b, false);
        if (!last && (!block->next || (block->kind == SL_BLOCK_TOOL && !is_complete(block))))
            break;
        if (!end_block(e, w, block, b))
            return SLUICE_E_NOMEM;
        l->current = block->next;
    }
    return !b || sl_buf_ok(b) ? SLUICE_OK : SLUICE_E_NOMEM;
}

/* ---- steps ---- */

static sluice_status text_step(struct sl_encoder *e, const struct sl_block_writer *w,
                               enum sl_block_kind kind, const sluice_delta *d, struct sl_buf *b)
{
    struct sl_block *block = e->blocks->last;

    if (!d->text.len)
        return SLUICE_OK;
    if (!block || block->kind != kind || block->ended || block->signature.len ||
        (kind == SL_BLOCK_THINKING && block->number != d->index))
        block = add(e, kind, d->index);
    if (!block)
        return SLUICE_E_NOMEM;
    /* Nearly all steps: the block is open and nothing waits. */
    if (w && !keeps(w, block) && block->begun && !block->text.len && !sl_json_half_pair(d->text)) {
        w->text(e, block, d->text, b);
        return sl_buf_ok(b) ? SLUICE_OK : SLUICE_E_NOMEM;
    }
    sl_buf_add(&block->text, d->text);
    return sl_buf_ok(&block->text) ? pump(e, w, b, false) : SLUICE_E_NOMEM;
}

static sluice_status signature_step(struct sl_encoder *e, const struct sl_block_writer *w,
                                    const sluice_delta *d, struct sl_buf *b)
{
    struct sl_block *block = e->blocks->last;

    if (d->extra.len) {
        block = add(e, SL_BLOCK_OPAQUE, d->index);
        if (!block || !(block->extra = sl_arena_dup(e->arena, d->extra)).ptr)
            return SLUICE_E_NOMEM;
        return pump(e, w, b, false);
    }
    if (!d->text.len)
        return SLUICE_OK;
    if (!block || block->kind != SL_BLOCK_THINKING || block->ended)
        block = add(e, SL_BLOCK_THINKING, d->index);
    if (!block)
        return SLUICE_E_NOMEM;
    sl_buf_reset(&block->signature); /* the last one counts */
    sl_buf_add(&block->signature, d->text);
    return sl_buf_ok(&block->signature) ? pump(e, w, b, false) : SLUICE_E_NOMEM;
}

static struct sl_block *find_tool(const struct sl_blocks *l, uint32_t number)
{
    struct sl_block *found = NULL;

    for (struct sl_block *block = l->first; block; block = block->next)
        if (block->kind == SL_BLOCK_TOOL && block->number == number)
            found = block;
    return found;
}

static sluice_status tool_start(struct sl_encoder *e, const struct sl_block_writer *w,
                                const sluice_delta *d, struct sl_buf *b)
{
    struct sl_block *block = find_tool(e->blocks, d->index);

    if (block && (!d->id.len || sl_span_eq(block->id, d->id)))
        return SLUICE_OK; /* said again */
    block = add(e, SL_BLOCK_TOOL, d->index);
    if (!block || !(block->id = sl_arena_dup(e->arena, d->id)).ptr ||
        !(block->name = sl_arena_dup(e->arena, d->name)).ptr ||
        !(block->extra = sl_arena_dup(e->arena, d->extra)).ptr)
        return SLUICE_E_NOMEM;
    e->blocks->n_tools++;
    return pump(e, w, b, false);
}

static sluice_status tool_args(struct sl_encoder *e, const struct sl_block_writer *w,
                               const sluice_delta *d, struct sl_buf *b)
{
    struct sl_block *block = find_tool(e->blocks, d->index);

    if (!block || (block->ended && !is_blank(d->text)))
        return SLUICE_E_UPSTREAM;
    if (block->ended || !d->text.len)
        return SLUICE_OK;
    sl_buf_add(&block->text, d->text);
    return sl_buf_ok(&block->text) ? pump(e, w, b, false) : SLUICE_E_NOMEM;
}

/* To the text that is open; found later, they have no place. */
static bool add_notes(struct sl_blocks *l, sluice_span list)
{
    struct sl_block *text = NULL;

    for (struct sl_block *block = l->first; block; block = block->next)
        if (block->kind == SL_BLOCK_TEXT && !block->ended)
            text = block;
    return !text || sl_extras_join(&text->notes, list);
}

/* Annotations belong to the text they were found in; the rest to the message. */
static sluice_status extra_step(struct sl_encoder *e, const sluice_delta *d)
{
    struct sl_json_iter it = { 0 };
    sluice_span object, name, value;
    sluice_status st = sl_extras_object(d->extra, e->arena, &object);

    if (st < 0)
        return st;
    while (sl_json_next(&it, object, &name, &value)) {
        bool ok = sl_span_eq(name, SL_SPAN("annotations")) && sl_json_type(value) == SL_JSON_ARRAY
                      ? add_notes(e->blocks, value)
                      : sl_extras_set(&e->blocks->extra, name, value);

        if (!ok)
            return SLUICE_E_NOMEM;
    }
    return SLUICE_OK;
}

sluice_status sl_blocks_step(struct sl_encoder *e, const struct sl_block_writer *writer,
                             const sluice_delta *d, struct sl_buf *b)
{
    struct sl_blocks *l = sl_blocks(e);
    sluice_delta step = *d;

    if (!l || !on_one_line(&step.extra, e->arena))
        return SLUICE_E_NOMEM;
    d = &step;
    if (d->choice) /* these dialects have one answer to a request */
        return SLUICE_OK;
    switch (d->kind) {
    case SLUICE_DELTA_TEXT:
        return text_step(e, writer, SL_BLOCK_TEXT, d, b);
    case SLUICE_DELTA_REFUSAL:
        return text_step(e, writer, SL_BLOCK_REFUSAL, d, b);
    case SLUICE_DELTA_REASONING:
        return text_step(e, writer, SL_BLOCK_THINKING, d, b);
    case SLUICE_DELTA_SIGNATURE:
        return signature_step(e, writer, d, b);
    case SLUICE_DELTA_TOOL_START:
        return tool_start(e, writer, d, b);
    case SLUICE_DELTA_TOOL_ARGS:
        return tool_args(e, writer, d, b);
    case SLUICE_DELTA_EXTRA:
        return extra_step(e, d);
    case SLUICE_DELTA_FINISH:
        l->finish = sl_arena_dup(e->arena, d->text);
        return l->finish.ptr ? SLUICE_OK : SLUICE_E_NOMEM;
    default:
        return SLUICE_OK;
    }
}

sluice_status sl_blocks_end(struct sl_encoder *e, const struct sl_block_writer *writer,
                            struct sl_buf *b)
{
    return sl_blocks(e) ? pump(e, writer, b, true) : SLUICE_E_NOMEM;
}

sluice_span sl_blocks_finish_word(const struct sl_blocks *l)
{
    if (l->n_tools && (l->finish.len == 0 || sl_span_eq(l->finish, SL_SPAN("stop"))))
        return SL_SPAN("tool_calls");
    return l->finish.len ? l->finish : SL_SPAN("stop");
}

sluice_span sl_blocks_reason(const struct sl_blocks *l, const struct sl_stop_reason *reasons,
                             size_t n, sluice_span otherwise)
{
    sluice_span word = sl_blocks_finish_word(l);

    for (size_t i = 0; i < n; i++)
        if (sl_span_eq(word, sl_span_str(reasons[i].finish)))
            return reasons[i].reason;
    return otherwise;
}

sluice_span sl_block_notes(const struct sl_block *block, struct sluice_arena *arena)
{
    return block->notes.len ? sl_arena_printf(arena, "[%.*s]", SL_FMT(sl_buf_span(&block->notes)))
                            : sl_span(NULL, 0);
}

bool sl_block_cited(struct sl_json_iter *it, sluice_span list, sluice_span *citation)
{
    sluice_span name, note;

    while (list.ptr && sl_json_next(it, list, &name, &note)) {
        if (sl_json_type(note) != SL_JSON_OBJECT)
            continue;
        *citation = sl_json_member(note, SL_SPAN("url_citation"));
        if (sl_json_type(*citation) == SL_JSON_OBJECT &&
            sl_json_type(sl_json_member(*citation, SL_SPAN("url"))) == SL_JSON_STRING)
            return true;
    }
    return false;
}

/* A member of members without braces, which came from a plugin: they may be anything. */
static sluice_span member_of(sluice_span members, const char *name, struct sluice_arena *arena)
{
    sluice_span object =
        members.len ? sl_arena_printf(arena, "{%.*s}", SL_FMT(members)) : sl_span(NULL, 0);
    struct sl_json_error why;

    return object.ptr && sl_json_validate(object, &why) >= 0
               ? sl_json_member(object, sl_span_str(name))
               : sl_span(NULL, 0);
}

sluice_span sl_block_data(const struct sl_block *block, struct sluice_arena *arena)
{
    sluice_span inside = SL_SPAN("");

    (void)sl_json_raw_string(member_of(block->extra, "data", arena), &inside);
    return inside;
}

sluice_span sl_blocks_extra(const struct sl_encoder *e, const char *name)
{
    return member_of(sl_buf_span(&e->blocks->extra), name, e->arena);
}

void sl_blocks_finish(struct sl_encoder *e)
{
    if (!e->blocks)
        return;
    for (struct sl_block *block = e->blocks->first; block; block = block->next) {
        sl_buf_finish(&block->text);
        sl_buf_finish(&block->signature);
        sl_buf_finish(&block->notes);
    }
    sl_buf_finish(&e->blocks->extra);
    e->blocks = NULL;
}
