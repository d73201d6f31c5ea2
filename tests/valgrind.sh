#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Unit programs under valgrind's memcheck: reads of memory that was never written, which AddressSanitizer does not
# see. valgrind.sh [BUILD_FOLDER] [PATTERN]; a build without sanitizers. Prints a line for each program with a fault,
# at the end how many there were. By hand: it takes many minutes.
set -u
root=$(cd "$(dirname "$0")/.." && pwd)
build=$(cd "${1:-$root/build/debug}" && pwd)
pattern=${2:-unit_}
logs=$build/valgrind
jobs=${JOBS:-2}
mkdir -p "$logs"
rm -f "$logs"/*

one() {
    name=$(basename "$1")
    timeout 600 valgrind --quiet --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite,indirect \
        --child-silent-after-fork=yes "$1" >"$2/$name.log" 2>&1
    status=$?
    if [ $status -eq 99 ]; then
        echo "$name: memcheck found fault, see $2/$name.log"
    elif [ $status -ne 0 ]; then
        echo "$name: ended with $status, see $2/$name.log"
    fi
    echo $status >>"$2/statuses"
}

find "$build/bin" -name "$pattern*" -type f | sort | xargs -P "$jobs" -I{} sh -c "$(sed -n '/^one() {/,/^}/p' "$0")
one {} $logs"
total=$(wc -l <"$logs/statuses")
bad=$(grep -vxc 0 "$logs/statuses")
echo "$total programs, $bad with faults"
[ "$bad" -eq 0 ]
