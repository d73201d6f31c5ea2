/* SPDX-License-Identifier: Apache-2.0 */
/* config.c - a deployment's configuration. The host has checked it against the schema already; keys
 * and roles are the host's business ("credentials"). */
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
    "\"description\":\"The role that batches run with: it may read and write there.\"},"
    "\"thinking_budgets\":{\"type\":\"object\",\"additionalProperties\":false,"
    "\"description\":\"Tokens of thinking for each reasoning_effort, on models that take a "
    "budget.\","
    "\"properties\":{\"minimal\":{\"type\":\"integer\"},\"low\":{\"type\":\"integer\"},"
    "\"medium\":{\"type\":\"integer\"},\"high\":{\"type\":\"integer\"},"
    "\"xhigh\":{\"type\":\"integer\"},\"max\":{\"type\":\"integer\"}}},"
    "\"lenient_arguments\":{\"type\":\"boolean\","
    "\"description\":\"Replay tool calls whose arguments are no JSON object as {} instead of "
    "refusing the call.\"}}}";

static const int64_t default_budgets[EFFORTS] = {
    [EFFORT_MINIMAL] = 1024, [EFFORT_LOW] = 1024,   [EFFORT_MEDIUM] = 2048,
    [EFFORT_HIGH] = 4096,    [EFFORT_XHIGH] = 8192, [EFFORT_MAX] = 16384,
};

/* Decoded and outliving the text it came from; empty when absent. */
static bool keep(sluice_provider *self, const struct sl_json *j, sluice_span *out)
{
    if (!j || j->type != SL_JSON_STRING)
        return true;
    if (!sl_json_string(j->raw, &self->arena, out))
        return false;
    *out = sl_arena_dup(&self->arena, *out);
    return out->ptr != NULL;
}

static bool read_config(sluice_provider *self, const struct sl_json *config)
{
    const struct sl_json *lenient = sl_json_opt(config, "lenient_arguments");

    memcpy(self->budgets, default_budgets, sizeof self->budgets);
    sl_json_each(b, sl_json_opt(config, "thinking_budgets"))
    {
        enum bedrock_effort e = bedrock_effort(b->name);

        if (e < EFFORTS)
            self->budgets[e] = sl_json_int(b, self->budgets[e]);
    }
    self->lenient_arguments = lenient && sl_json_is_true(lenient->raw);
    return keep(self, sl_json_opt(config, "s3_bucket_name"), &self->bucket) &&
           keep(self, sl_json_opt(config, "s3_output_bucket_name"), &self->output_bucket) &&
           keep(self, sl_json_opt(config, "s3_region_name"), &self->bucket_region) &&
           keep(self, sl_json_opt(config, "s3_encryption_key_id"), &self->encryption_key) &&
           keep(self, sl_json_opt(config, "aws_batch_role_arn"), &self->batch_role) &&
           keep(self, sl_json_opt(config, "base_model"), &self->base_model) &&
           keep(self, sl_json_opt(config, "region_name"), &self->region);
}

sluice_status bedrock_create(const sluice_host *host, sluice_span config, sluice_provider **out,
                             sluice_error *err)
{
    sluice_provider *self = calloc(1, sizeof *self);
    sluice_status st = SLUICE_E_NOMEM;
    struct sl_json_error e;
    struct sl_json *tree;

    if (!self)
        return sl_fail(err, st, "out of memory");
    self->host = host;
    sl_arena_init(&self->arena, 1u << 20);
    st = sl_json_parse(config.len ? config : SL_SPAN("{}"), &self->arena, &tree, &e);
    if (st == SLUICE_E_INVALID)
        st = sl_fail(err, st, "configuration: %s at line %zu", e.what, e.line);
    else if (st >= 0 && !read_config(self, tree))
        st = SLUICE_E_NOMEM;
    if (st == SLUICE_E_NOMEM)
        sl_fail(err, st, "out of memory");
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
