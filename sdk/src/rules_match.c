/* SPDX-License-Identifier: Apache-2.0 */
/* rules_match.c - texts that rules compare. */
#include "rules_text.h"

#include <sluice_sdk/json.h>
#include <sluice_sdk/span.h>

sluice_span sl_rules_text(sluice_span value, char *room)
{
    sluice_span inside;

    if (!sl_json_raw_string(value, &inside))
        return value;
    if (sl_span_find_char(inside, '\\') == inside.len)
        return inside;
    return inside.len > SL_RULES_TEXT_MOST ? sl_span(NULL, 0)
                                           : sl_span(room, sl_json_unescape(inside, room));
}

static bool match_one(sluice_span wanted, sluice_span text)
{
    char room[SL_RULES_TEXT_MOST];

    wanted = sl_rules_text(wanted, room);
    if (wanted.len && wanted.ptr[wanted.len - 1] == '*')
        return sl_span_starts(text, sl_span_head(wanted, wanted.len - 1));
    return sl_span_eq(wanted, text);
}

bool sl_rules_match(sluice_span wanted, sluice_span text)
{
    struct sl_json_iter it = { 0 };
    sluice_span name, item;

    if (sl_json_type(wanted) != SL_JSON_ARRAY)
        return match_one(wanted, text);
    while (sl_json_next(&it, wanted, &name, &item))
        if (match_one(item, text))
            return true;
    return false;
}

bool sl_rules_match_any(sluice_span wanted, sluice_span array)
{
    struct sl_json_iter it = { 0 };
    sluice_span name, item;
    char room[SL_RULES_TEXT_MOST];

    while (sl_json_type(array) == SL_JSON_ARRAY && sl_json_next(&it, array, &name, &item))
        if (sl_rules_match(wanted, sl_rules_text(item, room)))
            return true;
    return false;
}
