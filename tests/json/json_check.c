/* SPDX-License-Identifier: Apache-2.0 */
/* json_check.c - is the file named on the command line valid JSON? 0 yes, 1 no, 2 could not tell.
 * Asks validation, tree and members, which must agree but for names that appear twice. */
#include "format/json_tree.h"

#include <stdio.h>
#include <stdlib.h>

#define MAX_SIZE (1 << 24)

static char *read_file(const char *path, size_t *len)
{
    FILE *f = fopen(path, "rb");
    char *text = f ? malloc(MAX_SIZE) : NULL;

    if (text) {
        *len = fread(text, 1, MAX_SIZE, f);
        if (ferror(f) || !feof(f)) {
            free(text);
            text = NULL;
        }
    }
    if (f)
        fclose(f);
    return text;
}

/* Is this why tree or members refused a text that is valid? */
static bool only_twice(sluice_status st, const struct sl_json_error *err)
{
    return st == SLUICE_E_INVALID && strcmp(err->what, "a name appears twice") == 0;
}

static int judge(sluice_span text)
{
    struct sl_json_error err = { 0 }, tree_err = { 0 }, members_err = { 0 };
    struct sluice_arena arena;
    sluice_status valid, tree, members;
    sluice_header *list;
    struct sl_json *root;
    size_t n;
    int result;

    sl_arena_init(&arena, SIZE_MAX);
    valid = sl_json_validate(text, &err);
    tree = sl_json_parse(text, &arena, &root, &tree_err);
    members = sl_json_members(text, &arena, &list, &n, &members_err);
    if (valid == SLUICE_OK) {
        bool object = sl_json_type(sl_span_trim(text)) == SL_JSON_OBJECT;

        result = 0;
        if (tree != SLUICE_OK && !only_twice(tree, &tree_err))
            result = 2;
        if ((members == SLUICE_OK || only_twice(members, &members_err)) != object)
            result = 2;
    } else {
        result = tree == SLUICE_E_INVALID && members == SLUICE_E_INVALID ? 1 : 2;
        printf("%s at line %zu, column %zu\n", err.what, err.line, err.column);
    }
    sl_arena_finish(&arena);
    return result;
}

int main(int argc, char **argv)
{
    size_t len = 0;
    char *text = argc == 2 ? read_file(argv[1], &len) : NULL;
    int result;

    if (!text) {
        fprintf(stderr, "usage: json_check FILE\n");
        return 2;
    }
    result = judge(sl_span(text, len));
    free(text);
    return result;
}
