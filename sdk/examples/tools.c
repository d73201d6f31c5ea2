/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tools.c - the model calls a function of ours: it asks, we run it, it answers with the result.
 *
 *     ./tools [MODEL]
 */
#include "example.h"

static const char tools[] =
    "[{\"type\":\"function\",\"function\":{\"name\":\"get_weather\","
    "\"description\":\"The weather in a city\",\"parameters\":{\"type\":\"object\","
    "\"properties\":{\"city\":{\"type\":\"string\"}},\"required\":[\"city\"]}}}]";

/* The function. Arguments come as JSON text, and the result is text. */
static const char *get_weather(sluice_span arguments)
{
    printf("get_weather(%.*s)\n", (int)arguments.len, arguments.ptr);
    return "sunny, 24 degrees";
}

static char *run(sluice *s, const char *body, sluice_span *answer)
{
    sluice_request request = { .struct_size = sizeof request };
    sluice_error err = SLUICE_ERROR_INIT;
    char *text = NULL;

    request.operation = span("chat.completions");
    request.body = span(body);
    if (sluice_run(s, &request, &text, &answer->len, &err) < 0)
        complain("call", &err);
    answer->ptr = text;
    return text;
}

/* The conversation so far, the model's own message as it came, and the result of its call. */
static void second_turn(char *body, size_t size, const char *model, sluice_span message,
                        sluice_span call)
{
    sluice_span id = json_at(call, "id");
    const char *result = get_weather(json_at(call, "function.arguments"));

    snprintf(body, size,
             "{\"model\":\"%s\",\"tools\":%s,\"messages\":["
             "{\"role\":\"user\",\"content\":\"How is the weather in Rome?\"},%.*s,"
             "{\"role\":\"tool\",\"tool_call_id\":%.*s,\"content\":\"%s\"}]}",
             model, tools, (int)message.len, message.ptr, (int)id.len, id.ptr, result);
}

int main(int argc, char **argv)
{
    const char *model = argc > 1 ? argv[1] : "mock/tools";
    sluice_options options = { .struct_size = sizeof options };
    sluice_error err = SLUICE_ERROR_INIT;
    sluice_span answer, message, call;
    char body[16384], *text;
    sluice *s;
    int status = 1;

    if (sluice_open(&options, &s, &err) < 0) {
        complain("open", &err);
        return 1;
    }
    snprintf(body, sizeof body,
             "{\"model\":\"%s\",\"tools\":%s,\"messages\":["
             "{\"role\":\"user\",\"content\":\"How is the weather in Rome?\"}]}",
             model, tools);
    text = run(s, body, &answer);
    message = text ? json_at(answer, "choices.0.message") : span("");
    call = message.len ? json_at(message, "tool_calls.0") : span("");
    if (call.len) {
        second_turn(body, sizeof body, model, message, call);
        sluice_free(text);
        text = run(s, body, &answer);
        message = text ? json_at(answer, "choices.0.message") : span("");
    }
    if (message.len) {
        print_text(json_at(message, "content"));
        putchar('\n');
        status = 0;
    }
    sluice_free(text);
    sluice_close(s, 0);
    return status;
}
