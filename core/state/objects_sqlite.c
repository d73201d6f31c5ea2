/* SPDX-License-Identifier: Apache-2.0 */
/*
 * objects_sqlite.c - objects in an SQLite file: one table, a write-ahead log, one transaction a
 * batch. What was answered survives the end of the process however it comes; after a power failure
 * the last moments may be missing, since commits do not wait for the disk.
 */
#include "state/objects.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/status.h"
#include "state/objects_thread.h"

#define LAYOUT 1          /* user_version */
#define BUSY_MS 1000      /* how long another process may hold the file */
#define DROP_AT_ONCE "64" /* rows that go in one step when there are too many */
#define IS_MINE "owner = ?1 AND id = ?2"

enum { FIND, REMOVE, INSERT, OVER, OLDEST, BEGIN, COMMIT, ROLLBACK, STATEMENTS };

static const char *const sql[STATEMENTS] = {
    [FIND] = "SELECT text FROM objects WHERE " IS_MINE " AND expires_ms > ?3",
    [REMOVE] = "DELETE FROM objects WHERE " IS_MINE " RETURNING length(text), expires_ms > ?3",
    [INSERT] = "INSERT INTO objects (owner, id, expires_ms, text) VALUES (?1, ?2, ?3, ?4)",
    [OVER] = "DELETE FROM objects WHERE number IN (SELECT number FROM objects WHERE "
             "expires_ms <= ?1 LIMIT " DROP_AT_ONCE ") RETURNING length(text)",
    [OLDEST] = "DELETE FROM objects WHERE number IN (SELECT number FROM objects ORDER BY number "
               "LIMIT " DROP_AT_ONCE ") RETURNING length(text)",
    [BEGIN] = "BEGIN IMMEDIATE",
    [COMMIT] = "COMMIT",
    [ROLLBACK] = "ROLLBACK",
};

static const char layout[] =
    "PRAGMA auto_vacuum = INCREMENTAL;" /* before the first table */
    "PRAGMA journal_mode = WAL;"
    "PRAGMA synchronous = NORMAL;"
    "CREATE TABLE IF NOT EXISTS objects (number INTEGER PRIMARY KEY AUTOINCREMENT,"
    " owner BLOB NOT NULL, id BLOB NOT NULL, expires_ms INTEGER NOT NULL, text BLOB NOT NULL);"
    "CREATE UNIQUE INDEX IF NOT EXISTS objects_id ON objects (owner, id);"
    "CREATE INDEX IF NOT EXISTS objects_expires ON objects (expires_ms);"
    "PRAGMA user_version = 1;";

struct file {
    sqlite3 *db;
    sqlite3_stmt *statements[STATEMENTS];
    int64_t bytes, most_bytes; /* of texts; other processes' count from the next tidy() on */
    char path[];
};

/* What a code of SQLite's means here. */
static sluice_status failed(const struct file *f, int rc, sluice_error *err)
{
    const char *text = f->db ? sqlite3_errmsg(f->db) : sqlite3_errstr(rc);

    switch (rc & 0xff) {
    case SQLITE_NOMEM:
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory in the object store");
    case SQLITE_TOOBIG:
        return sl_fail(err, SLUICE_E_LIMITED, "it is larger than the object store keeps");
    default:
        return sl_fail_param(err, SLUICE_E_UNAVAILABLE, "object_store_unavailable", NULL,
                             "the object store cannot be used: %s", text);
    }
}

/* ---- open, close ---- */

static void close_db(struct file *f)
{
    for (size_t i = 0; i < STATEMENTS; i++) {
        sqlite3_finalize(f->statements[i]);
        f->statements[i] = NULL;
    }
    sqlite3_close(f->db);
    f->db = NULL;
}

static void close_file(void *self)
{
    struct file *f = self;

    close_db(f);
    free(f);
}

/* Prompts lie in it: for nobody else to read. The log beside it gets the same rights. */
static sluice_status make_file(const struct file *f, sluice_error *err)
{
    int fd = open(f->path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

    if (fd < 0)
        return sl_fail(err, SLUICE_E_INVALID, "the object store %s cannot be opened: %s", f->path,
                       strerror(errno));
    close(fd);
    return SLUICE_OK;
}

static int number_of(struct file *f, const char *question, int64_t *out)
{
    sqlite3_stmt *s = NULL;
    int rc = sqlite3_prepare_v2(f->db, question, -1, &s, NULL);

    if (rc == SQLITE_OK)
        rc = sqlite3_step(s);
    if (rc == SQLITE_ROW)
        *out = sqlite3_column_int64(s, 0);
    sqlite3_finalize(s);
    return rc == SQLITE_ROW ? SQLITE_OK : rc;
}

static int prepare(struct file *f)
{
    int64_t version = 0;
    int rc = number_of(f, "PRAGMA user_version", &version);

    if (rc == SQLITE_OK && version > LAYOUT)
        return SQLITE_MISMATCH;
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(f->db, layout, NULL, NULL, NULL);
    for (size_t i = 0; i < STATEMENTS && rc == SQLITE_OK; i++)
        rc = sqlite3_prepare_v3(f->db, sql[i], -1, SQLITE_PREPARE_PERSISTENT, &f->statements[i],
                                NULL);
    if (rc == SQLITE_OK)
        rc = number_of(f, "SELECT coalesce(sum(length(text)), 0) FROM objects", &f->bytes);
    return rc;
}

static sluice_status open_file(void *self, sluice_error *err)
{
    struct file *f = self;
    sluice_status st = make_file(f, err);
    int rc;

    if (st < 0)
        return st;
    rc = sqlite3_open_v2(f->path, &f->db,
                         SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE,
                         NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_busy_timeout(f->db, BUSY_MS);
    if (rc == SQLITE_OK)
        rc = prepare(f);
    if (rc == SQLITE_OK)
        return SLUICE_OK;
    st = failed(f, rc, err);
    /* These do not pass: a person has to look. */
    if ((rc & 0xff) == SQLITE_NOTADB || (rc & 0xff) == SQLITE_CORRUPT)
        st = sl_fail(err, SLUICE_E_INVALID, "the object store %s is damaged, or no SQLite file: %s",
                     f->path, sqlite3_errmsg(f->db));
    else if (rc == SQLITE_MISMATCH)
        st = sl_fail(err, SLUICE_E_INVALID, "the object store %s is of a later version of sluice",
                     f->path);
    close_db(f);
    return st;
}

/* ---- questions ---- */

static void bind_text(sqlite3_stmt *s, int at, sluice_span text)
{
    sqlite3_bind_blob64(s, at, text.len ? text.ptr : "", text.len, SQLITE_STATIC);
}

/* Deletes row by row, so that what goes is counted; n: how many. */
static int delete_counted(struct file *f, sqlite3_stmt *s, size_t *n, bool *valid)
{
    int rc;

    while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
        f->bytes -= sqlite3_column_int64(s, 0);
        if (valid)
            *valid = sqlite3_column_int(s, 1) != 0;
        ++*n;
    }
    sqlite3_reset(s);
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int find(struct file *f, struct sl_objects_op *op)
{
    sqlite3_stmt *s = f->statements[FIND];
    int rc;

    bind_text(s, 1, op->ask.owner);
    bind_text(s, 2, op->ask.id);
    sqlite3_bind_int64(s, 3, op->ask.now_ms);
    rc = sqlite3_step(s);
    op->status = SLUICE_E_NOT_FOUND;
    if (rc == SQLITE_ROW) {
        const void *text = sqlite3_column_blob(s, 0);

        op->found = sl_object_create(sl_span(text, (size_t)sqlite3_column_bytes(s, 0)));
        op->status = op->found ? SLUICE_OK : SLUICE_E_NOMEM;
    }
    sqlite3_reset(s);
    return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int remove_one(struct file *f, struct sl_objects_op *op, bool *there)
{
    sqlite3_stmt *s = f->statements[REMOVE];
    size_t n = 0;

    *there = false;
    bind_text(s, 1, op->ask.owner);
    bind_text(s, 2, op->ask.id);
    sqlite3_bind_int64(s, 3, op->ask.now_ms);
    return delete_counted(f, s, &n, there);
}

static int insert(struct file *f, struct sl_objects_op *op)
{
    sqlite3_stmt *s = f->statements[INSERT];
    int rc;

    bind_text(s, 1, op->ask.owner);
    bind_text(s, 2, op->ask.id);
    sqlite3_bind_int64(s, 3, op->ask.now_ms + op->ask.ttl_ms);
    bind_text(s, 4, op->ask.text);
    rc = sqlite3_step(s);
    sqlite3_reset(s);
    sqlite3_clear_bindings(s);
    if (rc == SQLITE_DONE)
        f->bytes += (int64_t)op->ask.text.len;
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int answer(struct file *f, struct sl_objects_op *op)
{
    bool there;
    int rc;

    if (op->ask.kind == SL_OBJECTS_GET)
        return find(f, op);
    if ((int64_t)op->ask.text.len > f->most_bytes / 4) { /* it would drive out too much */
        op->status = sl_fail(&op->error, SLUICE_E_LIMITED,
                             "it is larger than a quarter of the object store");
        return SQLITE_OK;
    }
    rc = remove_one(f, op, &there);
    if (rc == SQLITE_OK && op->ask.kind == SL_OBJECTS_PUT)
        rc = insert(f, op);
    op->status = there || op->ask.kind == SL_OBJECTS_PUT ? SLUICE_OK : SLUICE_E_NOT_FOUND;
    return rc;
}

static int run_plain(struct file *f, int which)
{
    int rc = sqlite3_step(f->statements[which]);

    sqlite3_reset(f->statements[which]);
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int make_room(struct file *f)
{
    size_t n = 1;
    int rc = SQLITE_OK;

    while (rc == SQLITE_OK && f->bytes > f->most_bytes && n > 0) {
        n = 0;
        rc = delete_counted(f, f->statements[OLDEST], &n, NULL);
    }
    return rc;
}

static bool writes(const struct sl_objects_op *op)
{
    return op->ask.kind != SL_OBJECTS_GET;
}

/* All that the batch changes, or nothing of it. */
static void fail_writes(struct file *f, struct sl_list *ops, int rc)
{
    sl_list_each(node, ops)
    {
        struct sl_objects_op *op = SL_CONTAINER(node, struct sl_objects_op, node);

        if (writes(op) && op->status != SLUICE_E_LIMITED)
            op->status = failed(f, rc, &op->error);
    }
}

static void run_batch(void *self, struct sl_list *ops)
{
    struct file *f = self;
    int64_t before = f->bytes;
    bool changes = false;
    int rc = SQLITE_OK;

    sl_list_each(node, ops) changes =
        changes || writes(SL_CONTAINER(node, struct sl_objects_op, node));
    if (changes)
        rc = run_plain(f, BEGIN);
    sl_list_each(node, ops)
    {
        struct sl_objects_op *op = SL_CONTAINER(node, struct sl_objects_op, node);
        int one;

        if (writes(op) && rc != SQLITE_OK)
            continue;
        one = answer(f, op);
        if (one == SQLITE_OK)
            continue;
        op->status = failed(f, one, &op->error);
        if (writes(op))
            rc = one;
    }
    if (!changes)
        return;
    if (rc == SQLITE_OK)
        rc = make_room(f);
    if (rc == SQLITE_OK)
        rc = run_plain(f, COMMIT);
    if (rc == SQLITE_OK)
        return;
    fail_writes(f, ops, rc);
    if (!sqlite3_get_autocommit(f->db))
        (void)run_plain(f, ROLLBACK);
    f->bytes = before;
}

/* A failure here shows in the next question, too. */
static void tidy(void *self)
{
    struct file *f = self;
    size_t n = 1;
    int rc = SQLITE_OK;

    while (rc == SQLITE_OK && n > 0) {
        n = 0;
        sqlite3_bind_int64(f->statements[OVER], 1, sl_unix_ms());
        rc = delete_counted(f, f->statements[OVER], &n, NULL);
    }
    if (rc == SQLITE_OK)
        rc = number_of(f, "SELECT coalesce(sum(length(text)), 0) FROM objects", &f->bytes);
    if (rc == SQLITE_OK)
        rc = make_room(f);
    if (rc == SQLITE_OK)
        (void)sqlite3_exec(f->db, "PRAGMA incremental_vacuum(256)", NULL, NULL, NULL);
}

static const struct sl_objects_home sqlite_home = { "sqlite", open_file, run_batch, tidy,
                                                    close_file };

sluice_status sl_objects_sqlite(sluice_span path, int64_t bytes, const struct sl_log *log,
                                struct sl_objects **out, sluice_error *err)
{
    struct file *f = calloc(1, sizeof *f + path.len + 1);

    *out = NULL;
    if (!f)
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory for the object store");
    memcpy(f->path, path.ptr, path.len);
    f->most_bytes = bytes;
    return sl_objects_thread(&sqlite_home, f, log, out, err);
}
