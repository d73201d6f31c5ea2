/* SPDX-License-Identifier: Apache-2.0 */
/*
 * target.c - a model's name: "[converse/|invoke/][FAMILY/][REGION/]ID", where ID is a base model,
 * an inference profile or an ARN; and the URL, in which the ID is one segment.
 */
#include "bedrock.h"

static bool is_region(sluice_span s)
{
    size_t hyphens = 0;

    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];

        if (c == '-')
            hyphens++;
        else if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9'))
            return false;
    }
    return hyphens >= 2 && s.len <= 32 && s.ptr[s.len - 1] >= '1' && s.ptr[s.len - 1] <= '9';
}

/* "arn:aws:bedrock:REGION:..." */
static sluice_span region_of_arn(sluice_span arn)
{
    for (int i = 0; i < 3; i++)
        arn = sl_span_from(arn, sl_span_find_char(arn, ':') + 1);
    arn = sl_span_head(arn, sl_span_find_char(arn, ':'));
    return is_region(arn) ? arn : sl_span("", 0);
}

/* What stands in front of the id. */
static void take_prefixes(struct bedrock_target *t)
{
    size_t slash;

    while (!sl_span_starts(t->model, SL_SPAN("arn:")) &&
           (slash = sl_span_find_char(t->model, '/')) < t->model.len) {
        sluice_span word = sl_span_head(t->model, slash);

        if (is_region(word))
            t->region = word;
        else if (sl_span_eq(word, SL_SPAN("invoke")))
            t->invoke = true;
        else if (!sl_span_eq(word, SL_SPAN("converse")) && !sl_span_eq(word, SL_SPAN("bedrock")))
            t->family = word; /* "deepseek_r1/arn:...": what the ARN does not say */
        t->model = sl_span_from(t->model, slash + 1);
    }
}

sluice_status bedrock_target(const sluice_provider *self, const sluice_call *call,
                             struct sluice_arena *arena, struct bedrock_target *out)
{
    sluice_span region = SL_SPAN("");
    struct sl_json_error e;

    *out = (struct bedrock_target){ .model = call->model, .region = SL_SPAN("") };
    take_prefixes(out);
    if (!out->region.len && sl_span_starts(out->model, SL_SPAN("arn:")))
        out->region = region_of_arn(out->model);
    if (!out->region.len)
        out->region = self->region;
    if (!out->region.len && sl_json_validate(call->credential_facts, &e) >= 0) {
        if (sl_json_type(sl_json_find(call->credential_facts, "region")) == SL_JSON_STRING &&
            !sl_json_string(sl_json_find(call->credential_facts, "region"), arena, &region))
            return SLUICE_E_NOMEM;
        out->region = region;
    }
    if (self->base_model.len)
        out->family = self->base_model;
    if (!out->family.len)
        out->family = out->model;
    return SLUICE_OK;
}

/* The domain of a partition. */
static const char *domain_of(sluice_span region)
{
    static const struct {
        const char *prefix, *domain;
    } domains[] = {
        { "cn-", "amazonaws.com.cn" },
        { "us-iso-", "c2s.ic.gov" },
        { "us-isob-", "sc2s.sgov.gov" },
        { "eusc-", "amazonaws.eu" },
    };

    for (size_t i = 0; i < sizeof domains / sizeof *domains; i++)
        if (sl_span_starts(region, sl_span_str(domains[i].prefix)))
            return domains[i].domain;
    return "amazonaws.com";
}

/* One segment: everything but unreserved characters is encoded. */
static sluice_span segment(sluice_span id, struct sluice_arena *arena)
{
    static const char hex[] = "0123456789ABCDEF";
    char *p = sl_alloc(arena, id.len * 3 + 1);
    size_t n = 0;

    for (size_t i = 0; p && i < id.len; i++) {
        unsigned char c = (unsigned char)id.ptr[i];

        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
            c == '-' || c == '_' || c == '.' || c == '~') {
            p[n++] = (char)c;
        } else {
            p[n++] = '%';
            p[n++] = hex[c >> 4];
            p[n++] = hex[c & 15];
        }
    }
    return sl_span(p, n);
}

sluice_status bedrock_url(const sluice_call *call, const struct bedrock_target *t,
                          const char *action, struct sluice_arena *arena, sluice_span *out,
                          sluice_error *err)
{
    sluice_span base = call->base_url, id = segment(t->model, arena);

    while (base.len && base.ptr[base.len - 1] == '/')
        base.len--;
    if (!base.len && !is_region(t->region))
        return sl_fail_param(err, SLUICE_E_INVALID, "missing_region", NULL,
                             "No AWS region is known: set aws_region_name or AWS_REGION.");
    if (!id.ptr)
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory writing the request");
    if (base.len)
        *out = sl_arena_printf(arena, "%.*s/model/%.*s/%s", SL_FMT(base), SL_FMT(id), action);
    else
        *out = sl_arena_printf(arena, "https://bedrock-runtime.%.*s.%s/model/%.*s/%s",
                               SL_FMT(t->region), domain_of(t->region), SL_FMT(id), action);
    return out->ptr ? SLUICE_OK : sl_fail(err, SLUICE_E_NOMEM, "out of memory writing the request");
}

sluice_status bedrock_service_url(const sluice_call *call, const char *service, sluice_span region,
                                  sluice_span path, struct sluice_arena *arena, sluice_span *out,
                                  sluice_error *err)
{
    sluice_span base = call->base_url;

    while (base.len && base.ptr[base.len - 1] == '/')
        base.len--;
    if (!base.len && !is_region(region))
        return sl_fail_param(err, SLUICE_E_INVALID, "missing_region", NULL,
                             "No AWS region is known: set aws_region_name or AWS_REGION.");
    if (!path.ptr)
        *out = path;
    else if (base.len)
        *out = sl_arena_printf(arena, "%.*s%.*s", SL_FMT(base), SL_FMT(path));
    else
        *out = sl_arena_printf(arena, "https://%s.%.*s.%s%.*s", service, SL_FMT(region),
                               domain_of(region), SL_FMT(path));
    return out->ptr ? SLUICE_OK : sl_fail(err, SLUICE_E_NOMEM, "out of memory writing the request");
}
