/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sluice_sdk/media.h - images and files of a chat body: data URLs taken apart, their base64 put
 * right, kinds told by the first bytes. For providers that want bytes in a member of their own.
 */
#ifndef SLUICE_SDK_MEDIA_H
#define SLUICE_SDK_MEDIA_H

#include <sluice/plugin.h>

struct sluice_arena;

struct sl_media {
    sluice_span mime; /* lower case, "image/jpg" made right; empty = not said and not known */
    sluice_span data; /* standard base64, fit for a JSON string (a slash may be escaped) */
};

/* url: "data:[MIME][;PARAM]*[;base64],DATA" or bare base64, the inside of a JSON string, still
 * escaped. INVALID when it is neither. A clean payload is not copied. */
sluice_status sl_media(struct sluice_arena *arena, sluice_span url, struct sl_media *out);
/* What base64 as above holds, as the inside of a JSON string. */
sluice_status sl_media_text(struct sluice_arena *arena, sluice_span base64, sluice_span *out);
/* The mime type of a header or data URL: no parameters, lower case, misspellings righted. */
sluice_status sl_media_mime(struct sluice_arena *arena, sluice_span text, sluice_span *mime);
/* By the first bytes, 12 of them are enough; empty = not known. */
sluice_span sl_media_sniff(sluice_span bytes);

#endif
