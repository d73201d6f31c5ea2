/* SPDX-License-Identifier: Apache-2.0 */
/* scan.c - how fast JSON is scanned, by kind of text. Prints figures, judges nothing. Takes CPU
 * time, so that other work on the machine matters less. */
#include "format/json_scan.h"
#include "format/json_string.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define SIZE (1 << 20)
#define ROUND 200000 /* microseconds a figure is taken over */

static const char request[] =
    "{\"model\":\"gpt-4o-mini\",\"messages\":[{\"role\":\"system\",\"content\":\"You are a helpful "
    "assistant that answers questions about the weather, in short sentences.\"},{\"role\":\"user\","
    "\"content\":\"What will the weather be like in Lisbon next week?\\nPlease give me the "
    "temperature "
    "in degrees Celsius and say whether I will need an umbrella.\"},{\"role\":\"assistant\","
    "\"content\":\"It will be sunny with 24 degrees on most days; on Thursday take an umbrella "
    "with "
    "you.\"},{\"role\":\"user\",\"content\":\"Thank you! And what about the water temperature for "
    "swimming at the beaches in the west of the town?\"}],\"temperature\":0.7,\"max_tokens\":256,"
    "\"stream\":false}";

static uint64_t cpu_us(void)
{
    struct timespec ts = { 0 };

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
    return (uint64_t)ts.tv_sec * 1000000u + (uint64_t)ts.tv_nsec / 1000u;
}

/* A string of SIZE bytes made of a pattern over and over, within one member. */
static sluice_span body(const char *pattern)
{
    static const char head[] = "{\"content\":\"", tail[] = "\"}";
    size_t n = strlen(pattern), len = sizeof head - 1;
    char *text = malloc(SIZE + 64 + n);

    if (!text)
        return sl_span(NULL, 0);
    memcpy(text, head, len);
    for (; len < SIZE; len += n)
        memcpy(text + len, pattern, n);
    memcpy(text + len, tail, sizeof tail - 1);
    return sl_span(text, len + sizeof tail - 1);
}

static void report(const char *kind, const char *way, size_t bytes, size_t times, uint64_t us)
{
    double ns = (double)us * 1e3;

    printf("%-10s %-8s %7.2f GB/s  %9.1f ns each\n", kind, way, (double)bytes * (double)times / ns,
           ns / (double)times);
}

static void measure_members(const char *kind, sluice_span text)
{
    struct sluice_arena arena;
    uint64_t from = cpu_us(), us;
    size_t times = 0, n;
    sluice_header *m;

    sl_arena_init(&arena, 1 << 20);
    do {
        for (int i = 0; i < 16; i++) {
            if (sl_json_members(text, &arena, &m, &n, NULL) != SLUICE_OK)
                printf("%s is refused\n", kind);
            sl_arena_reset(&arena);
        }
        times += 16;
        us = cpu_us() - from;
    } while (us < ROUND);
    report(kind, "members", text.len, times, us);
    sl_arena_finish(&arena);
}

static void measure_ways(const char *kind, sluice_span text)
{
    const struct sl_json_string_way *ways;
    size_t n = sl_json_string_ways(&ways);

    for (size_t i = 0; i < n; i++) {
        uint64_t from = cpu_us(), us;
        size_t times = 0;

        do {
            for (int k = 0; k < 16; k++)
                if (ways[i].fn(text.ptr + 12, text.ptr + text.len).what)
                    printf("%s is refused\n", kind);
            times += 16;
            us = cpu_us() - from;
        } while (us < ROUND);
        report(kind, ways[i].name, text.len, times, us);
    }
}

int main(void)
{
    static const struct {
        const char *kind, *pattern;
    } kinds[] = {
        { "base64",
          "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9aw" },
        { "escaped", "    if (a == \\\"b\\\") {\\n\\tprintf(\\\"%s\\\\n\\\", a);\\n    }\\n" },
        { "nested", "{\\\"x\\\":\\\"\\\\\\\"y\\\\\\\"\\\",\\\"z\\\":[\\\"\\u00e9\\\"]}," },
        { "prose", "Plain English text as people write it, with a line end here and there.\\n" },
        { "mixed", "Grüße aus Köln: naïve façade, 東京タワー, Привет, 😀 and plain text.\\n" },
        { "cjk", "東京は日本の首都であり、世界最大の都市のひとつです。" },
    };

    measure_members("request", sl_span(request, sizeof request - 1));
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        sluice_span text = body(kinds[i].pattern);

        if (!text.ptr)
            return 1;
        measure_members(kinds[i].kind, text);
        measure_ways(kinds[i].kind, text);
        free((char *)(uintptr_t)text.ptr);
    }
    return 0;
}
