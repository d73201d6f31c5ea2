/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes what dialects make of the steps of an answer: whatever steps come, a stream is made of
 * whole frames of valid JSON (or of messages with right CRCs), the whole answer is valid JSON, and
 * both say the same. The first byte picks the operation; then a step a line: a letter that says
 * which, a digit for its block (or for the reason to finish), text. See `kinds`.
 */
#include "tally.h"
#include "written.h"

#include "format/json_write.h"
#include "format/dialect/operation.h"

static const struct {
    const char *operation;
    void (*add)(struct tally *t, const struct sl_json *j, bool whole);
    bool named; /* events have the name that is their type */
} dialects[] = {
    { "chat.completions", tally_chat, false },  { "responses", tally_responses, true },
    { "messages", tally_messages, true },       { "generateContent", tally_gemini, false },
    { "cohere.chat", tally_cohere, true },      { "ollama.chat", tally_ollama, false },
    { "ollama.generate", tally_ollama, false }, { "converse", tally_converse, false },
};

static const struct {
    char letter;
    uint32_t kind;
    const char *extra; /* instead of a text */
} kinds[] = {
    { 'S', SLUICE_DELTA_START, NULL },
    { 't', SLUICE_DELTA_TEXT, NULL },
    { 'r', SLUICE_DELTA_REASONING, NULL },
    { 's', SLUICE_DELTA_SIGNATURE, NULL },
    { 'o', SLUICE_DELTA_SIGNATURE, "\"type\":\"redacted_thinking\",\"data\":\"AA\"" },
    { 'c', SLUICE_DELTA_TOOL_START, NULL },
    { 'C', SLUICE_DELTA_TOOL_START, NULL }, /* with members of its vendor's */
    { 'a', SLUICE_DELTA_TOOL_ARGS, NULL },
    { 'R', SLUICE_DELTA_REFUSAL, NULL },
    { 'x', SLUICE_DELTA_EXTRA,
      "\"annotations\":[{\"type\":\"url_citation\",\"url_citation\":{\"url\":\"u\",\"title\":"
      "\"t\"}}]" },
    { 'y', SLUICE_DELTA_EXTRA, "\"extra_content\":{\"google\":{\"thought_signature\":\"AA\"}}" },
    /* Line ends in JSON are white space, and would be the end of a frame. */
    { 'n', SLUICE_DELTA_EXTRA,
      "\"annotations\":\n[{\"type\":\"url_citation\",\r\n\"url_citation\":{\"url\":\"u\",\n\n"
      "\"title\":\"t\"}}]" },
    { 'm', SLUICE_DELTA_EXTRA, "\"provider_specific_fields\":{\n\"a\":\r1\n\n}" },
    { 'p', SLUICE_DELTA_LOGPROBS,
      "\"content\":[{\"token\":\"a\",\"logprob\":-1,\"top_logprobs\":[]}]" },
    { 'f', SLUICE_DELTA_FINISH, NULL },
};

/* The inside of a JSON string: the text itself where it is one, else the text escaped. */
static sluice_span inside(sluice_span text, struct sluice_arena *arena)
{
    struct sl_json_error why;
    struct sl_json_out o;
    struct sl_buf b;
    sluice_span out;

    sl_buf_init(&b, 1u << 20);
    sl_buf_add_char(&b, '"');
    sl_buf_add(&b, text);
    sl_buf_add_char(&b, '"');
    if (sl_json_validate(sl_buf_span(&b), &why) < 0) {
        sl_buf_reset(&b);
        o = sl_json_out(&b);
        sl_json_str(&o, text);
    }
    out = sl_arena_dup(arena, sl_span(b.ptr + 1, b.len - 2));
    sl_buf_finish(&b);
    return out;
}

/* Why answers end, by the digit: plugins have no other words. */
static const char *const reasons[] = { "stop", "length", "tool_calls", "content_filter" };

/* The next line as a step; false: there is none. */
static bool next_step(sluice_span *rest, sluice_delta *d, struct sluice_arena *arena)
{
    while (rest->len) {
        sluice_span line = sl_span_head(*rest, sl_span_find_char(*rest, '\n'));

        *rest = sl_span_from(*rest, line.len + 1);
        for (size_t i = 0; line.len >= 2 && i < sizeof kinds / sizeof kinds[0]; i++) {
            sluice_span text = sl_span_from(line, 2);

            if (kinds[i].letter != line.ptr[0])
                continue;
            *d = (sluice_delta){ .struct_size = sizeof *d,
                                 .kind = kinds[i].kind,
                                 .index = (uint32_t)(unsigned char)line.ptr[1] % 8 };
            if (kinds[i].extra)
                d->extra = sl_span_str(kinds[i].extra);
            else if (d->kind == SLUICE_DELTA_TOOL_START)
                d->id = d->name = inside(text, arena);
            else if (d->kind == SLUICE_DELTA_FINISH)
                d->text = sl_span_str(reasons[d->index % 4]);
            else
                d->text = inside(text, arena);
            if (kinds[i].letter == 'C')
                d->extra = SL_SPAN("\"extra_content\":{\n\"x\":\n1}");
            return true;
        }
    }
    return false;
}

struct answer {
    struct sluice_arena arena;
    struct sl_encoder e;
    struct sl_usage usage;
    struct sl_buf out;
    sluice_status status;
};

static void answer(struct answer *a, const struct sl_dialect *dialect, sluice_span steps,
                   bool stream)
{
    sluice_delta d;

    *a = (struct answer){ .status = SLUICE_OK };
    sl_arena_init(&a->arena, 256u << 20);
    sl_buf_init(&a->out, 256u << 20);
    a->e = (struct sl_encoder){ .dialect = dialect,
                                .arena = &a->arena,
                                .id = SL_SPAN("id"),
                                .model = SL_SPAN("m"),
                                .created = 7,
                                .echo = SL_SPAN("{\"tools\":[]}"),
                                .include_usage = true,
                                .usage = &a->usage };
    while (a->status >= 0 && next_step(&steps, &d, &a->arena))
        a->status = stream ? dialect->delta(&a->e, &d, &a->out) : dialect->collect(&a->e, &d);
    if (a->status >= 0)
        a->status = stream ? dialect->end(&a->e, &a->usage, &a->out)
                           : dialect->whole(&a->e, &a->usage, &a->out);
    require(a->status < 0 || sl_buf_ok(&a->out));
}

static void answer_finish(struct answer *a)
{
    sl_encoder_finish(&a->e);
    sl_buf_finish(&a->out);
    sl_arena_finish(&a->arena);
}

struct reading {
    struct tally *tally;
    size_t which;
    bool whole;
};

static void add(void *ctx, sluice_span name, sluice_span text)
{
    const struct reading *r = ctx;
    struct sl_json_error why;
    struct sl_json *j;

    require(sl_json_parse(text, r->tally->arena, &j, &why) >= 0 && j->type == SL_JSON_OBJECT);
    require(r->whole || !dialects[r->which].named ||
            sl_span_eq(sl_json_text(sl_json_get(j, "type"), r->tally->arena), name));
    dialects[r->which].add(r->tally, j, r->whole);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct sl_dialect *dialect;
    struct tally streamed, told;
    struct answer stream, whole;
    sluice_span steps;
    size_t which;

    if (size < 1)
        return 0;
    which = (uint8_t)(data[0] - '0') % (sizeof dialects / sizeof dialects[0]);
    steps = sl_span((const char *)data + 1, size - 1);
    dialect = sl_operation_find(sl_span_str(dialects[which].operation), sl_span("", 0))->dialect;
    answer(&stream, dialect, steps, true);
    answer(&whole, dialect, steps, false);
    require(stream.status == whole.status);
    /* Arguments of a call that never began. */
    require(stream.status >= 0 || stream.status == SLUICE_E_UPSTREAM ||
            stream.status == SLUICE_E_INTERNAL);
    if (stream.status >= 0) {
        tally_init(&streamed, &stream.arena);
        tally_init(&told, &whole.arena);
        written_each(dialect, sl_buf_span(&stream.out), add,
                     &(struct reading){ &streamed, which, false });
        add(&(struct reading){ &told, which, true }, sl_span("", 0), sl_buf_span(&whole.out));
        tally_require_same(&streamed, &told);
        tally_finish(&streamed);
        tally_finish(&told);
    }
    answer_finish(&stream);
    answer_finish(&whole);
    return 0;
}
