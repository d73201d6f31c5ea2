/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes what dialects make of the pivot's whole answer where it is not made of steps: whatever a
 * provider gave, it is refused as the upstream's fault, or becomes one JSON object with as many
 * vectors. The first byte picks the operation, the rest is the answer.
 */
#include "fuzz.h"

#include "format/json_scan.h"
#include "format/json_tree.h"
#include "format/dialect/operation.h"

static const struct {
    const char *operation;
    const char *vectors; /* where they are; NULL: only the first one is asked for */
} operations[] = { { "embedContent", NULL },
                   { "batchEmbedContents", "embeddings" },
                   { "cohere.embed", "embeddings.float" },
                   { "ollama.embed", "embeddings" } };

static void check(sluice_span told, sluice_span made, const char *vectors,
                  struct sluice_arena *arena)
{
    struct sl_json *from, *to;
    struct sl_json_error why;

    require(sl_json_parse(told, arena, &from, &why) >= 0);
    require(sl_json_parse(made, arena, &to, &why) != SLUICE_E_INVALID);
    require(to->type == SL_JSON_OBJECT);
    if (vectors)
        require(sl_json_at(to, vectors)->n == sl_json_get(from, "data")->n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct sl_operation *op;
    struct sluice_arena arena;
    struct sl_encoder e;
    struct sl_buf out;
    sluice_span text;
    size_t which;

    if (size < 1)
        return 0;
    which = (uint8_t)(data[0] - '0') % (sizeof operations / sizeof *operations);
    text = sl_span((const char *)data + 1, size - 1);
    op = sl_operation_find(sl_span_str(operations[which].operation), sl_span("", 0));
    sl_arena_init(&arena, 256u << 20);
    sl_buf_init(&out, 256u << 20);
    e = (struct sl_encoder){ .dialect = op->dialect,
                             .arena = &arena,
                             .id = SL_SPAN("id"),
                             .model = SL_SPAN("m"),
                             .created = 7 };
    /* The host has seen that it is JSON. */
    if (sl_json_validate(text, NULL) >= 0) {
        sluice_status st = op->answer(&e, text, &arena, &out);

        require(st >= 0 || st == SLUICE_E_UPSTREAM || st == SLUICE_E_NOMEM);
        if (st >= 0)
            check(text, sl_buf_span(&out), operations[which].vectors, &arena);
    }
    sl_encoder_finish(&e);
    sl_buf_finish(&out);
    sl_arena_finish(&arena);
    return 0;
}
