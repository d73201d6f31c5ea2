/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_scan.h - validates JSON text (RFC 8259, UTF-8 checked) and finds members without a tree:
 * the hot path. Nothing is decoded, nothing allocated; results are spans into the text.
 */
#ifndef SL_FORMAT_JSON_SCAN_H
#define SL_FORMAT_JSON_SCAN_H

#include "base/arena.h"

#define SL_JSON_DEPTH 128 /* deeper nesting is refused */

enum sl_json_type {
    SL_JSON_NONE, /* absent */
    SL_JSON_NULL,
    SL_JSON_FALSE,
    SL_JSON_TRUE,
    SL_JSON_NUMBER,
    SL_JSON_STRING,
    SL_JSON_ARRAY,
    SL_JSON_OBJECT
};

/* Why a text was refused and where. */
struct sl_json_error {
    const char *what;            /* static: "unexpected character", "malformed UTF-8", ... */
    size_t offset, line, column; /* line and column count from 1; column in bytes */
};

/* Type of the value that starts at text[0]. */
enum sl_json_type sl_json_type(sluice_span value);

/* Exactly one valid value with blanks around it? Duplicate names are not looked for. */
sluice_status sl_json_validate(sluice_span text, struct sl_json_error *err);

/* Validate the text, which must be an object, and list its top-level members in order. Names
 * without escapes are spans into the text; those with escapes are decoded into the arena. A name
 * that appears twice is refused. Values are raw. */
sluice_status sl_json_members(sluice_span text, struct sluice_arena *arena, sluice_header **out,
                              size_t *n, struct sl_json_error *err);

/* Long texts and data within a text: their strings' insides, in order. Whoever walks over the text
 * again need not read them. */
#define SL_JSON_LONG 1024 /* bytes, and more */
struct sl_json_longs {
    sluice_span *list;
    size_t n;
};
/* The same, with the long strings; when memory is short, not all of them. */
sluice_status sl_json_members_longs(sluice_span text, struct sluice_arena *arena,
                                    sluice_header **out, size_t *n, struct sl_json_longs *longs,
                                    struct sl_json_error *err);
/* The end of the long string whose inside begins at p; NULL: none is known to. */
const char *sl_json_longs_end(const struct sl_json_longs *longs, const char *p);

/* The raw value of a member of a *valid* object, by a path of names: "usage.prompt_tokens". Dots
 * separate, a number indexes an array ("choices.0.delta"). Absent: ptr NULL. First match wins. */
sluice_span sl_json_find(sluice_span object, const char *path);
/* The same for one decoded name. */
sluice_span sl_json_member(sluice_span object, sluice_span name);

/* Walk an array or object of *valid* JSON: start with a zeroed iterator. */
struct sl_json_iter {
    sluice_span rest; /* private */
    bool started;
};
bool sl_json_next(struct sl_json_iter *it, sluice_span container, sluice_span *name,
                  sluice_span *value); /* name: inside of the quotes, raw; empty in arrays */

/* Typed reading of one raw value. */
bool sl_json_i64(sluice_span value, int64_t *out); /* integers only; 1e3 and 1.0 count, 1.5 not */
bool sl_json_f64(sluice_span value, double *out);  /* not if it is infinite, or over 500 digits */
bool sl_json_is_true(sluice_span value);
/* Inside of the quotes, raw; false if it is no string. */
bool sl_json_raw_string(sluice_span value, sluice_span *inside);
/* Decoded; a span into the text when there is no escape, else in the arena. */
bool sl_json_string(sluice_span value, struct sluice_arena *arena, sluice_span *out);
/* Decode the inside of a string; out needs inside.len bytes. Returns the length. A lone surrogate
 * becomes U+FFFD. */
size_t sl_json_unescape(sluice_span inside, char *out);

#endif
