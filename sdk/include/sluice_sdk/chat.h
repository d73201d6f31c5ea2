/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sluice_sdk/chat.h - reading a call in OpenAI's chat form, for providers that translate it:
 * members sorted, parameters refused by name, tools and tool_choice in one form, arguments as
 * objects, names of calls looked up. And the few lines that every translated answer needs. Spans
 * called "inside" are the inside of a JSON string, still escaped.
 */
#ifndef SLUICE_SDK_CHAT_H
#define SLUICE_SDK_CHAT_H

#include <sluice/provider.h>
#include <sluice_sdk/arena.h>
#include <sluice_sdk/fetch.h>
#include <sluice_sdk/json.h>
#include <sluice_sdk/span.h>

struct sl_chat {
    const sluice_host *host;
    const sluice_call *call;
    struct sluice_arena *arena;
    sluice_error *err;
    const struct sl_fetch *fetch; /* NULL: remote URLs are not fetched */
    bool drop;                    /* SLUICE_CALL_DROP */
    bool lenient;                 /* arguments that are no object count as {} */
};

/* Without fetch and lenient, which are the provider's to say. */
void sl_chat_init(struct sl_chat *c, const sluice_host *host, const sluice_call *call,
                  struct sluice_arena *arena, sluice_error *err);
/* INVALID, naming the parameter: "messages.[2].content" and so on. */
sluice_status sl_chat_bad(struct sl_chat *c, const char *code, const char *message,
                          const char *param, ...) __attribute__((format(printf, 4, 5)));
/* For a parameter the vendor lacks: OK when such are to be dropped, else INVALID. */
sluice_status sl_chat_lacking(struct sl_chat *c, const char *param);

/* m[i] becomes the tree of member names[i]; NULL when absent or null. Those that neither names nor
 * left_out (NULL-terminated) have are listed in extra, unless they are null. */
sluice_status sl_chat_members(struct sl_chat *c, const char *const *names, size_t n,
                              const struct sl_json **m, const char *const *left_out,
                              const sluice_header ***extra, size_t *n_extra);
/* Parameters that ask for what most vendors lack: n above 1, logprobs, audio. Each pointer may be
 * NULL: absent, or not lacking. */
sluice_status sl_chat_lacks(struct sl_chat *c, const struct sl_json *n,
                            const struct sl_json *logprobs, const struct sl_json *top_logprobs,
                            const struct sl_json *modalities, const struct sl_json *audio);

/* A parameter that is there and has to be a number. */
sluice_status sl_chat_number(struct sl_chat *c, const struct sl_json *j, const char *param,
                             double *out);

/* ---- messages ---- */

/* Decoded text of a string; empty when absent. Negative: out of memory. */
sluice_status sl_chat_text(struct sl_chat *c, const struct sl_json *j, sluice_span *out);
/* A message's text parts joined by `between` (inside); parts of other types are INVALID. */
sluice_status sl_chat_plain(struct sl_chat *c, const struct sl_json *content, size_t message,
                            sluice_span between, sluice_span *inside);
/* A tool call's arguments as a raw JSON object: {} when they are empty or null. j: string or
 * object. */
sluice_status sl_chat_arguments(struct sl_chat *c, const struct sl_json *j, size_t message,
                                size_t call, sluice_span *object);
/* The function that a tool message answers, by its id among the calls of earlier messages; inside;
 * empty when there is none. */
sluice_span sl_chat_name_of(const struct sl_json *messages, const struct sl_json *tool_message);
/* Is there anything but blanks? */
bool sl_chat_blank(sluice_span inside);
/* The text without the blanks at its end. */
sluice_span sl_chat_trim_end(sluice_span inside);
/* The URL of an image_url part in either form; inside; empty when there is none. */
sluice_span sl_chat_image_url(const struct sl_json *part);
/* The bytes of a data URL, or of a remote one that was fetched; INVALID names the part. where:
 * "image_url.url". */
sluice_status sl_chat_media(struct sl_chat *c, sluice_span url, size_t message, size_t part,
                            const char *where, struct sl_media *out);
/* JSON text as the inside of a string, and UTF-8 text likewise. */
sluice_status sl_chat_escape(struct sluice_arena *arena, sluice_span text, sluice_span *inside);
/* Raw JSON, without the blanks between its tokens, as the inside of a string. */
sluice_status sl_chat_compact(struct sluice_arena *arena, sluice_span json, sluice_span *inside);

/* ---- tools ---- */

enum sl_chat_choice {
    SL_CHOICE_UNSET,
    SL_CHOICE_AUTO,
    SL_CHOICE_ANY,
    SL_CHOICE_ONE, /* of this name */
    SL_CHOICE_NONE
};

struct sl_chat_tool {
    const struct sl_json *whole;    /* as it stands in `tools` */
    const struct sl_json *function; /* name, description, parameters; NULL: the vendor's own tool */
    sluice_span name;               /* inside */
    bool allowed;                   /* false: tool_choice leaves it out */
};

struct sl_chat_tools {
    struct sl_chat_tool *list;
    size_t n, n_functions;
    enum sl_chat_choice choice;
    sluice_span name; /* inside; of SL_CHOICE_ONE */
    bool restricted;  /* some are not allowed */
    bool strict;      /* some function asks for strict arguments */
};
/* tools and tool_choice, or the deprecated functions and function_call; any may be NULL. INVALID:
 * a custom tool, a function without a name, a choice that nobody knows. Tools of other types have
 * no function: a provider that does not know one calls sl_chat_tool_unknown(). */
sluice_status sl_chat_tools(struct sl_chat *c, const struct sl_json *tools,
                            const struct sl_json *functions, const struct sl_json *tool_choice,
                            const struct sl_json *function_call, struct sl_chat_tools *out);

sluice_status sl_chat_tool_unknown(struct sl_chat *c, size_t i);

/* ---- configuration ---- */

/* Of a config_schema: whether sl_chat.lenient is to be set. */
#define SL_CHAT_LENIENT_SCHEMA                                                                     \
    "\"lenient_arguments\":{\"type\":\"boolean\","                                                 \
    "\"description\":\"Replay tool calls whose arguments are no JSON object as {} instead of "     \
    "refusing the call.\"}"
/* Is this member of a class's configuration true? config may be empty. */
bool sl_chat_config(sluice_span config, const char *name);

/* ---- answers ---- */

/* An answer comes as the vendor says, whatever was asked for: proxies do not always stream. */
void sl_chat_framing(const sluice_http_head *head, uint32_t *framing);

/* Inside of a string at this path of a valid object; empty when there is none. */
static inline sluice_span sl_chat_member(sluice_span object, const char *path)
{
    sluice_span inside = SL_SPAN("");

    sl_json_raw_string(sl_json_find(object, path), &inside);
    return inside;
}

/* For end(): the answer stopped without its end. */
sluice_status sl_chat_truncated(sluice_error *err);

#define SL_CHAT_ID 30
/* "call_" and 24 letters and digits, for vendors that give no ids. */
sluice_span sl_chat_id(const sluice_host *host, char out[SL_CHAT_ID]);

static inline sluice_status sl_chat_emit(const sluice_sink *sink, uint32_t kind, uint32_t choice,
                                         uint32_t index, sluice_span text)
{
    sluice_delta d = {
        .struct_size = sizeof d, .kind = kind, .choice = choice, .index = index, .text = text
    };

    return sink->delta(sink, &d);
}
/* Members of the message, raw JSON without braces. */
static inline sluice_status sl_chat_emit_extra(const sluice_sink *sink, uint32_t choice,
                                               sluice_span members)
{
    sluice_delta d = {
        .struct_size = sizeof d, .kind = SLUICE_DELTA_EXTRA, .choice = choice, .extra = members
    };

    return sink->delta(sink, &d);
}

#endif
