/* SPDX-License-Identifier: Apache-2.0 */
/* guard.c - refuses plugin files and folders that somebody else could have changed. A guard against
 * mistakes: whoever may write a plugin is this process. */
#include "plugin/discover.h"

#include "base/status.h"

#include <errno.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

bool sl_plugin_id_ok(sluice_span id)
{
    if (!id.len || id.len > 64 || id.ptr[0] == '.')
        return false;
    for (size_t i = 0; i < id.len; i++) {
        char c = id.ptr[i];

        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-'))
            return false;
    }
    return true;
}

/* Group write is fine for root's group and for a user's private one, which has the user's number.
 */
static bool others_write(const struct stat *st)
{
    if (st->st_mode & S_IWOTH)
        return true;
    return (st->st_mode & S_IWGRP) && st->st_gid != 0 &&
           !(st->st_gid == st->st_uid && st->st_uid == geteuid());
}

static sluice_status check(const char *path, const struct stat *st, const char *why,
                           sluice_error *err)
{
    if (st->st_uid != 0 && st->st_uid != geteuid())
        return sl_fail(err, SLUICE_E_INVALID,
                       "%s: %sfound owner %u, wanted root or this process's user %u", path, why,
                       (unsigned)st->st_uid, (unsigned)geteuid());
    if (others_write(st))
        return sl_fail(err, SLUICE_E_INVALID,
                       "%s: %sfound mode %04o, wanted one that others cannot write to "
                       "(chmod go-w)",
                       path, why, (unsigned)(st->st_mode & 07777));
    return SLUICE_OK;
}

/* Every folder above path. A sticky one (as /tmp) lets nobody rename what is not theirs. */
static sluice_status check_parents(const char *path, sluice_error *err)
{
    char parent[PATH_MAX];
    struct stat st;
    sluice_status status = SLUICE_OK;
    char *slash;

    memcpy(parent, path, strlen(path) + 1);
    while (status >= 0 && (slash = strrchr(parent, '/')) && slash != parent) {
        *slash = 0;
        if (stat(parent, &st) < 0)
            return sl_fail(err, SLUICE_E_UNAVAILABLE, "%s: %s", parent, strerror(errno));
        if (!(st.st_mode & S_ISVTX))
            status = check(parent, &st, "a folder above a plugin folder: ", err);
    }
    return status;
}

sluice_status sl_guard_owner(const char *path, bool folder, sluice_error *err)
{
    struct stat st;
    sluice_status status;

    if (stat(path, &st) < 0)
        return sl_fail(err, SLUICE_E_NOT_FOUND, "%s: %s", path, strerror(errno));
    if (folder ? !S_ISDIR(st.st_mode) : !S_ISREG(st.st_mode))
        return sl_fail(err, SLUICE_E_INVALID, "%s: found %s, wanted a %s", path,
                       S_ISDIR(st.st_mode)   ? "a folder"
                       : S_ISREG(st.st_mode) ? "a file"
                                             : "something else",
                       folder ? "folder" : "regular file");
    status = check(path, &st, "", err);
    if (status >= 0 && folder)
        status = check_parents(path, err);
    return status;
}
