/* SPDX-License-Identifier: Apache-2.0 */
/* include.c - configuration files from disk, bounded; one level of `include`, as LiteLLM has it. */
#include "config/include.h"
#include "config/yaml.h"
#include "base/buf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static void file_error(struct sl_load *l, const struct sl_place *asked_at, sluice_span path,
                       const char *what)
{
    struct sl_path key = SL_PATH_KEY(NULL, SL_SPAN("include"));

    sl_load_error(l, asked_at, asked_at ? &key : NULL, "%.*s: %s", SL_FMT(sl_span_head(path, 200)),
                  what);
}

/* All of it into buf; NULL or what is wrong. */
static const char *read_all(const char *path, struct sl_buf *buf)
{
    const char *wrong = NULL;
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (fd < 0)
        return errno == ENOENT   ? "no such file"
               : errno == EACCES ? "permission denied"
                                 : "cannot be opened";
    if (fstat(fd, &st) < 0 || S_ISDIR(st.st_mode))
        wrong = "is no file";
    while (!wrong) {
        ssize_t n;

        if (!sl_buf_reserve(buf, 16384)) {
            wrong = buf->len + 16384 > buf->cap ? "is too large" : "out of memory";
            break;
        }
        n = read(fd, buf->ptr + buf->len, 16384);
        if (n == 0)
            break;
        if (n > 0)
            buf->len += (size_t)n;
        else if (errno != EINTR)
            wrong = "cannot be read";
    }
    close(fd);
    return wrong;
}

struct sl_node *sl_include_file(struct sl_load *l, sluice_span path,
                                const struct sl_place *asked_at)
{
    sluice_span name = sl_arena_dup(&l->out->arena, path);
    struct sl_node *root = NULL;
    const char *wrong;
    struct sl_buf buf;

    if (!name.ptr) {
        sl_load_nomem(l);
        return NULL;
    }
    sl_buf_init(&buf, SL_CONFIG_BYTES + 16384);
    wrong = read_all(name.ptr, &buf);
    if (!wrong)
        root = sl_yaml_read(l, name, sl_buf_span(&buf));
    else if (strcmp(wrong, "out of memory") == 0)
        sl_load_nomem(l);
    else
        file_error(l, asked_at, path, wrong);
    if (buf.ptr)
        explicit_bzero(buf.ptr, buf.size); /* it may hold keys */
    sl_buf_finish(&buf);
    return root;
}

/* list + more. Whoever has the list by an alias sees it grow, as in PyYAML. */
static bool append(struct sl_load *l, struct sl_node *list, const struct sl_node *more)
{
    struct sl_node **items = sl_alloc(&l->arena, (list->n + more->n + 1) * sizeof *items);

    if (!items)
        return sl_load_nomem(l), false;
    if (list->n)
        memcpy(items, list->items, list->n * sizeof *items);
    if (more->n)
        memcpy(items + list->n, more->items, more->n * sizeof *items);
    list->items = items;
    list->n += more->n;
    return true;
}

static bool add_member(struct sl_load *l, struct sl_node *root, const struct sl_member *m)
{
    struct sl_member *members = sl_alloc(&l->arena, (root->n + 1) * sizeof *members);

    if (!members)
        return sl_load_nomem(l), false;
    if (root->n)
        memcpy(members, root->members, root->n * sizeof *members);
    members[root->n++] = *m;
    root->members = members;
    return true;
}

static bool merge(struct sl_load *l, struct sl_node *root, const struct sl_node *more)
{
    for (uint32_t i = 0; i < more->n; i++) {
        const struct sl_member *m = &more->members[i];
        struct sl_member *old = sl_node_member(root, m->key);
        struct sl_path path = SL_PATH_KEY(NULL, m->key);

        if (sl_span_eq(m->key, SL_SPAN("include")))
            sl_load_line(l, SL_KEY_IGNORED, &m->place, &path,
                         "files that an included file names are not read");
        else if (!old) {
            if (!add_member(l, root, m))
                return false;
        } else if (m->value->kind == SL_NODE_LIST && old->value->kind == SL_NODE_LIST) {
            if (!append(l, old->value, m->value))
                return false;
        } else {
            sl_load_line(l, SL_KEY_IGNORED, &old->place, &path,
                         "replaced as a whole by the included %.*s:%u",
                         SL_FMT(sl_span_head(m->place.file, 200)), m->place.line);
            *old = *m;
        }
    }
    return true;
}

static sluice_status include_one(struct sl_load *l, struct sl_node *root, sluice_span dir,
                                 const struct sl_node *item, uint32_t index)
{
    struct sl_path top = SL_PATH_KEY(NULL, SL_SPAN("include")), path = SL_PATH_ITEM(&top, index);
    sluice_span name = sl_node_str(item);
    struct sl_node *more;

    if (name.len == 0 || memchr(name.ptr, '\0', name.len))
        return sl_load_error(l, &item->place, &path, "must be the path of a file");
    if (name.ptr[0] != '/' && dir.len == 0)
        return sl_load_error(l, &item->place, &path,
                             "a relative path needs a configuration that is a file");
    if (name.ptr[0] != '/')
        name = sl_arena_printf(&l->arena, "%.*s/%.*s", SL_FMT(dir), SL_FMT(name));
    if (!name.ptr)
        return sl_load_nomem(l);
    more = sl_include_file(l, name, &item->place);
    if (!more)
        return l->status;
    if (more->kind != SL_NODE_MAP)
        return sl_load_error(l, &more->place, NULL, "a configuration is a map, not %s",
                             sl_node_kind_name(more->kind));
    return merge(l, root, more) ? SLUICE_OK : l->status;
}

sluice_status sl_include_all(struct sl_load *l, struct sl_node *root, sluice_span dir)
{
    struct sl_path path = SL_PATH_KEY(NULL, SL_SPAN("include"));
    const struct sl_node *list = sl_node_get(root, "include");
    sluice_status st = SLUICE_OK;

    if (!list)
        return SLUICE_OK;
    if (list->kind != SL_NODE_LIST)
        return sl_load_error(l, &list->place, &path, "must be a list of file paths, not %s",
                             sl_node_kind_name(list->kind));
    for (uint32_t i = 0; i < list->n && st == SLUICE_OK; i++)
        st = include_one(l, root, dir, list->items[i], i);
    return st;
}
