/* SPDX-License-Identifier: Apache-2.0 */
/* content.c - a message's parts: text, images, audio, files. */
#include "request.h"

struct place {
    size_t message, part;
};

static sluice_status refuse(struct request *r, struct place at, const char *code,
                            const char *message, const char *member)
{
    return sl_chat_bad(r->c, code, message, "messages.[%zu].content.[%zu].%s", at.message, at.part,
                       member);
}

static sluice_status add_text(struct request *r, sluice_span inside, struct part_list *to)
{
    struct part *p;

    if (!inside.len)
        return SLUICE_OK; /* the vendor refuses empty parts */
    p = gemini_part(r, to, P_TEXT);
    if (!p)
        return SLUICE_E_NOMEM;
    p->text = inside;
    return SLUICE_OK;
}

bool gemini_reads_url(sluice_span url)
{
    static const char *const prefixes[] = {
        "gs://",
        "https://generativelanguage.googleapis.com/",
        "https://www.youtube.com/watch",
        "https://youtube.com/watch",
        "https://youtu.be/",
    };

    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
        if (sl_span_starts(url, sl_span_str(prefixes[i])))
            return true;
    return false;
}

/* Bytes inline, or the URI of what the vendor reads itself. format: a mime type, may be NULL. */
static sluice_status add_media(struct request *r, sluice_span url, const struct sl_json *format,
                               struct place at, const char *member, struct part_list *to)
{
    struct part *p = gemini_part(r, to, P_INLINE);
    struct sl_media media;
    sluice_span plain, mime;
    sluice_status st;

    if (!p || sl_chat_text(r->c, format, &mime) < 0)
        return SLUICE_E_NOMEM;
    if (sl_is_remote(url) || sl_span_starts(url, SL_SPAN("gs:"))) {
        char *text = sl_alloc(r->c->arena, url.len + 1);

        if (!text)
            return SLUICE_E_NOMEM;
        plain = sl_span(text, sl_json_unescape(url, text));
        if (gemini_reads_url(plain)) {
            p->kind = P_FILE;
            p->text = url;
            p->mime = mime;
            return SLUICE_OK;
        }
    }
    st = sl_chat_media(r->c, url, at.message, at.part, member, &media);
    if (st < 0)
        return st;
    p->text = media.data;
    p->mime = mime.len ? mime : media.mime;
    if (!p->mime.len)
        return refuse(r, at, "invalid_image_url", "Nobody says of what kind this file is.", member);
    return SLUICE_OK;
}

/* ---- one function a type ---- */

typedef sluice_status part_fn(struct request *r, const struct sl_json *p, struct place at,
                              struct part_list *to);

static sluice_status part_text(struct request *r, const struct sl_json *p, struct place at,
                               struct part_list *to)
{
    const struct sl_json *text = sl_json_opt(p, "text");

    if (!text || text->type != SL_JSON_STRING)
        return refuse(r, at, NULL, "A text part needs its text.", "text");
    return add_text(r, sl_json_inside(text), to);
}

static sluice_status part_refusal(struct request *r, const struct sl_json *p, struct place at,
                                  struct part_list *to)
{
    (void)at;
    return add_text(r, sl_json_inside(sl_json_opt(p, "refusal")), to);
}

static sluice_status part_image(struct request *r, const struct sl_json *p, struct place at,
                                struct part_list *to)
{
    sluice_span url = sl_chat_image_url(p);

    if (!url.len)
        return refuse(r, at, "invalid_image_url", "An image part needs a URL.", "image_url.url");
    return add_media(r, url, sl_json_opt(sl_json_opt(p, "image_url"), "format"), at,
                     "image_url.url", to);
}

static sluice_status part_video(struct request *r, const struct sl_json *p, struct place at,
                                struct part_list *to)
{
    const struct sl_json *video = sl_json_opt(p, "video_url");

    if (video && video->type == SL_JSON_OBJECT)
        video = sl_json_opt(video, "url");
    if (!sl_json_inside(video).len)
        return refuse(r, at, "invalid_image_url", "A video part needs a URL.", "video_url.url");
    return add_media(r, sl_json_inside(video), sl_json_opt(sl_json_opt(p, "video_url"), "format"),
                     at, "video_url.url", to);
}

static sluice_status part_audio(struct request *r, const struct sl_json *p, struct place at,
                                struct part_list *to)
{
    const struct sl_json *audio = sl_json_opt(p, "input_audio");
    sluice_span data = sl_json_inside(sl_json_opt(audio, "data")), format;
    struct sl_media media;
    struct part *out;
    sluice_status st;

    if (!data.len)
        return refuse(r, at, NULL, "An audio part needs its data.", "input_audio.data");
    st = sl_chat_text(r->c, sl_json_opt(audio, "format"), &format);
    if (st >= 0)
        st = sl_chat_media(r->c, data, at.message, at.part, "input_audio.data", &media);
    out = st < 0 ? NULL : gemini_part(r, to, P_INLINE);
    if (!out)
        return st < 0 ? st : SLUICE_E_NOMEM;
    out->text = media.data;
    out->mime = sl_arena_printf(r->c->arena, "audio/%.*s", SL_FMT(format));
    if (!format.len)
        out->mime = media.mime.len ? media.mime : SL_SPAN("audio/wav");
    return out->mime.ptr ? SLUICE_OK : SLUICE_E_NOMEM;
}

static sluice_status part_file(struct request *r, const struct sl_json *p, struct place at,
                               struct part_list *to)
{
    const struct sl_json *file = sl_json_opt(p, "file");
    const struct sl_json *format = sl_json_opt(file, "format");
    sluice_span data = sl_json_inside(sl_json_opt(file, "file_data"));
    sluice_span id = sl_json_inside(sl_json_opt(file, "file_id"));

    if (data.len)
        return add_media(r, data, format, at, "file.file_data", to);
    if (sl_is_remote(id) || sl_span_starts(id, SL_SPAN("gs:")))
        return add_media(r, id, format, at, "file.file_id", to);
    return refuse(r, at, id.len ? "unsupported_value" : "invalid_file",
                  "A file is taken as file_data, or as the URI of one uploaded to the provider.",
                  "file.file_id");
}

static sluice_status part_nothing(struct request *r, const struct sl_json *p, struct place at,
                                  struct part_list *to)
{
    (void)r;
    (void)p;
    (void)at;
    (void)to;
    return SLUICE_OK; /* another vendor's thinking */
}

static const struct {
    const char *type;
    part_fn *fn;
} types[] = {
    { "text", part_text },         { "image_url", part_image },
    { "input_audio", part_audio }, { "file", part_file },
    { "video_url", part_video },   { "refusal", part_refusal },
    { "thinking", part_nothing },  { "redacted_thinking", part_nothing },
};

static sluice_status part(struct request *r, const struct sl_json *p, struct place at,
                          struct part_list *to)
{
    if (p->type == SL_JSON_STRING)
        return add_text(r, sl_json_inside(p), to);
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (sl_json_is(sl_json_opt(p, "type"), types[i].type))
            return types[i].fn(r, p, at, to);
    return refuse(r, at, "unsupported_value", "The provider knows no part of this type.", "type");
}

sluice_status gemini_content(struct request *r, const struct sl_json *content, size_t message,
                             struct part_list *to)
{
    struct place at = { message, 0 };

    if (!content)
        return SLUICE_OK;
    if (content->type == SL_JSON_STRING)
        return add_text(r, sl_json_inside(content), to);
    if (content->type != SL_JSON_ARRAY)
        return sl_chat_bad(r->c, NULL, "Content is a string or a list of parts.",
                           "messages.[%zu].content", message);
    sl_json_each(p, content)
    {
        sluice_status st = part(r, p, at, to);

        if (st < 0)
            return st;
        at.part++;
    }
    return SLUICE_OK;
}
