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
# shellcheck source=tests/bench/callgrind.sh
. "$here/callgrind.sh"

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
start_counted

once() { # seconds
  if [ "$stream" ]; then
    streams "$port" /v1/chat/completions burst 16 "$1" "Authorization: Bearer $key"
  else
    load 16 "$1" "http://127.0.0.1:$port/v1/chat/completions" "$run/body.json" Authorization "Bearer $key"
  fi
}

what=request
[ -z "$stream" ] || what=event
count "${what}s" once
n=$counted_n
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

echo "instructions of each $what ($n of them): $counted"
echo
echo "in the function itself"
table "$run/exclusive" sum
echo
echo "with what it calls"
table "$run/inclusive" most
