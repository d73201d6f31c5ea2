/* SPDX-License-Identifier: Apache-2.0 */
/* parts.c - pieces of a body: secrets put in, base64, percent-encoding, the inside of strings. */
#include <openssl/evp.h>
#include "base/status.h"
#include "credential/wire.h"
#include "format/json_write.h"

sluice_span sl_wire_percent(struct sluice_arena *arena, sluice_span text)
{
    static const char hex[] = "0123456789ABCDEF";
    char *p = sl_alloc(arena, text.len * 3 + 1);
    size_t n = 0;

    if (!p)
        return sl_span(NULL, 0);
    for (size_t i = 0; i < text.len; i++) {
        unsigned char ch = (unsigned char)text.ptr[i];
        bool plain = (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') ||
                     (ch >= '0' && ch <= '9') || (ch && strchr("-._~", ch));

        if (plain) {
            p[n++] = (char)ch;
        } else {
            p[n++] = '%';
            p[n++] = hex[ch >> 4];
            p[n++] = hex[ch & 15];
        }
    }
    return sl_span(p, n);
}

static sluice_span escape(struct sluice_arena *arena, sluice_span text)
{
    sluice_span out;
    struct sl_buf b;

    sl_buf_init(&b, text.len * 6 + 16);
    sl_json_escape(&b, text);
    out = sl_buf_ok(&b) ? sl_arena_dup(arena, sl_buf_span(&b)) : sl_span(NULL, 0);
    sl_buf_finish(&b);
    return out;
}

sluice_span sl_wire_base64(struct sluice_arena *arena, sluice_span data)
{
    size_t room = (data.len + 2) / 3 * 4 + 1;
    char *p = data.len < INT32_MAX ? sl_alloc(arena, room) : NULL;

    if (!p)
        return sl_span(NULL, 0);
    EVP_EncodeBlock((unsigned char *)p, (const unsigned char *)data.ptr, (int)data.len);
    return sl_span(p, room - 1);
}

/* The text behind a reference: the deployment's own key, or a secret of its configuration. */
static sluice_status reveal(const struct sl_wire *w, sluice_span ref, sluice_span *out)
{
    const struct sl_secret *secret = NULL;

    if (sl_span_eq(ref, SL_SPAN("credential")))
        secret = sl_credential_key(w->credential);
    if (!secret)
        secret = sl_entry_secret(w->provider, ref);
    if (!secret)
        return sl_fail(w->err, SLUICE_E_NOT_FOUND,
                       "the provider asks for a secret it was not given");
    *out = sl_secret_reveal(secret);
    return SLUICE_OK;
}

sluice_status sl_wire_part(const struct sl_wire *w, const sluice_part *part, sluice_span *out)
{
    sluice_status st = SLUICE_OK;

    *out = part->data;
    if (part->kind == SLUICE_PART_SECRET)
        st = reveal(w, part->data, out);
    else if (part->kind == SLUICE_PART_BASE64)
        *out = sl_wire_base64(w->arena, part->data);
    else if (part->kind != SLUICE_PART_BYTES)
        st = SLUICE_E_UNSUPPORTED;
    if (st < 0)
        return st;
    if (part->form == SLUICE_FORM_PERCENT)
        *out = sl_wire_percent(w->arena, *out);
    else if (part->form == SLUICE_FORM_JSON)
        *out = escape(w->arena, *out);
    else if (part->form != SLUICE_FORM_RAW)
        return SLUICE_E_UNSUPPORTED;
    return out->ptr || !part->data.len ? SLUICE_OK : SLUICE_E_NOMEM;
}
