/* SPDX-License-Identifier: Apache-2.0 */
/* sluice_sdk/eventstream.h - messages of binary event streams, read and written. */
#ifndef SLUICE_SDK_EVENTSTREAM_H
#define SLUICE_SDK_EVENTSTREAM_H

#include "format/eventstream.h"

#endif
