/* SPDX-License-Identifier: Apache-2.0 */
/* test_body.c - bodies that come in pieces: put where they belong or copied, and how much of what
 * was announced is believed. */
#include "../kit.h"

#include "call/runtime/body.h"

#define LEN 1000000u

static struct sl_owner owner;
static struct sl_pool pool;
static char text[LEN];

/* Pieces of this size, every other one copied; those that have a place are put there. */
static void fill(struct sl_body *b, size_t piece)
{
    bool copy = true;

    while (b->len < LEN) {
        size_t n = LEN - b->len < piece ? LEN - b->len : piece, room;
        char *to = copy ? NULL : sl_body_room(b, &room);

        if (to) {
            n = n < room ? n : room;
            memcpy(to, text + b->len, n);
        }
        assert_int_equal(sl_body_add(b, sl_span(to ? to : text + b->len, n), LEN, LEN), SLUICE_OK);
        copy = !copy;
    }
}

static void bytes_that_were_put_in_their_place_count_as_copied_ones(void **state)
{
    static const size_t pieces[] = { 100, 65536, 70000, 300000, LEN };

    (void)state;
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (char)('a' + i * 7 % 26);
    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++)
        for (size_t expected = 0; expected <= LEN; expected += LEN / 2) {
            struct sl_body *b = sl_body_create(&owner, &pool, expected);

            assert_non_null(b);
            fill(b, pieces[i]);
            assert_memory_equal(b->ptr, text, LEN);
            assert_int_equal(owner.body_bytes, LEN);
            sl_body_drop(b);
            assert_int_equal(owner.body_bytes, 0);
        }
}

static void what_is_announced_takes_no_memory_before_it_comes(void **state)
{
    struct sl_body *b = sl_body_create(&owner, &pool, (size_t)1 << 30);
    size_t room;

    (void)state;
    assert_non_null(b);
    assert_true(b->size <= 65536);
    for (int i = 0; i < 15; i++) {
        assert_non_null(sl_body_room(b, &room));
        assert_true(b->size <= 65536 || b->size <= 16 * b->len);
        room = room < 20000 ? room : 20000;
        memcpy(b->ptr + b->len, text, room);
        assert_int_equal(sl_body_add(b, sl_span(b->ptr + b->len, room), LEN, LEN), SLUICE_OK);
    }
    sl_body_drop(b);
}

static void a_body_without_a_length_has_no_place(void **state)
{
    struct sl_body *b = sl_body_create(&owner, &pool, 0);
    size_t room;

    (void)state;
    assert_null(sl_body_room(b, &room));
    assert_int_equal(sl_body_add(b, SL_SPAN("{}"), LEN, LEN), SLUICE_OK);
    assert_null(sl_body_room(b, &room));
    sl_body_drop(b);
    sl_pool_finish(&pool);
}

static void a_body_shows_nothing_of_the_one_before_it(void **state)
{
    struct sl_body *first = sl_body_create(&owner, &pool, 100), *second;
    size_t room;

    (void)state;
    assert_int_equal(sl_body_add(first, SL_SPAN("{\"secret\":\"sk-1\"}"), LEN, LEN), SLUICE_OK);
    sl_body_drop(first);
    second = sl_body_create(&owner, &pool, 8);
    assert_ptr_equal(second, first); /* the same memory, that is what this is about */
    assert_int_equal(sl_body_span(second).len, 0);
    assert_non_null(sl_body_room(second, &room));
    assert_int_equal(room, 8);
    assert_int_equal(sl_body_add(second, SL_SPAN("{}"), LEN, LEN), SLUICE_OK);
    assert_int_equal(sl_body_span(second).len, 2);
    assert_memory_equal(sl_body_span(second).ptr, "{}", 2);
    sl_body_drop(second);
    sl_pool_finish(&pool);
}

static void a_request_put_in_its_place_reaches_the_vendor(void **state)
{
    struct kit k;
    struct got g;
    sluice_error err = SLUICE_ERROR_INIT;
    sluice_request r = { .struct_size = sizeof r,
                         .operation = SL_SPAN("chat.completions"),
                         .flags = SLUICE_CALL_WIRE | SLUICE_BODY_FOLLOWS,
                         .body_length = sizeof ASK - 1 };
    size_t room;
    char *to;

    (void)state;
    kit_open(&k, ONE_DEPLOYMENT);
    k.script.answer[0] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
    got_init(&g, &k);
    assert_int_equal(sluice_start(k.loop, &r, &kit_events, &g, &g.task, &err), SLUICE_OK);
    to = sluice_body_room(k.loop, g.task, &room);
    assert_non_null(to);
    assert_int_equal(room, sizeof ASK - 1);
    memcpy(to, ASK, room);
    assert_int_equal(sluice_body_write(k.loop, g.task, sl_span(to, room), 1), SLUICE_OK);
    for (int i = 0; i < 100000 && !g.done; i++)
        event_base_loop(k.base, EVLOOP_ONCE);
    assert_int_equal(g.done, 1);
    assert_null(sluice_body_room(k.loop, g.task, &room)); /* it is over */
    sl_buf_add_char(&k.seen, 0);
    assert_non_null(strstr(k.seen.ptr, "[{\"role\":\"user\",\"content\":\"hi\"}]"));
    got_free(&g);
    kit_close(&k);
}

static int open_pool(void **state)
{
    (void)state;
    sl_body_pool_init(&pool);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_that_were_put_in_their_place_count_as_copied_ones),
        cmocka_unit_test(what_is_announced_takes_no_memory_before_it_comes),
        cmocka_unit_test(a_body_without_a_length_has_no_place),
        cmocka_unit_test(a_body_shows_nothing_of_the_one_before_it),
        cmocka_unit_test(a_request_put_in_its_place_reaches_the_vendor),
    };

    return cmocka_run_group_tests(tests, open_pool, NULL);
}
