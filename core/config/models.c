/* SPDX-License-Identifier: Apache-2.0 */
/*
 * models.c - binary search in files of sorted lines, by pread: nothing stays in memory, and a file
 * that somebody cuts short meanwhile is a line not found, where a mapping would be a signal.
 */
#include "config/models.h"

#include "base/status.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define LARGEST ((off_t)256 << 20)

struct sl_models {
    atomic_uint refs;
    size_t n;
    int files[SL_MODELS_FILES];
    off_t sizes[SL_MODELS_FILES];
};

struct sl_models *sl_models_create(void)
{
    struct sl_models *m = sl_fault_hit() ? NULL : calloc(1, sizeof *m);

    if (m)
        atomic_init(&m->refs, 1);
    return m;
}

struct sl_models *sl_models_hold(struct sl_models *m)
{
    if (m)
        atomic_fetch_add_explicit(&m->refs, 1, memory_order_relaxed);
    return m;
}

void sl_models_drop(struct sl_models *m)
{
    if (!m || atomic_fetch_sub_explicit(&m->refs, 1, memory_order_acq_rel) != 1)
        return;
    for (size_t i = 0; i < m->n; i++)
        close(m->files[i]);
    free(m);
}

/* As much as there is, up to n bytes. */
static ssize_t read_at(int fd, char *buf, size_t n, off_t at)
{
    size_t have = 0;

    while (have < n) {
        ssize_t got = pread(fd, buf + have, n - have, at + (off_t)have);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -1;
        if (got == 0)
            break;
        have += (size_t)got;
    }
    return (ssize_t)have;
}

static sluice_status open_file(const char *path, int *fd, off_t *size, sluice_error *err)
{
    sluice_span head = SL_SPAN(SL_MODELS_HEAD "\n");
    char begin[sizeof SL_MODELS_HEAD];
    struct stat st;

    *fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (*fd < 0)
        return sl_fail(err, SLUICE_E_UNAVAILABLE, "%s: %s", path, strerror(errno));
    if (fstat(*fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size <= LARGEST &&
        read_at(*fd, begin, head.len, 0) == (ssize_t)head.len &&
        sl_span_eq(sl_span(begin, head.len), head)) {
        *size = st.st_size;
        return SLUICE_OK;
    }
    close(*fd);
    return sl_fail(err, SLUICE_E_INVALID,
                   "%s: a file of models begins with the line \"" SL_MODELS_HEAD
                   "\", is a plain file and not beyond 256 MiB",
                   path);
}

sluice_status sl_models_add(struct sl_models *m, const char *path, sluice_error *err)
{
    sluice_status st;

    if (m->n == SL_MODELS_FILES)
        return sl_fail(err, SLUICE_E_NOMEM, "%s: found more than %u files of models", path,
                       SL_MODELS_FILES);
    st = open_file(path, &m->files[m->n], &m->sizes[m->n], err);
    if (st >= 0)
        m->n++;
    return st;
}

/* As memcmp(); the shorter one first. */
static int compare(sluice_span a, sluice_span b)
{
    int order = memcmp(a.ptr, b.ptr, a.len < b.len ? a.len : b.len);

    return order ? order : (a.len > b.len) - (a.len < b.len);
}

static sluice_span key_of(sluice_span line)
{
    return sl_span_head(line, sl_span_find_char(line, '\t'));
}

/* The first whole line that begins at `at` or behind it: where it begins, its text in buf. false:
 * there is none, or it is too long. */
static bool line_behind(int fd, off_t at, off_t end, char *buf, off_t *begins, sluice_span *line)
{
    static const size_t sizes[] = { 1024, 2 * SL_MODELS_LINE }; /* mostly the first is enough */
    off_t from = at ? at - 1 : 0; /* a line that begins at `at` has its predecessor's end before */

    for (size_t i = 0; i < 2; i++) {
        ssize_t n = read_at(fd, buf, sizes[i], from);
        size_t skip = 0;

        if (n <= 0)
            return false;
        *line = sl_span(buf, (size_t)n);
        if (at)
            skip = sl_span_find_char(*line, '\n') + 1;
        *line = sl_span_from(*line, skip);
        *begins = from + (off_t)skip;
        n = (ssize_t)line->len;
        line->len = sl_span_find_char(*line, '\n');
        if (line->len < (size_t)n)
            return *begins < end && line->len > 0 && line->len < SL_MODELS_LINE;
    }
    return false;
}

/* buf holds what *line lies in. */
static bool search(int fd, off_t size, sluice_span key, char *buf, sluice_span *line)
{
    off_t low = 0, high = size; /* the line begins in [low, high) */

    while (low < high) {
        off_t middle = low + (high - low) / 2, begins;
        int order;

        if (!line_behind(fd, middle, high, buf, &begins, line)) {
            if (middle == low)
                return false;
            high = middle; /* no line begins in the upper half */
            continue;
        }
        order = line->ptr[0] == '#' ? -1 : compare(key_of(*line), key);
        if (order == 0)
            return true;
        if (order < 0)
            low = begins + (off_t)line->len + 1;
        else
            high = middle;
    }
    return false;
}

static sluice_status find_key(const struct sl_models *m, sluice_span key,
                              struct sluice_arena *arena, struct sl_model *out)
{
    char buf[2 * SL_MODELS_LINE];
    sluice_span line;

    for (size_t i = 0; i < m->n; i++)
        if (search(m->files[i], m->sizes[i], key, buf, &line))
            return sl_models_read_line(line, arena, out);
    return SLUICE_E_NOT_FOUND;
}

sluice_status sl_models_find(const struct sl_models *m, sluice_span provider, sluice_span model,
                             struct sluice_arena *arena, struct sl_model *out)
{
    char key[512];
    size_t len = provider.len + 1 + model.len;

    if (!m || !provider.len || !model.len || len > sizeof key)
        return SLUICE_E_NOT_FOUND;
    memcpy(key, provider.ptr, provider.len);
    key[provider.len] = '/';
    memcpy(key + provider.len + 1, model.ptr, model.len);
    return find_key(m, sl_span(key, len), arena, out);
}

struct asked {
    const struct sl_models *models;
    sluice_span providers[2];
    struct sluice_arena *arena;
    struct sl_model *out;
};

static sluice_status find_name(const struct asked *a, sluice_span model)
{
    sluice_status st = SLUICE_E_NOT_FOUND;

    for (size_t i = 0; i < 2 && st == SLUICE_E_NOT_FOUND; i++)
        st = sl_models_find(a->models, a->providers[i], model, a->arena, a->out);
    return st;
}

/* The name itself, without the parts before its slashes, then without a region before a dot. */
static sluice_status find_variants(const struct asked *a, sluice_span model)
{
    sluice_status st = find_name(a, model);
    size_t at;

    while (st == SLUICE_E_NOT_FOUND && (at = sl_span_find_char(model, '/')) < model.len) {
        model = sl_span_from(model, at + 1);
        st = find_name(a, model);
    }
    at = sl_span_find_char(model, '.');
    if (st == SLUICE_E_NOT_FOUND && at < model.len)
        st = find_name(a, sl_span_from(model, at + 1));
    return st;
}

sluice_status sl_models_resolve(const struct sl_models *m, sluice_span provider, sluice_span alias,
                                sluice_span model, sluice_span base_model,
                                struct sluice_arena *arena, struct sl_model *out)
{
    struct asked a = { m, { provider, alias }, arena, out };
    sluice_status st = SLUICE_E_NOT_FOUND;
    size_t slash = sl_span_find_char(base_model, '/');

    sl_model_init(out);
    if (!m)
        return SLUICE_OK;
    if (slash < base_model.len) /* it may name another provider */
        st = sl_models_find(m, sl_span_head(base_model, slash), sl_span_from(base_model, slash + 1),
                            arena, out);
    if (st == SLUICE_E_NOT_FOUND && base_model.len)
        st = find_variants(&a, base_model);
    if (st == SLUICE_E_NOT_FOUND)
        st = find_variants(&a, model);
    if (st == SLUICE_E_NOMEM)
        return st;
    if (st < 0)
        sl_model_init(out);
    return SLUICE_OK;
}

/* ---- a whole file ---- */

static sluice_status check_line(const char *path, size_t number, sluice_span line,
                                sluice_span before, struct sluice_arena *arena, sluice_error *err)
{
    struct sl_model model;
    sluice_status st;

    if (line.len >= SL_MODELS_LINE)
        return sl_fail(err, SLUICE_E_INVALID, "%s:%zu: the line is longer than %u bytes", path,
                       number, SL_MODELS_LINE - 1);
    if (before.len && compare(key_of(before), key_of(line)) >= 0)
        return sl_fail(err, SLUICE_E_INVALID,
                       "%s:%zu: %.*s stands behind %.*s: wanted lines sorted by bytes (LC_ALL=C "
                       "sort), each key once",
                       path, number, SL_FMT(sl_span_head(key_of(line), 100)),
                       SL_FMT(sl_span_head(key_of(before), 100)));
    st = sl_models_read_line(line, arena, &model);
    sl_arena_reset(arena);
    if (st == SLUICE_E_INVALID)
        return sl_fail(err, st, "%s:%zu: wanted PROVIDER/MODEL, a tab, MODE, a tab, NAME=VALUE ...",
                       path, number);
    return st;
}

sluice_status sl_models_check(const char *path, size_t *lines, sluice_error *err)
{
    struct sluice_arena arena;
    sluice_span rest, before = { NULL, 0 };
    sluice_status st;
    size_t number = 0;
    char *text = NULL;
    off_t size;
    int fd;

    *lines = 0;
    st = open_file(path, &fd, &size, err);
    if (st < 0)
        return st;
    sl_arena_init(&arena, (size_t)1 << 20);
    text = sl_fault_hit() ? NULL : malloc((size_t)size);
    if (!text || read_at(fd, text, (size_t)size, 0) != (ssize_t)size) {
        st = sl_fail(err, text ? SLUICE_E_UNAVAILABLE : SLUICE_E_NOMEM, "%s cannot be read", path);
        goto out;
    }
    rest = sl_span(text, (size_t)size);
    if (text[size - 1] != '\n')
        st = sl_fail(err, SLUICE_E_INVALID, "%s: the last line has no end", path);
    while (rest.len && st >= 0) {
        sluice_span line = sl_span_head(rest, sl_span_find_char(rest, '\n'));

        rest = sl_span_from(rest, line.len + 1);
        number++;
        if (line.len && line.ptr[0] == '#' && !before.len)
            continue; /* the head */
        st = check_line(path, number, line, before, &arena, err);
        before = line;
        ++*lines;
    }
out:
    free(text);
    sl_arena_finish(&arena);
    close(fd);
    return st;
}
