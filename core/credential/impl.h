/* SPDX-License-Identifier: Apache-2.0 */
/* impl.h - struct sl_credential, for credential.c and make.c only. */
#ifndef SL_CREDENTIAL_IMPL_H
#define SL_CREDENTIAL_IMPL_H

#include <pthread.h>
#include <stdatomic.h>
#include "base/digest.h"
#include "base/list.h"
#include "credential/credential.h"
#include "credential/source.h"

struct sl_credential {
    atomic_uint refs;
    const struct sl_credential_source *source; /* NULL: a key, and grant is all there is */
    void *self;                                /* the source's */
    struct sluice_arena arena;                 /* of self */
    struct sl_secret *key;                     /* the deployment's own; NULL = none */
    unsigned char digest[SL_DIGEST_SIZE];      /* of all that decides what is fetched */
    pthread_mutex_t lock;                      /* guards what follows */
    struct sl_grant *grant;
    bool fetching;
    uint64_t again_ms; /* no renewal before; the last one failed */
    struct sl_list waiters;
};

#endif
