#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# layout.sh PROGRAM PINNED - the layout of the public structs against the pinned file, which may only grow: a
# pinned line that changed or went away breaks every plugin; a new line is to be added to the file, behind the
# struct's last one. Static asserts are made of the pinned file and compiled as well. 64-bit machines only.
set -eu
program=$1 pinned=$2
[ "$(getconf LONG_BIT)" = 64 ] || { echo "pinned for 64 bits"; exit 0; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
"$program" >"$tmp/found"
if ! diff -u "$pinned" "$tmp/found"; then
    if grep -vxFf "$tmp/found" "$pinned" >"$tmp/broken"; then
        echo "FAIL the layout of published fields changed:"
        cat "$tmp/broken"
    else
        echo "FAIL new fields: append them to $(basename "$pinned")"
    fi
    exit 1
fi
include=$(cd "$(dirname "$0")/../../core/include" && pwd)
{
    for header in plugin provider cache logger router ext/http ext/io ext/metrics ext/secret ext/share ext/token; do
        echo "#include <sluice/$header.h>"
    done
    awk '{ printf "_Static_assert(offsetof(%s, %s) == %s, \"%s.%s moved\");\n", $1, $2, $3, $1, $2
           printf "_Static_assert(sizeof(((%s *)0)->%s) == %s, \"%s.%s has another size\");\n", $1, $2, $4, $1, $2 }' \
        "$pinned"
} >"$tmp/asserts.c"
${CC:-cc} -std=c11 -fsyntax-only -I "$include" "$tmp/asserts.c"
echo "$(wc -l <"$pinned") fields as pinned"
