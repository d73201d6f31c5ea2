/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes the translation of requests into the pivot: whatever a client of another dialect sends is
 * refused, or becomes one valid object whose members are where they are said to be, none of them
 * twice. The first byte picks the operation, the second the flags.
 */
#include "fuzz.h"

#include "format/dialect/operation.h"

static const char *const operations[] = {
    "messages",           "responses",    "generateContent", "embedContent",
    "batchEmbedContents", "ollama.chat",  "ollama.generate", "converse",
    "cohere.chat",        "cohere.embed", "ollama.embed"
};

static void check(const struct sl_translation *t, sluice_span text, struct sluice_arena *arena)
{
    struct sl_json_error why;
    sluice_header *members;
    size_t n;

    require(sl_json_members(text, arena, &members, &n, &why) != SLUICE_E_INVALID);
    require(n == t->n_members);
    for (size_t i = 0; i < n; i++) {
        require(sl_span_eq(members[i].name, sl_span_str(t->members[i].name)));
        require(members[i].value.ptr == text.ptr + t->members[i].at);
        require(members[i].value.len == t->members[i].end - t->members[i].at);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    sluice_error err = SLUICE_ERROR_INIT;
    struct sluice_arena arena, keep;
    struct sl_translation t = {
        .model = SL_SPAN("m"), .arena = &arena, .keep = &keep, .err = &err
    };
    const struct sl_operation *op;
    struct sl_json_error why;
    struct sl_json *root;
    struct sl_buf text;

    if (size < 2)
        return 0;
    op = sl_operation_find(
        sl_span_str(
            operations[(uint8_t)(data[0] - '0') % (sizeof operations / sizeof *operations)]),
        sl_span("", 0));
    t.stream = data[1] & 1;
    t.extended = data[1] & 2;
    t.drop = data[1] & 4;
    sl_arena_init(&arena, 256u << 20);
    sl_arena_init(&keep, 256u << 20);
    sl_buf_init(&text, 256u << 20);
    t.out = sl_json_out(&text);
    if (sl_json_parse(sl_span((const char *)data + 2, size - 2), &arena, &root, &why) >= 0 &&
        root->type == SL_JSON_OBJECT) {
        sluice_status st;

        t.root = root;
        st = op->request(&t);
        if (st >= 0)
            check(&t, sl_buf_span(&text), &arena);
        else
            require(st == SLUICE_E_NOMEM || (st == SLUICE_E_INVALID && err.message[0]));
    }
    sl_buf_finish(&text);
    sl_arena_finish(&keep);
    sl_arena_finish(&arena);
    return 0;
}
