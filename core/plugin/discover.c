/* SPDX-License-Identifier: Apache-2.0 */
/* discover.c - walks the plugin folders. */
#include "plugin/discover.h"

#include "base/arena.h"
#include "base/status.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define TEXT_(x) #x
#define TEXT(x) TEXT_(x)
/* The ABI major is part of the path: plugins of two majors lie side by side. */
#define SLUICE_PLUGINS_BELOW_LIB "sluice/" TEXT(SLUICE_ABI_MAJOR)

#define MAX_FILES 4096 /* of one folder */

struct walk {
    const struct sl_log *log;
    struct sl_found *first, **last;
    sluice_error *err;
};

static char *copy(sluice_span s)
{
    char *p = sl_fault_hit() ? NULL : malloc(s.len + 1);

    if (!p)
        return NULL;
    memcpy(p, s.ptr, s.len);
    p[s.len] = 0;
    return p;
}

static struct sl_found *find(struct sl_found *list, sluice_span id)
{
    while (list && !sl_span_eq(sl_span_str(list->id), id))
        list = list->next;
    return list;
}

static void destroy_one(struct sl_found *f)
{
    free(f->second);
    free(f->path);
    free(f->id);
    free(f);
}

void sl_found_destroy(struct sl_found *list)
{
    while (list) {
        struct sl_found *next = list->next;

        destroy_one(list);
        list = next;
    }
}

/* folder_begin: what this folder has put on the list so far. */
static sluice_status add_file(struct walk *w, struct sl_found **folder_begin, const char *folder,
                              const char *name, sluice_span id, bool data, bool models)
{
    char path[PATH_MAX];
    struct sl_found *f = find(*folder_begin, id);
    int n = snprintf(path, sizeof path, "%s/%s", folder, name);

    if (n < 0 || (size_t)n >= sizeof path)
        return sl_fail(w->err, SLUICE_E_INVALID, "%s/%s: the path is too long", folder, name);
    if (f) {
        if (!f->second)
            f->second = copy(sl_span_str(path));
        return f->second ? SLUICE_OK : sl_fail(w->err, SLUICE_E_NOMEM, "out of memory");
    }
    if (find(w->first, id)) {
        sl_log(w->log, SL_DEBUG, "plugin %s: %s is not used, an earlier folder has one", id.ptr,
               path);
        return SLUICE_OK;
    }
    f = sl_fault_hit() ? NULL : calloc(1, sizeof *f);
    if (f) {
        f->data = data;
        f->models = models;
        f->path = copy(sl_span_str(path));
        f->id = copy(id);
    }
    if (!f || !f->path || !f->id) {
        if (f)
            destroy_one(f);
        return sl_fail(w->err, SLUICE_E_NOMEM, "out of memory");
    }
    *w->last = f;
    w->last = &f->next;
    return SLUICE_OK;
}

static sluice_status consider(struct walk *w, struct sl_found **begin, const char *folder,
                              const char *name)
{
    sluice_span file = sl_span_str(name);
    bool data = sl_span_ends(file, SL_SPAN(".yaml")),
         models = sl_span_ends(file, SL_SPAN(".models"));

    if (name[0] == '.' || (!data && !models && !sl_span_ends(file, SL_SPAN(".so"))))
        return SLUICE_OK;
    if (!models)
        file.len -= data ? 5 : 3;
    if (!sl_plugin_id_ok(file)) {
        sl_log(w->log, SL_WARN, "%s/%s: no plugin: a name is made of a-z 0-9 _ . -", folder, name);
        return SLUICE_OK;
    }
    return add_file(w, begin, folder, name, file, data, models);
}

static sluice_status read_folder(struct walk *w, const char *folder)
{
    struct dirent **names = NULL;
    struct sl_found **begin = w->last;
    sluice_status st = SLUICE_OK;
    int n = scandir(folder, &names, NULL, alphasort);

    if (n < 0)
        return sl_fail(w->err, SLUICE_E_UNAVAILABLE, "%s: %s", folder, strerror(errno));
    if (n > MAX_FILES)
        st = sl_fail(w->err, SLUICE_E_INVALID, "%s: found %d files, wanted at most %d", folder, n,
                     MAX_FILES);
    for (int i = 0; i < n; i++) {
        if (st >= 0)
            st = consider(w, begin, folder, names[i]->d_name);
        free(names[i]);
    }
    free(names);
    return st;
}

/* optional: a default place that nobody named need not exist. */
static sluice_status visit(struct walk *w, sluice_span part, bool optional)
{
    char path[PATH_MAX], real[PATH_MAX];
    sluice_status st;

    if (part.len >= sizeof path)
        return sl_fail(w->err, SLUICE_E_INVALID, "a plugin folder's path is too long");
    memcpy(path, part.ptr, part.len);
    path[part.len] = 0;
    if (!realpath(path, real)) {
        sl_log(w->log, optional ? SL_DEBUG : SL_WARN, "plugin folder %s: %s", path,
               strerror(errno));
        return SLUICE_OK;
    }
    st = sl_guard_owner(real, true, w->err);
    return st < 0 ? st : read_folder(w, real);
}

static sluice_status visit_list(struct walk *w, const char *list)
{
    sluice_span rest = sl_span_str(list);
    sluice_status st = SLUICE_OK;

    while (rest.len && st >= 0) {
        sluice_span part = sl_span_head(rest, sl_span_find_char(rest, ':'));

        rest = sl_span_from(rest, part.len + 1);
        if (part.len && part.ptr[0] == '/')
            st = visit(w, part, false);
        else if (part.len)
            sl_log(w->log, SL_WARN, "plugin folder %.*s is left out: its path is not absolute",
                   SL_FMT(part));
    }
    return st;
}

/* FOLDER/LAST if there is such a folder; the path is absolute or not looked at. */
static sluice_status visit_at(struct walk *w, sluice_span folder, const char *last)
{
    char path[PATH_MAX];
    int n = snprintf(path, sizeof path, "%.*s/%s", SL_FMT(folder), last);

    if (n < 0 || (size_t)n >= sizeof path || path[0] != '/')
        return SLUICE_OK;
    return visit(w, sl_span_str(path), true);
}

static sluice_span folder_of(const char *file)
{
    const char *slash = strrchr(file, '/');

    return slash ? sl_span(file, (size_t)(slash - file)) : sl_span(NULL, 0);
}

/* Beside the library, or where it lies seen from the program that it is linked into: an
 * installation may have been moved, and a build tree is one. */
static sluice_status visit_own(struct walk *w)
{
    Dl_info info;
    char program[PATH_MAX];
    void (*self)(struct sl_found *) = sl_found_destroy;
    void *address;
    ssize_t n = readlink("/proc/self/exe", program, sizeof program - 1);
    sluice_status st = SLUICE_OK;

    memcpy(&address, &self, sizeof address);
    if (dladdr(address, &info) && info.dli_fname && info.dli_fname[0] == '/')
        st = visit_at(w, folder_of(info.dli_fname), SLUICE_PLUGINS_BELOW_LIB);
    if (st < 0 || n <= 0)
        return st;
    program[n] = 0;
    st = visit_at(w, folder_of(program), "../" SLUICE_PLUGINS_BELOW_PREFIX);
    return st < 0 ? st : visit_at(w, folder_of(program), "../lib/" SLUICE_PLUGINS_BELOW_LIB);
}

sluice_status sl_discover(const char *path, const struct sl_log *log, struct sl_found **out,
                          sluice_error *err)
{
    struct walk w = { .log = log, .last = &w.first, .err = err };
    sluice_status st = SLUICE_OK;

    if (path) {
        st = visit_list(&w, path);
    } else {
        const char *env = secure_getenv("SLUICE_PLUGIN_PATH");

        if (env)
            st = visit_list(&w, env);
        if (st >= 0)
            st = visit_own(&w);
        if (st >= 0)
            st = visit(&w, SL_SPAN(SLUICE_INSTALLED_PLUGINS), true);
    }
    if (st < 0)
        sl_found_destroy(w.first);
    else
        *out = w.first;
    return st;
}
