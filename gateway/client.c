/* SPDX-License-Identifier: Apache-2.0 */
/* client.c - `sluice --health` and `sluice --test`: one request to a gateway that runs already. The
 * key is $LITELLM_PROXY_API_KEY or $LITELLM_MASTER_KEY. */
#include "commands.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <sluice_sdk/json.h>

#define ANSWER_MAX (16u << 20)

static size_t collect(char *data, size_t size, size_t n, void *ctx)
{
    struct sl_buf *answer = ctx;

    sl_buf_add(answer, sl_span(data, size * n));
    return sl_buf_ok(answer) ? size * n : 0;
}

static struct curl_slist *fields(void)
{
    const char *key = getenv("LITELLM_PROXY_API_KEY");
    struct curl_slist *list = curl_slist_append(NULL, "Content-Type: application/json");
    struct sl_buf line;

    if (!key || !*key)
        key = getenv("LITELLM_MASTER_KEY");
    if (!key || !*key || !list)
        return list;
    sl_buf_init(&line, 4096);
    sl_buf_printf(&line, "Authorization: Bearer %s", key);
    sl_buf_add_char(&line, '\0');
    if (sl_buf_ok(&line))
        curl_slist_append(list, line.ptr);
    sl_buf_finish(&line);
    return list;
}

/* GET, or POST when there is a body. Prints the answer; 0 when it is a 200. */
static int ask(const struct gw_options *o, const char *path, const char *body)
{
    const char *host = o->host && strcmp(o->host, "0.0.0.0") ? o->host : "127.0.0.1";
    char url[512], why[CURL_ERROR_SIZE] = "";
    struct curl_slist *list = NULL;
    struct sl_buf answer;
    long status = 0;
    CURL *curl;

    curl_global_init(CURL_GLOBAL_DEFAULT);
    curl = curl_easy_init();
    if (!curl)
        return 1;
    list = fields();
    snprintf(url, sizeof url, "%s://%s:%ld%s", o->certificate ? "https" : "http", host, o->port,
             path);
    sl_buf_init(&answer, ANSWER_MAX);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, list);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, why);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, collect);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, 60L);
    if (o->certificate)
        curl_easy_setopt(curl, CURLOPT_CAINFO, o->certificate);
    if (body)
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
    if (curl_easy_perform(curl) == CURLE_OK) {
        curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
        printf("%.*s\n", SL_FMT(sl_buf_span(&answer)));
    } else {
        fprintf(stderr, "sluice: %s: %s\n", url, why);
    }
    sl_buf_finish(&answer);
    curl_slist_free_all(list);
    curl_easy_cleanup(curl);
    curl_global_cleanup();
    return status != 200;
}

int gw_client_health(const struct gw_options *o)
{
    return ask(o, "/health", NULL);
}

int gw_client_test(const struct gw_options *o)
{
    struct sl_buf body;
    struct sl_json_out j;
    int status = 1;

    sl_buf_init(&body, 4096);
    j = sl_json_out(&body);
    sl_json_open(&j, '{');
    sl_json_kv_str(&j, "model", sl_span_str(o->model ? o->model : "mock"));
    sl_json_kv_raw(&j, "messages",
                   SL_SPAN("[{\"role\":\"user\",\"content\":\"Is anybody there?\"}]"));
    sl_json_close(&j, '}');
    sl_buf_add_char(&body, '\0');
    if (sl_buf_ok(&body))
        status = ask(o, "/v1/chat/completions", body.ptr);
    sl_buf_finish(&body);
    return status;
}
