#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# routing_sim.sh [BUILD-FOLDER] - hours of scripted traffic through each routing strategy, in seconds: the real
# core/route and the real plugins, with a clock and randomness of the simulation's own. Prints a table and fails
# when a figure is out of its range, or when a second run says anything else than the first.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
build=${1:-$root/build/debug}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
[ -x "$build/bin/routing_sim" ] || { echo "build it first: cmake --build $build --target routing_sim"; exit 2; }
result=0
"$build/bin/routing_sim" "$build/lib/sluice/1" >"$tmp/first" &
first=$!
"$build/bin/routing_sim" "$build/lib/sluice/1" >"$tmp/second" || result=1
wait "$first" || result=1
cat "$tmp/first"
cmp "$tmp/first" "$tmp/second" || { echo "two runs differ"; result=1; }
exit "$result"
