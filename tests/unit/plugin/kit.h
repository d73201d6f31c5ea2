/* SPDX-License-Identifier: Apache-2.0 */
/* kit.h - for the tests of core/plugin: folders of their own, copies of built plugins, captured
 * log. */
#ifndef TEST_PLUGIN_KIT_H
#define TEST_PLUGIN_KIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/status.h"
#include "plugin/registry.h"

#define PLUGINS TEST_BUILD_DIR "/tests/plugins"
#define BROKEN TEST_BUILD_DIR "/tests/broken"

struct kit {
    char dir[64];
    char log[16384];
    struct sl_log sink;
};

static inline void kit_log(void *ctx, int32_t level, sluice_span message)
{
    struct kit *k = ctx;
    size_t at = strlen(k->log);

    snprintf(k->log + at, sizeof k->log - at, "%d %.*s\n", level, SL_FMT(message));
}

static inline int kit_setup(void **state)
{
    struct kit *k = calloc(1, sizeof *k);

    snprintf(k->dir, sizeof k->dir, "/tmp/sluice-plugins-XXXXXX");
    if (!mkdtemp(k->dir))
        return -1;
    k->sink = (struct sl_log){ .fn = kit_log, .ctx = k, .level = SL_DEBUG };
    *state = k;
    return 0;
}

static inline int kit_remove(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

static inline int kit_teardown(void **state)
{
    struct kit *k = *state;

    nftw(k->dir, kit_remove, 8, FTW_DEPTH | FTW_PHYS);
    free(k);
    return 0;
}

/* DIR/NAME with this text. */
static inline void kit_write(const char *dir, const char *name, const char *text)
{
    char path[512];
    FILE *f;

    snprintf(path, sizeof path, "%s/%s", dir, name);
    f = fopen(path, "wb");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
    assert_int_equal(chmod(path, 0644), 0);
}

/* Copies a file into dir under name. */
static inline void kit_copy(const char *from, const char *dir, const char *name)
{
    char path[512], block[8192];
    FILE *in = fopen(from, "rb"), *out;
    size_t n;

    snprintf(path, sizeof path, "%s/%s", dir, name);
    out = fopen(path, "wb");
    assert_non_null(in);
    assert_non_null(out);
    while ((n = fread(block, 1, sizeof block, in)) > 0)
        assert_int_equal(fwrite(block, 1, n, out), n);
    fclose(in);
    fclose(out);
    assert_int_equal(chmod(path, 0755), 0);
}

static inline struct sl_registry *kit_registry(struct kit *k, const char *path)
{
    struct sl_registry_options o = { .log = &k->sink, .path = path };
    struct sl_registry *r = NULL;
    sluice_error err = SLUICE_ERROR_INIT;

    if (sl_registry_create(&o, &r, &err) < 0)
        fail_msg("%s", err.message);
    return r;
}

#define assert_contains(text, part)                                                                \
    do {                                                                                           \
        if (!strstr(text, part))                                                                   \
            fail_msg("\"%s\" is not in \"%s\"", part, text);                                       \
    } while (0)

#endif
