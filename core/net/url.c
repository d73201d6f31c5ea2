/* SPDX-License-Identifier: Apache-2.0 */
/* url.c - the parts of an absolute URL. Strict: what is not plainly a URL is refused. */
#include "net/url.h"

static bool host_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_';
}

static bool literal_char(char c)
{
    return (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || (c >= '0' && c <= '9') || c == ':' ||
           c == '.';
}

static bool all(sluice_span s, bool (*ok)(char))
{
    for (size_t i = 0; i < s.len; i++)
        if (!ok(s.ptr[i]))
            return false;
    return s.len > 0;
}

static const char *parse_authority(sluice_span a, struct sl_url *out)
{
    sluice_span port = { NULL, 0 };
    size_t end;
    uint64_t number;

    if (a.len && a.ptr[0] == '[') {
        end = sl_span_find_char(a, ']');
        if (end == a.len)
            return "its host has no closing bracket";
        out->host = sl_span(a.ptr + 1, end - 1);
        if (!all(out->host, literal_char))
            return "its host is no IPv6 address";
        end++;
    } else {
        end = sl_span_find_char(a, ':');
        out->host = sl_span(a.ptr, end);
        if (out->host.len > 253 || !all(out->host, host_char))
            return "its host is empty or has characters that host names do not have";
    }
    port = sl_span_from(a, end);
    out->port = out->tls ? 443 : 80;
    if (port.len == 0)
        return NULL;
    if (port.ptr[0] != ':' || !sl_span_u64(sl_span_from(port, 1), 65535, &number) || number == 0)
        return "its port is not a number from 1 to 65535";
    out->port = (uint16_t)number;
    return NULL;
}

const char *sl_url_parse(sluice_span text, struct sl_url *out)
{
    sluice_span rest;
    size_t skip, n = 0;

    if (text.len > 8 && sl_span_ieq(sl_span_head(text, 8), SL_SPAN("https://"))) {
        out->tls = true;
        skip = 8;
    } else if (text.len > 7 && sl_span_ieq(sl_span_head(text, 7), SL_SPAN("http://"))) {
        out->tls = false;
        skip = 7;
    } else {
        return "it does not begin with http:// or https://";
    }
    rest = sl_span_from(text, skip);
    while (n < rest.len && rest.ptr[n] != '/' && rest.ptr[n] != '?' && rest.ptr[n] != '#')
        n++;
    out->authority = sl_span(rest.ptr, n);
    out->origin = sl_span(text.ptr, skip + n);
    out->target = sl_span_from(rest, n);
    for (size_t i = 0; i < out->target.len; i++) {
        unsigned char c = (unsigned char)out->target.ptr[i];

        if (c <= 0x20 || c >= 0x7f || c == '#')
            return "its path has a blank, a control character, a '#' or a byte that is not ASCII";
    }
    if (sl_span_find_char(out->authority, '@') < out->authority.len)
        return "a user name in a URL is not supported; send the credential in a header";
    return parse_authority(out->authority, out);
}
