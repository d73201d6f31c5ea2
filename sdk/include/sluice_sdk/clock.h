/* SPDX-License-Identifier: Apache-2.0 */
/* sluice_sdk/clock.h - the library's clock. */
#ifndef SLUICE_SDK_CLOCK_H
#define SLUICE_SDK_CLOCK_H

#include "base/clock.h"

#endif
