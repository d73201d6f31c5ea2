/* SPDX-License-Identifier: Apache-2.0 */
/* models_line.c - one line of a model file: key, mode, then NAME=VALUE. Names that this version
 * does not know are skipped, so that files can say more than it reads. */
#include "config/models.h"

#include "config/scalar.h"

/* The next piece up to `end` (or the line's end). */
static sluice_span cut(sluice_span *rest, char end)
{
    size_t n = sl_span_find_char(*rest, end);
    sluice_span piece = sl_span_head(*rest, n);

    *rest = sl_span_from(*rest, n + 1);
    return piece;
}

static bool number(sluice_span text, int64_t *out)
{
    uint64_t n;

    if (!sl_span_u64(text, INT64_MAX, &n))
        return false;
    *out = (int64_t)n;
    return true;
}

static void read_supports(sluice_span list, struct sl_model *m)
{
    m->judged = (1u << SL_ABILITIES) - 1;
    while (list.len) {
        sluice_span name = cut(&list, ',');

        for (unsigned i = 0; i < SL_ABILITIES; i++)
            if (sl_span_eq(name, sl_span_str(sl_ability_name(i))))
                m->abilities |= 1u << i;
    }
    if (m->abilities & (1u << SL_ABLE_TOOL_CHOICE | 1u << SL_ABLE_PARALLEL_TOOLS))
        m->abilities |= 1u << SL_ABLE_TOOLS; /* what they are about */
}

/* NAME[@TIER][>TOKENS] */
static bool read_price(sluice_span name, int64_t pico, struct sl_special_price *special,
                       struct sl_model *m)
{
    sluice_span rest = name, base = cut(&rest, '>');
    int64_t above = 0;

    if (base.len < name.len && !number(rest, &above))
        return false;
    rest = base;
    base = cut(&rest, '@');
    for (unsigned i = 0; i < SL_PRICES; i++) {
        if (!sl_span_eq(base, sl_span_str(sl_price_name(i))))
            continue;
        if (base.len == name.len)
            m->pico_usd[i] = pico;
        else
            special[m->n_special++] =
                (struct sl_special_price){ (enum sl_price_of)i, rest, above, pico };
        break;
    }
    return true;
}

static bool read_item(sluice_span item, struct sl_special_price *special, struct sl_model *m)
{
    sluice_span value = item, name = cut(&value, '=');
    int64_t n;

    if (name.len == 0 || name.len == item.len)
        return false;
    if (sl_span_eq(name, SL_SPAN("supports")))
        read_supports(value, m);
    else if (sl_span_eq(name, SL_SPAN("ends")))
        m->deprecated = value;
    else if (!number(value, &n))
        return name.len && name.ptr[0] == 'x'; /* x...: others' own, of any form */
    else if (sl_span_eq(name, SL_SPAN("max_input")))
        m->max_input = n;
    else if (sl_span_eq(name, SL_SPAN("max_output")))
        m->max_output = n;
    else if (sl_span_eq(name, SL_SPAN("dimensions")))
        m->dimensions = n;
    else
        return read_price(name, n, special, m);
    return true;
}

static size_t count(sluice_span text, char c)
{
    size_t n = 0;

    for (size_t i = 0; i < text.len; i++)
        n += text.ptr[i] == c;
    return n;
}

sluice_status sl_models_read_line(sluice_span line, struct sluice_arena *arena,
                                  struct sl_model *out)
{
    struct sl_special_price *special;
    sluice_span rest = sl_arena_dup(arena, line);
    bool ok;

    sl_model_init(out);
    special = sl_alloc(arena, (count(line, '=') + 1) * sizeof *special);
    if (!rest.ptr || !special)
        return SLUICE_E_NOMEM;
    out->key = cut(&rest, '\t');
    out->mode = cut(&rest, '\t');
    ok = out->mode.len && sl_span_find_char(out->key, '/') < out->key.len;
    while (rest.len && ok)
        ok = read_item(cut(&rest, ' '), special, out);
    out->special = special;
    return ok ? SLUICE_OK : SLUICE_E_INVALID;
}
