/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vision.c - a question about a picture, which is named by its address or sent along in base64.
 *
 *     ./vision [MODEL [URL or FILE.png]]
 */
#include "example.h"

#define LARGEST (8u << 20)

/* One white pixel, for who has no picture at hand. */
static const unsigned char pixel[] = {
    0x89, 'P',  'N',  'G',  '\r', '\n', 0x1a, '\n', 0,    0,    0,    13,   'I',  'H',
    'D',  'R',  0,    0,    0,    1,    0,    0,    0,    1,    8,    0,    0,    0,
    0,    0x3a, 0x7e, 0x9b, 0x55, 0,    0,    0,    10,   'I',  'D',  'A',  'T',  0x78,
    0x9c, 0x63, 0xf8, 0x0f, 0,    1,    1,    1,    0,    0x1b, 0xb6, 0xee, 0x56, 0,
    0,    0,    0,    'I',  'E',  'N',  'D',  0xae, 0x42, 0x60, 0x82,
};

static size_t base64(const unsigned char *in, size_t n, char *out)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t o = 0;

    for (size_t i = 0; i < n; i += 3) {
        unsigned v = (unsigned)in[i] << 16;

        v |= i + 1 < n ? (unsigned)in[i + 1] << 8 : 0;
        v |= i + 2 < n ? (unsigned)in[i + 2] : 0;
        out[o++] = letters[v >> 18];
        out[o++] = letters[v >> 12 & 63];
        out[o++] = i + 1 < n ? letters[v >> 6 & 63] : '=';
        out[o++] = i + 2 < n ? letters[v & 63] : '=';
    }
    out[o] = 0;
    return o;
}

/* "https://..." as it is; a file, or the pixel, as a data URL. malloc'ed; NULL on failure. */
static char *picture_url(const char *what)
{
    static const char head[] = "data:image/png;base64,";
    unsigned char *bytes = NULL;
    char *url = NULL;
    size_t n = sizeof pixel;

    if (what && strstr(what, "://"))
        return strdup(what);
    if (what) {
        FILE *f = fopen(what, "rb");

        bytes = malloc(LARGEST);
        n = f && bytes ? fread(bytes, 1, LARGEST, f) : 0;
        if (f)
            fclose(f);
    }
    if (n)
        url = malloc(sizeof head + (n + 2) / 3 * 4);
    if (url) {
        memcpy(url, head, sizeof head - 1);
        base64(bytes ? bytes : pixel, n, url + sizeof head - 1);
    }
    free(bytes);
    return url;
}

static int ask(sluice *s, const char *model, const char *url)
{
    sluice_request request = { .struct_size = sizeof request };
    sluice_error err = SLUICE_ERROR_INIT;
    size_t size = strlen(url) + strlen(model) + 256, len;
    char *body = malloc(size), *text = NULL;
    int status = 1;

    if (!body)
        return 1;
    snprintf(body, size,
             "{\"model\":\"%s\",\"messages\":[{\"role\":\"user\",\"content\":["
             "{\"type\":\"text\",\"text\":\"What is in this picture?\"},"
             "{\"type\":\"image_url\",\"image_url\":{\"url\":\"%s\"}}]}]}",
             model, url);
    request.operation = span("chat.completions");
    request.body = span(body);
    if (sluice_run(s, &request, &text, &len, &err) < 0) {
        complain(model, &err);
    } else {
        print_text(json_at((sluice_span){ text, len }, "choices.0.message.content"));
        putchar('\n');
        status = 0;
    }
    sluice_free(text);
    free(body);
    return status;
}

int main(int argc, char **argv)
{
    sluice_options options = { .struct_size = sizeof options };
    sluice_error err = SLUICE_ERROR_INIT;
    char *url = picture_url(argc > 2 ? argv[2] : NULL);
    sluice *s;
    int status;

    if (!url) {
        fprintf(stderr, "cannot read %s\n", argc > 2 ? argv[2] : "the picture");
        return 1;
    }
    if (sluice_open(&options, &s, &err) < 0) {
        complain("open", &err);
        free(url);
        return 1;
    }
    status = ask(s, argc > 1 ? argv[1] : "mock", url);
    sluice_close(s, 0);
    free(url);
    return status;
}
