/* SPDX-License-Identifier: Apache-2.0 */
/* batch_line.h - private to batch.c and batch_answer.c. */
#ifndef SL_SDK_BATCH_LINE_H
#define SL_SDK_BATCH_LINE_H

#include <sluice_sdk/batch.h>

/* A chat call for one line; everything else is the file's call's. */
sluice_status sl_batch_chat(struct sl_batch *b, sluice_span model, sluice_span body,
                            sluice_call *out, sluice_error *err);

#endif
