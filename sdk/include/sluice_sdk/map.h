/* SPDX-License-Identifier: Apache-2.0 */
/* sluice_sdk/map.h - a hash from text to pointer, and its keyed hash function. */
#ifndef SLUICE_SDK_MAP_H
#define SLUICE_SDK_MAP_H

#include "base/map.h"

#endif
