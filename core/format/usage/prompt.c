/* SPDX-License-Identifier: Apache-2.0 */
/* prompt.c - one pass over raw JSON: names, strings, brackets; see prompt.h. */
#include "format/usage/prompt.h"

#include "format/usage/tokens.h"

/* Hundredths of tokens, as OpenAI's public recipe counts chats. */
#define MESSAGE 400 /* a message's frame and the word for who speaks */
#define NAME 100    /* a speaker's name */
#define TOOL 1800   /* the frame of a tool: type NAME = (_: { ... }) => any; */
#define NUMBER 100  /* tokens given as numbers, figures in schemas */
#define IMAGE 25000 /* LiteLLM's figure for an image of unknown size */
#define IMAGE_LOW 8500
#define SECONDS 32000     /* a sound of unknown length: ten seconds at 32 tokens */
#define PAPER 100000      /* a document of unknown length: a page or two */
#define LOOK_BYTES 16384u /* of a prompt's text are looked at in any case */
#define HEAD_BYTES 256u   /* of some texts behind them */
#define BINARY 512        /* bytes without a blank that make a text be data and no words */

enum input { TEXT, IMAGE_IN, SOUND_IN, FILM_IN, PAPER_IN };

struct walk {
    struct sl_prompt *prompt;
    enum sl_prompt_part part;
    const char *p, *end;
    sluice_span name; /* of the member whose value comes; ptr NULL in arrays */
};

/* Behind the string whose inside starts at p. */
static const char *string_end(const struct walk *w, const char *p)
{
    const struct sl_json_longs *longs = w->prompt->longs;
    const char *end = w->end, *known = longs && longs->n ? sl_json_longs_end(longs, p) : NULL;

    if (known)
        return known;
    while (p < end) {
        const char *quote = memchr(p, '"', (size_t)(end - p)), *back;

        if (!quote)
            return end;
        for (back = quote; back > p && back[-1] == '\\'; back--)
            ;
        if ((quote - back) % 2 == 0)
            return quote;
        p = quote + 1;
    }
    return end;
}

static bool one_of(sluice_span s, const char *const *list)
{
    for (; *list; list++)
        if (sl_span_eq(s, sl_span_str(*list)))
            return true;
    return false;
}

/* A part that says "type". */
static enum input type_of(sluice_span type)
{
    static const char *const images[] = { "image_url", "input_image", "image", NULL };
    static const char *const sounds[] = { "input_audio", "audio", "audio_url", NULL };
    static const char *const films[] = { "video_url", "input_video", "video", NULL };
    static const char *const papers[] = { "file", "input_file", "document", NULL };

    return one_of(type, images)   ? IMAGE_IN
           : one_of(type, sounds) ? SOUND_IN
           : one_of(type, films)  ? FILM_IN
           : one_of(type, papers) ? PAPER_IN
                                  : TEXT;
}

/* A part that names its media type instead, as Google's dialect does. */
static enum input media_of(sluice_span type)
{
    return sl_span_starts(type, SL_SPAN("image/"))            ? IMAGE_IN
           : sl_span_starts(type, SL_SPAN("audio/"))          ? SOUND_IN
           : sl_span_starts(type, SL_SPAN("video/"))          ? FILM_IN
           : sl_span_starts(type, SL_SPAN("application/pdf")) ? PAPER_IN
                                                              : TEXT;
}

static void bring(struct sl_prompt *p, enum input kind)
{
    switch (kind) {
    case TEXT:
        break;
    case IMAGE_IN:
        p->images++;
        p->weight += IMAGE;
        break;
    case SOUND_IN:
        p->sounds++;
        p->weight += SECONDS;
        break;
    case FILM_IN:
        p->films++;
        p->weight += SECONDS;
        break;
    case PAPER_IN:
        p->papers++;
        p->weight += PAPER;
        break;
    }
}

/* Base64 and addresses that hold data: not words. */
static bool is_data(sluice_span text)
{
    if (sl_span_starts(text, SL_SPAN("data:")))
        return true;
    if (text.len <= BINARY)
        return false;
    for (size_t i = 0; i < BINARY; i++) {
        char c = text.ptr[i];

        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '+' || c == '/' || c == '=' || c == '-' || c == '_'))
            return false;
    }
    return true;
}

/* The loop waits for this: beyond a bound, a text is taken to weigh as those before it, and every
 * eighth is asked by its beginning whether that is still so. */
static int64_t weigh(struct sl_prompt *p, sluice_span text)
{
    bool whole = p->bytes < LOOK_BYTES;
    sluice_span look = whole ? text : sl_span_head(text, HEAD_BYTES);
    int64_t weight;

    if (!whole && p->bytes && p->n_texts++ % 8 != 0)
        return (int64_t)((__int128)p->of_bytes * (int64_t)text.len / (int64_t)p->bytes);
    weight = sl_tokens_weigh(look);
    p->bytes += look.len;
    p->of_bytes += weight;
    if (look.len < text.len)
        weight = (int64_t)((__int128)weight * (int64_t)text.len / (int64_t)look.len);
    return weight;
}

static void message_text(struct walk *w, sluice_span text)
{
    /* Names whose strings the model does not read, or that were counted as something else. */
    static const char *const silent[] = { "url",           "image_url", "detail", "id",
                                          "tool_call_id",  "call_id",   "format", "file_id",
                                          "cache_control", "signature", "ttl",    NULL };
    struct sl_prompt *p = w->prompt;
    sluice_span name = w->name;

    if (name.ptr && sl_span_eq(name, SL_SPAN("type"))) {
        bring(p, type_of(text));
        return;
    }
    if (name.ptr &&
        (sl_span_eq(name, SL_SPAN("mimeType")) || sl_span_eq(name, SL_SPAN("mime_type")))) {
        bring(p, media_of(text));
        return;
    }
    if (name.ptr && sl_span_eq(name, SL_SPAN("role"))) {
        p->weight += MESSAGE;
        return;
    }
    if (name.ptr && sl_span_eq(name, SL_SPAN("detail")) && sl_span_eq(text, SL_SPAN("low")))
        p->weight -= IMAGE - IMAGE_LOW;
    if (name.ptr && (one_of(name, silent) || sl_span_eq(name, SL_SPAN("media_type"))))
        return;
    if (name.ptr && sl_span_eq(name, SL_SPAN("name")))
        p->weight += NAME;
    if (!is_data(text))
        p->weight += weigh(p, text);
}

static void schema_text(struct walk *w, sluice_span text)
{
    if (w->name.ptr && sl_span_eq(w->name, SL_SPAN("type"))) {
        w->prompt->weight += sl_span_eq(text, SL_SPAN("function")) ? TOOL : NAME;
        return;
    }
    w->prompt->weight += weigh(w->prompt, text);
}

static void schema_name(struct walk *w)
{
    static const char *const frame[] = {
        "type",         "properties", "parameters", "function", "description",          "required",
        "input_schema", "name",       "items",      "strict",   "additionalProperties", NULL
    };

    if (!one_of(w->name, frame))
        w->prompt->weight += sl_tokens_weigh(w->name) + NAME; /* and what stands behind a name */
}

static bool is_name(const struct walk *w)
{
    const char *p = w->p;

    while (p < w->end && (*p == ' ' || *p == '\t' || *p == '\r' || *p == '\n'))
        p++;
    return p < w->end && *p == ':';
}

static void take_string(struct walk *w)
{
    const char *begin = w->p, *close = string_end(w, begin);
    sluice_span text = sl_span(begin, (size_t)(close - begin));

    w->p = close < w->end ? close + 1 : w->end;
    if (is_name(w)) {
        w->name = text;
        if (w->part == SL_PROMPT_SCHEMA)
            schema_name(w);
        return;
    }
    if (w->part == SL_PROMPT_SCHEMA)
        schema_text(w, text);
    else
        message_text(w, text);
}

static void take_number(struct walk *w)
{
    while (w->p < w->end && *w->p != ',' && *w->p != ']' && *w->p != '}')
        w->p++;
    if (w->part == SL_PROMPT_SCHEMA || !w->name.ptr)
        w->prompt->weight += NUMBER;
}

void sl_prompt_add(struct sl_prompt *p, sluice_span value, enum sl_prompt_part part)
{
    struct walk w = { p, part, value.ptr, value.ptr ? value.ptr + value.len : NULL, { NULL, 0 } };

    while (w.p < w.end) {
        char c = *w.p++;

        if (c == '"')
            take_string(&w);
        else if (c == '-' || (c >= '0' && c <= '9'))
            take_number(&w);
        else if (c == '[')
            w.name = sl_span(NULL, 0);
    }
}

int64_t sl_prompt_tokens(const struct sl_prompt *p)
{
    return (p->weight + 50) / 100;
}
