/* SPDX-License-Identifier: Apache-2.0 */
/* texts.c - see texts.h. */
#include "texts.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX 65536

static const char more_headers[] = "date: Mon, 05 Jan 2026 10:00:00 GMT\r\n"
                                   "x-request-id: req_0123456789abcdef0123456789abcdef\r\n"
                                   "openai-version: 2020-10-01\r\n"
                                   "openai-processing-ms: 12\r\n"
                                   "x-ratelimit-limit-requests: 10000\r\n"
                                   "x-ratelimit-remaining-requests: 9999\r\n";

static void add(struct way *w, const char *text, size_t len)
{
    if (len <= TEXT_MAX - w->len)
        memcpy(w->text + w->len, text, len);
    w->len += len;
}

static void end_piece(struct way *w)
{
    w->ends[w->n_pieces++] = w->len;
}

static void make_whole(struct way *w)
{
    char body[1024], head[512];
    int n = snprintf(
        body, sizeof body,
        "{\"id\":\"chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT\",\"object\":\"chat.completion\","
        "\"created\":1741569952,\"model\":\"%s\",\"choices\":[{\"index\":0,\"message\":{\"role\":"
        "\"assistant\",\"content\":\"Near the town the water has about 19 degrees in June and 21 "
        "in "
        "August;\\nbehind the cape it is calm, and \\\"cold\\\" is a matter of taste.\","
        "\"refusal\":null,\"annotations\":[],\"audio\":null,\"function_call\":null,\"tool_calls\":"
        "null},\"logprobs\":null,\"finish_reason\":\"stop\"}],\"usage\":{"
        "\"prompt_tokens\":119,\"completion_tokens\":42,\"total_tokens\":161,"
        "\"prompt_tokens_details\":{\"cached_tokens\":0,\"audio_tokens\":0},"
        "\"completion_tokens_details\":{\"reasoning_tokens\":0,\"audio_tokens\":0,"
        "\"accepted_prediction_tokens\":0,\"rejected_prediction_tokens\":0}},"
        "\"service_tier\":\"default\",\"system_fingerprint\":\"fp_b376dfbbd5\"}\n",
        w->name);
    int h = snprintf(head, sizeof head,
                     "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
                     "content-length: %d\r\n%s\r\n",
                     n, more_headers);

    add(w, head, (size_t)h);
    add(w, body, (size_t)n);
    end_piece(w);
}

/* One event as one chunk of the transfer coding, and the end of a piece. */
static void add_event(struct way *w, const char *type, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void add_event(struct way *w, const char *type, const char *format, ...)
{
    char json[512], event[640], chunk[700];
    va_list args;
    int n;

    va_start(args, format);
    vsnprintf(json, sizeof json, format, args);
    va_end(args);
    n = snprintf(event, sizeof event, "%s%s%sdata: %s\n\n", type ? "event: " : "", type ? type : "",
                 type ? "\n" : "", json);
    n = snprintf(chunk, sizeof chunk, "%x\r\n%s\r\n", (unsigned)n, event);
    add(w, chunk, (size_t)n);
    end_piece(w);
}

static void make_stream(struct way *w)
{
    static const char stem[] =
        "{\"id\":\"chatcmpl-B9MHDbslfkBeAs8l4bebGdFOJ6PeG\",\"object\":\"chat.completion.chunk\","
        "\"created\":1741570283,\"model\":\"%s\",\"system_fingerprint\":\"fp_fc9f1d7035\","
        "\"choices\":[";
    char begin[256], head[512];
    int n = snprintf(head, sizeof head,
                     "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\n"
                     "transfer-encoding: chunked\r\n%s\r\n",
                     more_headers);

    snprintf(begin, sizeof begin, stem, w->name);
    add(w, head, (size_t)n);
    add_event(w, NULL,
              "%s{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"},"
              "\"logprobs\":null,\"finish_reason\":null}]}",
              begin);
    for (int i = 0; i < EVENTS - 3; i++) {
        add_event(w, NULL,
                  "%s{\"index\":0,\"delta\":{\"content\":\" word%02d\"},\"logprobs\":null,"
                  "\"finish_reason\":null}]}",
                  begin, i);
    }
    add_event(w, NULL,
              "%s{\"index\":0,\"delta\":{},\"logprobs\":null,\"finish_reason\":\"stop\"}]}", begin);
    add_event(w, NULL,
              "%s],\"usage\":{\"prompt_tokens\":119,\"completion_tokens\":97,"
              "\"total_tokens\":216}}",
              begin);
    add(w, "e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n", 24);
    w->ends[w->n_pieces - 1] = w->len; /* with the last event */
}

/* ---- Anthropic's ---- */

static void make_claude(struct way *w)
{
    char body[1024], head[512];
    int n = snprintf(
        body, sizeof body,
        "{\"id\":\"msg_01XFDUDYJgAACzvnptvVoYEL\",\"type\":\"message\",\"role\":\"assistant\","
        "\"model\":\"%s\",\"content\":[{\"type\":\"text\",\"text\":\"Near the town the water has "
        "about 19 degrees in June and 21 in August;\\nbehind the cape it is calm, and "
        "\\\"cold\\\" is a matter of "
        "taste.\"}],\"stop_reason\":\"end_turn\",\"stop_sequence\":null,"
        "\"usage\":{\"input_tokens\":119,\"cache_creation_input_tokens\":0,"
        "\"cache_read_input_tokens\":0,\"output_tokens\":42,\"service_tier\":\"standard\"}}",
        w->name);
    int h = snprintf(head, sizeof head,
                     "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
                     "content-length: %d\r\n%s\r\n",
                     n, more_headers);

    add(w, head, (size_t)h);
    add(w, body, (size_t)n);
    end_piece(w);
}

/* As many pieces of text as make EVENTS of OpenAI's: one begins, one ends, one tells the usage. */
static void make_claude_stream(struct way *w)
{
    char head[512];
    int n = snprintf(head, sizeof head,
                     "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\n"
                     "transfer-encoding: chunked\r\n%s\r\n",
                     more_headers);

    add(w, head, (size_t)n);
    add_event(w, "message_start",
              "{\"type\":\"message_start\",\"message\":{\"id\":\"msg_01XFDUDYJgAACzvnptvVoYEL\","
              "\"type\":\"message\",\"role\":\"assistant\",\"model\":\"%s\",\"content\":[],"
              "\"stop_reason\":null,\"stop_sequence\":null,\"usage\":{\"input_tokens\":119,"
              "\"output_tokens\":1}}}",
              w->name);
    add_event(w, "content_block_start",
              "{\"type\":\"content_block_start\",\"index\":0,\"content_block\":"
              "{\"type\":\"text\",\"text\":\"\"}}");
    for (int i = 0; i < EVENTS - 3; i++)
        add_event(w, "content_block_delta",
                  "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":"
                  "{\"type\":\"text_delta\",\"text\":\" word%02d\"}}",
                  i);
    add_event(w, "content_block_stop", "{\"type\":\"content_block_stop\",\"index\":0}");
    add_event(w, "message_delta",
              "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\","
              "\"stop_sequence\":null},\"usage\":{\"output_tokens\":97}}");
    add_event(w, "message_stop", "{\"type\":\"message_stop\"}");
    add(w, "0\r\n\r\n", 5);
    w->ends[w->n_pieces - 1] = w->len; /* with the last event */
}

bool make_text(struct way *w)
{
    w->text = malloc(TEXT_MAX);
    if (!w->text)
        return false;
    if (w->claude)
        (w->stream ? make_claude_stream : make_claude)(w);
    else
        (w->stream ? make_stream : make_whole)(w);
    return w->len <= TEXT_MAX;
}
