// SPDX-License-Identifier: Apache-2.0
// t_cxx.cc - a provider in C++, with the inline functions and standard types that would clash when
// two of them are linked into one program. CXX_ID and CXX_SIZE make two different plugins of it.
#include <cstring>
#include <exception>
#include <new>
#include <string>
#include <vector>
#include <sluice/provider.h>

#ifndef CXX_ID
#define CXX_ID t_cxx
#define CXX_SIZE 8
#endif
#define TEXT_(x) #x
#define TEXT(x) TEXT_(x)

struct sluice_provider {
    const sluice_host *host = nullptr;
    std::vector<std::string> words;
    char room[CXX_SIZE] = {};
    sluice_provider() : words(3, TEXT(CXX_ID))
    {
        std::memset(room, 'x', sizeof room);
    }
};

struct sluice_exchange {
    sluice_provider *p;
    sluice_arena *arena;
};

namespace
{

sluice_status create(const sluice_host *host, sluice_span, sluice_provider **out, sluice_error *)
{
    try {
        *out = new sluice_provider;
        (*out)->host = host;
        return SLUICE_OK;
    } catch (const std::bad_alloc &) {
        return SLUICE_E_NOMEM;
    } catch (const std::exception &) {
        return SLUICE_E_INTERNAL;
    }
}

void destroy(sluice_provider *p)
{
    delete p;
}

sluice_status begin(sluice_provider *p, const sluice_call *, sluice_arena *arena,
                    sluice_exchange **out, sluice_error *)
{
    void *memory = p->host->arena_alloc(p->host, arena, sizeof(sluice_exchange));

    if (!memory)
        return SLUICE_E_NOMEM;
    *out = new (memory) sluice_exchange{ p, arena };
    return SLUICE_OK;
}

sluice_status request(sluice_exchange *, sluice_http_request *out, sluice_error *)
{
    static const char url[] = "https://cxx.example/";

    out->url = { url, sizeof url - 1 };
    return SLUICE_OK;
}

sluice_status head(sluice_exchange *, const sluice_http_head *, uint32_t *, sluice_error *)
{
    return SLUICE_OK;
}

sluice_status data(sluice_exchange *x, const sluice_frame *, const sluice_sink *sink,
                   sluice_error *)
{
    std::string text = "{\"id\":\"" + x->p->words.at(2) + "\"}";
    sluice_span part = { text.data(), text.size() };

    return sink->whole(sink, &part, 1);
}

sluice_status end(sluice_exchange *, const sluice_sink *, sluice_error *)
{
    return SLUICE_OK;
}

const char *const operations[] = { "chat.completions", nullptr };

sluice_provider_class make_class()
{
    sluice_provider_class c{};

    c.struct_size = sizeof c;
    c.operations = operations;
    c.create = create;
    c.destroy = destroy;
    c.begin = begin;
    c.request = request;
    c.head = head;
    c.data = data;
    c.end = end;
    return c;
}

const void *get_class(const char *id)
{
    static const sluice_provider_class provider = make_class();

    return std::strcmp(id, SLUICE_PROVIDER_ID) ? nullptr : &provider;
}

const sluice_plugin plugin = {
    SLUICE_MAGIC, sizeof plugin, SLUICE_ABI_MAJOR, SLUICE_ABI_MINOR, 0,        0, TEXT(CXX_ID), "1",
    "tests",      "in C++",      nullptr,          nullptr,          get_class
};

} // namespace

#define ENTRY(name) SLUICE_PLUGIN_ENTRY(name)
ENTRY(CXX_ID)
{
    return &plugin;
}
