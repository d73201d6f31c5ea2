/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_schema.h - the part of JSON Schema that configurations use: type, properties, required,
 * additionalProperties, enum, const, items, minimum, maximum, minLength, maxLength, minItems,
 * maxItems, anyOf, oneOf (taken as anyOf), $ref to #/$defs/NAME. Other words are for people.
 */
#ifndef SL_FORMAT_JSON_SCHEMA_H
#define SL_FORMAT_JSON_SCHEMA_H

#include "format/json_tree.h"

struct sl_schema {
    const struct sl_json *root;
    const sluice_span *known; /* members that the top level may have beside its properties */
    size_t n_known;
    struct sluice_arena *scratch; /* for decoding strings */
};

/* Says in err what was found and wanted, and in err->param where ("request.rename"); for an unknown
 * member also the nearest known name. */
sluice_status sl_schema_check(const struct sl_schema *schema, const struct sl_json *value,
                              sluice_error *err);
/* The schema of member `name` of an object that `schema` describes; NULL = none of its own. */
const struct sl_json *sl_schema_member(const struct sl_json *root, const struct sl_json *schema,
                                       sluice_span name);

#endif
