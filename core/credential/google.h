/* SPDX-License-Identifier: Apache-2.0 */
/*
 * google.h - the pieces of the "google" scheme: what is configured and which file of credentials
 * counts (google.c), what such a file says (google_file.c), signed assertions (google_jwt.c), the
 * token services (google_token.c) and the metadata server (google_metadata.c).
 */
#ifndef SL_CREDENTIAL_GOOGLE_H
#define SL_CREDENTIAL_GOOGLE_H

#include "credential/fetch.h"

#define SL_GOOGLE_SCOPE "https://www.googleapis.com/auth/cloud-platform"

/* What is configured; texts are NUL-terminated. */
struct sl_google {
    sluice_span credentials;        /* a path, or the JSON text itself; empty = not given */
    sluice_span env_file, own_file; /* GOOGLE_APPLICATION_CREDENTIALS, gcloud's */
    sluice_span project, location;
    sluice_span metadata; /* "http://host" */
};

enum sl_google_kind {
    SL_GOOGLE_METADATA,
    SL_GOOGLE_SERVICE, /* email, key */
    SL_GOOGLE_USER,    /* client_id, client_secret, refresh_token */
    SL_GOOGLE_EXTERNAL /* audience, subject_token, subject_type */
};

struct sl_google_fetch {
    const struct sl_google *google;
    enum sl_google_kind kind;
    sluice_status status; /* of the work */
    sluice_span token_url;
    sluice_span email, key, key_id;
    sluice_span client_id, client_secret, refresh_token;
    sluice_span audience, subject_token, subject_type;
    sluice_span impersonate; /* URL; empty = nobody else */
    sluice_span project, quota_project;
    sluice_span assertion; /* the signed one */
    sluice_span token;
    int64_t expires_in_s;
};

static inline struct sl_google_fetch *sl_google_state(struct sl_fetch *f)
{
    return f->state;
}

/* google_file.c, for work(): takes a file of credentials apart; f->err says what is wrong. */
sluice_status sl_google_read(struct sl_fetch *f, sluice_span json);

/* google_jwt.c: RSASSA-PKCS1-v1_5 with SHA-256, and base64url without padding; ptr NULL on
 * failure: out of memory, or the key is none. */
sluice_span sl_google_rs256(struct sluice_arena *arena, sluice_span pem, sluice_span text);
sluice_span sl_google_base64url(struct sluice_arena *arena, sluice_span bytes);
/* Header and claims, each in base64url, with a dot between. */
sluice_span sl_google_claims(struct sluice_arena *arena, sluice_span key_id, sluice_span email,
                             sluice_span audience, int64_t now_s);

/* google_token.c, google_metadata.c: go on to sl_google_have_token(). */
void sl_google_from_service(struct sl_fetch *f);
void sl_google_from_metadata(struct sl_fetch *f);
/* Somebody else's token for ours. */
void sl_google_impersonate(struct sl_fetch *f);
/* {"access_token","expires_in"} of an answer; false: the fetch has ended. */
bool sl_google_take_token(struct sl_fetch *f, const struct sl_fetch_answer *a, const char *who);

/* google.c: the end, or the next step. */
void sl_google_have_token(struct sl_fetch *f);
void sl_google_finish(struct sl_fetch *f);

#endif
