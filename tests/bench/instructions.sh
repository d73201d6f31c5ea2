#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# instructions.sh - user-space instructions of one request through sluice, counted by callgrind; repeats to 2 %.
#
#   instructions.sh [--stream | --tls | --https] [--top N] [--keep FILE]
#
# --stream  SSE bursts, an event being one of 101; else answers that are not streamed
# --tls     the vendor speaks TLS
# --https   the client does
# --top     how many functions to print (25)
# --keep    where to leave callgrind's own output
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/bench/callgrind.sh
. "$here/callgrind.sh"
# shellcheck source=tests/bench/contenders.sh
. "$here/contenders.sh"

stream='' tls='' https='' top=25 keep=''
while [ $# -gt 0 ]; do
  case $1 in
  --stream) stream=1 ;;
  --tls) tls=1 ;;
  --https) https=1 ;;
  --top) top=$2; shift ;;
  --keep) keep=$2; shift ;;
  *) die "usage: instructions.sh [--stream | --tls | --https] [--top N] [--keep FILE]" ;;
  esac
  shift
done

need valgrind callgrind_control callgrind_annotate wrk
begin
start_upstream
[ -z "$tls$https" ] || start_tls_vendor
write_config "$run/config.yaml"
write_body "$run/body.json" "$([ "$tls" ] && echo tls || echo instant)"
# A handshake costs as much as fifty requests: one connection for long has one of them.
clients=16 seconds=3 url=http served=()
[ -z "$tls$https" ] || clients=1 seconds=15
[ -z "$https" ] || url=https served=(--ssl_certfile_path "$run/tls.pem" --ssl_keyfile_path "$run/tls.key")
start_counted "${served[@]}"

once() { # seconds
  if [ "$stream" ]; then
    streams "$port" /v1/chat/completions burst 16 "$1" "Authorization: Bearer $key"
  else
    load "$clients" "$1" "$url://127.0.0.1:$port/v1/chat/completions" "$run/body.json" Authorization "Bearer $key"
  fi
}

what=request
[ -z "$stream" ] || what=event
count "${what}s" once "$seconds"
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
