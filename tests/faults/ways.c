/* SPDX-License-Identifier: Apache-2.0 */
/* ways.c - the faults, one function each, and what should come of them. */
#include "faults.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define OK "HTTP/1.1 200 OK\r\nConnection: close\r\n"
#define SSE "Content-Type: text/event-stream\r\n"
#define JSON "Content-Type: application/json\r\n"
#define EVENT(delta, finish)                                                                       \
    "{\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"created\":7,\"model\":\"x\","           \
    "\"choices\":[{\"index\":0,\"delta\":" delta ",\"finish_reason\":" finish "}]}"
#define WHOLE                                                                                      \
    "{\"id\":\"c1\",\"object\":\"chat.completion\",\"created\":7,\"model\":\"x\",\"choices\":"     \
    "[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"" GOOD_TEXT "\"},"            \
    "\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2,"         \
    "\"total_tokens\":3}}"
#define FIRST "data: " EVENT("{\"role\":\"assistant\",\"content\":\"\"}", "null") "\n\n"
#define PART1                                                                                      \
    "data: " EVENT("{\"content\":\"g\xc3\xb6\xc3\xb6"                                              \
                   "d mor\"}",                                                                     \
                   "null") "\n\n"
#define PART2                                                                                      \
    "data: " EVENT("{\"content\":\"ning, \xe2\x82\xac 5 \xf0\x9f\x98\x80\"}", "null") "\n\n"
#define FINISH "data: " EVENT("{}", "\"stop\"") "\n\n"
#define DONE "data: [DONE]\n\n"
#define STREAM FIRST PART1 PART2 FINISH DONE

size_t heavy_bytes = 10u << 20;

static const char *body_of(const struct wire *w)
{
    return w->stream ? STREAM : WHOLE;
}

static const char *type_of(const struct wire *w)
{
    return w->stream ? SSE : JSON;
}

void serve_good(struct wire *w)
{
    say(w, OK "%s\r\n%s", type_of(w), body_of(w));
}

static void error_with(struct wire *w, const char *status, const char *more, const char *members)
{
    char body[400];

    snprintf(body, sizeof body, "{\"error\":{\"message\":\"it went wrong\"%s}}", members);
    say(w, "HTTP/1.1 %s\r\nConnection: close\r\n" JSON "%sContent-Length: %zu\r\n\r\n%s", status,
        more, strlen(body), body);
}

static void s500(struct wire *w)
{
    error_with(w, "500 Internal Server Error", "", "");
}
static void s502(struct wire *w)
{
    error_with(w, "502 Bad Gateway", "", "");
}
static void s503(struct wire *w)
{
    error_with(w, "503 Service Unavailable", "", "");
}
static void s529(struct wire *w)
{
    error_with(w, "529 Overloaded", "", "");
}
static void s429(struct wire *w)
{
    error_with(w, "429 Too Many Requests", "", "");
}
static void s401(struct wire *w)
{
    error_with(w, "401 Unauthorized", "", "");
}
static void s402(struct wire *w)
{
    error_with(w, "402 Payment Required", "", "");
}

static void s429_seconds(struct wire *w)
{
    error_with(w, "429 Too Many Requests", "Retry-After: 1\r\n", "");
}

static void s429_date(struct wire *w)
{
    char field[80], date[60];
    time_t then = time(NULL) + 3;
    struct tm tm;

    strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&then, &tm));
    snprintf(field, sizeof field, "Retry-After: %s\r\n", date);
    error_with(w, "429 Too Many Requests", field, "");
}

static void s429_ms(struct wire *w)
{
    error_with(w, "429 Too Many Requests", "retry-after-ms: 400\r\n", "");
}

static void reset_at_once(struct wire *w)
{
    drop(w, true);
}

static void close_at_once(struct wire *w)
{
    drop(w, false);
}

static void reset_amid(struct wire *w)
{
    if (w->stream)
        say(w, OK SSE "\r\n" FIRST PART1);
    else
        say(w, OK JSON "Content-Length: %zu\r\n\r\n%.40s", strlen(WHOLE), WHOLE);
    drop(w, true);
}

static void reset_before_content(struct wire *w)
{
    if (w->stream)
        say(w, OK SSE "\r\n" FIRST);
    else
        say(w, OK JSON "Content-Length: %zu\r\n\r\n", strlen(WHOLE));
    drop(w, true);
}

/* Until the peer has had enough. */
static void silence(struct wire *w)
{
    char byte;

    while (read(w->fd, &byte, 1) > 0)
        continue;
}

static void deltas_then_silence(struct wire *w)
{
    if (w->stream) {
        say(w, OK SSE "\r\n" FIRST);
        for (int i = 0; i < 20; i++)
            say(w, "data: " EVENT("{\"content\":\"x\"}", "null") "\n\n");
    }
    silence(w);
}

static void malformed_first(struct wire *w)
{
    if (w->stream)
        say(w, OK SSE "\r\ndata: {\"id\":\"c1\",]\n\n" STREAM);
    else
        say(w, OK JSON "\r\n{\"id\":\"c1\",]");
}

static void malformed_later(struct wire *w)
{
    if (w->stream)
        say(w, OK SSE "\r\n" FIRST PART1 "data: {\"id\":\"c1\",]\n\n" PART2 FINISH DONE);
    else
        malformed_first(w);
}

/* One byte a packet, as far as the system lets us. */
static void byte_by_byte(struct wire *w)
{
    const char *body = body_of(w);

    say(w, OK "%s\r\n", type_of(w));
    for (size_t i = 0; body[i]; i++) {
        send_all(w, body + i, 1);
        if (i % 64 == 0)
            usleep(200);
    }
}

/* Cut inside of characters, names and line ends: 7 is prime to all of them. */
static void odd_pieces(struct wire *w)
{
    const char *body = body_of(w);
    size_t len = strlen(body);

    say(w, OK "%s\r\n", type_of(w));
    for (size_t i = 0; i < len; i += 7) {
        send_all(w, body + i, len - i < 7 ? len - i : 7);
        usleep(100);
    }
}

/* CRLF, LF and CR, one event each. */
static void mixed_line_ends(struct wire *w)
{
    if (!w->stream) {
        serve_good(w);
        return;
    }
    say(w, OK SSE "\r\ndata: " EVENT("{\"role\":\"assistant\",\"content\":\"\"}", "null"));
    say(w, "\r\n\r\ndata: " EVENT("{\"content\":\"g\xc3\xb6\xc3\xb6"
                                  "d mor\"}",
                                  "null"));
    say(w, "\r\rdata: " EVENT("{\"content\":\"ning, \xe2\x82\xac 5 \xf0\x9f\x98\x80\"}", "null"));
    say(w, "\n\n" FINISH "data: [DONE]\r\r");
}

static void comments_and_pings(struct wire *w)
{
    if (!w->stream) {
        serve_good(w);
        return;
    }
    say(w, OK SSE "\r\n: connected\n\n" FIRST ": ping\n\n:\n" PART1 "retry: 100\n\n" PART2);
    say(w, "id: 7\n\n: ping\n\n" FINISH DONE);
}

static void byte_order_mark(struct wire *w)
{
    if (w->stream)
        say(w, OK SSE "\r\n\xef\xbb\xbf" STREAM);
    else
        serve_good(w);
}

static void character_cut_in_two(struct wire *w)
{
    const char *body = body_of(w);
    size_t at = (size_t)(strstr(body, "\xc3\xb6") - body) + 1;

    say(w, OK "%s\r\n", type_of(w));
    send_all(w, body, at);
    usleep(20000);
    send_all(w, body + at, strlen(body) - at);
}

/* The finish came, [DONE] did not. */
static void no_terminator(struct wire *w)
{
    if (w->stream)
        say(w, OK SSE "\r\n" FIRST PART1 PART2 FINISH);
    else
        serve_good(w);
}

/* Not even the finish, and nobody says that something is missing but a chunk that never came. */
static void no_end(struct wire *w)
{
    if (w->stream)
        say(w, OK SSE "\r\n" FIRST PART1 PART2);
    else
        say(w, OK JSON "Transfer-Encoding: chunked\r\n\r\n10\r\n%.16s\r\n", WHOLE);
}

static void more_after_the_end(struct wire *w)
{
    if (w->stream)
        say(w, OK SSE "\r\n" STREAM "data: {\"error\":{\"message\":\"late\"}}\n\n" PART1 "garbage");
    else
        say(w, OK JSON "Content-Length: %zu\r\n\r\n" WHOLE "garbage", strlen(WHOLE));
}

/* Nobody asked for it, and there is nobody who could read it. */
static void gzip(struct wire *w)
{
    static const unsigned char packed[] = { 0x1f, 0x8b, 8,    0,    0,    0,    0,    0,    0, 3,
                                            0x4b, 0x49, 0x2c, 0x49, 0xb4, 0x52, 0xa8, 0xe6, 2, 0 };

    say(w, OK "%sContent-Encoding: gzip\r\n\r\n", type_of(w));
    send_all(w, packed, sizeof packed);
}

static void zstd(struct wire *w)
{
    static const unsigned char packed[] = { 0x28, 0xb5, 0x2f, 0xfd, 4, 0, 0x41, 0, 0, 'd', 'a' };

    say(w, OK "%sContent-Encoding: zstd\r\n\r\n", type_of(w));
    send_all(w, packed, sizeof packed);
}

static void chunked_with_trailers(struct wire *w)
{
    const char *body = body_of(w);
    size_t len = strlen(body), half = len / 2;

    say(w, OK "%sTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n%zx;a=b\r\n%.*s\r\n",
        type_of(w), half, (int)half, body);
    say(w, "%zX\r\n%s\r\n0\r\nX-Sum: 1\r\nX-More: 2\r\n\r\n", len - half, body + half);
}

static void large(struct wire *w)
{
    char *pad = malloc(1u << 16);
    size_t sent = 0;

    if (!pad)
        return;
    memset(pad, ' ', 1u << 16);
    if (w->stream) {
        say(w, OK SSE "\r\n" FIRST PART1);
        for (; sent < heavy_bytes; sent += 1u << 16) { /* blanks in JSON, 64 KiB an event */
            say(w, "data: {");
            send_all(w, pad, (1u << 16) - 9);
            say(w, "}\n\n");
        }
        say(w, PART2 FINISH DONE);
    } else {
        say(w, OK JSON "\r\n");
        for (; sent < heavy_bytes; sent += 1u << 16)
            send_all(w, pad, 1u << 16);
        say(w, WHOLE);
    }
    free(pad);
}

static void error_in_200(struct wire *w)
{
    static const char error[] =
        "{\"error\":{\"message\":\"it went wrong\",\"type\":\"server_error\"}}";

    if (w->stream)
        say(w, OK SSE "\r\n" FIRST "data: %s\n\n", error);
    else
        say(w, OK JSON "\r\n%s", error);
}

static void error_amid(struct wire *w)
{
    if (w->stream)
        say(w, OK SSE
            "\r\n" FIRST PART1
            "data: {\"error\":{\"message\":\"it went wrong\",\"type\":\"server_error\"}}\n\n");
    else
        error_in_200(w);
}

static void length_too_long(struct wire *w)
{
    say(w, OK "%sContent-Length: %zu\r\n\r\n%s", type_of(w), strlen(body_of(w)) + 100, body_of(w));
    drop(w, false);
}

static void length_too_short(struct wire *w)
{
    const char *body = body_of(w);
    size_t len = w->stream ? strlen(FIRST PART1) + 10 : strlen(body) / 2;

    say(w, OK "%sContent-Length: %zu\r\n\r\n%s", type_of(w), len, body);
}

static void http10(struct wire *w)
{
    say(w, "HTTP/1.0 200 OK\r\n%s\r\n%s", type_of(w), body_of(w));
}

static void not_http(struct wire *w)
{
    say(w, "220 mail.example ESMTP\r\n\r\n");
}

static void web_page(struct wire *w)
{
    say(w, "HTTP/1.1 502 Bad Gateway\r\nConnection: close\r\nContent-Type: text/html\r\n\r\n"
           "<html><title>502 Bad Gateway</title></html>");
}

static void nothing_inside(struct wire *w)
{
    say(w, OK "%sContent-Length: 0\r\n\r\n", type_of(w));
}

const struct fault faults[] = {
    { "500", s500, FAILS, FAILS, 502, .again = true },
    { "502", s502, FAILS, FAILS, 502, .again = true },
    { "503", s503, FAILS, FAILS, 503, .again = true },
    { "529", s529, FAILS, FAILS, 503, .again = true },
    { "429", s429, FAILS, FAILS, 429, .again = true },
    { "429, wait in seconds", s429_seconds, FAILS, FAILS, 429, .again = true, .least_wait_ms = 1000,
      .tells_wait = true },
    { "429, wait as a date", s429_date, FAILS, FAILS, 429, .again = true, .least_wait_ms = 1000,
      .tells_wait = true },
    { "429, wait in ms", s429_ms, FAILS, FAILS, 429, .again = true, .least_wait_ms = 400,
      .tells_wait = true },
    { "401", s401, FAILS, FAILS, .status = 502 },
    { "402", s402, FAILS, FAILS, .status = 429 },
    { "reset before the head", reset_at_once, FAILS, FAILS, 502, .again = true },
    { "close before the head", close_at_once, FAILS, FAILS, 502, .again = true },
    { "reset before content", reset_before_content, FAILS, FAILS, 502, .again = true },
    { "reset after events", reset_amid, FAILS, BREAKS, 502, .again = true },
    { "20 deltas, then silence", deltas_then_silence, FAILS, BREAKS, 504, .again = true,
      .stalls = true },
    { "first event malformed", malformed_first, FAILS, FAILS, 502, .again = true },
    { "later event malformed", malformed_later, FAILS, BREAKS, 502, .again = true },
    { "cut at every byte", byte_by_byte, .plain = FINE, .stream = FINE },
    { "cut anywhere", odd_pieces, .plain = FINE, .stream = FINE },
    { "CRLF, LF and CR", mixed_line_ends, .plain = FINE, .stream = FINE },
    { "comments and pings", comments_and_pings, .plain = FINE, .stream = FINE },
    { "byte order mark", byte_order_mark, .plain = FINE, .stream = FINE },
    { "character cut in two", character_cut_in_two, .plain = FINE, .stream = FINE },
    { "no terminator", no_terminator, .plain = FINE, .stream = FINE },
    { "no end at all", no_end, FAILS, BREAKS, 502, .again = true },
    { "data after [DONE]", more_after_the_end, .plain = FINE, .stream = FINE },
    { "gzip", gzip, FAILS, FAILS, 502, .again = true },
    { "zstd", zstd, FAILS, FAILS, 502, .again = true },
    { "chunked with trailers", chunked_with_trailers, .plain = FINE, .stream = FINE },
    { "large body", large, .plain = FINE, .stream = FINE, .heavy = true },
    { "error in a 200", error_in_200, FAILS, FAILS, 502, .again = true },
    { "error amid a stream", error_amid, FAILS, BREAKS, 502, .again = true },
    { "length too long", length_too_long, FAILS, FINE, 502, .again = true },
    { "length too short", length_too_short, FAILS, BREAKS, 502, .again = true },
    { "HTTP/1.0 and close", http10, .plain = FINE, .stream = FINE },
    { "not HTTP", not_http, FAILS, FAILS, 502, .again = true },
    { "a proxy's page", web_page, FAILS, FAILS, 502, .again = true },
    { "nothing inside", nothing_inside, FAILS, FAILS, 502, .again = true },
};
const size_t n_faults = sizeof faults / sizeof *faults;
