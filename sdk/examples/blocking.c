/* SPDX-License-Identifier: Apache-2.0 */
/*
 * blocking.c - the shortest program: one prompt, one text.
 *
 *     ./blocking [MODEL [PROMPT]]
 *
 * Without a configuration the library serves `mock`, which answers by itself, and every provider
 * whose key is in the environment: OPENAI_API_KEY=... ./blocking openai/gpt-4o "Why is the sky
 * blue?"
 */
#include <stdio.h>
#include <sluice/sluice.h>

int main(int argc, char **argv)
{
    const char *model = argc > 1 ? argv[1] : "mock";
    const char *prompt = argc > 2 ? argv[2] : "Hello from C.";
    /* Each struct of the interface says how long it is, so that a newer library knows an older
     * program. */
    sluice_options options = { .struct_size = sizeof options };
    sluice_error err = SLUICE_ERROR_INIT;
    sluice *s;
    char *text;
    int status = 1;

    /* Open once, at the start of your program: it reads the configuration and loads plugins. */
    if (sluice_open(&options, &s, &err) < 0) {
        fprintf(stderr, "open: %s\n", err.message);
        return 1;
    }
    /* Call from any thread, from as many as you like. */
    if (sluice_ask(s, model, prompt, &text, &err) < 0) {
        fprintf(stderr, "%s: %s\n", model, err.message);
    } else {
        printf("%s\n", text);
        sluice_free(text);
        status = 0;
    }
    sluice_close(s, 0);
    return status;
}
