/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sluice_sdk/fetch.h - a chat body's images and files behind http(s) URLs, fetched by the host
 * (SLUICE_REQ_FOREIGN) and kept as base64, for vendors that take bytes only. An exchange goes
 * through it before its own request:
 *
 *     begin()    sl_fetch_init(&x->fetch, arena), sl_fetch_scan(...); when sl_fetch_pending() is
 *                false, translate at once
 *     request()  if (sl_fetch_pending(f)) return sl_fetch_request(f, out, err);
 *     head()     if (sl_fetch_pending(f)) return sl_fetch_head(f, h, err);
 *     data()     if (sl_fetch_pending(f)) return sl_fetch_data(f, frame, err);
 *     end()      if (sl_fetch_pending(f)) { st = sl_fetch_end(f, err); when that is OK and
 *                nothing is pending any more: translate, with sl_fetch_find() for each URL;
 *                return SLUICE_MORE; }
 *     close()    sl_fetch_finish(f)
 */
#ifndef SLUICE_SDK_FETCH_H
#define SLUICE_SDK_FETCH_H

#include <stdbool.h>
#include <sluice/provider.h>
#include <sluice_sdk/media.h>

#define SL_FETCH_MOST 32 /* different URLs of one request */

struct sl_fetched; /* one URL */

struct sl_fetch {
    struct sluice_arena *arena;
    struct sl_fetched *first, *last, *now; /* now: the one to be fetched next; NULL = none */
    size_t n;
    void *inlined; /* the rewritten messages; private */
};

void sl_fetch_init(struct sl_fetch *f, sluice_arena *arena);
void sl_fetch_finish(struct sl_fetch *f);
/* Looks through a call's `messages` for parts with remote URLs: image_url (either form), file
 * (file_data, file_id), video_url, image and document blocks with a source of type url. skip: true
 * for a URL (decoded) that the vendor can read itself; may be NULL. INVALID: more than
 * SL_FETCH_MOST, or no URL after all; err names the part. Malformed messages are left to the
 * translation. */
sluice_status sl_fetch_scan(struct sl_fetch *f, const sluice_call *call,
                            bool (*skip)(sluice_span url), sluice_error *err);
static inline bool sl_fetch_pending(const struct sl_fetch *f)
{
    return f->now != NULL;
}
sluice_status sl_fetch_request(struct sl_fetch *f, sluice_http_request *out, sluice_error *err);
sluice_status sl_fetch_head(struct sl_fetch *f, const sluice_http_head *head, sluice_error *err);
sluice_status sl_fetch_data(struct sl_fetch *f, const sluice_frame *frame, sluice_error *err);
/* Goes on to the next URL. Negative: this one cannot be used (400 invalid_image_url). */
sluice_status sl_fetch_end(struct sl_fetch *f, sluice_error *err);
/* What was found behind a URL, given as the inside of its JSON string; false when it was not
 * fetched. The base64 lives until sl_fetch_finish(). */
bool sl_fetch_find(const struct sl_fetch *f, sluice_span url_inside, struct sl_media *out);

/* A call's members with `messages` rewritten: each URL that was fetched is a data URL, and a source
 * of type url one of type base64. For translations that know inline data only. The members live
 * until sl_fetch_finish(). */
sluice_status sl_fetch_inline(struct sl_fetch *f, const sluice_call *call,
                              const sluice_header **members);

/* Begins with http:// or https:// (escaped slashes, too)? */
bool sl_is_remote(sluice_span url_inside);

#endif
