/* SPDX-License-Identifier: Apache-2.0 */
/* family.c - whose model a name is. */
#include "vertex.h"

static const struct {
    const char *prefix;
    enum vertex_family family;
} prefixes[] = {
    { "claude", VERTEX_CLAUDE },       { "anthropic/", VERTEX_CLAUDE },
    { "mistral", VERTEX_MISTRAL },     { "codestral", VERTEX_MISTRAL },
    { "ministral", VERTEX_MISTRAL },   { "mistralai/", VERTEX_MISTRAL },
    { "endpoints/", VERTEX_ENDPOINT }, { "google/", VERTEX_GOOGLE },
    { "gemini/", VERTEX_ENDPOINT }, /* how LiteLLM names tuned ones: gemini/ID */
};

static bool all_digits(sluice_span s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] < '0' || s.ptr[i] > '9')
            return false;
    return s.len > 0;
}

enum vertex_family vertex_family(sluice_span model)
{
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
        if (sl_span_starts(model, sl_span_str(prefixes[i].prefix)))
            return prefixes[i].family;
    if (all_digits(model))
        return VERTEX_ENDPOINT;
    return sl_span_find_char(model, '/') < model.len ? VERTEX_OPENAPI : VERTEX_GOOGLE;
}
