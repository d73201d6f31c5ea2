/* SPDX-License-Identifier: Apache-2.0 */
/* sluice_sdk/status.h - classes of failure and the one way to fill a sluice_error. */
#ifndef SLUICE_SDK_STATUS_H
#define SLUICE_SDK_STATUS_H

#include "base/status.h"

#endif
