/* SPDX-License-Identifier: Apache-2.0 */
/* kit.h - a jsonl logger on a file of its own, records for it, and what it wrote. */
#ifndef JSONL_KIT_H
#define JSONL_KIT_H

#include "testhost.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <sluice/logger.h>

#define RECORDS 20

const sluice_plugin *sluice_builtin_jsonl(void);

extern const sluice_logger_class *class;
extern struct sl_testhost *host;
extern char path[64];

/* more: members for the configuration, from the comma on. */
sluice_logger *open_logger(const char *more);
void close_logger(sluice_logger *l);
/* What stands in the file, or in a rotated one (".1"); ptr NULL: there is none. */
sluice_span file_text(const char *suffix);
/* The one line of the file, which must be JSON. */
sluice_span only_line(void);
sluice_record call_record(const char *uid);
sluice_status write_one(sluice_logger *l, const sluice_record *r);
/* The member at a path is this JSON. */
void says(sluice_span line, const char *at, const char *want);

struct batch {
    sluice_record records[RECORDS];
    const sluice_record *list[RECORDS];
    char uids[RECORDS][16];
};

void batch_make(struct batch *b);
/* All wanted records of the batch, in order, once each, over the rotated files too. */
void batch_is_whole(int64_t files);

int kit_clean(void **state);
int kit_run(const struct CMUnitTest *tests, size_t n);
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, kit_clean, kit_clean)

#endif
