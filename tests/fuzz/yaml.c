/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes the reader of configurations: any text ends in settings or in an error, and the value of
 * the variable C, which the corpus asks for by os.environ/C, shows in neither report nor error. */
#include "config/settings.h"

#include <stdlib.h>

#define CANARY "canary-5c1d"

static bool planted; /* the text itself does not hold the canary */

static void require(bool ok)
{
    if (!ok)
        __builtin_trap();
}

static void line(void *ctx, enum sl_key_verdict verdict, sluice_span where, sluice_span key,
                 sluice_span text)
{
    (void)ctx;
    require(verdict <= SL_KEY_ERROR && key.len < 1024 && where.len < 1024);
    require(!planted || (sl_span_find(text, SL_SPAN(CANARY)) == text.len &&
                         sl_span_find(key, SL_SPAN(CANARY)) == key.len));
}

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    return setenv("C", CANARY, 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sl_config_report report = { line, NULL };
    sluice_span text = sl_span((const char *)data, size);
    sluice_error err = SLUICE_ERROR_INIT;
    struct sl_settings *s;
    sluice_status st;

    planted = sl_span_find(text, SL_SPAN(CANARY)) == text.len;
    st = sl_settings_load(NULL, text, &report, &s, &err);
    require((st == SLUICE_OK) == (s != NULL));
    if (st < 0)
        require(err.message[0] && (st == SLUICE_E_INVALID || st == SLUICE_E_NOMEM) &&
                (!planted || !strstr(err.message, CANARY)));
    for (size_t i = 0; s && i < s->n_deployments; i++)
        require(s->deployments[i].id.len > 0 && s->deployments[i].model_name.len > 0);
    sl_settings_destroy(s);
    return 0;
}
