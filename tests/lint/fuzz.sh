#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every provider and every dialect has its fuzz targets: fuzz.sh [ROOT]
#   a provider NAME     tests/fuzz/NAME_data.c (what comes back) and NAME_request.c (what it asks for)
#   a dialect           is in dialect_look.c (answers that are relayed)
#   an operation        with .request is in dialect_request.c, with .answer in dialect_vectors.c, one that chat is
#                       its pivot in dialect_answer.c
set -u
here=$(cd "$(dirname "$0")" && pwd)
cd "${1:-$here/../..}" || exit 2
fuzz=tests/fuzz
failed=0
n=0

fault() {
    echo "$1"
    failed=1
}

# named FILE TEXT WHAT
named() {
    n=$((n + 1))
    grep -Fq "$2" "$fuzz/$1" 2>/dev/null || fault "$fuzz/$1 does not know $3"
}

for name in $(sed -n 's/^ *sluice_plugin(provider \([a-z0-9_]*\) .*/\1/p' plugins/providers/*/CMakeLists.txt | sort -u); do
    for kind in data request; do
        named "${name}_$kind.c" "$name" "the provider $name"
    done
done
for dialect in $(sed -n 's/^extern const struct sl_dialect \([a-z_]*\);.*/\1/p' core/format/*/*.h); do
    named dialect_look.c "&$dialect," "$dialect"
done
# An operation a line: its name, then what it has.
operations=$(sed -n '/^static const struct sl_operation operations/,/^};/p' core/format/dialect/operation.c 2>/dev/null |
    tr -d '\n' | sed 's/\.name = "/\n/g' | sed -n '2,$p')
while IFS= read -r operation; do
    name=${operation%%\"*}
    case $operation in *.request\ =*) named dialect_request.c "\"$name\"" "the operation $name" ;; esac
    case $operation in *.answer\ =*) named dialect_vectors.c "\"$name\"" "the operation $name" ;; esac
    case $operation in
    *'.pivot = "chat.completions"'*) named dialect_answer.c "\"$name\"" "the operation $name" ;;
    esac
done <<END
$operations
END

[ $failed -eq 0 ] && echo "$n targets are there"
exit $failed
