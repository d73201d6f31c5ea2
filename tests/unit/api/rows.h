/* SPDX-License-Identifier: Apache-2.0 */
/* rows.h - what sluice_control() answers, as one text; behind kit.h. */
#ifndef TEST_API_ROWS_H
#define TEST_API_ROWS_H

struct rows {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int dones;
    char all[8192];
};

static int on_row(void *ctx, sluice_span json)
{
    struct rows *r = ctx;
    size_t len = strlen(r->all);

    snprintf(r->all + len, sizeof r->all - len, "%.*s\n", (int)json.len, json.ptr);
    return 0;
}

static void on_rows_done(void *ctx, sluice_status status, const sluice_error *err)
{
    struct rows *r = ctx;

    (void)err;
    assert_int_equal(status, SLUICE_OK);
    pthread_mutex_lock(&r->lock);
    r->dones++;
    pthread_cond_signal(&r->changed);
    pthread_mutex_unlock(&r->lock);
}

/* The rows of a verb, one a line; the text is valid until the next call. */
static const char *rows_of(sluice_loop *loop, const char *verb, const char *argument)
{
    static struct rows r;
    sluice_error err = SLUICE_ERROR_INIT;

    r = (struct rows){ .dones = 0 };
    pthread_mutex_init(&r.lock, NULL);
    pthread_cond_init(&r.changed, NULL);
    assert_int_equal(sluice_control(loop, (sluice_span){ NULL, 0 }, text(verb), text(argument),
                                    on_row, on_rows_done, &r, &err),
                     SLUICE_OK);
    pthread_mutex_lock(&r.lock);
    while (!r.dones)
        pthread_cond_wait(&r.changed, &r.lock);
    pthread_mutex_unlock(&r.lock);
    return r.all;
}

/* Until the rows hold this text. A minute is a broken test, not a limit. */
static void wait_for(sluice_loop *loop, const char *verb, const char *part)
{
    for (int i = 0; i < 6000; i++) {
        if (strstr(rows_of(loop, verb, "{}"), part))
            return;
        nanosleep(&(struct timespec){ 0, 10 * 1000000 }, NULL);
    }
    fail_msg("no %s in %s", part, rows_of(loop, verb, "{}"));
}

#endif
