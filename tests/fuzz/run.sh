#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs fuzz targets: run.sh SECONDS [TARGET...], two at a time, a line for each. Build them first:
#   cmake --preset fuzz && cmake --build --preset fuzz
# What was found interesting stays in build/fuzz/corpus/TARGET, what crashed in build/fuzz/crashes.
set -u
if [ $# -lt 1 ]; then
    echo "usage: $0 SECONDS [TARGET...]" >&2
    exit 2
fi
seconds=$1
shift
here=$(cd "$(dirname "$0")" && pwd)
build=${SLUICE_FUZZ_BUILD:-$here/../../build/fuzz}
mkdir -p "$build/crashes" "$build/fuzz-logs"
if [ $# -eq 0 ]; then
    # shellcheck disable=SC2046 # names, to be split
    set -- $(cd "$here" && ls ./*.c | sed 's|^\./||; s|\.c$||')
fi

run_one() {
    log=$build/fuzz-logs/$1.log
    corpus=$build/corpus/$1
    mkdir -p "$corpus"
    seeds=
    if [ -d "$here/seeds/$1" ]; then
        seeds=$here/seeds/$1
    elif [ "$1" != "${1%_request}" ]; then
        seeds=$here/seeds/request # what callers ask of any provider
    fi
    # shellcheck disable=SC2086 # no seeds, no argument
    "$build/bin/fuzz_$1" -max_total_time="$seconds" -max_len=4096 -timeout=10 -print_final_stats=1 \
        -artifact_prefix="$build/crashes/$1-" "$corpus" $seeds >"$log" 2>&1
    status=$?
    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
    if [ $status -eq 0 ]; then
        echo "$1: ok, ${runs:-0} runs, $(ls "$corpus" | wc -l) inputs kept"
    else
        echo "$1: FAILED, see $log"
    fi
    return $status
}

failed=0
while [ $# -gt 0 ]; do
    run_one "$1" &
    first=$!
    second=
    if [ $# -gt 1 ]; then
        run_one "$2" &
        second=$!
        shift
    fi
    shift
    wait $first || failed=1
    [ -z "$second" ] || wait $second || failed=1
done
exit $failed
