/* SPDX-License-Identifier: Apache-2.0 */
/* converse_media.c - blocks with bytes: a format's name and base64 become data URLs and files. What
 * the pivot has no word for goes to providers that know it, or is refused by its place. */
#include "format/converse/converse.h"

static const struct {
    const char *block, *format, *mime;
} formats[] = {
    { "image", "png", "image/png" },
    { "image", "jpeg", "image/jpeg" },
    { "image", "gif", "image/gif" },
    { "image", "webp", "image/webp" },
    { "document", "pdf", "application/pdf" },
    { "document", "csv", "text/csv" },
    { "document", "html", "text/html" },
    { "document", "txt", "text/plain" },
    { "document", "md", "text/markdown" },
    { "document", "doc", "application/msword" },
    { "document", "docx",
      "application/vnd.openxmlformats-officedocument.wordprocessingml.document" },
    { "document", "xls", "application/vnd.ms-excel" },
    { "document", "xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" },
    { "video", "mp4", "video/mp4" },
    { "video", "mov", "video/quicktime" },
    { "video", "mkv", "video/x-matroska" },
    { "video", "webm", "video/webm" },
    { "video", "mpeg", "video/mpeg" },
    { "audio", "wav", "audio/wav" },
    { "audio", "mp3", "audio/mpeg" },
};

struct media {
    struct sl_translation *t;
    const struct sl_json *block, *value; /* {"image":value} */
    const char *name;
    size_t message, place;
    sluice_span mime, bytes, bucket; /* insides */
};

static sluice_status bad(const struct media *m, const char *message, const char *member)
{
    return sl_pivot_refuse(m->t, NULL, message, "messages.[%zu].content.[%zu].%s.%s", m->message,
                           m->place, m->name, member);
}

static sluice_status lacking(const struct media *m, const char *member)
{
    return sl_pivot_lacking(m->t, "messages.[%zu].content.[%zu].%s.%s", m->message, m->place,
                            m->name, member);
}

static bool read_format(struct media *m)
{
    const struct sl_json *format = sl_json_opt(m->value, "format");

    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++)
        if (!strcmp(formats[i].block, m->name) && sl_json_is(format, formats[i].format))
            m->mime = sl_span_str(formats[i].mime);
    if (!format && !strcmp(m->name, "document"))
        m->mime = SL_SPAN("application/pdf");
    return m->mime.len > 0;
}

static void open_part(struct media *m, const char *type, const char *member)
{
    struct sl_json_out *o = &m->t->out;

    sl_json_open(o, '{');
    sl_json_kv_str(o, "type", sl_span_str(type));
    sl_json_key(o, member);
    sl_json_open(o, '{');
}

static void close_part(struct media *m)
{
    sl_json_close(&m->t->out, '}');
    sl_converse_cache(m->t, m->block);
    sl_json_close(&m->t->out, '}');
}

static sluice_status write_url(struct media *m, const char *type)
{
    struct sl_json_out *o = &m->t->out;

    open_part(m, type, type);
    sl_json_key(o, "url");
    if (m->bucket.len)
        sl_json_inside_str(o, m->bucket);
    else
        sl_pivot_data_url(o, m->mime, m->bytes);
    close_part(m);
    return SLUICE_OK;
}

static sluice_status write_audio(struct media *m)
{
    struct sl_json_out *o = &m->t->out;

    open_part(m, "input_audio", "input_audio");
    sl_json_key(o, "data");
    sl_json_inside_str(o, m->bytes);
    sl_json_kv_raw(o, "format", sl_json_get(m->value, "format")->raw);
    close_part(m);
    return SLUICE_OK;
}

static sluice_status write_document(struct media *m)
{
    const struct sl_json *name = sl_json_opt(m->value, "name");
    sluice_span text = sl_json_inside(sl_json_opt(sl_json_opt(m->value, "source"), "text"));
    struct sl_json_out *o = &m->t->out;

    if (text.len) {
        sl_pivot_text_part(o, text);
        sl_converse_cache(m->t, m->block);
        sl_json_close(o, '}');
        return SLUICE_OK;
    }
    open_part(m, "file", "file");
    sl_json_key(o, "filename");
    sl_json_inside_str(o, sl_json_inside(name).len ? sl_json_inside(name) : SL_SPAN("document"));
    sl_json_key(o, "file_data");
    if (m->bucket.len)
        sl_json_inside_str(o, m->bucket);
    else
        sl_pivot_data_url(o, m->mime, m->bytes);
    close_part(m);
    return SLUICE_OK;
}

static sluice_status write(struct media *m)
{
    bool document = !strcmp(m->name, "document"), audio = !strcmp(m->name, "audio");
    const struct sl_json *source = sl_json_opt(m->value, "source");

    m->bytes = sl_json_inside(sl_json_opt(source, "bytes"));
    m->bucket = sl_json_inside(sl_json_opt(sl_json_opt(source, "s3Location"), "uri"));
    if (document && sl_json_inside(sl_json_opt(source, "text")).len)
        return write_document(m);
    if (!m->bytes.len && !m->bucket.len)
        return bad(m, "A source is bytes in base64, or a place in a bucket.", "source");
    if (m->bucket.len && (!m->t->extended || audio))
        return lacking(m, "source.s3Location");
    if (!read_format(m))
        return bad(m, "This format is not known here.", "format");
    if (document)
        return write_document(m);
    if (audio)
        return write_audio(m);
    if (!strcmp(m->name, "video"))
        return m->t->extended ? write_url(m, "video_url") : lacking(m, "source");
    return write_url(m, "image_url");
}

sluice_status sl_converse_media(struct sl_translation *t, const struct sl_json *block,
                                size_t message, size_t place, bool *written)
{
    static const char *const names[] = { "image", "document", "video", "audio" };
    struct media m = { .t = t, .block = block, .message = message, .place = place };
    size_t before = t->out.buf->len;
    sluice_status st = SLUICE_OK;

    for (size_t i = 0; i < sizeof names / sizeof names[0] && !m.value; i++) {
        m.name = names[i];
        m.value = sl_json_opt(block, names[i]);
    }
    if (m.value)
        st = write(&m);
    *written = t->out.buf->len > before;
    return st;
}
