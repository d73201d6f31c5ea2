/* SPDX-License-Identifier: Apache-2.0 */
/* layout.c - prints where every field of every public struct lies: "STRUCT FIELD OFFSET SIZE", and
 * exits with 1 at a hole: padding must be spelled out. layout.sh compares with what is pinned. */
#include <stdio.h>
#include <sluice/cache.h>
#include <sluice/ext/http.h>
#include <sluice/ext/io.h>
#include <sluice/ext/metrics.h>
#include <sluice/ext/secret.h>
#include <sluice/ext/share.h>
#include <sluice/ext/token.h>
#include <sluice/logger.h>
#include <sluice/provider.h>
#include <sluice/router.h>

/* Multiples of 8 bytes, on every machine. */
#define STRUCT(type) _Static_assert(sizeof(type) % 8 == 0, #type " is a multiple of 8 bytes");
#define FIELD(type, field)
#define END(type)
#include "layout_fields.h"
#undef STRUCT
#undef FIELD
#undef END

int main(void)
{
    size_t at = 0;
    int holes = 0;

#define STRUCT(type) at = 0;
#define FIELD(type, field)                                                                         \
    if (at != offsetof(type, field)) {                                                             \
        fprintf(stderr, "hole before %s.%s: found offset %zu, wanted %zu\n", #type, #field,        \
                offsetof(type, field), at);                                                        \
        holes = 1;                                                                                 \
    }                                                                                              \
    at = offsetof(type, field) + sizeof(((type *)0)->field);                                       \
    printf("%s %s %zu %zu\n", #type, #field, offsetof(type, field), sizeof(((type *)0)->field));
#define END(type)                                                                                  \
    if (at != sizeof(type)) {                                                                      \
        fprintf(stderr, "hole at the end of %s: found %zu bytes, wanted %zu\n", #type,             \
                sizeof(type), at);                                                                 \
        holes = 1;                                                                                 \
    }
#include "layout_fields.h"
    return holes;
}
