/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tokens.c - see tokens.h. Tokenisers cut a text into words, runs of signs and groups of digits
 * first and spell the longer ones in pieces; the weights are a least-squares fit of that picture to
 * counts of public vocabularies over texts in some thirty languages, source code and data.
 */
#include "format/usage/tokens.h"

#define WHOLE 8192u /* longer texts are sampled */
#define SAMPLES 8u
#define SAMPLE_BYTES 1024u

/* What a character is. */
enum kind {
    SIGN,
    LOWER,
    UPPER,
    ACCENTED, /* Latin beyond ASCII: belongs to words as well */
    DIGIT,
    BLANK,
    LINE,
    CYRILLIC,
    SEMITIC, /* Hebrew, Arabic and their neighbours */
    GREEK,
    KANA,
    HAN,
    HANGUL,
    SYMBOL, /* dashes, arrows, full-width forms */
    OTHER,  /* Indic scripts, Thai, Georgian, ... */
    PICTURE,
    NOTHING, /* second half of a pair, stray bytes */
};

/* Hundredths of a token. */
static const struct {
    uint16_t begin; /* a run begins */
    uint16_t each;  /* per character */
} weights[] = {
    [LOWER] = { 42, 0 },    [UPPER] = { 42, 0 },  [ACCENTED] = { 42, 58 }, [DIGIT] = { 0, 0 },
    [SIGN] = { 88, 9 },     [BLANK] = { 0, 0 },   [LINE] = { 155, 0 },     [CYRILLIC] = { 30, 24 },
    [SEMITIC] = { 45, 32 }, [GREEK] = { 50, 45 }, [KANA] = { 0, 74 },      [HAN] = { 0, 85 },
    [HANGUL] = { 0, 75 },   [SYMBOL] = { 0, 76 }, [OTHER] = { 0, 45 },     [PICTURE] = { 0, 205 },
    [NOTHING] = { 0, 0 },
};
#define SPACED 46      /* a word behind a blank costs this more */
#define LONG_WORD 6    /* letters; each beyond them costs */
#define LONG_PLAIN 19  /* in a word behind a blank, */
#define LONG_ACCENT 29 /* this more in languages whose words have accents, one letter in 50, */
#define LONG_OTHER 62  /* and in any other word: identifiers */
#define DIGITS 120     /* three of them, or what is left */
#define INDENT 118     /* a run of two blanks and more */

/* By byte; the rest of ASCII are SIGNs. */
static const unsigned char kinds[128] = {
    ['a' ... 'z'] = LOWER, ['A' ... 'Z'] = UPPER, ['0' ... '9'] = DIGIT, [' '] = BLANK,
    ['\t'] = BLANK,        ['\r'] = BLANK,        ['\n'] = LINE,
};

static enum kind ascii(unsigned char c)
{
    return (enum kind)kinds[c];
}

static const struct {
    uint32_t below;
    enum kind kind;
} ranges[] = {
    { 0x00c0, SYMBOL },   { 0x0250, ACCENTED }, { 0x0300, SYMBOL },  { 0x0370, ACCENTED },
    { 0x0400, GREEK },    { 0x0530, CYRILLIC }, { 0x0900, SEMITIC }, { 0x1e00, OTHER },
    { 0x1f00, ACCENTED }, { 0x2000, GREEK },    { 0x2e80, SYMBOL },  { 0x3000, HAN },
    { 0x3040, SYMBOL },   { 0x3100, KANA },     { 0xa000, HAN },     { 0xac00, OTHER },
    { 0xd7b0, HANGUL },   { 0xdc00, PICTURE },  { 0xe000, NOTHING }, { 0xf900, OTHER },
    { 0xfb00, HAN },      { 0xfe00, SEMITIC },  { 0xfe70, SYMBOL },  { 0xff00, SEMITIC },
    { 0x10000, SYMBOL },  { 0x20000, PICTURE }, { 0x40000, HAN },
};

static enum kind beyond(uint32_t code)
{
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
        if (code < ranges[i].below)
            return ranges[i].kind;
    return OTHER;
}

static unsigned hex4(const char *p)
{
    unsigned n = 0;

    for (int i = 0; i < 4; i++) {
        unsigned char c = (unsigned char)p[i];

        n = n << 4 | (c <= '9' ? c & 15u : (c & 7u) + 9u);
    }
    return n;
}

/* Behind a backslash. */
static enum kind escape(const char **p, const char *end)
{
    char c = *(*p)++;
    uint32_t code;

    if (c == 'n')
        return LINE;
    if (c == 't' || c == 'r')
        return BLANK;
    if (c != 'u' || end - *p < 4)
        return SIGN;
    code = hex4(*p);
    *p += 4;
    return code < 0x80 ? ascii((unsigned char)code) : beyond(code);
}

static enum kind multibyte(unsigned char first, const char **p, const char *end)
{
    unsigned more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : first >= 0xc0 ? 1 : 0;
    uint32_t code = first & (0x3fu >> more);

    if (!more || end - *p < (ptrdiff_t)more)
        return NOTHING; /* a sample begins or ends inside of it */
    for (unsigned i = 0; i < more; i++)
        code = code << 6 | ((unsigned char)*(*p)++ & 0x3f);
    return beyond(code);
}

static enum kind next(const char **p, const char *end)
{
    unsigned char c = (unsigned char)*(*p)++;

    if (c == '\\' && *p < end)
        return escape(p, end);
    return c < 0x80 ? ascii(c) : multibyte(c, p, end);
}

static bool is_letter(enum kind k)
{
    return k >= LOWER && k <= ACCENTED;
}

/* Does k go on with a run whose last character was `last`? */
static bool goes_on(enum kind last, enum kind k)
{
    if (is_letter(k))
        return is_letter(last) && !(k == UPPER && last != UPPER); /* camelCase is two words */
    return k == last || (last == LINE && k == BLANK);
}

/* What depends on the text as a whole. */
struct words {
    int64_t letters, accents; /* all of them */
    int64_t beyond;           /* letters too many of words behind blanks */
};

static int64_t long_words(const struct words *w)
{
    int64_t accents = w->accents * 50 < w->letters ? w->accents * 50 : w->letters;

    return w->letters ? w->beyond * (LONG_PLAIN + LONG_ACCENT * accents / w->letters) : 0;
}

/* Letters of a run, `from` of them counted before, that are too many. */
static int64_t beyond_long(unsigned from, unsigned n)
{
    unsigned before = from > LONG_WORD ? from - LONG_WORD : 0;
    unsigned after = from + n > LONG_WORD ? from + n - LONG_WORD : 0;

    return after - before;
}

static int64_t weigh(sluice_span s)
{
    const char *p = s.ptr, *end = s.ptr + s.len;
    enum kind last = BLANK;
    struct words words = { 0 };
    int64_t sum = 0;
    unsigned run = 0;
    bool spaced = false;

    while (p < end) {
        enum kind k;

        if (is_letter(last)) { /* most of all text: small letters behind another one */
            const char *from = p;
            unsigned n;

            while (p < end && *p >= 'a' && *p <= 'z')
                p++;
            n = (unsigned)(p - from);
            words.letters += n;
            if (spaced)
                words.beyond += beyond_long(run, n);
            else
                sum += LONG_OTHER * beyond_long(run, n);
            run += n;
            last = n ? LOWER : last;
            if (p == end)
                break;
        }
        k = next(&p, end);
        if (!goes_on(last, k)) {
            spaced = is_letter(k) && last == BLANK;
            run = 0;
            sum += weights[k].begin + (spaced ? SPACED : 0);
        } else if (last == LINE && k == BLANK) {
            continue; /* the line's indent comes with its end */
        }
        run++;
        sum += weights[k].each;
        if (is_letter(k)) {
            words.letters++;
            words.accents += k == ACCENTED;
            words.beyond += spaced && run > LONG_WORD;
            sum += !spaced && run > LONG_WORD ? LONG_OTHER : 0;
        } else if (k == DIGIT) {
            sum += run % 3 == 1 ? DIGITS : 0;
        } else if (k == BLANK) {
            sum += run == 2 ? INDENT : 0;
        }
        last = k;
    }
    return sum + long_words(&words);
}

int64_t sl_tokens_weigh(sluice_span inside)
{
    int64_t sum = 0;
    size_t step;

    if (inside.len <= WHOLE)
        return weigh(inside);
    step = (inside.len - SAMPLE_BYTES) / (SAMPLES - 1);
    for (size_t i = 0; i < SAMPLES; i++)
        sum += weigh(sl_span(inside.ptr + i * step, SAMPLE_BYTES));
    return (int64_t)((__int128)sum * (int64_t)inside.len / (SAMPLES * SAMPLE_BYTES));
}
