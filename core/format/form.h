/* SPDX-License-Identifier: Apache-2.0 */
/*
 * form.h - multipart/form-data (RFC 7578) as spans over the body: its parts one after the other,
 * and the body sent on with some of them replaced, left out or added while all others stay as they
 * came. Strict where leniency would let two readers see two forms. No I/O.
 */
#ifndef SL_FORMAT_FORM_H
#define SL_FORMAT_FORM_H

#include "base/arena.h"

#define SL_FORM_PARTS 512       /* parts of one form */
#define SL_FORM_HEAD (8u << 10) /* header fields of one part */

struct sl_form_part {
    sluice_span name, filename; /* inside of the quotes, as they were written */
    sluice_span type;           /* content-type; empty = none */
    sluice_span data;
    sluice_span whole; /* from its delimiter line to the next one */
    bool file;         /* it has a filename */
};

struct sl_form {
    sluice_span rest; /* from the next delimiter on */
    sluice_span boundary;
    size_t n;
};

/* The boundary of a content type; false: it is no multipart/form-data with a legal one. */
bool sl_form_boundary(sluice_span content_type, sluice_span *boundary);

/* INVALID when the body does not begin with the boundary. */
sluice_status sl_form_begin(struct sl_form *f, sluice_span body, sluice_span boundary,
                            sluice_error *err);
/* OK: a part; MORE: there was none left; INVALID: malformed, or too much of something. */
sluice_status sl_form_next(struct sl_form *f, struct sl_form_part *out, sluice_error *err);

struct sl_form_edit {
    sluice_span name;
    sluice_span value; /* the field's text; ptr NULL leaves it out. A name not there is added */
};

/* body: has been walked without a failure. *parts is an array in the arena whose spans, written one
 * after the other, are the edited form. Of several parts of one name the first is replaced, the
 * others go. */
sluice_status sl_form_edit(sluice_span body, sluice_span boundary, const struct sl_form_edit *edits,
                           size_t n_edits, struct sluice_arena *arena, sluice_span **parts,
                           size_t *n_parts);

#endif
