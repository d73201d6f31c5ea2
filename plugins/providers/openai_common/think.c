/* SPDX-License-Identifier: Apache-2.0 */
/* think.c - see think.h. Content is read character by character only until its thoughts are over:
 * what begins otherwise is text from its first character on. */
#include "think.h"

#include <sluice_sdk/span.h>

enum phase { BEGIN, THOUGHT, TEXT };

#define OTHER 0 /* a character that is in no tag */

static const char *tag_of(const struct think *t)
{
    if (t->phase == BEGIN)
        return t->longer ? "<thinking>" : "<think>";
    return t->longer ? "</thinking>" : "</think>";
}

static int hex_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = sl_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The character at the beginning, and how many bytes it takes: some write '<' as \u003c. */
static char character(sluice_span s, size_t *len)
{
    int value = 0;

    *len = 1;
    if (s.ptr[0] != '\\' || s.len < 2)
        return s.ptr[0];
    *len = 2;
    if (s.ptr[1] == '/')
        return '/';
    if (s.ptr[1] == 'n' || s.ptr[1] == 't' || s.ptr[1] == 'r')
        return ' ';
    if (s.ptr[1] != 'u' || s.len < 6)
        return OTHER;
    *len = 6;
    for (size_t i = 2; i < 6; i++)
        value = value * 16 + hex_of(s.ptr[i]);
    return value > 0 && value < 128 ? (char)value : OTHER;
}

static void add(struct pieces *p, sluice_span s)
{
    if (s.len && p->n < THINK_PIECES)
        p->at[p->n++] = s;
}

struct split {
    struct think *t;
    struct halves *out;
    const char *from; /* what was not given away begins here */
    const char *tag;  /* here the tag in question; NULL: in an earlier piece */
    size_t held;      /* bytes of it that are there */
};

/* What stands before `to` belongs to the phase. */
static void give(struct split *s, const char *to)
{
    struct pieces *half = s->t->phase == THOUGHT ? &s->out->thought : &s->out->text;

    if (to > s->from)
        add(half, sl_span(s->from, (size_t)(to - s->from)));
}

/* It was no tag. */
static void no_tag(struct split *s)
{
    struct pieces *half = s->t->phase == THOUGHT ? &s->out->thought : &s->out->text;

    if (!s->tag)
        add(half, sl_span(tag_of(s->t), s->held));
    s->t->matched = 0;
}

static bool fits(struct split *s, char c)
{
    struct think *t = s->t;

    if (t->phase == BEGIN && !t->longer && t->matched == strlen("<think") && c == 'i')
        t->longer = true;
    return tag_of(t)[t->matched] == c;
}

static void step(struct split *s, char c, const char *at, const char *after)
{
    struct think *t = s->t;

    if (t->matched && !fits(s, c)) {
        no_tag(s);
        if (t->phase == BEGIN) {
            t->phase = TEXT;
            return;
        }
    }
    if (!fits(s, c)) {
        if (t->phase == BEGIN && c != ' ')
            t->phase = TEXT;
        return;
    }
    if (!t->matched++)
        s->tag = at;
    if (tag_of(t)[t->matched])
        return;
    give(s, s->tag ? s->tag : s->from);
    s->from = after;
    t->matched = 0;
    t->phase = t->phase == BEGIN ? THOUGHT : TEXT;
}

bool oc_think_split(struct think *t, sluice_span inside, bool last, struct halves *out)
{
    struct split s = { .t = t, .out = out, .from = inside.ptr, .held = t->matched };
    bool was_plain = t->phase != THOUGHT && !t->matched;
    size_t at = 0, len;

    if (t->phase == TEXT)
        return false;
    *out = (struct halves){ .text = { .n = 0 } };
    while (at < inside.len && t->phase != TEXT) {
        char c = character(sl_span_from(inside, at), &len);

        step(&s, c, inside.ptr + at, inside.ptr + at + len);
        at += len;
    }
    if (was_plain && !t->matched && t->phase != THOUGHT && s.from == inside.ptr)
        return false;
    if (t->matched && last)
        no_tag(&s);
    give(&s, t->matched && s.tag ? s.tag : t->matched ? s.from : inside.ptr + inside.len);
    return true;
}
