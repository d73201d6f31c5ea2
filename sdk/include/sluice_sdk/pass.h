/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sluice_sdk/pass.h - the operation "passthrough": a caller's request for the vendor's own API as
 * it is. A provider that lists it places the credential; all else is here. The host relays the
 * answer whatever its status, but for 401 and 403, which come to data() and end() as ever.
 */
#ifndef SLUICE_SDK_PASS_H
#define SLUICE_SDK_PASS_H

#include <stdbool.h>
#include <sluice/provider.h>
#include <sluice_sdk/auth.h>

bool sl_pass_is(const sluice_call *call);
/* Fills method, url, body, headers and framing of *out, in the arena. base: where the vendor's API
 * begins; a version at its end ("/v1") counts only if the path brings none. Idempotent. */
sluice_status sl_pass_request(const sluice_call *call, sluice_span base, sluice_arena *arena,
                              sluice_http_request *out, sluice_error *err);

/* ---- a class that takes such calls beside its own ---------------------------------------- */

extern const char sl_pass_tag; /* whose address marks an exchange of this kind */

struct sl_pass_exchange {
    const void *tag;
    sluice_provider *self;
    const sluice_call *call;
    sluice_arena *arena;
    int32_t status;
    sluice_span body; /* of a refusal */
};

/* Where the vendor's API begins, and how the credential goes there: fills *base, and auth,
 * auth_param of *out. */
typedef sluice_status (*sl_pass_auth_fn)(sluice_provider *self, const sluice_call *call,
                                         sluice_arena *arena, sluice_span *base,
                                         sluice_http_request *out, sluice_error *err);

struct sl_pass_exchange *sl_pass_begin(sluice_provider *self, const sluice_call *call,
                                       sluice_arena *arena, sluice_error *err);
void sl_pass_head(struct sl_pass_exchange *x, const sluice_http_head *head);
sluice_status sl_pass_data(struct sl_pass_exchange *x, const sluice_frame *frame,
                           sluice_error *err);
sluice_status sl_pass_end(const struct sl_pass_exchange *x, sluice_error *err);

/* NULL: it is the plugin's own. */
static inline struct sl_pass_exchange *sl_pass_of(sluice_exchange *x)
{
    struct sl_pass_exchange *p = (struct sl_pass_exchange *)(void *)x;

    return p->tag == &sl_pass_tag ? p : NULL;
}

/* Defines pass_begin_() and so on for the class table around the plugin's own of these names, all
 * of which must exist. An exchange of the plugin's must begin with a pointer. */
#define SL_PASS_AROUND(BEGIN, REQUEST, HEAD, DATA, END, CLOSE, AUTH)                               \
    static sluice_status pass_begin_(sluice_provider *self_, const sluice_call *call_,             \
                                     sluice_arena *arena_, sluice_exchange **out_,                 \
                                     sluice_error *err_)                                           \
    {                                                                                              \
        struct sl_pass_exchange *p_;                                                               \
                                                                                                   \
        if (!sl_pass_is(call_))                                                                    \
            return BEGIN(self_, call_, arena_, out_, err_);                                        \
        p_ = sl_pass_begin(self_, call_, arena_, err_);                                            \
        *out_ = (sluice_exchange *)(void *)p_;                                                     \
        return p_ ? SLUICE_OK : SLUICE_E_NOMEM;                                                    \
    }                                                                                              \
    static sluice_status pass_request_(sluice_exchange *x_, sluice_http_request *out_,             \
                                       sluice_error *err_)                                         \
    {                                                                                              \
        struct sl_pass_exchange *p_ = sl_pass_of(x_);                                              \
        sluice_span base_ = { NULL, 0 };                                                           \
        sluice_status st_;                                                                         \
                                                                                                   \
        if (!p_)                                                                                   \
            return REQUEST(x_, out_, err_);                                                        \
        st_ = AUTH(p_->self, p_->call, p_->arena, &base_, out_, err_);                             \
        return st_ < 0 ? st_ : sl_pass_request(p_->call, base_, p_->arena, out_, err_);            \
    }                                                                                              \
    static sluice_status pass_head_(sluice_exchange *x_, const sluice_http_head *head_,            \
                                    uint32_t *framing_, sluice_error *err_)                        \
    {                                                                                              \
        struct sl_pass_exchange *p_ = sl_pass_of(x_);                                              \
                                                                                                   \
        if (!p_)                                                                                   \
            return HEAD(x_, head_, framing_, err_);                                                \
        sl_pass_head(p_, head_);                                                                   \
        return SLUICE_OK;                                                                          \
    }                                                                                              \
    static sluice_status pass_data_(sluice_exchange *x_, const sluice_frame *frame_,               \
                                    const sluice_sink *sink_, sluice_error *err_)                  \
    {                                                                                              \
        struct sl_pass_exchange *p_ = sl_pass_of(x_);                                              \
                                                                                                   \
        return p_ ? sl_pass_data(p_, frame_, err_) : DATA(x_, frame_, sink_, err_);                \
    }                                                                                              \
    static sluice_status pass_end_(sluice_exchange *x_, const sluice_sink *sink_,                  \
                                   sluice_error *err_)                                             \
    {                                                                                              \
        const struct sl_pass_exchange *p_ = sl_pass_of(x_);                                        \
                                                                                                   \
        return p_ ? sl_pass_end(p_, err_) : END(x_, sink_, err_);                                  \
    }                                                                                              \
    static void pass_close_(sluice_exchange *x_)                                                   \
    {                                                                                              \
        void (*const close_)(sluice_exchange *) = CLOSE;                                           \
                                                                                                   \
        if (close_ && !sl_pass_of(x_))                                                             \
            close_(x_);                                                                            \
    }

/* These, for the class table. */
#define SL_PASS_CLASS                                                                              \
    .begin = pass_begin_, .request = pass_request_, .head = pass_head_, .data = pass_data_,        \
    .end = pass_end_, .close = pass_close_

/* Define a sl_pass_auth_fn for an API that begins at BASE, a literal, where the deployment says
 * nothing else: the credential goes as a bearer, or a key in a header (sluice_sdk/auth.h). */
#define SL_PASS_BEARER(FN, BASE) SL_PASS_AUTH_(FN, BASE, sl_auth_bearer(call_, out_))
#define SL_PASS_KEY(FN, BASE, HEADER) SL_PASS_AUTH_(FN, BASE, sl_auth_key(call_, HEADER, out_))
#define SL_PASS_AUTH_(FN, BASE, AUTH)                                                              \
    static sluice_status FN(sluice_provider *self_, const sluice_call *call_,                      \
                            sluice_arena *arena_, sluice_span *base_, sluice_http_request *out_,   \
                            sluice_error *err_)                                                    \
    {                                                                                              \
        (void)self_;                                                                               \
        (void)arena_;                                                                              \
        (void)err_;                                                                                \
        *base_ = call_->base_url.len ? call_->base_url : SL_SPAN(BASE);                            \
        AUTH;                                                                                      \
        return SLUICE_OK;                                                                          \
    }

#endif
