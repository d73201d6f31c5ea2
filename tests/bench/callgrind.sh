# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034,SC2154 # shared with who sources this
# callgrind.sh - sluice under callgrind, and what it counts. Sourced behind lib.sh.

# With the configuration in $run/config.yaml; sets port.
start_counted() { # argument...
  port=$(free_port)
  rm -f "$run"/cg.out* "$run/logs/err"
  valgrind --tool=callgrind --instr-atstart=no --callgrind-out-file="$run/cg.out" "$build/bin/sluice" \
    --config "$run/config.yaml" --port "$port" --num_workers 1 "$@" >"$run/logs/out" 2>"$run/logs/err" &
  counted_pid=$!
  children+=("$counted_pid")
  for _ in $(seq 300); do grep -qs " ready: " "$run/logs/err" && return; sleep 0.1; done
  die "sluice does not start: $(grep -v "^==" "$run/logs/err" | tail -n 3)"
}

# Runs `COMMAND 2` to warm up and `COMMAND SECONDS` counted, until there are enough of what it prints as "WHAT number".
# Sets counted (instructions for each) and counted_n; callgrind's own output is $run/cg.out.1.
count() { # what command [seconds]
  counted_n=0
  "$2" 2 >/dev/null || true # pools are filled, code is translated
  callgrind_control -i on "$counted_pid" >/dev/null 2>&1
  for _ in 1 2 3 4 5 6 7 8; do
    "$2" "${3:-3}" >"$run/counts"
    [ "$(value failed <"$run/counts")" = 0 ] || die "requests failed: $(cat "$run/counts")"
    counted_n=$((counted_n + $(value "$1" <"$run/counts")))
    [ "$counted_n" -lt 2000 ] || break
  done
  callgrind_control -i off "$counted_pid" >/dev/null 2>&1
  callgrind_control -d "$counted_pid" >/dev/null 2>&1
  for _ in $(seq 100); do [ -s "$run/cg.out.1" ] && break; sleep 0.1; done
  counted=$(callgrind_annotate --auto=no --threshold=1 "$run/cg.out.1" 2>/dev/null |
    awk -v n="$counted_n" '/PROGRAM TOTALS/ { gsub(",", "", $1); printf "%.0f", $1 / n }')
}

stop_counted() {
  kill "$counted_pid" 2>/dev/null || true
  wait "$counted_pid" 2>/dev/null || true
}
