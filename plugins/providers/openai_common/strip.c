/* SPDX-License-Identifier: Apache-2.0 */
/*
 * strip.c - what a vendor refuses deep inside a member is taken out by path:
 * "tools.*.function.strict",
 * '*' for any element or member, '**' for any way down. Only what is on a path is looked at.
 */
#include "vendor.h"

#include <sluice_sdk/span.h>

#define PATHS_MAX 16 /* under way at once; beyond, what they name stays */

/* The rest of each path that may still match. */
struct paths {
    sluice_span at[PATHS_MAX];
    size_t n;
};

static sluice_span segment(sluice_span path, sluice_span *rest)
{
    size_t dot = sl_span_find_char(path, '.');

    *rest = dot < path.len ? sl_span_from(path, dot + 1) : SL_SPAN("");
    return sl_span_head(path, dot);
}

static void keep(struct paths *p, sluice_span path)
{
    if (p->n < PATHS_MAX)
        p->at[p->n++] = path;
}

/* One path at a child; true: it names the child. */
static bool follow(sluice_span path, sluice_span child, struct paths *below)
{
    sluice_span rest, first = segment(path, &rest);

    if (sl_span_eq(first, SL_SPAN("**"))) {
        keep(below, path);
        return rest.len && follow(rest, child, below);
    }
    if (!sl_span_eq(first, SL_SPAN("*")) && !sl_span_eq(first, child))
        return false;
    if (rest.len)
        keep(below, rest);
    return !rest.len;
}

static bool follow_all(const struct paths *paths, sluice_span child, struct paths *below)
{
    bool named = false;

    below->n = 0;
    for (size_t i = 0; i < paths->n; i++)
        named |= follow(paths->at[i], child, below);
    return named;
}

/* value: a piece of the splice's text. The validator has bounded its depth. */
static void strip(struct splice *s, sluice_span value, const struct paths *paths)
{
    bool object = sl_json_type(value) == SL_JSON_OBJECT;
    const char *after_kept = NULL, *cut = NULL; /* cut: a first one is gone, up to the next */
    struct sl_json_iter it = { 0 };
    sluice_span name, child;

    if (!object && sl_json_type(value) != SL_JSON_ARRAY)
        return;
    while (sl_json_next(&it, value, &name, &child)) {
        const char *begin = object ? name.ptr - 1 : child.ptr, *end = child.ptr + child.len;
        struct paths below;

        if (cut)
            oc_splice_skip(s, sl_span(cut, (size_t)(begin - cut)));
        cut = NULL;
        if (!follow_all(paths, object ? name : SL_SPAN(""), &below)) {
            if (below.n)
                strip(s, child, &below);
            after_kept = end;
        } else if (after_kept) {
            oc_splice_skip(s, sl_span(after_kept, (size_t)(end - after_kept)));
            after_kept = end;
        } else {
            cut = begin;
        }
    }
    if (cut) { /* nothing is left */
        const char *end = value.ptr + value.len - 1;

        oc_splice_skip(s, sl_span(cut, (size_t)(end - cut)));
    }
}

sluice_status oc_request_strip(const struct rules *const *rules, size_t n, sluice_span name,
                               sluice_span *value, struct sluice_arena *mem)
{
    struct paths paths = { .n = 0 };
    struct splice s;
    sluice_span flat;

    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < rules[i]->strip.n; k++) {
            sluice_span rest, path = rules[i]->strip.at[k];
            size_t last = path.len;

            while (last && path.ptr[last - 1] != '.')
                last--;
            /* A cheap look before a walk through what may be a megabyte. */
            if (sl_span_eq(segment(path, &rest), name) &&
                sl_span_find(*value, sl_span_from(path, last)) < value->len)
                keep(&paths, rest);
        }
    if (!paths.n)
        return SLUICE_OK;
    oc_splice_begin(&s, *value, mem);
    strip(&s, *value, &paths);
    flat = oc_splice_flat(&s);
    if (flat.ptr)
        *value = flat;
    return flat.ptr ? SLUICE_OK : SLUICE_E_NOMEM;
}
