/* SPDX-License-Identifier: Apache-2.0 */
/* yaml_text.c - byte order mark, JSON in YAML's clothes, lines and columns of bytes. */
#include "config/yaml_text.h"
#include "format/json_scan.h"

#include <stdio.h>

static bool hex4(sluice_span s, size_t at, uint32_t *out)
{
    *out = 0;
    if (at + 4 > s.len)
        return false;
    for (size_t i = at; i < at + 4; i++) {
        char c = sl_lower(s.ptr[i]);

        if (c >= '0' && c <= '9')
            *out = *out * 16 + (uint32_t)(c - '0');
        else if (c >= 'a' && c <= 'f')
            *out = *out * 16 + (uint32_t)(c - 'a') + 10;
        else
            return false;
    }
    return true;
}

/* \ud83d\ude00 becomes \U0001f600: shorter, so it is done in a copy of the same size. */
static sluice_status join_surrogates(struct sluice_arena *arena, sluice_span *text)
{
    sluice_span s = *text;
    char *out = sl_alloc(arena, s.len + 1);
    size_t n = 0;

    if (!out)
        return SLUICE_E_NOMEM;
    for (size_t i = 0; i < s.len;) {
        uint32_t high, low;

        if (s.ptr[i] != '\\' || i + 1 == s.len) {
            out[n++] = s.ptr[i++];
            continue;
        }
        if (s.ptr[i + 1] == 'u' && hex4(s, i + 2, &high) && (high & 0xfc00) == 0xd800 &&
            i + 7 < s.len && s.ptr[i + 6] == '\\' && s.ptr[i + 7] == 'u' && hex4(s, i + 8, &low) &&
            (low & 0xfc00) == 0xdc00) {
            n += (size_t)snprintf(out + n, 11, "\\U%08x",
                                  0x10000 + ((high & 0x3ff) << 10) + (low & 0x3ff));
            i += 12;
            continue;
        }
        out[n++] = s.ptr[i++];
        out[n++] = s.ptr[i++];
    }
    out[n] = '\0';
    *text = sl_span(out, n);
    return SLUICE_OK;
}

sluice_status sl_yaml_prepare(struct sluice_arena *arena, sluice_span text, sluice_span *out,
                              bool *json)
{
    struct sl_json_error why;

    if (sl_span_starts(text, SL_SPAN("\xef\xbb\xbf")))
        text = sl_span_from(text, 3);
    *out = text;
    *json = sl_span_starts(sl_span_trim(text), SL_SPAN("{")) &&
            sl_json_validate(text, &why) == SLUICE_OK;
    return *json ? join_surrogates(arena, out) : SLUICE_OK;
}

struct sl_place sl_yaml_place(sluice_span file, sluice_span text, size_t offset)
{
    struct sl_place at = { file, 1, 1 };

    for (size_t i = 0; i < offset && i < text.len; i++) {
        if (text.ptr[i] == '\n') {
            at.line++;
            at.column = 1;
        } else if (((unsigned char)text.ptr[i] & 0xc0) != 0x80)
            at.column++;
    }
    return at;
}

bool sl_yaml_tab_indent(sluice_span text, uint32_t line)
{
    size_t i = 0;

    for (uint32_t n = 1; n < line && i < text.len; i++)
        n += text.ptr[i] == '\n';
    while (i < text.len && text.ptr[i] == ' ')
        i++;
    return i < text.len && text.ptr[i] == '\t';
}
