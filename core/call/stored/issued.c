/* SPDX-License-Identifier: Apache-2.0 */
/* issued.c - see issued.h. */
#include "call/stored/issued.h"

#include "base/digest.h"
#include "credential/credential.h"

#define MARK "sl1"
#define TAGS SL_DEPLOYMENT_TAG
#define MAC 8
#define VENDOR_MOST 512 /* of a vendor's own id */
#define PAYLOAD_MOST (TAGS + MAC + VENDOR_MOST)

void sl_issued_tag(struct sl_deployment *d)
{
    unsigned char digest[SL_DIGEST_SIZE];
    const char *provider = sl_entry_class(d->provider)->id;
    const struct sl_secret *key = d->credential ? sl_credential_key(d->credential) : NULL;
    struct sl_digest all;

    memset(d->tag, 0, sizeof d->tag);
    sl_digest_once(d->settings->id, digest);
    memcpy(d->tag, digest, 8);
    if (!sl_digest_init(&all)) /* then only the deployment itself is found again */
        return;
    sl_digest_begin(&all);
    sl_digest_add(&all, sl_span(provider, strlen(provider) + 1));
    sl_digest_add(&all, d->base_url);
    sl_digest_add(&all, sl_span("", 1));
    sl_digest_add(&all, d->settings->config);
    sl_digest_add(&all, sl_span("", 1));
    if (key)
        sl_digest_add(&all, sl_secret_reveal(key));
    sl_digest_end(&all, digest);
    sl_digest_finish(&all);
    memcpy(d->tag + 8, digest, sizeof d->tag - 8);
}

bool sl_issued_same_account(const struct sl_deployment *a, const struct sl_deployment *b)
{
    return memcmp(a->tag + 8, b->tag + 8, sizeof a->tag - 8) == 0;
}

static void sign(const struct sl_snapshot *s, sluice_span owner, const unsigned char *tags,
                 sluice_span vendor_id, unsigned char mac[MAC])
{
    unsigned char key[SL_DIGEST_SIZE] = { 0 }, out[SL_DIGEST_SIZE];
    const struct sl_secret *master = s->settings->master_key;
    char text[TAGS + VENDOR_MOST];

    if (master)
        sl_digest_hmac(sl_secret_reveal(master), SL_SPAN("sluice issued ids 1"), key);
    sl_digest_hmac(sl_span((const char *)key, sizeof key), owner, out);
    memcpy(key, out, sizeof key);
    memcpy(text, tags, TAGS);
    memcpy(text + TAGS, vendor_id.ptr, vendor_id.len);
    sl_digest_hmac(sl_span((const char *)key, sizeof key), sl_span(text, TAGS + vendor_id.len),
                   out);
    memcpy(mac, out, MAC);
}

/* ---- base64url without padding ---- */

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static size_t encode(const unsigned char *in, size_t n, char *out)
{
    size_t len = 0;

    for (size_t i = 0; i < n; i += 3) {
        unsigned v = (unsigned)in[i] << 16 | (i + 1 < n ? (unsigned)in[i + 1] << 8 : 0) |
                     (i + 2 < n ? in[i + 2] : 0);
        size_t chars = n - i >= 3 ? 4 : n - i + 1;

        for (size_t k = 0; k < chars; k++)
            out[len++] = letters[v >> (18 - 6 * k) & 63];
    }
    return len;
}

static int value_of(char c)
{
    const char *at = c ? strchr(letters, c) : NULL;

    return at ? (int)(at - letters) : -1;
}

static bool decode(sluice_span text, unsigned char *out, size_t *n)
{
    unsigned v = 0, bits = 0;

    *n = 0;
    for (size_t i = 0; i < text.len; i++) {
        int one = value_of(text.ptr[i]);

        if (one < 0)
            return false;
        v = v << 6 | (unsigned)one;
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            out[(*n)++] = (unsigned char)(v >> bits & 255);
        }
    }
    return (v & ((1u << bits) - 1)) == 0; /* one text for one id */
}

/* ---- ids ---- */

/* "file-", "batch_": what a vendor's id begins with. */
static sluice_span beginning(sluice_span id)
{
    size_t n = 0;

    while (n < id.len && n < 16 && id.ptr[n] >= 'a' && id.ptr[n] <= 'z')
        n++;
    return n && n < id.len && (id.ptr[n] == '-' || id.ptr[n] == '_') ? sl_span_head(id, n + 1)
                                                                     : SL_SPAN("id-");
}

sluice_span sl_issued_make(const struct sl_snapshot *s, const struct sl_deployment *d,
                           sluice_span owner, sluice_span vendor_id, struct sluice_arena *arena)
{
    sluice_span begin = beginning(vendor_id);
    unsigned char payload[PAYLOAD_MOST];
    size_t n = TAGS + MAC + vendor_id.len, len;
    char *out;

    if (vendor_id.len == 0 || vendor_id.len > VENDOR_MOST)
        return vendor_id;
    out = sl_alloc(arena, begin.len + sizeof MARK + n * 2);
    if (!out)
        return sl_span(NULL, 0);
    memcpy(payload, d->tag, TAGS);
    sign(s, owner, d->tag, vendor_id, payload + TAGS);
    memcpy(payload + TAGS + MAC, vendor_id.ptr, vendor_id.len);
    memcpy(out, begin.ptr, begin.len);
    len = begin.len;
    memcpy(out + len, MARK, sizeof MARK - 1);
    len += sizeof MARK - 1;
    len += encode(payload, n, out + len);
    return sl_span(out, len);
}

static const struct sl_deployment *find(const struct sl_snapshot *s, const unsigned char *tag)
{
    const struct sl_deployment *account = NULL;

    for (size_t i = 0; i < s->n_deployments; i++) {
        const struct sl_deployment *d = &s->deployments[i];

        if (memcmp(d->tag, tag, 8) == 0)
            return d;
        if (!account && memcmp(d->tag + 8, tag + 8, TAGS - 8) == 0)
            account = d;
    }
    return account;
}

enum sl_issued sl_issued_read(const struct sl_snapshot *s, sluice_span owner, sluice_span id,
                              struct sluice_arena *arena, const struct sl_deployment **d,
                              sluice_span *vendor_id)
{
    unsigned char payload[PAYLOAD_MOST], mac[MAC];
    sluice_span begin = beginning(id), text = sl_span_from(id, begin.len);
    size_t n;

    if (!sl_span_starts(id, begin) || !sl_span_starts(text, SL_SPAN(MARK)))
        return SL_ISSUED_NOT;
    text = sl_span_from(text, sizeof MARK - 1);
    if (text.len > (PAYLOAD_MOST * 4 + 2) / 3 || !decode(text, payload, &n) || n <= TAGS + MAC)
        return SL_ISSUED_NOT;
    *vendor_id = sl_arena_dup(arena, sl_span((const char *)payload + TAGS + MAC, n - TAGS - MAC));
    if (!vendor_id->ptr || !sl_span_eq(beginning(*vendor_id), begin))
        return SL_ISSUED_LOST;
    sign(s, owner, payload, *vendor_id, mac);
    *d = find(s, payload);
    return *d && memcmp(mac, payload + TAGS, MAC) == 0 ? SL_ISSUED_YES : SL_ISSUED_LOST;
}

/* ---- ids in a text ---- */

/* "x-", the mark, and what the shortest payload becomes: long words, in which no character is below
 * '-'. Blanks, quotes and commas are, so hardly any place of a text can hold one. */
#define SHORTEST (2 + sizeof MARK - 1 + (TAGS + MAC + 1) * 4 / 3)
_Static_assert(SHORTEST >= SL_SPAN_LONG_WORD, "ids are long words");

/* The id around the mark at `at`; ptr NULL: it is none. */
static sluice_span around(sluice_span json, size_t at)
{
    size_t from = at, to = at;

    while (from > 0 && value_of(json.ptr[from - 1]) >= 0)
        from--;
    while (to < json.len && value_of(json.ptr[to]) >= 0)
        to++;
    if (from > 0 && from < at && json.ptr[from - 1] == '"' && to < json.len &&
        json.ptr[to] == '"' && (json.ptr[at - 1] == '-' || json.ptr[at - 1] == '_'))
        return sl_span(json.ptr + from, to - from);
    return sl_span(NULL, 0);
}

sluice_span sl_issued_find(sluice_span json)
{
    sluice_span stretch, id;
    size_t next = 0;

    while (sl_span_next_words(json, '-', &next, &stretch))
        for (size_t at = 0;
             (at = at + sl_span_find(sl_span_from(stretch, at), SL_SPAN(MARK))) < stretch.len;
             at += sizeof MARK - 1) {
            id = around(json, (size_t)(stretch.ptr - json.ptr) + at);
            if (id.ptr)
                return id;
        }
    return sl_span(NULL, 0);
}

bool sl_issued_any(sluice_span json, const struct sl_json_longs *longs)
{
    _Static_assert(16 + sizeof MARK + (PAYLOAD_MOST * 4 + 2) / 3 < SL_JSON_LONG, "an id is short");

    for (size_t i = 0; i < longs->n; i++) {
        size_t at = (size_t)(longs->list[i].ptr - json.ptr);

        if (sl_issued_find(sl_span_head(json, at)).ptr)
            return true;
        json = sl_span_from(json, at + longs->list[i].len);
    }
    return sl_issued_find(json).ptr != NULL;
}
