/* SPDX-License-Identifier: Apache-2.0 */
/* sluice_sdk/images.h - pictures that a vendor gives in base64, as OpenAI's answer. */
#ifndef SLUICE_SDK_IMAGES_H
#define SLUICE_SDK_IMAGES_H

#include <stdbool.h>
#include <sluice/provider.h>

/* images: JSON strings, raw. Reports how many they were. created: Unix seconds. */
sluice_status sl_images_answer(const sluice_sink *sink, int64_t created, const sluice_span *images,
                               size_t n);
/* "1024x768"; false: it is no size. */
bool sl_images_size(sluice_span text, uint64_t *width, uint64_t *height);

#endif
