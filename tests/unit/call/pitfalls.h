/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pitfalls.h - tests of docs/pitfalls.md that need a whole call: a vendor says a text, a client of
 * some dialect asks, and what it reads (or what the vendor was sent) must hold, or not, some words.
 */
#ifndef TEST_CALL_PITFALLS_H
#define TEST_CALL_PITFALLS_H

#include "vendor_streams.h"

static struct kit kit;
static struct canned vendor;
static struct got got;
static struct sl_buf heard; /* what the client read; binary events as "type payload\n" */

static int set_up(void **state)
{
    (void)state;
    canned_open(&vendor, &kit);
    sl_buf_init(&heard, 4u << 20);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    sl_buf_finish(&heard);
    canned_close(&vendor);
    return 0;
}

#define PITFALL(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

static inline void read_answer(void)
{
    sl_buf_reset(&heard);
    if (strcmp(got.content_type, AWS_EVENTS) == 0)
        read_aws_events(sl_span(got.body.ptr, got.body.len - 1), &heard);
    else
        sl_buf_add(&heard, sl_span(got.body.ptr, got.body.len));
    got_free(&got);
}

/* The vendor will answer so. */
static inline void says(const char *type, const char *text)
{
    canned_says(&vendor, type, sl_span_str(text));
}

static inline void ask_stream(const char *dialect, const char *model)
{
    canned_ask(&vendor, &got, dialect, model, true, "");
    read_answer();
}

static inline void ask_whole(const char *dialect, const char *model)
{
    canned_ask(&vendor, &got, dialect, model, false, "");
    read_answer();
}

/* A request of the chat dialect, as it is. */
static inline void ask_chat(const char *body)
{
    canned_chat(&vendor, &got, body);
    read_answer();
}

static inline void expect_status(int status)
{
    if (got.status != status)
        fail_msg("status %d: %s", got.status, heard.ptr);
}

/* Each of them, one behind the other; NULL ends the list. */
static inline void expect_in_order(const char *const *texts)
{
    const char *at = heard.ptr;

    for (; *texts; texts++) {
        const char *found = strstr(at, *texts);

        if (!found)
            fail_msg("not, or not there: %s\nin %s", *texts, heard.ptr);
        else
            at = found + strlen(*texts);
    }
}
#define EXPECT(...) expect_in_order((const char *const[]){ __VA_ARGS__, NULL })

static inline size_t times_in(const char *text, const char *part)
{
    size_t n = 0;

    for (; (text = strstr(text, part)); text++)
        n++;
    return n;
}

static inline size_t times(const char *part)
{
    return times_in(heard.ptr, part);
}

static inline void expect_not(const char *text)
{
    if (strstr(heard.ptr, text))
        fail_msg("%s\nis in %s", text, heard.ptr);
}

/* What the vendor was sent. */
static inline void expect_sent(const char *text)
{
    if (!strstr(vendor.seen.ptr, text))
        fail_msg("%s\nis not in %s", text, vendor.seen.ptr);
}

static inline void expect_not_sent(const char *text)
{
    if (strstr(vendor.seen.ptr, text))
        fail_msg("%s\nis in %s", text, vendor.seen.ptr);
}

#define CHAT_ANSWER(message, finish, usage)                                                        \
    "{\"id\":\"c1\",\"object\":\"chat.completion\",\"created\":7,\"model\":\"v\",\"choices\":[{"   \
    "\"index\":0,\"message\":" message ",\"finish_reason\":\"" finish "\"}],\"usage\":{" usage     \
    "}}"
#define CHAT_HI                                                                                    \
    CHAT_ANSWER("{\"role\":\"assistant\",\"content\":\"hi\"}", "stop",                             \
                "\"prompt_tokens\":9,\"completion_tokens\":4,\"total_tokens\":13")

#endif
