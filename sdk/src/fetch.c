/* SPDX-License-Identifier: Apache-2.0 */
/* fetch.c - see sluice_sdk/fetch.h. */
#include <sluice_sdk/arena.h>
#include <sluice_sdk/base64.h>
#include <sluice_sdk/buf.h>
#include <sluice_sdk/fetch.h>
#include <sluice_sdk/json.h>
#include <sluice_sdk/span.h>
#include <sluice_sdk/status.h>

#define BYTES_MOST (20u << 20) /* of one file, as the host sees to */

struct sl_fetched {
    struct sl_fetched *next;
    sluice_span inside, url; /* as in the body; decoded */
    char param[96];
    int32_t status;
    sluice_span mime;
    struct sl_buf base64;
};

bool sl_is_remote(sluice_span url)
{
    size_t colon = sl_span_find_char(sl_span_head(url, 6), ':');
    sluice_span scheme = sl_span_head(url, colon), rest = sl_span_from(url, colon + 1);

    return (sl_span_ieq(scheme, SL_SPAN("http")) || sl_span_ieq(scheme, SL_SPAN("https"))) &&
           (sl_span_starts(rest, SL_SPAN("//")) || sl_span_starts(rest, SL_SPAN("\\/\\/")));
}

void sl_fetch_init(struct sl_fetch *f, sluice_arena *arena)
{
    *f = (struct sl_fetch){ .arena = arena };
}

void sl_fetch_finish(struct sl_fetch *f)
{
    for (struct sl_fetched *u = f->first; u; u = u->next)
        sl_buf_finish(&u->base64);
    if (f->inlined)
        sl_buf_finish(f->inlined);
    f->inlined = NULL;
    f->first = f->last = f->now = NULL;
}

static struct sl_fetched *known(const struct sl_fetch *f, sluice_span inside)
{
    for (struct sl_fetched *u = f->first; u; u = u->next)
        if (sl_span_eq(u->inside, inside))
            return u;
    return NULL;
}

static sluice_status refuse(const struct sl_fetched *u, sluice_error *err, const char *why)
{
    return sl_fail_param(err, SLUICE_E_INVALID, "invalid_image_url", u->param, "%s", why);
}

/* ---- finding them ---- */

struct place {
    size_t message, part;
    const char *member;
};

static sluice_status add(struct sl_fetch *f, const struct sl_json *j, struct place at,
                         bool (*skip)(sluice_span url), sluice_error *err)
{
    sluice_span inside = sl_json_inside(j);
    struct sl_fetched *u;
    sluice_span param;

    if (!sl_is_remote(inside) || known(f, inside))
        return SLUICE_OK;
    u = sl_alloc0(f->arena, sizeof *u);
    if (!u || !sl_json_string(j->raw, f->arena, &u->url))
        return SLUICE_E_NOMEM;
    if (skip && skip(u->url))
        return SLUICE_OK;
    param = sl_arena_printf(f->arena, "messages.[%zu].content.[%zu].%s", at.message, at.part,
                            at.member);
    if (!param.ptr)
        return SLUICE_E_NOMEM;
    sl_copy_text(u->param, sizeof u->param, param);
    if (f->n == SL_FETCH_MOST)
        return refuse(u, err, "There are more files to be fetched than one request may ask for.");
    u->inside = inside;
    sl_buf_init(&u->base64, SL_BASE64_SIZE((size_t)BYTES_MOST) + 1);
    if (f->last)
        f->last->next = u;
    else
        f->first = f->now = u;
    f->last = u;
    f->n++;
    return SLUICE_OK;
}

/* Where a part of some type keeps its URL. */
static const struct {
    const char *member, *inner, *where;
} places[] = {
    { "image_url", "url", "image_url.url" },   { "video_url", "url", "video_url.url" },
    { "file", "file_data", "file.file_data" }, { "file", "file_id", "file.file_id" },
    { "source", "url", "source.url" },
};

static sluice_status scan_part(struct sl_fetch *f, const struct sl_json *part, struct place at,
                               bool (*skip)(sluice_span url), sluice_error *err)
{
    sluice_status st = SLUICE_OK;

    for (size_t i = 0; i < sizeof places / sizeof *places && st >= 0; i++) {
        const struct sl_json *j = sl_json_opt(part, places[i].member);

        if (j && j->type == SL_JSON_OBJECT)
            j = sl_json_opt(j, places[i].inner);
        else if (i > 1)
            continue; /* only these two have a short form */
        at.member = places[i].where;
        if (j && j->type == SL_JSON_STRING)
            st = add(f, j, at, skip, err);
    }
    return st;
}

static const sluice_header *messages_of(const sluice_call *call)
{
    for (size_t i = 0; i < call->n_members; i++)
        if (sl_span_eq(call->members[i].name, SL_SPAN("messages")))
            return &call->members[i];
    return NULL;
}

/* Does some string begin like a remote URL? Quotes are rare in what is long. */
static bool may_have_urls(sluice_span text)
{
    size_t at;

    while ((at = sl_span_find_char(text, '"')) < text.len) {
        text = sl_span_from(text, at + 1);
        if (sl_span_ieq(sl_span_head(text, 4), SL_SPAN("http")))
            return true;
    }
    return false;
}

sluice_status sl_fetch_scan(struct sl_fetch *f, const sluice_call *call,
                            bool (*skip)(sluice_span url), sluice_error *err)
{
    const sluice_header *m = messages_of(call);
    struct sl_json_error e;
    struct sl_json *list;
    struct place at = { 0, 0, NULL };
    sluice_status st;

    /* most bodies have none: then there is no need for a tree */
    if (!m || !may_have_urls(m->value))
        return SLUICE_OK;
    st = sl_json_parse(m->value, f->arena, &list, &e);
    if (st == SLUICE_E_NOMEM)
        return sl_fail(err, st, "out of memory reading the request");
    if (st < 0)
        return SLUICE_OK;
    sl_json_each(message, list)
    {
        const struct sl_json *content = sl_json_opt(message, "content");

        at.part = 0;
        if (content && content->type == SL_JSON_ARRAY)
            sl_json_each(part, content)
            {
                st = scan_part(f, part, at, skip, err);
                if (st == SLUICE_E_NOMEM)
                    return sl_fail(err, st, "out of memory reading the request");
                if (st < 0)
                    return st;
                at.part++;
            }
        at.message++;
    }
    return SLUICE_OK;
}

/* ---- fetching ---- */

sluice_status sl_fetch_request(struct sl_fetch *f, sluice_http_request *out, sluice_error *err)
{
    static const sluice_header accept = { SL_SPAN("accept"), SL_SPAN("*/*") };

    (void)err;
    out->flags = SLUICE_REQ_FOREIGN;
    out->method = SL_SPAN("GET");
    out->url = f->now->url;
    out->headers = &accept;
    out->n_headers = 1;
    out->framing = SLUICE_FRAME_WHOLE;
    return SLUICE_OK;
}

sluice_status sl_fetch_head(struct sl_fetch *f, const sluice_http_head *head, sluice_error *err)
{
    struct sl_fetched *u = f->now;

    u->status = head->status;
    u->mime = SL_SPAN("");
    for (size_t i = 0; i < head->n_headers; i++)
        if (sl_span_eq(head->headers[i].name, SL_SPAN("content-type")) &&
            sl_media_mime(f->arena, head->headers[i].value, &u->mime) < 0)
            return sl_fail(err, SLUICE_E_NOMEM, "out of memory fetching a file");
    return SLUICE_OK;
}

/* The type said is believed when it says something. */
static bool vague(sluice_span mime)
{
    return !mime.len || sl_span_eq(mime, SL_SPAN("application/octet-stream")) ||
           sl_span_eq(mime, SL_SPAN("binary/octet-stream")) ||
           sl_span_eq(mime, SL_SPAN("application/x-download")) ||
           sl_span_eq(mime, SL_SPAN("application/force-download"));
}

sluice_status sl_fetch_data(struct sl_fetch *f, const sluice_frame *frame, sluice_error *err)
{
    struct sl_fetched *u = f->now;
    size_t room = SL_BASE64_SIZE(frame->data.len);

    if (u->status < 200 || u->status > 299)
        return SLUICE_OK;
    if (frame->data.len > BYTES_MOST)
        return refuse(u, err, "The file behind this URL is larger than 20 MB.");
    sl_buf_reset(&u->base64);
    if (!sl_buf_reserve(&u->base64, room + 1))
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory fetching a file");
    u->base64.len = sl_base64(frame->data, u->base64.ptr);
    if (vague(u->mime))
        u->mime = sl_media_sniff(frame->data);
    return SLUICE_OK;
}

sluice_status sl_fetch_end(struct sl_fetch *f, sluice_error *err)
{
    struct sl_fetched *u = f->now;

    if (u->status < 200 || u->status > 299)
        return sl_fail_param(err, SLUICE_E_INVALID, "invalid_image_url", u->param,
                             "The server behind this URL answered with status %d.", (int)u->status);
    if (!u->base64.len)
        return refuse(u, err, "There is nothing behind this URL.");
    if (!u->mime.len)
        return refuse(u, err, "What is behind this URL is of no known kind.");
    if (sl_span_eq(u->mime, SL_SPAN("text/html")))
        return refuse(u, err, "Behind this URL is a web page, not a file.");
    f->now = u->next;
    return SLUICE_OK;
}

bool sl_fetch_find(const struct sl_fetch *f, sluice_span inside, struct sl_media *out)
{
    const struct sl_fetched *u = known(f, inside);

    if (!u || !u->base64.len)
        return false;
    *out = (struct sl_media){ u->mime, sl_buf_span(&u->base64) };
    return true;
}

/* ---- back into the body ---- */

#define MESSAGES_CAP ((size_t)1 << 30)

/* One replacement: the value that ends where the next text begins. */
static const char *replace(struct sl_buf *b, const char *from, const struct sl_json *value,
                           const struct sl_fetched *u, bool source)
{
    sl_buf_add(b, sl_span(from, (size_t)(value->raw.ptr - from)));
    sl_buf_add_str(b, source ? "{\"type\":\"base64\",\"media_type\":\"" : "\"data:");
    sl_json_escape(b, u->mime);
    sl_buf_add_str(b, source ? "\",\"data\":\"" : ";base64,");
    sl_buf_add(b, sl_buf_span(&u->base64));
    sl_buf_add_str(b, source ? "\"}" : "\"");
    return value->raw.ptr + value->raw.len;
}

static const char *inline_part(struct sl_fetch *f, struct sl_buf *b, const char *from,
                               const struct sl_json *part)
{
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        const struct sl_json *outer = sl_json_opt(part, places[i].member), *j = outer;
        bool source = strcmp(places[i].member, "source") == 0;
        const struct sl_fetched *u;

        if (j && j->type == SL_JSON_OBJECT)
            j = sl_json_opt(j, places[i].inner);
        u = j && j->type == SL_JSON_STRING ? known(f, sl_json_inside(j)) : NULL;
        if (u && u->base64.len && (source ? outer : j)->raw.ptr >= from)
            from = replace(b, from, source ? outer : j, u, source);
    }
    return from;
}

sluice_status sl_fetch_inline(struct sl_fetch *f, const sluice_call *call,
                              const sluice_header **members)
{
    const sluice_header *m = messages_of(call);
    struct sl_buf *b = sl_alloc(f->arena, sizeof *b);
    sluice_header *copy = sl_alloc(f->arena, (call->n_members + 1) * sizeof *copy);
    struct sl_json_error e;
    struct sl_json *list;
    const char *from;

    *members = call->members;
    if (!f->first || !m)
        return SLUICE_OK;
    if (!b || !copy || sl_json_parse(m->value, f->arena, &list, &e) < 0)
        return SLUICE_E_NOMEM; /* it could be parsed before */
    sl_buf_init(b, MESSAGES_CAP);
    f->inlined = b;
    from = m->value.ptr;
    sl_json_each(message, list)
    {
        const struct sl_json *content = sl_json_opt(message, "content");

        if (content && content->type == SL_JSON_ARRAY)
            sl_json_each(part, content)
            {
                from = inline_part(f, b, from, part);
            }
    }
    sl_buf_add(b, sl_span(from, (size_t)(m->value.ptr + m->value.len - from)));
    if (!sl_buf_ok(b))
        return SLUICE_E_NOMEM;
    memcpy(copy, call->members, call->n_members * sizeof *copy);
    copy[m - call->members].value = sl_buf_span(b);
    *members = copy;
    return SLUICE_OK;
}
