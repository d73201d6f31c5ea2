/* SPDX-License-Identifier: Apache-2.0 */
/* load.c - report lines and errors of one load: file:line:column, dotted key, sentence. */
#include "config/load.h"
#include "base/status.h"

#include <stdarg.h>
#include <stdio.h>

#define WHERE_MAX 320
#define TEXT_MAX 512

static size_t put(char *out, size_t size, size_t at, sluice_span s)
{
    for (size_t i = 0; i < s.len && at + 1 < size; i++) {
        unsigned char c = (unsigned char)s.ptr[i];

        out[at++] = c < 0x20 || c == 0x7f ? '?' : (char)c;
    }
    out[at] = '\0';
    return at;
}

size_t sl_load_path(char *out, size_t size, const struct sl_path *path)
{
    size_t at;

    out[0] = '\0';
    if (!path)
        return 0;
    at = sl_load_path(out, size, path->up);
    if (path->in_list) {
        char index[16];

        snprintf(index, sizeof index, "[%u]", path->index);
        return put(out, size, at, sl_span_str(index));
    }
    if (at > 0)
        at = put(out, size, at, SL_SPAN("."));
    return put(out, size, at, path->key);
}

static sluice_span put_where(char *out, size_t size, const struct sl_place *where)
{
    char tail[32];
    size_t at;

    if (!where || where->line == 0)
        return sl_span("", 0);
    at = put(out, size - sizeof tail, 0, where->file);
    snprintf(tail, sizeof tail, ":%u:%u", where->line, where->column);
    return sl_span(out, put(out, size, at, sl_span_str(tail)));
}

static void say(struct sl_load *l, enum sl_key_verdict verdict, const struct sl_place *where,
                const struct sl_path *path, const char *fmt, va_list ap)
{
    char key[SL_CONFIG_KEY_BYTES], at[WHERE_MAX], text[TEXT_MAX];
    bool report = l->report && l->report->line;
    sluice_span k, w;

    if (!report && (verdict != SL_KEY_ERROR || l->status < 0))
        return; /* nobody listens */
    k = sl_span(key, sl_load_path(key, sizeof key, path));
    w = put_where(at, sizeof at, where);
    vsnprintf(text, sizeof text, fmt, ap);
    if (report)
        l->report->line(l->report->ctx, verdict, w, k, sl_span_str(text));
    if (verdict != SL_KEY_ERROR || l->status < 0)
        return;
    l->status = SLUICE_E_INVALID;
    sl_fail_param(l->err, l->status, "invalid_config", k.len ? key : NULL, "%.*s%s%.*s%s%s",
                  SL_FMT(w), w.len ? ": " : "", SL_FMT(k), k.len ? ": " : "", text);
}

void sl_load_line(struct sl_load *l, enum sl_key_verdict verdict, const struct sl_place *where,
                  const struct sl_path *path, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    say(l, verdict, where, path, fmt, ap);
    va_end(ap);
}

sluice_status sl_load_error(struct sl_load *l, const struct sl_place *where,
                            const struct sl_path *path, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    say(l, SL_KEY_ERROR, where, path, fmt, ap);
    va_end(ap);
    return SLUICE_E_INVALID;
}

sluice_status sl_load_nomem(struct sl_load *l)
{
    if (l->status != SLUICE_E_NOMEM)
        sl_fail(l->err, SLUICE_E_NOMEM, "out of memory reading the configuration");
    l->status = SLUICE_E_NOMEM;
    return SLUICE_E_NOMEM;
}

void sl_load_hide(struct sl_load *l, struct sl_node *node, bool secret)
{
    if (!node->hidden) {
        node->hidden = true;
        node->next_hidden = l->hidden;
        l->hidden = node;
    }
    node->secret |= secret;
}

sluice_span sl_load_show(const struct sl_node *node)
{
    return node->hidden ? SL_SPAN("<hidden>") : sl_span_head(node->text, 80);
}
