/* SPDX-License-Identifier: Apache-2.0 */
/* sink.h - private to the test kit: a sluice_sink that writes what it gets as lines of text and
 * refuses what a host would refuse. */
#ifndef SL_TESTHOST_SINK_H
#define SL_TESTHOST_SINK_H

#include "host.h"
#include <sluice/provider.h>

struct recorder {
    sluice_sink sink;
    struct sluice_arena scratch;
    struct text lines;
    struct text bytes, bytes_type; /* pieces of a binary answer, joined until another line comes */
    bool in_bytes;
    bool relaying; /* data() may report usage, but not write */
    bool had_chunk, had_whole, had_delta;
    struct text complaint; /* why a call was refused */
};

void recorder_init(struct recorder *r, size_t arena_cap);
void recorder_finish(struct recorder *r);
/* The step is over: scratch memory goes. */
void recorder_step(struct recorder *r);
/* What the host passed on itself. */
void recorder_relay(struct recorder *r, sluice_span event, sluice_span data);
/* Writes a held binary answer; before the lines are read. */
void recorder_settle(struct recorder *r);

#endif
