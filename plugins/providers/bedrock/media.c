/* SPDX-License-Identifier: Apache-2.0 */
/* media.c - images, documents, video and sound as Converse has them: a format's name beside base64
 * or the URI of a bucket; documents with a name of few characters, different in one request. */
#include <sluice_sdk/media.h>
#include "request.h"

static const struct {
    const char *mime, *member, *format;
} kinds[] = {
    { "image/png", "image", "png" },
    { "image/jpeg", "image", "jpeg" },
    { "image/gif", "image", "gif" },
    { "image/webp", "image", "webp" },
    { "application/pdf", "document", "pdf" },
    { "text/csv", "document", "csv" },
    { "text/html", "document", "html" },
    { "text/markdown", "document", "md" },
    { "text/plain", "document", "txt" },
    { "application/json", "document", "txt" },
    { "application/msword", "document", "doc" },
    { "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "document",
      "docx" },
    { "application/vnd.ms-excel", "document", "xls" },
    { "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "document", "xlsx" },
    { "video/mp4", "video", "mp4" },
    { "video/quicktime", "video", "mov" },
    { "video/x-matroska", "video", "mkv" },
    { "video/webm", "video", "webm" },
    { "video/x-flv", "video", "flv" },
    { "video/mpeg", "video", "mpeg" },
    { "video/x-ms-wmv", "video", "wmv" },
    { "video/3gpp", "video", "three_gp" },
    { "audio/mpeg", "audio", "mp3" },
    { "audio/mp3", "audio", "mp3" },
    { "audio/wav", "audio", "wav" },
    { "audio/x-wav", "audio", "wav" },
    { "audio/flac", "audio", "flac" },
    { "audio/aac", "audio", "aac" },
    { "audio/ogg", "audio", "ogg" },
};

static bool by_mime(sluice_span mime, struct block *b)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (sl_span_eq(mime, sl_span_str(kinds[i].mime))) {
            b->member = kinds[i].member;
            b->format = kinds[i].format;
            return true;
        }
    return false;
}

/* Of a bucket's object nothing but its name is known. */
static bool by_ending(sluice_span name, struct block *b)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        size_t n = strlen(kinds[i].format);

        if (name.len > n && name.ptr[name.len - n - 1] == '.' &&
            sl_span_ieq(sl_span_from(name, name.len - n), sl_span_str(kinds[i].format))) {
            b->member = kinds[i].member;
            b->format = kinds[i].format;
            return true;
        }
    }
    if (name.len > 4 && sl_span_ieq(sl_span_from(name, name.len - 4), SL_SPAN(".jpg"))) {
        b->member = "image";
        b->format = "jpeg";
        return true;
    }
    return false;
}

static bool is_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           strchr("-()[]", c);
}

/* Letters, digits, single blanks, hyphens and brackets; a number tells equal ones apart. The ending
 * stands in `format`. */
static bool name_document(struct request *r, struct block *b, sluice_span filename)
{
    char *p = sl_alloc(r->chat.arena, 128);
    size_t n = 0, end = filename.len;

    if (!p)
        return false;
    for (size_t i = filename.len; i > 1; i--)
        if (filename.ptr[i - 1] == '.') {
            end = i - 1;
            break;
        }
    for (size_t i = 0; i < end && n < 100; i++) {
        char c = filename.ptr[i];

        if (!is_name_char(c))
            c = '-';
        if (c == '-' && (!n || p[n - 1] == '-'))
            continue;
        p[n++] = c;
    }
    while (n && p[n - 1] == '-')
        n--;
    r->n_documents++;
    b->name = n ? sl_span(p, n) : SL_SPAN("document");
    if (r->n_documents > 1)
        b->name = sl_arena_printf(r->chat.arena, "%.*s-%zu", SL_FMT(b->name), r->n_documents);
    return b->name.ptr != NULL;
}

sluice_status bedrock_media(struct request *r, sluice_span url, bool file, sluice_span filename,
                            struct blocks *to, const char **what)
{
    struct block *b = turns_block_add(&r->turns, to, B_MEDIA);
    struct sl_media media;
    sluice_status st = SLUICE_OK;
    bool known;

    if (!b)
        return SLUICE_E_NOMEM;
    b->bucket = sl_span_starts(url, SL_SPAN("s3:"));
    if (b->bucket) {
        b->text = url;
        known = by_ending(url, b);
    } else {
        *what = "This is no data URL with base64 in it.";
        if (!sl_fetch_find(&r->x->fetch, url, &media)) {
            if (!file && !sl_span_ieq(sl_span_head(url, 5), SL_SPAN("data:"))) {
                *what = "An image is a data:, an http(s) or an s3 URL.";
                return SLUICE_E_INVALID;
            }
            st = sl_media(r->chat.arena, url, &media);
        }
        if (st < 0)
            return st;
        b->text = media.data;
        known = by_mime(media.mime, b) || (file && by_ending(filename, b));
    }
    *what =
        file ? "Files of this kind are not taken." : "Images are taken as jpeg, png, gif or webp.";
    if (!known || (!file && !strcmp(b->member, "document")))
        return SLUICE_E_INVALID;
    if (!strcmp(b->member, "document") && !name_document(r, b, filename))
        return SLUICE_E_NOMEM;
    return SLUICE_OK;
}
