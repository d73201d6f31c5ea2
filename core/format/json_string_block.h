/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_string_block.h - the body of a vector scan, included once per instruction set. Before, the
 * includer defines
 *   NAME, TARGET   the function and its attributes
 *   WIDTH          bytes in a block, at most 32: masks of 64 bits have room for what hangs over
 *   REST(p, end)   who scans what is shorter than a block
 *   vec, load(p), any_special(v), mask_special(v): quote, backslash, control or high bit
 *   mask_eq(v, c), mask_control(v), mask_high(v), mask_hex(v), mask_escapable(v)
 *   UTF8           1: there is mask_bad_utf8(v, w), w the block before: bytes that cannot follow
 * what is before them; none(): a block of zeros. 0: sequences are checked one by one where a mask
 * has bit i for byte i. Escapes are taken as masks too, so text full of them stays in the loop.
 */

TARGET struct sl_json_str NAME(const char *start, const char *end) {
    const uint64_t all = ((uint64_t)1 << WIDTH) - 1;
    uint64_t escape = 0;   /* 1: the block's first byte is escaped by the one before */
    uint64_t need_hex = 0; /* bytes of the block that a \u before it needs to be hex digits */
#if UTF8
    uint64_t open = 0; /* bytes >= 0x80 among the last three of the block before */
    vec prev = none();
#else
    unsigned open = 0; /* bytes of the block that end a UTF-8 sequence, checked already */
#endif
    bool escaped = false;
    const char *p = start;
    struct sl_json_str r;

    while ((size_t)(end - p) >= WIDTH) {
        vec v = load(p);
        uint64_t special = mask_special(v), carried = escape | need_hex | open;
        uint64_t quote, backslash, high, hit = 0, bad, stop, before;

        if (!(special | carried)) {
            p += WIDTH;
            while (
                (size_t)(end - p) >= 4 * WIDTH &&
                !any_special4(load(p), load(p + WIDTH), load(p + 2 * WIDTH), load(p + 3 * WIDTH)))
                p += 4 * WIDTH;
            continue;
        }
        quote = mask_eq(v, '"');
        if (!carried && (quote & special & (0 - special))) {
            stop = special;
            goto found;
        }
        backslash = mask_eq(v, '\\');
        if (backslash | escape)
            hit = sl_json_escaped(backslash, WIDTH, &escape);
        stop = quote & ~hit;
        stop &= 0 - stop;
        before = stop ? stop - 1 : all;
        bad = mask_control(v) & before;
        if (hit | need_hex) {
            uint64_t unicode = hit & mask_eq(v, 'u') & before;
            uint64_t odd = hit & ~(quote | backslash | mask_eq(v, 'n')) & before;

            if (odd)
                bad |= odd & ~mask_escapable(v);
            need_hex |= unicode << 1 | unicode << 2 | unicode << 3 | unicode << 4;
            if (need_hex) {
                bad |= need_hex & (before | stop) & ~mask_hex(v);
                need_hex >>= WIDTH;
            }
        }
        escaped |= (backslash & before) != 0;
        high = mask_high(v);
#if UTF8
        /* The byte at the stop tells of a sequence that is too short. */
        if ((high & before) | open)
            bad |= mask_bad_utf8(v, open ? prev : none()) & (before | stop);
        open = high >> (WIDTH - 3);
        prev = v;
#else
        high &= before & ~(((uint64_t)1 << open) - 1);
        open = 0;
        while (high) {
            unsigned i = (unsigned)__builtin_ctzll(high);
            unsigned n = sl_utf8_length(p + i, end);

            if (n == 0)
                goto explain;
            high &= ~((((uint64_t)1 << n) - 1) << i);
            open = i + n > WIDTH ? i + n - WIDTH : 0;
        }
#endif
        if (bad)
            goto explain;
        if (stop) {
        found:
            r.end = p + __builtin_ctzll(stop);
            r.what = NULL;
            r.escaped = escaped;
            return r;
        }
        p += WIDTH;
    }
    /* Back to where the unfinished escape or sequence began. */
    if (escape)
        p -= 1;
    else if (need_hex)
        p -= 6 - (unsigned)__builtin_popcountll(need_hex);
#if UTF8
    else if (open)
        p -= sl_utf8_unfinished(p);
#else
    else
        p += open;
#endif
    r = REST(p, end);
    r.escaped |= escaped;
    return r;
    explain :
        /* Rare, and the reader of the message wants the very place. */
        return sl_json_string_plain(start, end);
}
