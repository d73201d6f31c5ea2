/* SPDX-License-Identifier: Apache-2.0 */
/* foreign.c - see foreign.h. */
#include "call/attempt/foreign.h"

#include "base/status.h"

/* Where the path of an absolute URL begins. */
static size_t authority_end(sluice_span url)
{
    size_t scheme = sl_span_find(url, SL_SPAN("://")), i;

    if (scheme == url.len)
        return url.len;
    for (i = scheme + 3; i < url.len; i++)
        if (url.ptr[i] == '/' || url.ptr[i] == '?' || url.ptr[i] == '#')
            break;
    return i;
}

static sluice_span authority(sluice_span url)
{
    size_t scheme = sl_span_find(url, SL_SPAN("://")), end = authority_end(url);

    return scheme == url.len ? sl_span(url.ptr, 0)
                             : sl_span(url.ptr + scheme + 3, end - scheme - 3);
}

static sluice_span without_port(sluice_span host)
{
    size_t end = host.len;

    while (end > 0 && host.ptr[end - 1] >= '0' && host.ptr[end - 1] <= '9')
        end--;
    return end > 0 && end < host.len && host.ptr[end - 1] == ':' ? sl_span_head(host, end - 1)
                                                                 : host;
}

bool sl_foreign_checked(const struct sl_settings *s, sluice_span url)
{
    sluice_span host = authority(url), name = without_port(host);

    if (!s->check_user_urls)
        return false;
    for (size_t i = 0; i < s->n_user_url_hosts; i++)
        if (sl_span_ieq(s->user_url_hosts[i], host) || sl_span_ieq(s->user_url_hosts[i], name))
            return false;
    return true;
}

static sluice_span location(const struct sl_http_in *head)
{
    for (size_t i = 0; i < head->n_headers; i++)
        if (sl_span_eq(head->headers[i].name, SL_SPAN("location")))
            return sl_span_trim(head->headers[i].value);
    return sl_span(NULL, 0);
}

bool sl_foreign_redirects(const struct sl_http_in *head)
{
    switch (head->status) {
    case 301:
    case 302:
    case 303:
    case 307:
    case 308:
        return location(head).len > 0;
    default:
        return false;
    }
}

static bool is_absolute(sluice_span url)
{
    return sl_span_ieq(sl_span_head(url, 7), SL_SPAN("http://")) ||
           sl_span_ieq(sl_span_head(url, 8), SL_SPAN("https://"));
}

/* A reference against the URL it was found at. Dot segments are the server's to understand. */
static sluice_span resolve(struct sluice_arena *arena, sluice_span base, sluice_span ref)
{
    size_t end = authority_end(base), path;

    ref = sl_span_head(ref, sl_span_find_char(ref, '#'));
    if (is_absolute(ref))
        return sl_arena_dup(arena, ref);
    if (sl_span_starts(ref, SL_SPAN("//")))
        return sl_arena_printf(arena, "%.*s%.*s", (int)sl_span_find_char(base, ':') + 1, base.ptr,
                               SL_FMT(ref));
    if (sl_span_find(ref, SL_SPAN("://")) < sl_span_find_char(ref, '?'))
        return sl_span("", 0); /* another scheme */
    path = sl_span_find_char(base, '?');
    if (sl_span_starts(ref, SL_SPAN("/")))
        path = end;
    else if (!sl_span_starts(ref, SL_SPAN("?")))
        while (path > end && base.ptr[path - 1] != '/')
            path--;
    return sl_arena_printf(arena, "%.*s%s%.*s", (int)path, base.ptr,
                           path == end && !sl_span_starts(ref, SL_SPAN("/")) ? "/" : "",
                           SL_FMT(ref));
}

sluice_status sl_foreign_follow(struct sl_attempt *a, const struct sl_http_in *head,
                                struct sl_http_out *out)
{
    static const sluice_header accept = { SL_SPAN("accept"), SL_SPAN("*/*") };
    sluice_span to;

    if (++a->redirects > SL_FOREIGN_REDIRECTS)
        return sl_foreign_fail(a, "too many redirects");
    to = resolve(&a->arena, a->foreign_url, location(head));
    if (!to.ptr)
        return SLUICE_E_NOMEM;
    if (!to.len)
        return sl_foreign_fail(a, "it redirects to something that is no http or https URL");
    a->foreign_url = to;
    *out = (struct sl_http_out){
        .method = SL_SPAN("GET"),
        .url = to,
        .headers = &accept,
        .n_headers = 1,
        .foreign = sl_foreign_checked(a->call->settings, to),
    };
    return SLUICE_OK;
}

sluice_status sl_foreign_fail(struct sl_attempt *a, const char *why)
{
    char text[sizeof a->error.message]; /* why may lie in the error that is written */

    sl_copy_text(text, sizeof text, sl_span_str(why));
    return sl_fail_param(&a->error, SLUICE_E_INVALID, "invalid_image_url", NULL,
                         "A URL in the request, at %.*s, could not be fetched: %s",
                         SL_FMT(sl_span_head(authority(a->foreign_url), 100)), text);
}
