/* SPDX-License-Identifier: Apache-2.0 */
/* sluice_sdk/pool.h - things that wait for the next of their kind. */
#ifndef SLUICE_SDK_POOL_H
#define SLUICE_SDK_POOL_H

#include "base/pool.h"

#endif
