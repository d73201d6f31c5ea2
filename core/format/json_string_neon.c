/* SPDX-License-Identifier: Apache-2.0 */
/* json_string_neon.c - strings by NEON, which every 64-bit Arm has. */
#include "format/json_string_simd.h"

#ifdef SL_JSON_STRING_NEON
#include <arm_neon.h>

/* NEON has no move-mask: keep one bit per byte and add neighbours up until 16 bits are left. */
static inline uint64_t mask16(uint8x16_t v)
{
    const uint8x16_t bits = { 1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128 };
    uint8x16_t x = vandq_u8(v, bits);

    x = vpaddq_u8(x, x);
    x = vpaddq_u8(x, x);
    x = vpaddq_u8(x, x);
    return vgetq_lane_u16(vreinterpretq_u16_u8(x), 0);
}

static inline uint8x16_t special16(uint8x16_t v)
{
    uint8x16_t text = vorrq_u8(vceqq_u8(v, vdupq_n_u8('"')), vceqq_u8(v, vdupq_n_u8('\\')));

    return vorrq_u8(text, vcltq_s8(vreinterpretq_s8_u8(v), vdupq_n_s8(0x20)));
}

static inline bool any_special16(uint8x16_t a, uint8x16_t b, uint8x16_t c, uint8x16_t d)
{
    uint8x16_t x =
        vorrq_u8(vorrq_u8(special16(a), special16(b)), vorrq_u8(special16(c), special16(d)));

    return vmaxvq_u8(x) != 0;
}

static inline uint64_t eq16(uint8x16_t v, char c)
{
    return mask16(vceqq_u8(v, vdupq_n_u8((uint8_t)c)));
}

/* Bytes from lo to lo + n. */
static inline uint8x16_t within16(uint8x16_t v, uint8_t lo, uint8_t n)
{
    return vcleq_u8(vsubq_u8(v, vdupq_n_u8(lo)), vdupq_n_u8(n));
}

static inline uint64_t hex16(uint8x16_t v)
{
    return mask16(vorrq_u8(within16(v, '0', 9), within16(vorrq_u8(v, vdupq_n_u8(0x20)), 'a', 5)));
}

static inline uint64_t escapable16(uint8x16_t v)
{
    return eq16(v, '"') | eq16(v, '\\') | eq16(v, '/') | eq16(v, 'b') | eq16(v, 'f') |
           eq16(v, 'n') | eq16(v, 'r') | eq16(v, 't') | eq16(v, 'u');
}

/* The bytes that cannot follow the ones before them; w: the block before. */
static inline uint64_t bad_utf8_16(uint8x16_t v, uint8x16_t w)
{
    const uint8x16_t first_high = { SL_UTF8_FIRST_HIGH }, first_low = { SL_UTF8_FIRST_LOW };
    const uint8x16_t second_high = { SL_UTF8_SECOND_HIGH };
    uint8x16_t first = vextq_u8(w, v, 15), back2 = vextq_u8(w, v, 14), back3 = vextq_u8(w, v, 13);
    uint8x16_t high = vqtbl1q_u8(first_high, vshrq_n_u8(first, 4));
    uint8x16_t low = vqtbl1q_u8(first_low, vandq_u8(first, vdupq_n_u8(15)));
    uint8x16_t second = vqtbl1q_u8(second_high, vshrq_n_u8(v, 4));
    /* The top bit is set where the third byte of three or four, or the fourth, must be. */
    uint8x16_t third = vqsubq_u8(back2, vdupq_n_u8(0xE0 - 0x80));
    uint8x16_t fourth = vqsubq_u8(back3, vdupq_n_u8(0xF0 - 0x80));
    uint8x16_t must = vandq_u8(vorrq_u8(third, fourth), vdupq_n_u8(0x80));
    uint8x16_t wrong = veorq_u8(vandq_u8(vandq_u8(high, low), second), must);

    return mask16(vtstq_u8(wrong, wrong));
}

#define NAME sl_json_string_neon
#define TARGET
#define WIDTH 16
#define UTF8 1
#define mask_bad_utf8 bad_utf8_16
#define none() vdupq_n_u8(0)
#define REST sl_json_string_plain
#define vec uint8x16_t
#define load(p) vld1q_u8((const uint8_t *)(p))
#define any_special4 any_special16
#define mask_special(v) mask16(special16(v))
#define mask_eq eq16
#define mask_control(v) mask16(within16(v, 0, 0x1f))
#define mask_high(v) mask16(within16(v, 0x80, 0x7f))
#define mask_hex hex16
#define mask_escapable escapable16
#include "format/json_string_block.h"

#endif
