#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Each test that docs/pitfalls.md names exists, and no number is missing: pitfalls.sh [ROOT]
set -u
here=$(cd "$(dirname "$0")" && pwd)
cd "${1:-$here/../..}" || exit 2
list=docs/pitfalls.md
failed=0

fault() {
    echo "$list: $1"
    failed=1
}

# Is there a test NAME in FILE?
has() {
    case $1 in
    *.c)
        # Called by name in a list of tests; some are made by a macro that the file explains.
        grep -Eq "(cmocka_unit_test(_setup_teardown)?|PITFALL|T)\($2[,)]" "$1"
        ;;
    *.cases) grep -Fxq "== $2" "$1" ;;
    *.mjs) grep -Fq "test(\"$2\"" "$1" ;;
    *) false ;;
    esac
}

numbers=$(sed -n 's/^| \([0-9][0-9]*\) |.*/\1/p' $list | sort -n)
last=$(echo "$numbers" | tail -1)
[ "$numbers" = "$(seq 1 "${last:-1}")" ] || fault "the numbers are not 1 to $last"
[ -z "$(grep '^| [0-9]' $list | grep -v '`')" ] || fault "a pitfall has no test"

tests=$(grep '^| [0-9]' $list | grep -o '`[^`]*\.\(c\|cases\|mjs\|cassette\)\(::[^`]*\)\{0,1\}`' | tr -d '`')
while IFS= read -r test; do
    file=${test%%::*}
    if [ ! -f "$file" ]; then
        fault "no file $file"
    elif [ "$file" != "$test" ]; then
        has "$file" "${test#*::}" || fault "no test '${test#*::}' in $file"
    else
        case $file in *.cassette) ;; *) fault "$file without a test's name" ;; esac
    fi
done <<END
$tests
END

[ $failed -eq 0 ] && echo "$(echo "$tests" | wc -l) tests of $last pitfalls are there"
exit $failed
