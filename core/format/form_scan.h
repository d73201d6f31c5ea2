/* SPDX-License-Identifier: Apache-2.0 */
/*
 * form_scan.h - a multipart body that passes by in pieces of any size: which parts it has, as soon
 * as the header fields of each are there. As strict as form.h, which reads what is there whole.
 */
#ifndef SL_FORMAT_FORM_SCAN_H
#define SL_FORMAT_FORM_SCAN_H

#include "base/buf.h"
#include "format/form.h"

#define SL_FORM_LINE 76 /* "\r\n--" and the longest boundary, and some */

struct sl_form_scan {
    sluice_span boundary;    /* outlives it */
    struct sl_buf head;      /* of the part that begins: a form of its own, once it is whole */
    char tail[SL_FORM_LINE]; /* the last bytes, as long as they may begin a delimiter */
    size_t n_tail;
    enum { SL_FORM_DATA, SL_FORM_HEADS, SL_FORM_OVER } state;
    size_t n_parts;
    uint64_t at;      /* bytes that have passed */
    uint64_t data_at; /* where the data of the part under way begins */
    uint64_t part_at; /* where the delimiter of the part that was told last begins */
};

/* At the delimiter of a part. */
void sl_form_scan_init(struct sl_form_scan *s, sluice_span boundary);
void sl_form_scan_finish(struct sl_form_scan *s);
/* OK: the head of a part is complete: name, filename, type and file are filled, until the next
 * call; there may be more in *bytes. MORE: all bytes have passed. Behind the closing delimiter all
 * pass. */
sluice_status sl_form_scan_next(struct sl_form_scan *s, sluice_span *bytes,
                                struct sl_form_part *part, sluice_error *err);
/* Has the closing delimiter passed? */
bool sl_form_scan_over(const struct sl_form_scan *s);

#endif
