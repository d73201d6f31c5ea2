/* SPDX-License-Identifier: Apache-2.0 */
/* test_issued.c - ids that lead back to a deployment: found again, never made up, found in JSON. */
#include "call/stored/issued.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct sl_deployment deployments[2];
static struct sl_settings settings;
static struct sl_snapshot snapshot;
static struct sluice_arena arena;
static sluice_span owner = SL_SPAN("team-a");

static sluice_span make(size_t deployment, const char *id)
{
    sluice_span out =
        sl_issued_make(&snapshot, &deployments[deployment], owner, sl_span(id, strlen(id)), &arena);

    assert_non_null(out.ptr);
    return out;
}

static void an_id_leads_back_to_its_deployment(void **state)
{
    static const char *const ids[] = { "file-abc", "batch_1", "x", "A/B\"\\", "resp_\xc3\xa9" };
    const struct sl_deployment *d;
    sluice_span id;

    (void)state;
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++)
        for (size_t k = 0; k < 2; k++) {
            assert_int_equal(sl_issued_read(&snapshot, owner, make(k, ids[i]), &arena, &d, &id),
                             SL_ISSUED_YES);
            assert_ptr_equal(d, &deployments[k]);
            assert_int_equal(id.len, strlen(ids[i]));
            assert_memory_equal(id.ptr, ids[i], id.len);
        }
}

static void it_begins_as_the_vendors_does(void **state)
{
    (void)state;
    assert_true(sl_span_starts(make(0, "file-abc"), SL_SPAN("file-sl1")));
    assert_true(sl_span_starts(make(0, "batch_abc"), SL_SPAN("batch_sl1")));
    assert_true(sl_span_starts(make(0, "17"), SL_SPAN("id-sl1")));
}

static void the_same_id_is_issued_the_same(void **state)
{
    (void)state;
    assert_true(sl_span_eq(make(0, "file-abc"), make(0, "file-abc")));
    assert_false(sl_span_eq(make(0, "file-abc"), make(1, "file-abc")));
}

static void no_character_of_it_can_be_changed(void **state)
{
    const struct sl_deployment *d;
    sluice_span good = make(0, "file-abc"), id;
    char bad[256];

    (void)state;
    assert_true(good.len < sizeof bad);
    for (size_t i = 0; i < good.len; i++)
        for (const char *c = "aZ0-_"; *c; c++) {
            memcpy(bad, good.ptr, good.len);
            bad[i] = *c;
            if (*c != good.ptr[i])
                assert_int_not_equal(
                    sl_issued_read(&snapshot, owner, sl_span(bad, good.len), &arena, &d, &id),
                    SL_ISSUED_YES);
        }
    for (size_t len = 0; len < good.len; len++)
        assert_int_not_equal(
            sl_issued_read(&snapshot, owner, sl_span_head(good, len), &arena, &d, &id),
            SL_ISSUED_YES);
}

static void another_key_issues_other_ids(void **state)
{
    const struct sl_deployment *d;
    sluice_span before = make(0, "file-abc"), id;

    (void)state;
    settings.master_key = sl_secret_create(SL_SPAN("sk-1"));
    assert_int_equal(sl_issued_read(&snapshot, owner, before, &arena, &d, &id), SL_ISSUED_LOST);
    assert_int_equal(sl_issued_read(&snapshot, owner, make(0, "file-abc"), &arena, &d, &id),
                     SL_ISSUED_YES);
    sl_secret_drop(settings.master_key);
    settings.master_key = NULL;
}

static void another_owner_gets_nowhere_with_it(void **state)
{
    static const sluice_span others[] = { SL_SPAN("team-b"), SL_SPAN(""), SL_SPAN("team-a ") };
    const struct sl_deployment *d;
    sluice_span issued = make(0, "file-abc"), mine = owner, id;

    (void)state;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        owner = others[i];
        assert_int_equal(sl_issued_read(&snapshot, owner, issued, &arena, &d, &id), SL_ISSUED_LOST);
    }
    owner = mine;
    assert_int_equal(sl_issued_read(&snapshot, owner, issued, &arena, &d, &id), SL_ISSUED_YES);
}

static void another_deployment_of_the_account_serves_when_its_own_is_gone(void **state)
{
    const struct sl_deployment *d;
    sluice_span issued = make(0, "file-abc"), id;
    unsigned char tag[SL_DEPLOYMENT_TAG];

    (void)state;
    memcpy(tag, deployments[1].tag, sizeof tag);
    memcpy(deployments[1].tag + 8, deployments[0].tag + 8, sizeof tag - 8);
    snapshot.deployments = &deployments[1];
    snapshot.n_deployments = 1;
    assert_int_equal(sl_issued_read(&snapshot, owner, issued, &arena, &d, &id), SL_ISSUED_YES);
    assert_ptr_equal(d, &deployments[1]);
    memcpy(deployments[1].tag, tag, sizeof tag);
    assert_int_equal(sl_issued_read(&snapshot, owner, issued, &arena, &d, &id), SL_ISSUED_LOST);
    snapshot.deployments = deployments;
    snapshot.n_deployments = 2;
}

static void a_vendors_own_id_is_none_of_ours(void **state)
{
    static const char *const ids[] = {
        "file-abc", "file-sl1", "file-sl1x",    "sl1abc",
        "",         "-sl1a",    "file-sl1....", "file_sl1AAAAAAAAAAAAAAAAAAAAAAAAAA"
    };
    const struct sl_deployment *d;
    sluice_span id;

    (void)state;
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++)
        assert_int_not_equal(
            sl_issued_read(&snapshot, owner, sl_span(ids[i], strlen(ids[i])), &arena, &d, &id),
            SL_ISSUED_YES);
}

static void ids_are_found_as_whole_strings_of_json(void **state)
{
    sluice_span id = make(0, "file-abc"), text;

    (void)state;
    text =
        sl_arena_printf(&arena, "{\"sl1\":\"sl1 %.*s\",\"b\":[\"%.*s\"]}", SL_FMT(id), SL_FMT(id));
    text = sl_issued_find(text);
    assert_true(sl_span_eq(text, id));
    assert_true(text.ptr[-1] == '"' && text.ptr[text.len] == '"');
    assert_null(sl_issued_find(SL_SPAN("{\"a\":\"sl1\",\"b\":\"xsl1y\"}")).ptr);
    assert_null(sl_issued_find(SL_SPAN("")).ptr);
}

static void ids_are_found_between_and_behind_long_strings(void **state)
{
    sluice_span id = make(0, "file-abc");

    (void)state;
    for (int at = -1; at < 4; at++) {
        sluice_span text = SL_SPAN("{\"a\":[1");
        struct sl_json_longs longs;
        sluice_header *m;
        size_t n;

        for (int i = 0; i < 4; i++) {
            if (i == at)
                text = sl_arena_printf(&arena, "%.*s,\"%.*s\"", SL_FMT(text), SL_FMT(id));
            /* Text that has one inside is none. */
            text = sl_arena_printf(&arena, "%.*s,\"%0*d \\\"%.*s\\\" \"", SL_FMT(text), 2000, i,
                                   SL_FMT(id));
        }
        text = sl_arena_printf(&arena, "%.*s]}", SL_FMT(text));
        assert_int_equal(sl_json_members_longs(text, &arena, &m, &n, &longs, NULL), SLUICE_OK);
        assert_int_equal(longs.n, 4);
        assert_int_equal(sl_issued_any(text, &longs), at >= 0);
    }
}

/* Texts are looked through by blocks: wherever an id lies in them, and whatever lies around it. */
static void an_id_is_found_at_each_place_of_a_text(void **state)
{
    static const char *const ids[] = { "x", "file-abc", "batch_0123456789abcdef0123456789abcdef" };
    static const char fill[] = "words, and more of them; notoneofthemisanid-sl1orcouldbecome1but ";
    char text[512];

    (void)state;
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++) {
        sluice_span id = make(0, ids[i]), found;

        for (size_t before = 0; before < 200; before++)
            for (size_t behind = 0; behind < 40; behind++) {
                size_t n = 0;

                while (n < before)
                    text[n] = fill[n % (sizeof fill - 1)], n++;
                text[n++] = '"';
                memcpy(text + n, id.ptr, id.len);
                n += id.len;
                text[n++] = '"';
                for (size_t k = 0; k < behind; k++)
                    text[n++] = fill[k];
                found = sl_issued_find(sl_span(text, n));
                assert_ptr_equal(found.ptr, text + before + 1);
                assert_int_equal(found.len, id.len);
            }
    }
}

static int begin(void **state)
{
    (void)state;
    sl_arena_init(&arena, 1u << 20);
    memcpy(deployments[0].tag, "deployment-0", SL_DEPLOYMENT_TAG);
    memcpy(deployments[1].tag, "anotherone-1", SL_DEPLOYMENT_TAG);
    snapshot.settings = &settings;
    snapshot.deployments = deployments;
    snapshot.n_deployments = 2;
    return 0;
}

static int end(void **state)
{
    (void)state;
    sl_arena_finish(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_id_leads_back_to_its_deployment),
        cmocka_unit_test(it_begins_as_the_vendors_does),
        cmocka_unit_test(the_same_id_is_issued_the_same),
        cmocka_unit_test(no_character_of_it_can_be_changed),
        cmocka_unit_test(another_key_issues_other_ids),
        cmocka_unit_test(another_owner_gets_nowhere_with_it),
        cmocka_unit_test(another_deployment_of_the_account_serves_when_its_own_is_gone),
        cmocka_unit_test(a_vendors_own_id_is_none_of_ours),
        cmocka_unit_test(ids_are_found_as_whole_strings_of_json),
        cmocka_unit_test(ids_are_found_between_and_behind_long_strings),
        cmocka_unit_test(an_id_is_found_at_each_place_of_a_text),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
