#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# libcalls.sh - system calls and allocations of one request through sluice, in the steady state.
#
#   libcalls.sh [--stream]      SSE bursts instead of answers that are not streamed
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

stream=''
[ "${1:-}" != --stream ] || stream=1
need strace wrk
begin
start_upstream
write_config "$run/config.yaml"
write_body "$run/body.json" instant
port=$(free_port)
LD_PRELOAD="$build/lib/libbench_allocs.so" BENCH_ALLOCS="$run/allocs" "$build/bin/sluice" --config "$run/config.yaml" \
  --port "$port" --num_workers 1 >"$run/logs/out" 2>"$run/logs/err" &
pid=$!
children+=("$pid")
wait_port "$port" 10

once() { # seconds
  if [ "$stream" ]; then
    streams "$port" /v1/chat/completions burst 16 "$1" "Authorization: Bearer $key"
  else
    load 16 "$1" "http://127.0.0.1:$port/v1/chat/completions" "$run/body.json" Authorization "Bearer $key"
  fi
}

# The counters are written at each SIGUSR2: before, after, without the calls that warm up.
snapshot() {
  kill -USR2 "$pid"
  sleep 0.3
}

once 1 >/dev/null
snapshot
cp "$run/allocs" "$run/before"
once 2 >"$run/counts"
snapshot
n=$(value "$([ "$stream" ] && echo streams || echo requests)" <"$run/counts")
echo "allocations of each request ($n of them)"
awk -v n="$n" 'NR == FNR { b[$1] = $2; next } { printf "%10.3f  %s\n", ($2 - b[$1]) / n, $1 }' "$run/before" "$run/allocs"

strace -qq -c -f -p "$pid" -o "$run/strace" &
tracer=$!
sleep 0.5
once 2 >"$run/counts"
kill -INT "$tracer"
wait "$tracer" || true
n=$(value "$([ "$stream" ] && echo streams || echo requests)" <"$run/counts")
echo
echo "system calls of each request ($n of them)"
awk -v n="$n" '$1 ~ /^[0-9.]+$/ && $NF != "total" { printf "%10.3f  %s\n", $4 / n, $NF }' "$run/strace" | sort -rn
