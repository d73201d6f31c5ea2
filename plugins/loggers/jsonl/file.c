/* SPDX-License-Identifier: Apache-2.0 */
/* file.c - a file that lines are appended to: rotated by size, followed when somebody else moved it
 * (logrotate needs no signal), and never torn by a full disk without saying where. */
#include "jsonl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
#include <sluice_sdk/span.h>
#include <sluice_sdk/status.h>

#define PATH_ROOM 4200

static sluice_status unavailable(sluice_error *err, const char *what, const char *path)
{
    return sl_fail(err, SLUICE_E_UNAVAILABLE, "%s %s: %s", what, path, strerror(errno));
}

sluice_status jsonl_file_open(struct jsonl_file *f, sluice_error *err)
{
    struct stat st;
    /* Not blocking, so that a pipe without a reader is refused instead of waited for. */
    int fd = open(f->path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0600);

    if (fd < 0)
        return unavailable(err, "cannot open", f->path);
    if (fstat(fd, &st) < 0) {
        close(fd);
        return unavailable(err, "cannot look at", f->path);
    }
    if (!S_ISREG(st.st_mode)) {
        close(fd);
        return sl_fail(err, SLUICE_E_INVALID, "%s is no regular file", f->path);
    }
    f->fd = fd;
    f->size = st.st_size;
    f->dev = st.st_dev;
    f->ino = st.st_ino;
    return SLUICE_OK;
}

void jsonl_file_close(struct jsonl_file *f)
{
    if (f->fd >= 0)
        close(f->fd);
    f->fd = -1;
}

sluice_status jsonl_file_follow(struct jsonl_file *f, sluice_error *err)
{
    struct stat st;

    if (f->fd >= 0 && stat(f->path, &st) == 0 && st.st_dev == f->dev && st.st_ino == f->ino) {
        f->size = st.st_size; /* others may append too, or have emptied it */
        return SLUICE_OK;
    }
    jsonl_file_close(f);
    return jsonl_file_open(f, err);
}

/* path.1 -> path.2 and so on; the oldest is overwritten. */
static sluice_status rotate(struct jsonl_file *f, sluice_error *err)
{
    char from[PATH_ROOM], to[PATH_ROOM];

    for (int64_t i = f->keep - 1; i >= 1; i--) {
        snprintf(from, sizeof from, "%s.%lld", f->path, (long long)i);
        snprintf(to, sizeof to, "%s.%lld", f->path, (long long)i + 1);
        if (rename(from, to) < 0 && errno != ENOENT)
            return unavailable(err, "cannot rotate", from);
    }
    snprintf(to, sizeof to, "%s.1", f->path);
    if (f->keep ? rename(f->path, to) < 0 : unlink(f->path) < 0)
        return unavailable(err, "cannot rotate", f->path);
    jsonl_file_close(f);
    return jsonl_file_open(f, err);
}

sluice_status jsonl_file_room(struct jsonl_file *f, size_t more, sluice_error *err)
{
    if (!f->max_bytes || !f->size || f->size + (int64_t)more <= f->max_bytes)
        return SLUICE_OK;
    return rotate(f, err);
}

sluice_status jsonl_file_write(struct jsonl_file *f, sluice_span text, size_t *written,
                               sluice_error *err)
{
    *written = 0;
    while (*written < text.len) {
        ssize_t n = write(f->fd, text.ptr + *written, text.len - *written);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return unavailable(err, "cannot write to", f->path);
        *written += (size_t)n;
        f->size += n;
    }
    return SLUICE_OK;
}

sluice_status jsonl_file_sync(struct jsonl_file *f, sluice_error *err)
{
    if (f->fd >= 0 && fsync(f->fd) < 0)
        return unavailable(err, "cannot sync", f->path);
    return SLUICE_OK;
}
