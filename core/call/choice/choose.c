/* SPDX-License-Identifier: Apache-2.0 */
/* choose.c - see choose.h. */
#include "call/choice/choose.h"

#include "base/buf.h"
#include "base/rng.h"
#include "base/status.h"
#include "call/call.h"
#include "format/json_write.h"
#include "route/sticky.h"

#define TAGS_MOST 32      /* of one call; more are not looked at */
#define LEADS_MOST 4      /* from group to group in one choice */
#define PROMPT_BYTES 4096 /* about the 1,024 tokens from which on vendors cache prompts */

static sluice_span header(const struct sl_call *c, sluice_span name)
{
    for (size_t i = 0; i < c->n_headers; i++)
        if (sl_span_eq(c->headers[i].name, name))
            return c->headers[i].value;
    return sl_span(NULL, 0);
}

/* ---- tags ---- */

static bool add_tag(struct sl_choose_facts *f, sluice_span *room, sluice_span tag)
{
    tag = sl_span_trim(tag);
    for (size_t i = 0; i < f->n_tags; i++)
        if (sl_span_eq(room[i], tag))
            return true;
    if (tag.len && f->n_tags < TAGS_MOST)
        room[f->n_tags++] = tag;
    return true;
}

/* A JSON array of strings, or one string. */
static bool add_json(struct sl_call *c, sluice_span *room, sluice_span value)
{
    struct sl_json_iter it = { 0 };
    sluice_span name, item, text;

    if (sl_json_type(value) == SL_JSON_STRING)
        return sl_json_string(value, &c->arena, &text) && add_tag(&c->routing, room, text);
    if (sl_json_type(value) != SL_JSON_ARRAY)
        return true;
    while (sl_json_next(&it, value, &name, &item))
        if (sl_json_type(item) == SL_JSON_STRING &&
            (!sl_json_string(item, &c->arena, &text) || !add_tag(&c->routing, room, text)))
            return false;
    return true;
}

static sluice_span tags_in(sluice_span object)
{
    return sl_json_type(object) == SL_JSON_OBJECT ? sl_json_member(object, SL_SPAN("tags"))
                                                  : sl_span(NULL, 0);
}

/* Tags live as long as the call: the body may go before. */
static bool keep_tags(struct sl_call *c, sluice_span *room)
{
    struct sl_json_out o;
    struct sl_buf buf;

    sl_buf_init(&buf, 1u << 20);
    o = sl_json_out(&buf);
    sl_json_open(&o, '[');
    for (size_t i = 0; i < c->routing.n_tags; i++) {
        sl_json_str(&o, room[i]);
        room[i] = sl_arena_dup(&c->arena, room[i]);
        if (!room[i].ptr)
            buf.failed = true;
    }
    sl_json_close(&o, ']');
    c->routing.tags_json =
        sl_buf_ok(&buf) ? sl_arena_dup(&c->arena, sl_buf_span(&buf)) : sl_span(NULL, 0);
    sl_buf_finish(&buf);
    return c->routing.tags_json.ptr != NULL;
}

static bool read_tags(struct sl_call *c, sluice_span metadata)
{
    sluice_span text = header(c, SL_SPAN("x-litellm-tags")),
                body = sl_call_member(c, SL_SPAN("tags")), *room;
    sluice_span nested = tags_in(metadata), own = tags_in(c->tags);

    if (!text.len && !body.ptr && !nested.ptr && !own.ptr)
        return true;
    room = sl_alloc(&c->arena, TAGS_MOST * sizeof *room);
    if (!room)
        return false;
    c->routing.tags = room;
    while (text.len) {
        size_t comma = sl_span_find_char(text, ',');

        add_tag(&c->routing, room, sl_span_head(text, comma));
        text = sl_span_from(text, comma + 1);
    }
    return add_json(c, room, body) && add_json(c, room, nested) && add_json(c, room, own) &&
           (c->routing.n_tags == 0 || keep_tags(c, room));
}

/* ---- what it stays with ---- */

/* The beginning of the prompt as it is written, if it is long enough for a vendor to cache. */
static uint64_t prompt_hash(const struct sl_call *c)
{
    static const char *const parts[] = { "system", "instructions", "messages",
                                         "input",  "contents",     "prompt" };
    size_t left = PROMPT_BYTES;
    uint64_t hash = 1;

    for (size_t i = 0; i < sizeof parts / sizeof parts[0] && left; i++) {
        sluice_span text = sl_span_head(sl_call_member(c, sl_span_str(parts[i])), left);

        if (text.len)
            hash = sl_sticky_more(hash, text);
        left -= text.len;
    }
    return left ? 0 : hash;
}

/* A named session counts before anything that is only guessed. */
static uint64_t find_sticky(struct sl_call *c, sluice_span metadata)
{
    const struct sl_settings *s = c->settings;
    sluice_span named[] = { c->session, header(c, SL_SPAN("x-session-affinity")),
                            header(c, SL_SPAN("x-litellm-session-id")), sl_span(NULL, 0) };
    sluice_span id = sl_call_member(c, SL_SPAN("litellm_session_id"));

    if (!id.ptr)
        id = sl_call_member(c, SL_SPAN("prompt_cache_key"));
    if (!id.ptr && sl_json_type(metadata) == SL_JSON_OBJECT)
        id = sl_json_member(metadata, SL_SPAN("session_id"));
    (void)sl_json_raw_string(id, &named[3]);
    for (size_t i = 0; s->sticky_sessions && i < sizeof named / sizeof named[0]; i++)
        if (named[i].len)
            return sl_sticky_hash(named[i]);
    if (s->sticky_prompts) {
        uint64_t hash = prompt_hash(c);

        if (hash)
            return hash;
    }
    return s->sticky_callers && c->who->key_id.len ? sl_sticky_hash(c->who->key_id) : 0;
}

sluice_status sl_choose_prepare(struct sl_call *c)
{
    sluice_span metadata = sl_call_member(c, SL_SPAN("metadata")),
                region = sl_call_member(c, SL_SPAN("allowed_model_region"));

    if (!metadata.ptr)
        metadata = sl_call_member(c, SL_SPAN("litellm_metadata"));
    c->routing.metadata = metadata;
    c->routing.sticky = find_sticky(c, metadata);
    if ((region.ptr && sl_json_type(region) == SL_JSON_STRING &&
         !sl_json_string(region, &c->arena, &c->routing.region)) ||
        !read_tags(c, metadata))
        return sl_fail(&c->error, SLUICE_E_NOMEM, "out of memory reading the request");
    return SLUICE_OK;
}

/* ---- the choice ---- */

sluice_status sl_choose_request(struct sl_call *c, const struct sl_leg *leg, uint64_t now_us,
                                struct sl_pick_request *out)
{
    bool probe = sl_span_eq(c->purpose, SL_SPAN("health"));
    const struct sl_group *g = leg->group;
    struct sl_room *room =
        g->number == SL_GROUP_OWN ? sl_room_make(&c->arena, g) : sl_room_of(&c->hold->rooms, g);
    struct sl_instance *router;
    sluice_status st;

    if (!room)
        return sl_fail(&c->error, SLUICE_E_NOMEM, "out of memory choosing a deployment");
    st = sl_worker_instance(c->worker, g->router ? g->router : c->hold->snapshot->routers[0],
                            &router, &c->error);
    if (st < 0)
        return st;
    *out = (struct sl_pick_request){
        .settings = c->settings,
        .group = g,
        .room = room,
        .router = router,
        .tried = leg->tried,
        .n_tried = leg->n_tried,
        .attempt = c->n_attempts,
        .prefill = leg->continues,
        .flags = c->stream ? SLUICE_CALL_STREAM : 0,
        .now_ms = now_us / 1000,
        .unix_ms = (c->unix_us + (int64_t)(now_us - c->received_us)) / 1000,
        .random = sl_random(),
        .sticky = c->routing.sticky,
        .input_tokens = c->input_tokens,
        .output_tokens = c->output_tokens,
        .operation = sl_span_str(c->operation->name),
        .region = c->routing.region,
        .tags = c->routing.tags,
        .n_tags = c->routing.n_tags,
        .tags_json = c->routing.tags_json,
        .metadata = c->routing.metadata,
        .needs = probe ? NULL : &c->needs,
        .probe = probe,
        .members = leg->members,
        .n_members = leg->n_members,
        .headers = c->all_headers ? c->all_headers : c->headers,
        .n_headers = c->all_headers ? c->n_all_headers : c->n_headers,
    };
    if (c->who) {
        out->key_id = c->who->key_id;
        out->team_id = c->who->team_id;
        out->user_id = c->who->user_id;
    }
    return SLUICE_OK;
}

/* A group that the router names. What was tried belongs to the group before. */
static sluice_status lead_to(struct sl_call *c, struct sl_leg *leg, sluice_span name)
{
    struct sl_wildcard_match *match = sl_alloc(&c->arena, sizeof *match);
    const struct sl_group *group;

    if (!match)
        return sl_fail(&c->error, SLUICE_E_NOMEM, "out of memory choosing a deployment");
    group = sl_groups_find(&c->hold->snapshot->groups, name,
                           c->who ? c->who->team_id : sl_span(NULL, 0), match);
    if (!group)
        return sl_fail(&c->error, SLUICE_E_INTERNAL,
                       "the router of model %.*s leads to %.*s, which there is not",
                       SL_FMT(sl_span_head(leg->group->name, 100)),
                       SL_FMT(sl_span_head(name, 100)));
    leg->group = group;
    leg->match = match;
    leg->tried = NULL;
    leg->n_tried = 0;
    return SLUICE_OK;
}

/* One that would do if fewer calls ran there: those end, and then it is this call's turn. */
static void note_busy(struct sl_call *c, const struct sl_pick_request *r)
{
    for (size_t i = 0; r->group && r->group->has_parallel && i < r->group->n && !c->busy_at; i++)
        if (r->room->why[i] == SL_NOT_BUSY)
            c->busy_at = r->group->deployments[i];
}

sluice_status sl_choose(struct sl_call *c, struct sl_leg *leg, uint64_t now_us,
                        struct sl_pick *pick, struct sl_instance **router)
{
    struct sl_pick_request request = { .group = NULL };
    sluice_status st;

    for (int leads = 0; leads <= LEADS_MOST; leads++) {
        st = sl_choose_request(c, leg, now_us, &request);
        if (st < 0)
            return st;
        st = sl_route_pick(&request, pick, &c->error);
        if (st < 0 && !sl_plan_more(c, leg)) {
            request.last_resort = true;
            st = sl_route_pick(&request, pick, &c->error);
        }
        if (sl_decision_wanted(c))
            sl_decision_note(&c->seen, leg->group, sl_entry_class(request.router->entry)->id,
                             request.room->why);
        if (st < 0) {
            note_busy(c, &request);
            return st;
        }
        *router = request.router;
        if (pick->deployment)
            return SLUICE_OK;
        st = lead_to(c, leg, pick->group);
        if (st < 0)
            return st;
    }
    return sl_fail(&c->error, SLUICE_E_INTERNAL, "routers lead from group to group without end");
}
