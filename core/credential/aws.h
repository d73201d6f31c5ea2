/* SPDX-License-Identifier: Apache-2.0 */
/*
 * aws.h - the AWS credential chain: where a key pair comes from (parameters, variables, profile
 * files, a web identity, the container's endpoint, the instance's), and the roles that are assumed
 * with it one after the other. Shared by the files aws*.c only.
 */
#ifndef SL_CREDENTIAL_AWS_H
#define SL_CREDENTIAL_AWS_H

#include "credential/fetch.h"

#define SL_AWS_ROLES 5 /* one of the deployment, and a chain of profiles */

struct sl_aws_pair {
    sluice_span id, secret, session;
};

struct sl_aws_role {
    sluice_span arn, session_name, external_id;
    sluice_span duration; /* seconds; empty = 3600 */
};

/* Where one has signed on, and as whom. */
struct sl_aws_sso {
    sluice_span session, start_url, region, account, role;
};

/* What is configured; constant. */
struct sl_aws {
    struct sl_aws_pair given; /* the deployment's own */
    struct sl_aws_pair env;
    struct sl_aws_role role; /* arn empty = none */
    sluice_span web_token;   /* the deployment's: a token, or where it lies */
    struct sl_aws_role env_role;
    sluice_span env_token_file;
    sluice_span region, sts_endpoint;
    sluice_span
        profile; /* named by the deployment or a variable; empty = default, if there is one */
    bool profile_given; /* by the deployment: variables with keys do not count */
    sluice_span credentials_file, config_file;
    sluice_span sso_cache, sso_endpoint; /* a folder; a base URL, empty = AWS's own */
    sluice_span container_url;           /* empty = none */
    sluice_span container_token, container_token_file;
    sluice_span metadata; /* base URL; empty = switched off */
    bool no_metadata_v1;
};

enum sl_aws_base {
    SL_AWS_NOWHERE,
    SL_AWS_PAIR,    /* pair */
    SL_AWS_WEB,     /* web_role, token */
    SL_AWS_PROCESS, /* process */
    SL_AWS_SSO,     /* sso; then token */
    SL_AWS_CONTAINER,
    SL_AWS_METADATA
};

/* One fetch. */
struct sl_aws_fetch {
    const struct sl_aws *aws;
    enum sl_aws_base base;
    struct sl_aws_pair pair;
    int64_t expires_s; /* Unix; 0 = never */
    sluice_span region;
    struct sl_aws_role roles[SL_AWS_ROLES]; /* assumed from the last to the first */
    size_t n_roles;
    struct sl_aws_role web_role;
    struct sl_aws_sso sso;
    sluice_span process;   /* a command line */
    sluice_span token;     /* a web identity's, of signing on, the container's, the metadata's */
    sluice_status status;  /* of work on a thread */
    sluice_span role_name; /* of the instance */
};

/* aws.c: a pair is there; text: who gave it, for a sentence when it is over already. */
void sl_aws_have_pair(struct sl_fetch *f, const char *text);
/* Text in the fetch's arena; ends the fetch and yields ptr NULL when memory is out. */
sluice_span sl_aws_text(struct sl_fetch *f, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* aws_profile.c, on a thread of the pool: base, pair, roles and region from the profile files.
 * NOT_FOUND: there is no such profile. */
sluice_status sl_aws_read_profile(struct sl_fetch *f, sluice_span name);
/* The pair in {"AccessKeyId","SecretAccessKey",SESSION,"Expiration"}, and when it ends. */
struct sl_aws_pair sl_aws_pair_in(struct sl_fetch *f, const struct sl_json *tree,
                                  const char *session);
/* aws_process.c, on a thread of the pool: the pair that the program prints. */
sluice_status sl_aws_run_process(struct sl_fetch *f);
/* aws_sso.c: the token, on a thread of the pool; then the same as below. */
sluice_status sl_aws_read_sso(struct sl_fetch *f);
void sl_aws_from_sso(struct sl_fetch *f);
/* aws_sts.c: end in sl_aws_have_pair(). */
void sl_aws_assume(struct sl_fetch *f, const struct sl_aws_role *role);
void sl_aws_assume_by_token(struct sl_fetch *f);
/* aws_metadata.c: the same. */
void sl_aws_from_container(struct sl_fetch *f);
void sl_aws_from_metadata(struct sl_fetch *f);

#endif
