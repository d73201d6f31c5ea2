/* SPDX-License-Identifier: Apache-2.0 */
/* crc32.h - the CRC-32 of Ethernet and zlib (polynomial 0xEDB88320, reflected). */
#ifndef SL_BASE_CRC32_H
#define SL_BASE_CRC32_H

#include "base/span.h"

/* Of `data` behind what gave `crc`; 0 begins. */
uint32_t sl_crc32(uint32_t crc, sluice_span data);

#endif
