/* SPDX-License-Identifier: Apache-2.0 */
/* config.c - a deployment's configuration. The host has checked it against the schema already; keys
 * and roles are the host's business ("credentials"). */
#include <sluice_sdk/chat.h>
#include <sluice_sdk/config.h>
#include <stdlib.h>
#include "bedrock.h"

const char bedrock_config_schema[] =
    "{\"type\":\"object\","
    "\"x-sluice\":{\"key_env\":[\"AWS_BEARER_TOKEN_BEDROCK\"],\"credentials\":[\"aws\"],"
    "\"base_env\":[\"AWS_BEDROCK_RUNTIME_ENDPOINT\",\"AWS_ENDPOINT_URL_BEDROCK_RUNTIME\"],"
    "\"aliases\":[\"bedrock_converse\"],"
    "\"serves\":[\"anthropic.claude-*\",\"us.anthropic.claude-*\",\"eu.anthropic.claude-*\","
    "\"amazon.nova-*\",\"amazon.titan-*\",\"meta.llama*\",\"cohere.*\",\"arn:aws:bedrock:*\"]},"
    "\"properties\":{"
    "\"base_model\":{\"type\":\"string\","
    "\"description\":\"Which model this is, when the deployment's name (an ARN) does not say "
    "it.\"},"
    "\"region_name\":{\"type\":\"string\","
    "\"description\":\"The region to ask; by default the credential's (aws_region_name).\"},"
    "\"s3_bucket_name\":{\"type\":\"string\","
    "\"description\":\"Where files of batches lie: a bucket, or bucket/prefix.\"},"
    "\"s3_output_bucket_name\":{\"type\":\"string\","
    "\"description\":\"Where their results go; by default the same.\"},"
    "\"s3_region_name\":{\"type\":\"string\","
    "\"description\":\"The buckets' region; by default the deployment's.\"},"
    "\"s3_encryption_key_id\":{\"type\":\"string\","
    "\"description\":\"The KMS key that results are encrypted with.\"},"
    "\"aws_batch_role_arn\":{\"type\":\"string\","
    "\"description\":\"The role that batches run with: it may read and write "
    "there.\"}," TURNS_BUDGETS_SCHEMA "," SL_CHAT_LENIENT_SCHEMA "}}";

static bool read_config(sluice_provider *self, const struct sl_json *config)
{
    const struct {
        const char *name;
        sluice_span *out;
    } texts[] = {
        { "s3_bucket_name", &self->bucket },
        { "s3_output_bucket_name", &self->output_bucket },
        { "s3_region_name", &self->bucket_region },
        { "s3_encryption_key_id", &self->encryption_key },
        { "aws_batch_role_arn", &self->batch_role },
        { "base_model", &self->base_model },
        { "region_name", &self->region },
    };

    turns_budgets(config, self->budgets);
    self->lenient_arguments = sl_config_true(sl_json_opt(config, "lenient_arguments"));
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (!sl_config_text(sl_json_opt(config, texts[i].name), &self->arena, texts[i].out))
            return false;
    return true;
}

sluice_status bedrock_create(const sluice_host *host, sluice_span config, sluice_provider **out,
                             sluice_error *err)
{
    sluice_provider *self = calloc(1, sizeof *self);
    const struct sl_json *tree;
    sluice_status st;

    if (!self)
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory");
    self->host = host;
    sl_arena_init(&self->arena, 1u << 20);
    st = sl_config_read(config, &self->arena, &tree, err);
    if (st >= 0 && !read_config(self, tree))
        st = sl_fail(err, SLUICE_E_NOMEM, "out of memory");
    if (st < 0)
        bedrock_destroy(self);
    else
        *out = self;
    return st;
}

void bedrock_destroy(sluice_provider *self)
{
    if (!self)
        return;
    sl_arena_finish(&self->arena);
    free(self);
}
