/* SPDX-License-Identifier: Apache-2.0 */
/*
 * chat.c - a conversation: JSON in, JSON out, in OpenAI's format whatever the provider speaks.
 *
 *     ./chat [MODEL]
 */
#include "example.h"

int main(int argc, char **argv)
{
    const char *model = argc > 1 ? argv[1] : "mock";
    sluice_options options = { .struct_size = sizeof options };
    sluice_error err = SLUICE_ERROR_INIT;
    sluice_request request = { .struct_size = sizeof request };
    sluice *s;
    sluice_span answer, used;
    char body[1024], *text;
    size_t len;

    if (sluice_open(&options, &s, &err) < 0) {
        complain("open", &err);
        return 1;
    }
    /* Whatever OpenAI's API takes stands here: temperature, max_tokens, response_format, ... */
    snprintf(body, sizeof body,
             "{\"model\":\"%s\",\"temperature\":0.2,\"messages\":["
             "{\"role\":\"system\",\"content\":\"You answer in one sentence.\"},"
             "{\"role\":\"user\",\"content\":\"What is a sluice?\"},"
             "{\"role\":\"assistant\",\"content\":\"A gate that controls a flow of water.\"},"
             "{\"role\":\"user\",\"content\":\"And what is it good for?\"}]}",
             model);
    request.operation = span("chat.completions");
    request.body = span(body);
    if (sluice_run(s, &request, &text, &len, &err) < 0) {
        complain(model, &err);
        sluice_close(s, 0);
        return 1;
    }
    answer = (sluice_span){ text, len };
    print_text(json_at(answer, "choices.0.message.content"));
    used = json_at(answer, "usage.total_tokens");
    printf("\n(%.*s tokens)\n", (int)used.len, used.ptr);
    sluice_free(text);
    sluice_close(s, 0);
    return 0;
}
