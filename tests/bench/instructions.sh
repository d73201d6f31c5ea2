#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# instructions.sh - user-space instructions of one request through sluice, counted by callgrind; repeats to 2 %.
#
#   instructions.sh [--stream] [--top N] [--keep FILE]
#
# --stream  SSE bursts, an event being one of 101; else answers that are not streamed
# --top     how many functions to print (25)
# --keep    where to leave callgrind's own output
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

stream='' top=25 keep=''
while [ $# -gt 0 ]; do
  case $1 in
  --stream) stream=1 ;;
  --top) top=$2; shift ;;
  --keep) keep=$2; shift ;;
  *) die "usage: instructions.sh [--stream] [--top N] [--keep FILE]" ;;
  esac
  shift
done

need valgrind callgrind_control callgrind_annotate wrk
begin
start_upstream
write_config "$run/config.yaml"
write_body "$run/body.json" instant
port=$(free_port)
valgrind --tool=callgrind --instr-atstart=no --callgrind-out-file="$run/cg.out" "$build/bin/sluice" \
  --config "$run/config.yaml" --port "$port" --num_workers 1 >"$run/logs/out" 2>"$run/logs/err" &
pid=$!
children+=("$pid")
for _ in $(seq 200); do grep -q ' ready: ' "$run/logs/err" && break; sleep 0.1; done

once() { # seconds
  if [ "$stream" ]; then
    streams "$port" /v1/chat/completions burst 16 "$1" "Authorization: Bearer $key"
  else
    load 16 "$1" "http://127.0.0.1:$port/v1/chat/completions" "$run/body.json" Authorization "Bearer $key"
  fi
}

once 1 >/dev/null # pools are filled, code is translated
callgrind_control -i on "$pid" >/dev/null 2>&1
once 4 >"$run/counts"
callgrind_control -i off "$pid" >/dev/null 2>&1
callgrind_control -d "$pid" >/dev/null 2>&1
for _ in $(seq 100); do [ -s "$run/cg.out.1" ] && break; sleep 0.1; done
[ "$(value failed <"$run/counts")" = 0 ] || die "requests failed: $(cat "$run/counts")"

if [ "$stream" ]; then
  n=$(value events <"$run/counts")
  what=event
else
  n=$(value requests <"$run/counts")
  what=request
fi
callgrind_annotate --auto=no --threshold=100 "$run/cg.out.1" >"$run/exclusive" 2>/dev/null
callgrind_annotate --auto=no --threshold=100 --inclusive=yes "$run/cg.out.1" >"$run/inclusive" 2>/dev/null
[ -z "$keep" ] || cp "$run/cg.out.1" "$keep"

# Callgrind lists a function once for each file its inlined code is from.
table() { # file how-to-join
  awk -v n="$n" -v how="$2" '
    /^ *[0-9,]+ \(/ && !/PROGRAM TOTALS/ {
      count = $1; gsub(",", "", count)
      name = $0; sub(/ \[.*/, "", name); sub(/^[^?]*[:?]/, "", name)
      if (how == "sum") total[name] += count; else if (count > total[name] + 0) total[name] = count
    }
    END { for (name in total) printf "%10.0f  %s\n", total[name] / n, name }' "$1" | sort -rn | head -n "$top"
}

echo "instructions of each $what ($n of them): $(awk -v n="$n" '/PROGRAM TOTALS/ { gsub(",", "", $1); printf "%.0f", $1 / n }' "$run/exclusive")"
echo
echo "in the function itself"
table "$run/exclusive" sum
echo
echo "with what it calls"
table "$run/inclusive" most
