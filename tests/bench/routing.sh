#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# routing.sh [BUILD-FOLDER] - what choosing a deployment costs: CPU time, and instructions counted by callgrind
# (the difference of two runs, by the calls between them), which do not depend on what else the machine does.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=${1:-$root/build/release}
bench=$build/bin/bench_routing
plugins=$build/lib/sluice/1
[ -x "$bench" ] || { echo "build it first: cmake --build $build --target bench_routing"; exit 2; }
"$bench" "$plugins"
command -v valgrind >/dev/null || { echo "no valgrind: no instructions"; exit 0; }

count() { # strategy, deployments, choices
  valgrind --tool=callgrind --callgrind-out-file=/dev/null "$bench" "$plugins" "$@" 2>&1 |
    awk '/Collected/ { print $4 }'
}
printf '\ninstructions a call\n%-24s%12s%12s\n' '' 10 1000
for strategy in simple-shuffle sticky tags least-busy usage-based-routing-v2 latency-based-routing cost-based-routing \
  p2c-ewma conditional; do
  printf '%-24s' "$strategy"
  for n in 10 1000; do
    few=$(count "$strategy" $n 200) many=$(count "$strategy" $n 700)
    printf '%12d' $(((many - few) / 500))
  done
  printf '\n'
done
