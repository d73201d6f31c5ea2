#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# builtin.sh WORK - builds the libraries and the program with the plugins linked in (SLUICE_BUILTIN_PLUGINS) into WORK,
# and lets the program answer where there is no plugin file.
set -eu
work=$1
root=$(cd "$(dirname "$0")/../.." && pwd)
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
umask 022

# Without a build type: what is looked at is whether it links, and that takes the least time so.
{ cmake -G Ninja -S "$root" -B "$work" -DCMAKE_BUILD_TYPE=None -DSLUICE_TESTS=OFF -DSLUICE_BUILTIN_PLUGINS=ON &&
    cmake --build "$work" -j "$(nproc)" --target sluice sluice_shared; } >"$tmp/log" 2>&1 || {
    cat "$tmp/log"
    exit 1
}
[ -z "$(find "$work" -path '*/sluice/1/*.so')" ] || { echo "FAIL plugins were built as files"; exit 1; }

mkdir "$tmp/empty"
cd "$tmp"
export SLUICE_PLUGIN_PATH=$tmp/empty
"$work/bin/sluice" plugins >"$tmp/list"
for file in $(grep -l "^sluice_plugin(" "$root"/plugins/*/*/CMakeLists.txt); do
    name=$(basename "$(dirname "$file")")
    grep -q "^$name .*built-in$" "$tmp/list" || { cat "$tmp/list"; echo "FAIL $name is not built in"; exit 1; }
done
[ "$("$work/bin/sluice" complete -m mock hello)" = hello ] || { echo "FAIL the program does not answer"; exit 1; }
bash "$root/tests/abi/exports.sh" "$work/lib/libsluice.so" "$root/core/include/sluice/sluice.h" "$root/core/libsluice.sym"
echo "$(wc -l <"$tmp/list") lines of plugins, none of them a file"
