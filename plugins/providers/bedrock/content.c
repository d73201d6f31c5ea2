/* SPDX-License-Identifier: Apache-2.0 */
/* content.c - the parts of a message: text, images, files, sound, and blocks that other protocols
 * brought along. */
#include <sluice_sdk/list.h>
#include "request.h"

/* A block for bytes or a URL; `member` names where they came from. */
static sluice_status add_media(struct request *r, const struct sl_json *part, sluice_span url,
                               bool file, sluice_span filename, struct turns_place at,
                               const char *member, struct blocks *to)
{
    const char *what = "";
    sluice_status st = bedrock_media(r, url, file, filename, to, &what);

    if (st == SLUICE_E_INVALID)
        return turns_refuse_part(&r->turns, at, file ? "invalid_file" : "invalid_image_url", what,
                                 member);
    if (st >= 0)
        to->tail->cache = turns_cache_control(part);
    return st;
}

/* ---- one function a type ---- */

static sluice_status part_image(struct request *r, const struct sl_json *p, struct turns_place at,
                                struct blocks *to)
{
    const struct sl_json *image = sl_json_opt(p, "image_url");
    const struct sl_json *url = sl_json_get(image, "url");

    if (image && image->type == SL_JSON_STRING)
        url = image; /* the short form that many clients send */
    if (!sl_json_inside(url).len)
        return turns_refuse_part(&r->turns, at, "invalid_image_url", "An image part needs a URL.",
                                 "image_url.url");
    return add_media(r, p, sl_json_inside(url), false, SL_SPAN(""), at, "image_url.url", to);
}

static sluice_status part_video(struct request *r, const struct sl_json *p, struct turns_place at,
                                struct blocks *to)
{
    const struct sl_json *video = sl_json_opt(p, "video_url");
    const struct sl_json *url = sl_json_get(video, "url");

    if (video && video->type == SL_JSON_STRING)
        url = video;
    if (!sl_json_inside(url).len)
        return turns_refuse_part(&r->turns, at, "invalid_file", "A video part needs a URL.",
                                 "video_url.url");
    return add_media(r, p, sl_json_inside(url), true, SL_SPAN(""), at, "video_url.url", to);
}

static sluice_status part_file(struct request *r, const struct sl_json *p, struct turns_place at,
                               struct blocks *to)
{
    const struct sl_json *file = sl_json_opt(p, "file");
    sluice_span data = sl_json_inside(sl_json_opt(file, "file_data"));
    sluice_span id = sl_json_inside(sl_json_opt(file, "file_id"));
    sluice_span filename = SL_SPAN("");
    const char *member = "file.file_data";
    sluice_status st = sl_chat_text(&r->chat, sl_json_opt(file, "filename"), &filename);

    if (st < 0)
        return st;
    if (!data.len && (sl_is_remote(id) || sl_span_starts(id, SL_SPAN("s3:")))) {
        data = id;
        member = "file.file_id";
    }
    if (!data.len && id.len)
        return turns_refuse_part(&r->turns, at, "unsupported_value",
                                 "Uploaded files are unknown to this provider: send file_data.",
                                 "file.file_id");
    if (!data.len)
        return turns_refuse_part(&r->turns, at, "invalid_file", "A file part needs file_data.",
                                 "file.file_data");
    return add_media(r, p, data, true, filename, at, member, to);
}

static sluice_status part_audio(struct request *r, const struct sl_json *p, struct turns_place at,
                                struct blocks *to)
{
    const struct sl_json *audio = sl_json_opt(p, "input_audio");
    const struct sl_json *format = sl_json_get(audio, "format");
    struct block *b;

    if (r->family->maker == MAKER_CLAUDE)
        return turns_refuse_part(&r->turns, at, "unsupported_value", "The model takes no audio.",
                                 "type");
    if (!sl_json_inside(sl_json_get(audio, "data")).len ||
        (!sl_json_is(format, "wav") && !sl_json_is(format, "mp3")))
        return turns_refuse_part(&r->turns, at, NULL,
                                 "Audio needs data, and wav or mp3 as its format.", "input_audio");
    b = turns_block_add(&r->turns, to, B_MEDIA);
    if (!b)
        return SLUICE_E_NOMEM;
    b->member = "audio";
    b->format = sl_json_is(format, "wav") ? "wav" : "mp3";
    b->text = sl_json_inside(sl_json_get(audio, "data"));
    return SLUICE_OK;
}

/* Anthropic's image and document blocks, which come from its own dialect. */
static sluice_status part_source(struct request *r, const struct sl_json *p, struct turns_place at,
                                 struct blocks *to)
{
    const struct sl_json *source = sl_json_opt(p, "source"), *type = sl_json_get(source, "type");
    bool file = sl_json_is(sl_json_get(p, "type"), "document");
    sluice_span title = SL_SPAN(""), url = sl_json_inside(sl_json_get(source, "url"));
    sluice_status st = sl_chat_text(&r->chat, sl_json_opt(p, "title"), &title);

    if (st < 0)
        return st;
    if (sl_json_is(type, "text"))
        return turns_add_text(&r->turns, sl_json_inside(sl_json_get(source, "data")),
                              turns_cache_control(p), to);
    if (sl_json_is(type, "base64")) {
        url = sl_arena_printf(r->chat.arena, "data:%.*s;base64,%.*s",
                              SL_FMT(sl_json_inside(sl_json_get(source, "media_type"))),
                              SL_FMT(sl_json_inside(sl_json_get(source, "data"))));
        if (!url.ptr)
            return SLUICE_E_NOMEM;
    }
    if (!url.len)
        return turns_refuse_part(&r->turns, at, "unsupported_value",
                                 "The provider knows no source of this type.", "source.type");
    return add_media(r, p, url, file, title, at, "source", to);
}

static sluice_status part_guarded(struct request *r, const struct sl_json *p, struct turns_place at,
                                  struct blocks *to)
{
    const struct sl_json *text = sl_json_get(p, "text");
    struct block *b;

    if (!text || text->type != SL_JSON_STRING)
        return turns_refuse_part(&r->turns, at, NULL, "A text part needs its text.", "text");
    b = turns_block_add(&r->turns, to, B_RAW);
    if (!b)
        return SLUICE_E_NOMEM;
    b->text = sl_arena_printf(r->chat.arena, "{\"guardContent\":{\"text\":{\"text\":%.*s}}}",
                              SL_FMT(text->raw));
    return b->text.ptr ? SLUICE_OK : SLUICE_E_NOMEM;
}

typedef sluice_status part_fn(struct request *r, const struct sl_json *p, struct turns_place at,
                              struct blocks *to);

static const struct {
    const char *type;
    part_fn *fn;
} types[] = {
    { "image_url", part_image },      { "file", part_file },
    { "video_url", part_video },      { "input_audio", part_audio },
    { "guarded_text", part_guarded }, { "image", part_source },
    { "document", part_source },
};

/* Converse's own blocks have one member and no type. */
static bool is_native(const struct sl_json *p)
{
    static const char *const members[] = { "cachePoint",   "guardContent",
                                           "searchResult", "citationsContent",
                                           "document",     "image",
                                           "video",        "audio" };

    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        if (sl_json_opt(p, members[i]))
            return true;
    return false;
}

sluice_status bedrock_part(struct turns *turns, const struct sl_json *p, struct turns_place at,
                           struct blocks *to)
{
    struct request *r = SL_CONTAINER(turns, struct request, turns);

    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (sl_json_is(sl_json_get(p, "type"), types[i].type))
            return types[i].fn(r, p, at, to);
    if (!sl_json_get(p, "type") && is_native(p))
        return turns_raw_part(turns, p, to);
    return turns_refuse_part(&r->turns, at, "unsupported_value",
                             "The provider knows no part of this type.", "type");
}
