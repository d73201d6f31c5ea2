/* SPDX-License-Identifier: Apache-2.0 */
/* sluice_sdk/buf.h - growing text with a cap. */
#ifndef SLUICE_SDK_BUF_H
#define SLUICE_SDK_BUF_H

#include "base/buf.h"

#endif
