/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cassette.h - a stored conversation with one vendor, as a text file: what the client asked, what
 * the provider should send, what the vendor answered, what should reach the client. The program
 * cassette_run replays files; sluice_cassettes(NAME) in CMake hands testdata/ *.cassette to ctest.
 *
 * THE FORMAT. Lines before the first "== " are comments. A section begins with a line "== NAME" and
 * ends before the next such line; the line break in front of that line belongs to the format, so an
 * empty line more is part of the text. All sections but call, body and sink may be left out.
 *
 *     A comment.
 *     == call
 *     operation: chat.completions        (default)
 *     stream: yes                        default no
 *     drop: yes                          SLUICE_CALL_DROP; default no
 *     model: claude-x                    mapped name; default: the body's "model"
 *     base_url: https://...              default empty
 *     content_type: ...                  default application/json
 *     credential: key                    none (default), key, token, aws
 *     facts: {"region":"eu-west-1"}      credential_facts
 *     config: {"...": ...}               the deployment's configuration; default {}
 *     param: id=resp_1                   may be repeated
 *     header: user-agent: x              the client's; may be repeated
 *     unix_ms: 1700000000000             the wall clock; default as here
 *     secret: secret:0=text              what ext/secret.h reveals; may be repeated
 *     == body
 *     {"model":"x","messages":[]}
 *     == request                         as in exchange.h; absent = not compared
 *     POST https://host/v1/x
 *     ...
 *     == answer                          the vendor's: status, headers, empty line, body
 *     200
 *     content-type: text/event-stream
 *
 *     data: ...
 *     == answer base64                   the same with a body in base64, for binary ones;
 *     == answer broken                   the connection breaks behind the body
 *     == sink                            lines as in exchange.h, then one "status NAME" line, which
 *     delta text ...                     on failure goes on: http=429 code=x param=y message
 *     status ok
 *
 * A conversation of several rounds has several answer sections, and all its requests in one request
 * section, separated by an empty line. Lines of an answer end in \n unless base64 says otherwise.
 */
#ifndef SL_TESTHOST_CASSETTE_H
#define SL_TESTHOST_CASSETTE_H

#include "exchange.h"

#define SL_CASSETTE_ANSWERS 64
#define SL_CASSETTE_PAIRS 32

struct sl_cassette {
    char *text; /* the file; spans below lie in it */
    size_t len;
    char *decoded[SL_CASSETTE_ANSWERS]; /* base64 bodies */
    struct sl_test_call call;
    sluice_span config;
    int64_t unix_ms;
    struct sl_test_answer answers[SL_CASSETTE_ANSWERS];
    size_t n_answers;
    sluice_header params[SL_CASSETTE_PAIRS], headers[SL_CASSETTE_PAIRS];
    sluice_header secrets[SL_CASSETTE_PAIRS];
    size_t n_secrets;
    sluice_header answer_headers[SL_CASSETTE_ANSWERS][SL_CASSETTE_PAIRS];
    sluice_span request, sink; /* what is expected; ptr NULL = section absent */
};

/* Malformed files are INVALID with file and line. */
sluice_status sl_cassette_load(const char *path, struct sl_cassette **out, sluice_error *err);
void sl_cassette_destroy(struct sl_cassette *c);

/* Plays it once and compares. NULL = as expected, else a malloc'ed text with both sides. */
char *sl_cassette_play(const struct sl_cassette *c, const struct sl_testplugin *plugin);
/* Plays it with the loops of exchange.h. NULL = all well. */
char *sl_cassette_torture(const struct sl_cassette *c, const struct sl_testplugin *plugin);
/* Writes the file again with the request and sink sections as they come out now. */
sluice_status sl_cassette_record(const char *path, const struct sl_cassette *c,
                                 const struct sl_testplugin *plugin, sluice_error *err);

#endif
