/* SPDX-License-Identifier: Apache-2.0 */
/* aws.h - scripted endpoints of the AWS credential chain, and what the vendor was shown. */
#ifndef CREDENTIAL_AWS_KIT_H
#define CREDENTIAL_AWS_KIT_H

#define KIT_SCHEMES "\"aws\""
#include "kit.h"

#define REGION "aws_region_name: us-east-1"
#define NO_METADATA "AWS_EC2_METADATA_DISABLED: 'true'"
#define METADATA "AWS_EC2_METADATA_SERVICE_ENDPOINT: 'http://127.0.0.1:%d'"
#define STS "aws_sts_endpoint: 'http://127.0.0.1:%d/sts'"

static inline void assume_answers(struct kit *k, const char *id, int seconds)
{
    kit_route(k, "POST /sts", 200,
              "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">"
              "<AssumeRoleResult><Credentials><AccessKeyId>%s</AccessKeyId><SecretAccessKey>s/2"
              "</SecretAccessKey><SessionToken>session-of-%s==</SessionToken><Expiration>%s"
              "</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>",
              id, id, kit_time(seconds));
}

static inline void container_answers(struct kit *k, const char *id, int seconds)
{
    kit_route(k, "GET /container", 200,
              "{\"AccessKeyId\":\"%s\",\"SecretAccessKey\":\"s\",\"Token\":\"session-of-%s\","
              "\"Expiration\":\"%s\"}",
              id, id, kit_time(seconds));
}

static inline void metadata_answers(struct kit *k, const char *id)
{
    kit_route(k, "PUT /latest/api/token", 200, "metadata-token");
    kit_route(k, "GET /latest/meta-data/iam/security-credentials/my-role", 200,
              "{\"Code\":\"Success\",\"AccessKeyId\":\"%s\",\"SecretAccessKey\":\"s\",\"Token\":"
              "\"session-of-%s\",\"Expiration\":\"%s\"}",
              id, id, kit_time(3600));
    kit_route(k, "GET /latest/meta-data/iam/security-credentials/", 200, "my-role\nanother\n");
    kit_route(k, "GET /latest/meta-data/placement/region", 200, "eu-central-1");
}

/* The vendor was asked with this key. */
static inline void assert_sent(struct kit *k, const char *id, const char *session)
{
    char text[256];

    snprintf(text, sizeof text, "POST /vendor\nauthorization: AWS4-HMAC-SHA256 Credential=%s/", id);
    if (!kit_seen(k, text))
        fail_msg("not sent with %s: %s", id, k->log);
    snprintf(text, sizeof text, "x-amz-security-token: %s\n", session ? session : "");
    assert_int_equal(kit_seen(k, text) > 0, session != NULL);
}

#endif
