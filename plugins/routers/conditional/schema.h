/* SPDX-License-Identifier: Apache-2.0 */
/* schema.h - what a rule may say. */
#ifndef CONDITIONAL_SCHEMA_H
#define CONDITIONAL_SCHEMA_H

#define TEXTS                                                                                      \
    "{\"anyOf\":[{\"type\":\"string\"},{\"type\":\"array\",\"items\":{\"type\":\"string\"}}]}"
#define WHEN                                                                                       \
    "\"model\":" TEXTS ",\"operation\":" TEXTS ",\"tags\":" TEXTS ",\"key\":" TEXTS                \
    ",\"team\":" TEXTS ",\"user\":" TEXTS ",\"metadata\":{\"type\":\"object\"},"                   \
    "\"headers\":{\"type\":\"object\"},\"stream\":{\"type\":\"boolean\"},"                         \
    "\"min_input_tokens\":{\"type\":\"integer\"},\"max_input_tokens\":{\"type\":\"integer\"},"     \
    "\"hours\":{\"type\":\"string\"},\"days\":" TEXTS                                              \
    ",\"utc_offset_minutes\":{\"type\":\"integer\"}"
#define USE                                                                                        \
    "\"model\":{\"type\":\"string\"},\"deployments\":" TEXTS ",\"tags\":" TEXTS                    \
    ",\"providers\":" TEXTS ",\"upstream_models\":" TEXTS

static const char config_schema[] =
    "{\"type\":\"object\",\"properties\":{\"rules\":{\"type\":\"array\",\"items\":{\"type\":"
    "\"object\","
    "\"properties\":{\"when\":{\"type\":\"object\",\"properties\":{" WHEN
    "},\"additionalProperties\":false},\"use\":{\"type\":\"object\",\"properties\":{" USE
    "},\"additionalProperties\":false}},\"required\":[\"use\"],\"additionalProperties\":false}}}}";

#endif
