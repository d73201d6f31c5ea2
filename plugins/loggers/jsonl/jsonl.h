/* SPDX-License-Identifier: Apache-2.0 */
/* jsonl.h - the parts of the jsonl logger: a record as one line of JSON, and the file that lines go
 * to. All on the logger's own thread. */
#ifndef JSONL_H
#define JSONL_H

#include <sys/stat.h>
#include <sluice/logger.h>
#include <sluice_sdk/buf.h>

#define JSONL_LINE_MAX                                                                             \
    ((size_t)16 << 20) /* a record with larger bodies is written without them                      \
                        */

/* ---- line.c ---- */

/* Appends the record's line, line feed included. NOMEM: out of memory. */
sluice_status jsonl_line(struct sl_buf *out, const sluice_record *record, bool bodies);

/* ---- file.c ---- */

struct jsonl_file {
    char *path;
    int64_t max_bytes; /* 0 = never rotated */
    int64_t keep;      /* rotated files that stay: path.1 is the youngest */
    int fd;            /* -1 = closed */
    int64_t size;
    dev_t dev; /* of fd, to see that somebody moved the file */
    ino_t ino;
};

/* Opens or creates (mode 0600), for appending. UNAVAILABLE: not now; INVALID: no regular file. */
sluice_status jsonl_file_open(struct jsonl_file *f, sluice_error *err);
void jsonl_file_close(struct jsonl_file *f);
/* Opens anew if the path leads to another file by now, or to none. */
sluice_status jsonl_file_follow(struct jsonl_file *f, sluice_error *err);
/* Rotates if `more` bytes would be too many for the file. */
sluice_status jsonl_file_room(struct jsonl_file *f, size_t more, sluice_error *err);
/* Writes what it can; *written says how much even when it fails. */
sluice_status jsonl_file_write(struct jsonl_file *f, sluice_span text, size_t *written,
                               sluice_error *err);
sluice_status jsonl_file_sync(struct jsonl_file *f, sluice_error *err);

#endif
