/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sluice/ext/secret.h - host service: the text behind a secret reference, for raw protocols
 * such as Redis AUTH. get_extension(SLUICE_SECRET_ID). HTTP requests need it not: they carry
 * the reference in SLUICE_PART_SECRET or let the host place the credential.
 */
#ifndef SLUICE_EXT_SECRET_H
#define SLUICE_EXT_SECRET_H

#include <sluice/plugin.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SLUICE_SECRET_ID "sluice.host.secret/1"

typedef struct sluice_host_secret {
    uint32_t struct_size;
    uint32_t reserved;
    /* [any] ref as it stood in this instance's own config; others are NOT_FOUND. *out is valid
     * until the plugin function now running returns: ask again at each connect, so that a
     * rotated secret is seen. */
    sluice_status (*reveal)(const sluice_host *host, sluice_span ref, sluice_span *out);
} sluice_host_secret;

#ifdef __cplusplus
}
#endif
#endif
