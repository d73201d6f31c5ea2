/* SPDX-License-Identifier: Apache-2.0 */
/* t_newer.c - built with headers in which the structs that a plugin writes have two fields more; it
 * writes them whole, as everybody does, and must not write past what an older host gives it. */
#include <stdlib.h>
#include <string.h>
#include <sluice/provider.h>

#ifndef SLUICE_TEST_NEWER
#error "this is to be compiled with the headers that newer.sh makes"
#endif

struct sluice_provider {
    const sluice_host *host;
};

struct sluice_exchange {
    int unused;
};

static sluice_status create(const sluice_host *host, sluice_span config, sluice_provider **out,
                            sluice_error *err)
{
    (void)config;
    (void)err;
    *out = calloc(1, sizeof **out);
    if (!*out)
        return SLUICE_E_NOMEM;
    (*out)->host = host;
    return SLUICE_OK;
}

static void destroy(sluice_provider *p)
{
    free(p);
}

static sluice_status begin(sluice_provider *p, const sluice_call *call, sluice_arena *arena,
                           sluice_exchange **out, sluice_error *err)
{
    (void)call;
    (void)err;
    *out = p->host->arena_alloc(p->host, arena, sizeof **out);
    return *out ? SLUICE_OK : SLUICE_E_NOMEM;
}

static sluice_status request(sluice_exchange *x, sluice_http_request *out, sluice_error *err)
{
    (void)x;
    (void)err;
    *out = (sluice_http_request){ .url = { "https://new.example/", 20 },
                                  .newer_one = { "set", 3 },
                                  .newer_two = ~(uint64_t)0 };
    return SLUICE_OK;
}

static sluice_status head(sluice_exchange *x, const sluice_http_head *h, uint32_t *framing,
                          sluice_error *err)
{
    (void)x;
    (void)h;
    (void)framing;
    (void)err;
    return SLUICE_OK;
}

static sluice_status data(sluice_exchange *x, const sluice_frame *f, const sluice_sink *sink,
                          sluice_error *err)
{
    (void)x;
    (void)err;
    return sink->whole(sink, &f->data, 1);
}

static sluice_status end(sluice_exchange *x, const sluice_sink *sink, sluice_error *err)
{
    (void)x;
    (void)sink;
    (void)err;
    return SLUICE_OK;
}

static const char *const operations[] = { "chat.completions", NULL };
static const sluice_provider_class provider = {
    .struct_size = sizeof provider,
    .operations = operations,
    .create = create,
    .destroy = destroy,
    .begin = begin,
    .request = request,
    .head = head,
    .data = data,
    .end = end,
};

static const void *get_class(const char *id)
{
    return strcmp(id, SLUICE_PROVIDER_ID) ? NULL : &provider;
}

static const sluice_plugin plugin = {
    .magic = SLUICE_MAGIC,
    .struct_size = sizeof plugin,
    .abi_major = SLUICE_ABI_MAJOR,
    .abi_minor = SLUICE_ABI_MINOR + 1,
    .id = "t_newer",
    .version = "1",
    .get_class = get_class,
};

SLUICE_PLUGIN_ENTRY(t_newer)
{
    return &plugin;
}
