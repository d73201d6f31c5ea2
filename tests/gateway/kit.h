/* SPDX-License-Identifier: Apache-2.0 */
/* kit.h - what the gateway's tests include first. */
#ifndef TESTS_GATEWAY_KIT_H
#define TESTS_GATEWAY_KIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <sluice_sdk/span.h>

#define assert_span(s, text)                                                                       \
    do {                                                                                           \
        sluice_span assert_span_s = (s);                                                           \
        assert_int_equal(assert_span_s.len, strlen(text));                                         \
        assert_memory_equal(assert_span_s.ptr, text, assert_span_s.len);                           \
    } while (0)

#endif
