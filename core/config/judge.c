/* SPDX-License-Identifier: Apache-2.0 */
/* judge.c - keys whose verdict hangs on their value: which strategies, caches and callbacks there
 * are, and what stands in for those to come. */
#include "config/check.h"

#include <stdio.h>

struct choice {
    enum sl_section section;
    const char *key;
    const char *now;    /* values in force */
    const char *nearly; /* values something else stands in for */
    const char *how;
    const char *later; /* values recognised, without effect */
    const char *why;
    bool plugins; /* any other word with a dot is a plugin's id */
};

#define STRATEGIES                                                                                 \
    "simple-shuffle least-busy usage-based-routing usage-based-routing-v2 latency-based-routing "  \
    "cost-based-routing p2c-ewma conditional"

static const struct choice choices[] = {
    { SL_IN_CACHE, "type", "local", "redis disk s3 gcs azure-blob",
      "not yet in force: the memory of this process is used instead",
      "redis-semantic qdrant-semantic valkey-semantic", "not yet in force: nothing is cached",
      true },
    { SL_IN_ROUTER, "routing_strategy", STRATEGIES, "", "", "", "", true },
    { SL_IN_ROUTING, "routing_strategy", STRATEGIES, "", "", "", "", true },
    { SL_IN_CACHE, "mode", "default_on default_off", "", "", "", "", false },
    { SL_IN_PLUGINS, "load", "referenced all", "", "", "", "", false },
    { SL_IN_INFO, "mode",
      "chat completion embedding image_generation audio_transcription audio_speech rerank "
      "responses realtime batch ocr video_generation moderation vector_store search",
      "", "", "", "", false },
};

static const char foreign_callbacks[] =
    "langfuse langfuse_otel langsmith langtrace lunary helicone athina mlflow wandb arize "
    "arize_phoenix phoenix braintrust argilla literalai galileo opik humanloop weave weave_otel "
    "deepeval agentops prometheus otel datadog datadog_llm_observability logfire traceloop "
    "levo sentry posthog s3 s3_v2 aws_sqs sqs gcs_bucket gcs_pubsub azure_storage dynamodb "
    "supabase openmeter lago logfire greenscale promptlayer logging raw generic_api "
    "custom_callback_api slack slack_alerting email smtp_email resend_email sendgrid_email "
    "pagerduty cloudzero focus dynamic_rate_limiter dynamic_rate_limiter_v3 presidio "
    "hide_secrets llamaguard_moderations llmguard_moderations google_text_moderation "
    "openai_moderations lakera_prompt_injection detect_prompt_injection "
    "vector_store_pre_call_hook anthropic_cache_control_hook websearch_interception "
    "responses_id_security parallel_request_limiter cache_control_check max_budget_limiter";

static bool has_word(const char *words, sluice_span word)
{
    for (size_t at = 0; words[at];) {
        size_t len = strcspn(words + at, " ");

        if (sl_span_eq(sl_span(words + at, len), word))
            return true;
        at += len + strspn(words + at + len, " ");
    }
    return false;
}

static void say(struct sl_ruling *r, enum sl_key_verdict verdict, const char *text)
{
    r->verdict = verdict;
    snprintf(r->text, sizeof r->text, "%s", text);
}

static void judge_choice(const struct choice *c, const struct sl_node *v, struct sl_ruling *r)
{
    char all[400];
    sluice_span near;

    if (has_word(c->now, v->text) || (c->plugins && sl_span_find_char(v->text, '.') < v->text.len))
        return;
    if (has_word(c->nearly, v->text)) {
        say(r, SL_KEY_APPROXIMATED, c->how);
        return;
    }
    if (has_word(c->later, v->text)) {
        say(r, SL_KEY_IGNORED, c->why);
        return;
    }
    snprintf(all, sizeof all, "%s %s %s", c->now, c->nearly, c->later);
    near = sl_word_near(all, v->text);
    r->verdict = SL_KEY_ERROR;
    if (near.len)
        snprintf(r->text, sizeof r->text, "there is no '%.*s'; was '%.*s' meant?",
                 SL_FMT(sl_load_show(v)), SL_FMT(near));
    else
        snprintf(r->text, sizeof r->text, "there is no '%.*s'; known: %.*s",
                 SL_FMT(sl_load_show(v)), (int)strlen(c->now), c->now);
}

/* Names of loggers: LiteLLM's, else plugins. The worst of them is the key's verdict. */
static void judge_callbacks(const struct sl_node *names, struct sl_ruling *r)
{
    for (uint32_t i = 0; i < (names->kind == SL_NODE_LIST ? names->n : 1); i++) {
        const struct sl_node *v = names->kind == SL_NODE_LIST ? names->items[i] : names;
        sluice_span near = sl_word_near(foreign_callbacks, v->text);

        if (has_word(foreign_callbacks, v->text)) {
            r->verdict = SL_KEY_IGNORED;
            snprintf(r->text, sizeof r->text, "not yet in force: '%.*s'", SL_FMT(sl_load_show(v)));
        } else if (near.len) {
            r->verdict = SL_KEY_ERROR;
            snprintf(r->text, sizeof r->text, "there is no '%.*s'; was '%.*s' meant?",
                     SL_FMT(sl_load_show(v)), SL_FMT(near));
            return;
        }
    }
}

/* Those of optional_pre_call_checks that mean something here. */
static void judge_checks(const struct sl_node *names, struct sl_ruling *r)
{
    for (uint32_t i = 0; names->kind == SL_NODE_LIST && i < names->n; i++)
        if (!has_word("prompt_caching session_affinity deployment_affinity",
                      names->items[i]->text)) {
            r->verdict = SL_KEY_APPROXIMATED;
            snprintf(r->text, sizeof r->text, "not yet in force: '%.*s'",
                     SL_FMT(sl_load_show(names->items[i])));
        }
}

void sl_judge(enum sl_section section, sluice_span name, const struct sl_node *v,
              struct sl_ruling *r)
{
    for (size_t i = 0; i < sizeof choices / sizeof *choices; i++)
        if (choices[i].section == section && sl_span_eq(name, sl_span_str(choices[i].key)))
            judge_choice(&choices[i], v, r);
    if (section == SL_IN_LITELLM &&
        (sl_span_eq(name, SL_SPAN("callbacks")) || sl_span_eq(name, SL_SPAN("success_callback")) ||
         sl_span_eq(name, SL_SPAN("failure_callback"))))
        judge_callbacks(v, r);
    if (section == SL_IN_ROUTER && sl_span_eq(name, SL_SPAN("optional_pre_call_checks")))
        judge_checks(v, r);
    if (sl_span_eq(name, SL_SPAN("ssl_verify")) && v->kind == SL_NODE_STRING &&
        !sl_span_ieq(v->text, SL_SPAN("true")) && !sl_span_ieq(v->text, SL_SPAN("false")))
        say(r, SL_KEY_IGNORED,
            "not yet in force: a certificate store of its own; the system's is "
            "used");
}

bool sl_judge_foreign_callback(sluice_span name)
{
    return has_word(foreign_callbacks, name);
}

sluice_span sl_judge_router(sluice_span strategy)
{
    static const struct {
        const char *strategy, *plugin;
    } known[] = {
        { "least-busy", "least_busy" },
        { "usage-based-routing", "usage_based" },
        { "usage-based-routing-v2", "usage_based" },
        { "latency-based-routing", "latency_based" },
        { "cost-based-routing", "cost_based" },
        { "p2c-ewma", "p2c_ewma" },
        { "conditional", "conditional" },
    };

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (sl_span_eq(strategy, sl_span_str(known[i].strategy)))
            return sl_span_str(known[i].plugin);
    return sl_span_find_char(strategy, '.') < strategy.len ? strategy : SL_SPAN("simple_shuffle");
}

sluice_span sl_judge_cache(sluice_span type)
{
    const struct choice *c = &choices[0];

    if (has_word(c->later, type))
        return sl_span(NULL, 0);
    return sl_span_find_char(type, '.') < type.len ? type : SL_SPAN("memory");
}
