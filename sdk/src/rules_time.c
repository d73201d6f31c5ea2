/* SPDX-License-Identifier: Apache-2.0 */
/* rules_time.c - conditions of time: hours of the day, days of the week, in the rule's own offset
 * from UTC. */
#include "rules_text.h"

#include <sluice_sdk/json.h>
#include <sluice_sdk/span.h>
#include <sluice_sdk/status.h>

static bool two_digits(const char *p, int64_t most, int64_t *out)
{
    *out = (p[0] - '0') * 10 + p[1] - '0';
    return p[0] >= '0' && p[0] <= '9' && p[1] >= '0' && p[1] <= '9' && *out <= most;
}

static bool hours_of(sluice_span t, int64_t *from, int64_t *to)
{
    int64_t m;

    if (t.len != 11 || t.ptr[2] != ':' || t.ptr[5] != '-' || t.ptr[8] != ':' ||
        !two_digits(t.ptr, 23, from) || !two_digits(t.ptr + 3, 59, &m))
        return false;
    *from = *from * 60 + m;
    if (!two_digits(t.ptr + 6, 24, to) || !two_digits(t.ptr + 9, 59, &m))
        return false;
    *to = *to * 60 + m;
    return *to <= 24 * 60;
}

bool sl_rules_time(sluice_span when, int64_t unix_ms)
{
    static const char *const names[] = { "thu", "fri", "sat", "sun", "mon", "tue", "wed" };
    sluice_span hours = sl_json_member(when, SL_SPAN("hours"));
    sluice_span days = sl_json_member(when, SL_SPAN("days"));
    int64_t offset = 0, minutes, day, from, to, now;

    if (!hours.ptr && !days.ptr)
        return true;
    (void)sl_json_i64(sl_json_member(when, SL_SPAN("utc_offset_minutes")), &offset);
    minutes = unix_ms / 60000 + offset % 1440 + 7 * 1440; /* a clock at 1970 is fine, too */
    now = minutes % 1440;
    day = minutes / 1440 % 7;
    if (day < 0 || (days.ptr && !sl_rules_match(days, sl_span_str(names[day]))))
        return false;
    if (!hours.ptr || !sl_json_raw_string(hours, &hours) || !hours_of(hours, &from, &to))
        return !hours.ptr;
    return from <= to ? now >= from && now < to : now >= from || now < to;
}

sluice_status sl_rules_check(sluice_span when, const char *param, sluice_error *err)
{
    sluice_span hours = when.ptr ? sl_json_member(when, SL_SPAN("hours")) : sl_span(NULL, 0);
    int64_t from, to;

    if (!hours.ptr || (sl_json_raw_string(hours, &hours) && hours_of(hours, &from, &to)))
        return SLUICE_OK;
    return sl_fail_param(err, SLUICE_E_INVALID, "invalid_config", param,
                         "hours must be written as in \"22:00-06:30\"");
}
