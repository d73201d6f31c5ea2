/* SPDX-License-Identifier: Apache-2.0 */
/* keys.c - looking names up in the table of keys, and finding what was meant by a wrong one. */
#include "config/keys.h"

#define NAME_MAX_LEN 64 /* longer names are nobody's slip */

static const struct {
    const struct sl_key_row *rows;
    const size_t *n;
} parts[] = {
    { sl_keys_model, &sl_keys_model_n },
    { sl_keys_router, &sl_keys_router_n },
    { sl_keys_litellm, &sl_keys_litellm_n },
    { sl_keys_general, &sl_keys_general_n },
};
#define PARTS (sizeof parts / sizeof *parts)

const struct sl_key_row *sl_key_row(size_t i)
{
    for (size_t p = 0; p < PARTS; p++) {
        if (i < *parts[p].n)
            return &parts[p].rows[i];
        i -= *parts[p].n;
    }
    return NULL;
}

static sluice_span next_word(const char *words, size_t *pos)
{
    size_t from = *pos + strspn(words + *pos, " ");
    size_t len = strcspn(words + from, " ");

    *pos = from + len;
    return sl_span(words + from, len);
}

sluice_span sl_key_name(const struct sl_key_row *row, size_t *pos)
{
    return next_word(row->names, pos);
}

/* memmem() and a look at both sides: a load asks this some ten times for each key. */
static bool row_has(const struct sl_key_row *row, sluice_span name)
{
    sluice_span names = sl_span_str(row->names);

    if (name.len == 0 || sl_span_find_char(name, ' ') < name.len)
        return false;
    for (size_t at = 0; at < names.len;) {
        size_t end;

        at += sl_span_find(sl_span_from(names, at), name);
        end = at + name.len;
        if (at < names.len && (at == 0 || names.ptr[at - 1] == ' ') &&
            (end == names.len || names.ptr[end] == ' '))
            return true;
        at++;
    }
    return false;
}

const struct sl_key_row *sl_key_find(enum sl_section section, sluice_span name)
{
    for (size_t p = 0; p < PARTS; p++)
        for (size_t i = 0; i < *parts[p].n; i++)
            if (parts[p].rows[i].section == section && row_has(&parts[p].rows[i], name))
                return &parts[p].rows[i];
    return NULL;
}

static unsigned min3(unsigned a, unsigned b, unsigned c)
{
    unsigned m = a < b ? a : b;

    return m < c ? m : c;
}

static char fold(char c)
{
    return c == '-' ? '_' : sl_lower(c);
}

/* Damerau-Levenshtein in its restricted form: insert, drop, replace, swap neighbours. Case and
 * hyphens cost nothing. */
static unsigned distance(sluice_span a, sluice_span b)
{
    unsigned rows[3][NAME_MAX_LEN + 1];
    unsigned *before = rows[0], *last = rows[1], *row = rows[2];

    for (unsigned j = 0; j <= b.len; j++)
        last[j] = j;
    for (unsigned i = 1; i <= a.len; i++) {
        unsigned *spare = before;

        row[0] = i;
        for (unsigned j = 1; j <= b.len; j++) {
            bool same = fold(a.ptr[i - 1]) == fold(b.ptr[j - 1]);

            row[j] = min3(last[j] + 1, row[j - 1] + 1, last[j - 1] + !same);
            if (i > 1 && j > 1 && fold(a.ptr[i - 1]) == fold(b.ptr[j - 2]) &&
                fold(a.ptr[i - 2]) == fold(b.ptr[j - 1]) && before[j - 2] + 1 < row[j])
                row[j] = before[j - 2] + 1;
        }
        before = last;
        last = row;
        row = spare;
    }
    return last[b.len];
}

/* Is word nearer to name than *best? A third of a short name is another name. */
static bool nearer(sluice_span name, sluice_span word, unsigned *best)
{
    unsigned d, most = name.len < 4 ? 0 : name.len < 8 ? 1 : name.len < 16 ? 2 : 3;

    if (name.len > NAME_MAX_LEN || word.len > NAME_MAX_LEN ||
        (name.len > word.len ? name.len - word.len : word.len - name.len) > most)
        return false;
    d = distance(name, word);
    if (d > most || d >= *best)
        return false;
    *best = d;
    return true;
}

sluice_span sl_key_near(enum sl_section section, sluice_span name)
{
    sluice_span found = { NULL, 0 }, word;
    const struct sl_key_row *row;
    unsigned best = NAME_MAX_LEN;

    for (size_t i = 0; (row = sl_key_row(i)); i++)
        for (size_t pos = 0; row->section == section && (word = sl_key_name(row, &pos)).len;)
            if (nearer(name, word, &best))
                found = word;
    return found;
}

sluice_span sl_word_near(const char *words, sluice_span name)
{
    sluice_span found = { NULL, 0 }, word;
    unsigned best = NAME_MAX_LEN;

    for (size_t pos = 0; (word = next_word(words, &pos)).len;)
        if (nearer(name, word, &best))
            found = word;
    return found;
}

const char *sl_key_elsewhere(enum sl_section section, sluice_span name)
{
    static const enum sl_section mains[] = { SL_IN_TOP, SL_IN_ROUTER, SL_IN_LITELLM,
                                             SL_IN_GENERAL };

    for (size_t i = 0; i < sizeof mains / sizeof *mains; i++)
        if (mains[i] != section && sl_key_find(mains[i], name))
            return sl_section_name(mains[i]);
    return NULL;
}

const char *sl_section_name(enum sl_section section)
{
    static const char *const names[SL_IN_SECTIONS] = {
        [SL_IN_NOTHING] = "",
        [SL_IN_TOP] = "the top level",
        [SL_IN_MODEL] = "model_list[]",
        [SL_IN_PARAMS] = "litellm_params",
        [SL_IN_INFO] = "model_info",
        [SL_IN_ROUTER] = "router_settings",
        [SL_IN_RETRIES] = "retry_policy",
        [SL_IN_FAILS] = "allowed_fails_policy",
        [SL_IN_BUDGET] = "retry_budget",
        [SL_IN_ROUTING] = "routing_groups[]",
        [SL_IN_HEDGE] = "hedge",
        [SL_IN_GROUP] = "model_group_options.GROUP",
        [SL_IN_LITELLM] = "litellm_settings",
        [SL_IN_CACHE] = "cache_params",
        [SL_IN_GENERAL] = "general_settings",
        [SL_IN_PASS] = "pass_through_endpoints[]",
        [SL_IN_OBJECTS] = "object_store",
        [SL_IN_AWS_CLIENT] = "aws_client_credentials[]",
        [SL_IN_ALERTING] = "alerting_args",
        [SL_IN_CREDENTIAL] = "credential_list[]",
        [SL_IN_GUARDRAIL] = "guardrails[]",
        [SL_IN_PLUGINS] = "plugins",
    };

    return names[section];
}

const char *sl_key_type_name(enum sl_key_type type)
{
    static const char *const names[] = {
        [SL_TYPE_ANY] = "any value",
        [SL_TYPE_BOOL] = "true or false",
        [SL_TYPE_BOOL_ON] = "true or false",
        [SL_TYPE_INT] = "a whole number, 0 or more",
        [SL_TYPE_NUMBER] = "a number",
        [SL_TYPE_AMOUNT] = "a number, 0 or more",
        [SL_TYPE_SECONDS] = "seconds, 0 or more",
        [SL_TYPE_PRICE] = "US dollars, 0 or more",
        [SL_TYPE_STRING] = "a string",
        [SL_TYPE_TEXT] = "a string",
        [SL_TYPE_SECRET] = "a string",
        [SL_TYPE_STRINGS] = "a list of strings",
        [SL_TYPE_STRING_OR_STRINGS] = "a string or a list of strings",
        [SL_TYPE_BOOL_OR_STRING] = "true, false or a string",
        [SL_TYPE_LIST] = "a list",
        [SL_TYPE_MAP] = "a map",
        [SL_TYPE_MAPS] = "a list of maps",
        [SL_TYPE_MAP_OF_MAPS] = "a map of maps",
    };

    return names[type];
}

bool sl_key_is_secret(sluice_span name)
{
    static const char *const ends[] = { "_key",          "apikey",      "_secret",
                                        "password",      "_token",      "credentials",
                                        "access_key_id", "access_keys", "connection_string" };
    static const char *const whole[] = { "key",       "token",         "secret",
                                         "api_keys",  "authorization", "database_url",
                                         "redis_url", "auth_value",    "litellm_license" };
    static const char *const not [] = { "bos_token", "eos_token", "prompt_cache_key", "cache_key" };
    char low[NAME_MAX_LEN];
    sluice_span n = { low, 0 };

    for (size_t i = 0; i < sizeof not / sizeof *not ; i++)
        if (sl_span_eq(name, sl_span_str(not [i])))
            return false;
    if (name.len > sizeof low)
        name = sl_span_from(name, name.len - sizeof low);
    for (; n.len < name.len; n.len++)
        low[n.len] = fold(name.ptr[n.len]);
    for (size_t i = 0; i < sizeof whole / sizeof *whole; i++)
        if (sl_span_eq(n, sl_span_str(whole[i])))
            return true;
    if (sl_span_find(n, SL_SPAN("cost_per_")) < n.len) /* prices of tokens of all kinds */
        return false;
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (sl_span_ends(n, sl_span_str(ends[i])))
            return true;
    return false;
}
