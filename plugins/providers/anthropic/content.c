/* SPDX-License-Identifier: Apache-2.0 */
/* content.c - the parts of a message: text, images, files, and blocks that are in the vendor's own
 * form already. */
#include <sluice_sdk/list.h>
#include <sluice_sdk/media.h>
#include "request.h"

static bool is_http(sluice_span url)
{
    /* the slashes may be escaped */
    return sl_span_ieq(sl_span_head(url, 6), SL_SPAN("https:")) ||
           sl_span_ieq(sl_span_head(url, 5), SL_SPAN("http:"));
}

static bool is_image(sluice_span mime)
{
    return sl_span_eq(mime, SL_SPAN("image/jpeg")) || sl_span_eq(mime, SL_SPAN("image/png")) ||
           sl_span_eq(mime, SL_SPAN("image/gif")) || sl_span_eq(mime, SL_SPAN("image/webp"));
}

static bool is_text(sluice_span mime)
{
    return sl_span_starts(mime, SL_SPAN("text/")) || sl_span_eq(mime, SL_SPAN("application/json"));
}

/* A block for bytes or a URL; `member` names where they came from. */
static sluice_status add_media(struct request *r, sluice_span url, bool file, struct turns_place at,
                               const char *member, struct blocks *to)
{
    const char *code = file ? "invalid_file" : "invalid_image_url";
    struct block *b = turns_block_add(&r->turns, to, B_MEDIA);
    struct sl_media media;
    sluice_status st;

    if (!b)
        return SLUICE_E_NOMEM;
    b->document = file;
    if (is_http(url)) {
        b->source = SOURCE_URL;
        b->text = url;
        return SLUICE_OK;
    }
    if (!file && !sl_span_ieq(sl_span_head(url, 5), SL_SPAN("data:")))
        return turns_refuse_part(&r->turns, at, code, "An image is a data: or an http(s) URL.",
                                 member);
    st = sl_media(r->chat.arena, url, &media);
    if (st == SLUICE_E_INVALID)
        return turns_refuse_part(&r->turns, at, code, "This is no data URL with base64 in it.",
                                 member);
    if (st < 0)
        return st;
    b->text = media.data;
    b->media_type = media.mime;
    b->document = !is_image(media.mime);
    if (!b->document || sl_span_eq(media.mime, SL_SPAN("application/pdf")))
        return SLUICE_OK;
    if (!file || !is_text(media.mime))
        return turns_refuse_part(&r->turns, at, code,
                                 file ? "Files are taken as PDF, text or image."
                                      : "Images are taken as jpeg, png, gif or webp.",
                                 member);
    b->source = SOURCE_TEXT;
    b->media_type = SL_SPAN("text/plain");
    return sl_media_text(r->chat.arena, media.data, &b->text);
}

/* ---- one function a type ---- */

static sluice_status part_image(struct request *r, const struct sl_json *p, struct turns_place at,
                                struct blocks *to)
{
    const struct sl_json *image = sl_json_opt(p, "image_url");
    const struct sl_json *url = sl_json_get(image, "url");
    sluice_status st;

    if (image && image->type == SL_JSON_STRING)
        url = image; /* the short form that many clients send */
    if (!sl_json_inside(url).len)
        return turns_refuse_part(&r->turns, at, "invalid_image_url", "An image part needs a URL.",
                                 "image_url.url");
    st = add_media(r, sl_json_inside(url), false, at, "image_url.url", to);
    if (st >= 0)
        to->tail->cache = turns_cache_control(p);
    return st;
}

/* A file of the vendor's Files API, which others that serve these models do not have. */
static sluice_status add_uploaded(struct request *r, const struct sl_json *file,
                                  struct turns_place at, struct blocks *to)
{
    sluice_span id = sl_json_inside(sl_json_opt(file, "file_id"));
    struct block *b;

    if (!sl_span_starts(id, SL_SPAN("file_")) || r->x->self->version_in_body.len)
        return turns_refuse_part(&r->turns, at, "unsupported_value",
                                 "The provider knows no such file: send file_data.",
                                 "file.file_id");
    b = turns_block_add(&r->turns, to, B_MEDIA);
    if (!b)
        return SLUICE_E_NOMEM;
    b->source = SOURCE_FILE;
    b->text = id;
    b->document = !sl_span_starts(sl_json_inside(sl_json_opt(file, "format")), SL_SPAN("image/"));
    anthropic_betas_add(r->betas, SL_SPAN(ANTHROPIC_FILES_BETA));
    return SLUICE_OK;
}

static sluice_status part_file(struct request *r, const struct sl_json *p, struct turns_place at,
                               struct blocks *to)
{
    const struct sl_json *file = sl_json_opt(p, "file");
    const struct sl_json *data = sl_json_opt(file, "file_data");
    sluice_status st;

    if (!data && sl_json_opt(file, "file_id"))
        st = add_uploaded(r, file, at, to);
    else if (sl_json_inside(data).len)
        st = add_media(r, sl_json_inside(data), true, at, "file.file_data", to);
    else
        return turns_refuse_part(&r->turns, at, "invalid_file", "A file part needs file_data.",
                                 "file.file_data");
    if (st >= 0) {
        to->tail->cache = turns_cache_control(p);
        to->tail->title = sl_json_inside(sl_json_opt(file, "filename"));
    }
    return st;
}

static sluice_status part_unsupported(struct request *r, const struct sl_json *p,
                                      struct turns_place at, struct blocks *to)
{
    (void)p;
    (void)to;
    return turns_refuse_part(&r->turns, at, "unsupported_value", "The provider takes no audio.",
                             "type");
}

static sluice_status part_native(struct request *r, const struct sl_json *p, struct turns_place at,
                                 struct blocks *to)
{
    (void)at;
    if (sl_json_is(sl_json_get(sl_json_opt(p, "source"), "type"), "file"))
        anthropic_betas_add(r->betas, SL_SPAN(ANTHROPIC_FILES_BETA));
    return turns_raw_part(&r->turns, p, to);
}

typedef sluice_status part_fn(struct request *r, const struct sl_json *p, struct turns_place at,
                              struct blocks *to);

static const struct {
    const char *type;
    part_fn *fn;
} types[] = {
    { "image_url", part_image },
    { "file", part_file },
    { "input_audio", part_unsupported },
    /* the vendor's own blocks, as they came */
    { "image", part_native },
    { "document", part_native },
    { "search_result", part_native },
    { "container_upload", part_native },
    { "server_tool_use", part_native },
    { "web_search_tool_result", part_native },
    { "web_fetch_tool_result", part_native },
    { "code_execution_tool_result", part_native },
    { "bash_code_execution_tool_result", part_native },
    { "text_editor_code_execution_tool_result", part_native },
    { "tool_search_tool_result", part_native },
};

sluice_status anthropic_part(struct turns *turns, const struct sl_json *p, struct turns_place at,
                             struct blocks *to)
{
    struct request *r = SL_CONTAINER(turns, struct request, turns);

    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (sl_json_is(sl_json_get(p, "type"), types[i].type))
            return types[i].fn(r, p, at, to);
    return turns_refuse_part(&r->turns, at, "unsupported_value",
                             "The provider knows no part of this type.", "type");
}
