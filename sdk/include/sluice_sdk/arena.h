/* SPDX-License-Identifier: Apache-2.0 */
/* sluice_sdk/arena.h - memory freed in one go. */
#ifndef SLUICE_SDK_ARENA_H
#define SLUICE_SDK_ARENA_H

#include "base/arena.h"

#endif
