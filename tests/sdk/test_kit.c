/* SPDX-License-Identifier: Apache-2.0 */
/* test_kit.c - the test kit itself: it passes a sound provider and finds the faults it promises to.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cassette.h"
#include "exchange.h"

/* ---- a provider with a fault of the test's choice ---- */

enum flaw {
    SOUND,
    CUT_DEPENDENT, /* a chunk per read */
    CONSUMING,     /* request() counts */
    CARELESS,      /* goes on without the memory it wanted */
    NO_JSON,       /* writes what is no JSON */
    TWO_WHOLES,
    BAD_DELTA, /* half an escape */
    SPLIT_URL, /* a blank in the URL */
    LENGTHS,   /* sound, with frames that begin with their length */
};
static enum flaw fault;

struct sluice_provider {
    const sluice_host *host;
    int asked;
};

struct sluice_exchange {
    sluice_provider *p;
    sluice_arena *arena;
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
    if (!*out)
        return SLUICE_E_NOMEM;
    **out = (sluice_exchange){ p, arena };
    return SLUICE_OK;
}

static sluice_status request(sluice_exchange *x, sluice_http_request *out, sluice_error *err)
{
    (void)err;
    out->url = fault == SPLIT_URL ? SL_SPAN("https://a b/") : SL_SPAN("https://kit.example/");
    out->framing = fault == CUT_DEPENDENT ? SLUICE_FRAME_RAW
                   : fault == LENGTHS     ? SLUICE_FRAME_U32
                                          : SLUICE_FRAME_LINES;
    if (fault == CONSUMING)
        out->delay_ms = (uint32_t)++x->p->asked;
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
    static const sluice_span number = { "1", 1 }, junk = { "{", 1 };
    sluice_delta half = { .struct_size = sizeof half,
                          .kind = SLUICE_DELTA_TEXT,
                          .text = SL_SPAN("half \\u00") };
    char *copy;

    (void)err;
    if (fault == NO_JSON)
        return sink->chunk(sink, &junk, 1);
    if (fault == BAD_DELTA)
        return sink->delta(sink, &half);
    if (fault == TWO_WHOLES)
        return sink->whole(sink, &number, 1);
    copy = malloc(f->data.len);
    if (!copy)
        return fault == CARELESS ? SLUICE_OK : SLUICE_E_NOMEM;
    free(copy);
    copy = x->p->host->arena_alloc(x->p->host, sink->scratch, 16);
    return copy ? sink->chunk(sink, &number, 1) : SLUICE_E_NOMEM;
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

static const sluice_plugin *entry(void)
{
    static const sluice_plugin plugin = { .magic = SLUICE_MAGIC,
                                          .struct_size = sizeof plugin,
                                          .abi_major = SLUICE_ABI_MAJOR,
                                          .id = "kit",
                                          .get_class = get_class };

    return &plugin;
}

/* ---- */

struct bench {
    struct sl_testhost *t;
    struct sl_testplugin *plugin;
    struct sl_test_provider p;
    struct sl_test_call call;
    struct sl_test_answer answer;
};

static int setup(void **state)
{
    struct bench *b = calloc(1, sizeof *b);

    fault = SOUND;
    b->t = sl_testhost_create();
    b->call.body = SL_SPAN("{\"model\":\"m\"}");
    b->answer = (struct sl_test_answer){ .status = 200, .body = SL_SPAN("one\ntwo\r\nthree") };
    *state = b;
    return sl_testplugin_wrap(entry, &b->plugin, NULL) ||
           sl_test_provider_init(&b->p, b->t, b->plugin, SL_SPAN("{}"), NULL);
}

static int teardown(void **state)
{
    struct bench *b = *state;

    sl_test_provider_finish(&b->p);
    sl_testplugin_drop(b->plugin);
    sl_testhost_destroy(b->t);
    free(b);
    return 0;
}

static void found(char *complaint, const char *part)
{
    assert_non_null(complaint);
    if (!strstr(complaint, part))
        fail_msg("\"%s\" is not in \"%s\"", part, complaint);
    free(complaint);
}

static char *every_fault(struct bench *b)
{
    return sl_test_every_fault(b->plugin, b->t, SL_SPAN("{}"), &b->call, &b->answer, 1);
}

static void a_sound_provider_passes(void **state)
{
    struct bench *b = *state;

    assert_null(sl_test_every_cut(&b->p, &b->call, &b->answer, 1));
    assert_null(sl_test_every_stop(&b->p, &b->call, &b->answer, 1));
    assert_null(every_fault(b));
}

static void a_result_that_depends_on_reads_is_found(void **state)
{
    struct bench *b = *state;

    fault = CUT_DEPENDENT;
    found(sl_test_every_cut(&b->p, &b->call, &b->answer, 1), "fed in pieces of 1");
}

static void a_request_that_consumes_state_is_found(void **state)
{
    struct bench *b = *state;

    fault = CONSUMING;
    found(sl_test_every_stop(&b->p, &b->call, &b->answer, 1), "two different requests");
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
static void an_ignored_failure_of_malloc_is_found(void **state)
{
    struct bench *b = *state;

    fault = CARELESS;
    found(every_fault(b), "quietly different after failing allocation");
}
#endif

static void broken(struct bench *b, enum flaw which, const char *message)
{
    struct sl_test_result r;

    fault = which;
    assert_true(sl_test_exchange(&b->p, &b->call, &b->answer, 1, NULL, &r) < 0);
    if (!strstr(r.error.message, message))
        fail_msg("\"%s\" is not in \"%s\"", message, r.error.message);
    sl_test_result_finish(&r);
}

static void what_no_host_takes_is_refused(void **state)
{
    struct bench *b = *state;

    broken(b, NO_JSON, "not JSON");
    broken(b, TWO_WHOLES, "whole() twice");
    broken(b, BAD_DELTA, "not the inside of a JSON string");
    broken(b, SPLIT_URL, "a blank or control character");
}

static void a_round_without_an_answer_says_so(void **state)
{
    struct bench *b = *state;
    struct sl_test_result r;

    assert_int_equal(sl_test_exchange(&b->p, &b->call, NULL, 0, NULL, &r), SLUICE_E_UNAVAILABLE);
    assert_string_equal(r.error.message, "the test has no answer left");
    sl_test_result_finish(&r);
}

static void u32_frames_are_cut_by_their_length(void **state)
{
    struct bench *b = *state;
    static const char two[] = { 0, 0, 0, 5, 'x', 0, 0, 0, 6, 'y', 'z' };
    struct sl_test_result r;

    fault = LENGTHS;
    b->answer.body = sl_span(two, sizeof two);
    assert_int_equal(sl_test_exchange(&b->p, &b->call, &b->answer, 1, NULL, &r), SLUICE_OK);
    assert_string_equal(r.sink, "chunk 1\nchunk 1\n");
    sl_test_result_finish(&r);
    assert_null(sl_test_every_cut(&b->p, &b->call, &b->answer, 1));
    b->answer.body.len--;
    assert_int_equal(sl_test_exchange(&b->p, &b->call, &b->answer, 1, NULL, &r),
                     SLUICE_E_TRUNCATED);
    sl_test_result_finish(&r);
}

/* ---- cassettes ---- */

static void write_file(char *path, const char *text)
{
    int fd = mkstemp(path);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}

static void a_malformed_cassette_is_refused_with_its_line(void **state)
{
    static const char *const bad[][2] = {
        { "== call\nopration: x\n== body\n{}\n", ":2: unknown line" },
        { "== nonsense\n", "unknown section" },
        { "a comment\n== call\n", "no == body section" },
        { "== body\n{}\n== answer\nok\n", "an answer begins with its status" },
        { "== body\n{}\n== answer\n200\nno colon here\n", "bad header" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char path[] = "/tmp/sluice-cassette-XXXXXX";
        struct sl_cassette *c;
        sluice_error err = SLUICE_ERROR_INIT;

        write_file(path, bad[i][0]);
        assert_int_equal(sl_cassette_load(path, &c, &err), SLUICE_E_INVALID);
        if (!strstr(err.message, bad[i][1]))
            fail_msg("\"%s\" is not in \"%s\"", bad[i][1], err.message);
        unlink(path);
    }
}

static void a_difference_is_shown_and_a_recording_takes_it_away(void **state)
{
    struct bench *b = *state;
    char path[] = "/tmp/sluice-cassette-XXXXXX", *diff;
    struct sl_cassette *c;
    sluice_error err = SLUICE_ERROR_INIT;

    write_file(path, "A comment.\n== call\n== body\n{\"model\":\"m\"}\n"
                     "== answer base64\n200\n\nb25lCnR3bw==\n== sink\nchunk 2\nstatus ok\n");
    assert_int_equal(sl_cassette_load(path, &c, &err), SLUICE_OK);
    diff = sl_cassette_play(c, b->plugin);
    assert_non_null(diff);
    assert_non_null(strstr(diff, "- chunk 2\n+ chunk 1\n"));
    free(diff);
    assert_int_equal(sl_cassette_record(path, c, b->plugin, &err), SLUICE_OK);
    sl_cassette_destroy(c);
    assert_int_equal(sl_cassette_load(path, &c, &err), SLUICE_OK);
    assert_true(sl_span_eq(c->sink, SL_SPAN("chunk 1\nchunk 1\nstatus ok")));
    assert_null(sl_cassette_play(c, b->plugin));
    sl_cassette_destroy(c);
    unlink(path);
}

/* ---- the loop ---- */

static void count(void *ctx)
{
    ++*(int *)ctx;
}

static void timers_wait_for_the_steered_clock(void **state)
{
    struct bench *b = *state;
    const sluice_host *host = sl_testhost_host(b->t);
    const sluice_host_io *io = host->get_extension(host, SLUICE_IO_ID);
    int fired = 0;

    assert_non_null(io->after(host, 1000, count, &fired));
    sl_testhost_advance(b->t, 999);
    sl_testhost_turn(b->t);
    assert_int_equal(fired, 0);
    assert_int_equal(sl_testhost_pending(b->t), 1);
    sl_testhost_advance(b->t, 1);
    sl_testhost_turn(b->t);
    assert_int_equal(fired, 1);
    assert_int_equal(sl_testhost_pending(b->t), 0);
}

static void posts_and_jobs_run_in_a_turn(void **state)
{
    struct bench *b = *state;
    const sluice_host *host = sl_testhost_host(b->t);
    const sluice_host_io *io = host->get_extension(host, SLUICE_IO_ID);
    int posts = 0, work = 0;
    sluice_job *job;

    assert_int_equal(io->post(host, count, &posts), SLUICE_OK);
    assert_non_null(io->submit(host, count, count, &work));
    job = io->submit(host, count, count, &work);
    assert_int_equal(io->cancel_job(job), 1);
    sl_testhost_turn(b->t);
    assert_int_equal(posts, 1);
    assert_int_equal(work, 2);
}

static void random_bits_are_the_same_each_time(void **state)
{
    struct bench *b = *state;
    const sluice_host *host = sl_testhost_host(b->t);
    uint64_t first;

    sl_testhost_random(b->t, 7);
    first = host->random(host);
    assert_true(host->random(host) != first);
    sl_testhost_random(b->t, 7);
    assert_true(host->random(host) == first);
}

#define BENCH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        BENCH(a_sound_provider_passes),
        BENCH(a_result_that_depends_on_reads_is_found),
        BENCH(a_request_that_consumes_state_is_found),
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
        BENCH(an_ignored_failure_of_malloc_is_found),
#endif
        BENCH(what_no_host_takes_is_refused),
        BENCH(a_round_without_an_answer_says_so),
        BENCH(u32_frames_are_cut_by_their_length),
        BENCH(a_malformed_cassette_is_refused_with_its_line),
        BENCH(a_difference_is_shown_and_a_recording_takes_it_away),
        BENCH(timers_wait_for_the_steered_clock),
        BENCH(posts_and_jobs_run_in_a_turn),
        BENCH(random_bits_are_the_same_each_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
