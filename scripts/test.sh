#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test.sh - every check of the repository, from a bare Debian 12: builds release and asan, runs CTest in
# both (unit, end-to-end, lint, and the npm clients in release), looks at the layout of the sources. The
# last line is "N passed, N failed"; the exit status is 0 only without failures.
set -eu
cd "$(dirname "$0")/.."
. scripts/lib.sh

# shellcheck disable=SC2086
need_packages $build_packages $test_packages nodejs npm
export CI=1 # warnings are errors
export SLUICE_NPM=required # without the clients' packages their tests fail

passed=0 failed=0
count() {
    passed=$((passed + $1)) failed=$((failed + $2))
}

# One number of CTest's JUnit file: the first attribute of that name.
attribute() {
    sed -n "s/.*[[:space:]]$1=\"\([0-9][0-9]*\)\".*/\1/p" "$2" | head -n 1
}

# run_ctest PRESET [ctest options]
run_ctest() {
    preset=$1
    shift
    results=$PWD/build/$preset/results.xml
    rm -f "$results"
    say "testing ($preset)"
    ctest --preset "$preset" -j "$(nproc)" --output-junit "$results" "$@" >&2 || true
    if [ ! -s "$results" ]; then
        say "testing ($preset): CTest gave no results"
        count 0 1
        return
    fi
    all=$(attribute tests "$results")
    bad=$(attribute failures "$results")
    skipped=$(($(attribute skipped "$results") + $(attribute disabled "$results")))
    [ "$skipped" = 0 ] || say "testing ($preset): $skipped skipped"
    count $((all - bad - skipped)) "$bad"
}

# check NAME COMMAND...: one case of its own.
check() {
    name=$1
    shift
    if "$@" >&2; then
        count 1 0
    else
        say "failed: $name"
        count 0 1
    fi
}

# The public headers are set in columns by hand, and so is the ABI's list of fields.
layout() {
    git ls-files -z '*.c' '*.h' ':!core/include' ':!tests/abi/layout_fields.h' | xargs -0 clang-format-14 --dry-run -Werror
}

shell_syntax() {
    git ls-files '*.sh' | while read -r script; do
        bash -n "$script" || return 1
    done
}

check "layout of the sources" layout
check "shell syntax" shell_syntax
for preset in release asan; do
    if build "$preset" -DSLUICE_TESTS=ON; then
        case $preset in
        release) run_ctest release -LE bench ;;
        *) run_ctest "$preset" -LE 'bench|npm|lint' ;;
        esac
    else
        count 0 1
    fi
done

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
