/* SPDX-License-Identifier: Apache-2.0 */
/* guard.c - who may use a gateway that has no master key. */
#include "process/guard.h"

static sluice_span without_port(sluice_span host)
{
    size_t colon;

    if (host.len && host.ptr[0] == '[')
        return sl_span(host.ptr + 1, sl_span_find_char(host, ']') - 1);
    colon = sl_span_find_char(host, ':');
    /* Two colons: an IPv6 address without brackets, as peers are written. */
    if (sl_span_find_char(sl_span_from(host, colon + 1), ':') < sl_span_from(host, colon + 1).len)
        return host;
    return sl_span_head(host, colon);
}

/* 127.x.y.z and nothing else: "127.example.com" is a name that anybody can point anywhere. */
static bool is_127(sluice_span s)
{
    if (!sl_span_starts(s, SL_SPAN("127.")))
        return false;
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] != '.' && (s.ptr[i] < '0' || s.ptr[i] > '9'))
            return false;
    return true;
}

bool gw_is_loopback(sluice_span host)
{
    sluice_span name = without_port(host), mapped = SL_SPAN("::ffff:");

    if (sl_span_starts(name, mapped))
        name = sl_span_from(name, mapped.len);
    return sl_span_ieq(name, SL_SPAN("localhost")) || sl_span_eq(name, SL_SPAN("::1")) ||
           is_127(name);
}

static bool is_local_origin(sluice_span origin)
{
    size_t at = sl_span_find(origin, SL_SPAN("://"));

    return at < origin.len && gw_is_loopback(sl_span_from(origin, at + 3));
}

const char *gw_guard(const struct gw_shared *shared, sluice_span peer,
                     const struct sl_http_head *head)
{
    sluice_span origin, host;

    if (atomic_load(&shared->master_key) || shared->insecure)
        return NULL;
    if (!gw_is_loopback(peer))
        return "This gateway has no master key and so serves its own machine only: set "
               "general_settings.master_key, or start it with --insecure.";
    origin = sl_http_header(head, SL_SPAN("origin"));
    host = sl_http_header(head, SL_SPAN("host"));
    if ((origin.len && !is_local_origin(origin)) || (host.len && !gw_is_loopback(host)))
        return "This gateway has no master key and so does not serve web pages or host names of "
               "other machines: set general_settings.master_key, or start it with --insecure.";
    return NULL;
}
