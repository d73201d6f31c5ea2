/* SPDX-License-Identifier: Apache-2.0 */
/*
 * embeddings.c - texts as vectors, and how near they are to each other.
 *
 *     ./embeddings [MODEL]
 */
#include "example.h"

#define MOST 8192 /* dimensions */

/* The vector of one text; returns how many numbers it has. */
static int vector_of(sluice_span answer, int which, double *out)
{
    sluice_span v;
    char path[64];
    int n = 0;

    snprintf(path, sizeof path, "data.%d.embedding", which);
    v = json_at(answer, path);
    if (!v.len || v.ptr[0] != '[')
        return 0;
    for (const char *p = v.ptr + 1; n < MOST && *p != ']'; n++) {
        char *end;

        out[n] = strtod(p, &end);
        if (end == p)
            break;
        p = end + strspn(end, ", \n");
    }
    return n;
}

static double product(const double *a, const double *b, int n)
{
    double sum = 0;

    for (int i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

int main(int argc, char **argv)
{
    const char *model = argc > 1 ? argv[1] : "mock";
    static double first[MOST], second[MOST];
    sluice_options options = { .struct_size = sizeof options };
    sluice_error err = SLUICE_ERROR_INIT;
    sluice_request request = { .struct_size = sizeof request };
    sluice *s;
    char body[512], *text;
    size_t len;
    int n;

    if (sluice_open(&options, &s, &err) < 0) {
        complain("open", &err);
        return 1;
    }
    /* encoding_format "base64" gives the same as packed floats, which is shorter. */
    snprintf(body, sizeof body,
             "{\"model\":\"%s\",\"input\":[\"a cat on a mat\",\"a dog on a log\"],"
             "\"encoding_format\":\"float\"}",
             model);
    request.operation = span("embeddings");
    request.body = span(body);
    if (sluice_run(s, &request, &text, &len, &err) < 0) {
        complain(model, &err);
        sluice_close(s, 0);
        return 1;
    }
    n = vector_of((sluice_span){ text, len }, 0, first);
    if (n != vector_of((sluice_span){ text, len }, 1, second))
        n = 0;
    printf("%d dimensions, product %.3f\n", n, product(first, second, n));
    sluice_free(text);
    sluice_close(s, 0);
    return n == 0;
}
