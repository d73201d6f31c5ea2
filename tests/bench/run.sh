#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# run.sh - sluice beside nginx, Portkey and LiteLLM on this machine: what a call, an event, an open stream costs.
#
#   run.sh [--quick] [--rounds N] [--json FILE] [--only CONTENDERS] [--no-portkey] [--no-litellm]
#
# --quick is under five minutes and leaves out LiteLLM, which takes that long to install and to start.
# Interleaved rounds, fresh processes each; a figure is the median over the rounds, a ratio the median of the
# ratios to nginx of the same round. docs/performance.md says how to read it.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

rounds='' seconds=2 json='' only='direct nginx sluice portkey litellm' portkey=yes litellm=yes quick=''
while [ $# -gt 0 ]; do
  case $1 in
  --quick) quick=1 seconds=1 litellm=no ;;
  --rounds) rounds=$2; shift ;;
  --json) json=$2; shift ;;
  --only) only=$2; shift ;;
  --no-portkey) portkey=no ;;
  --no-litellm) litellm=no ;;
  *) die "usage: run.sh [--quick] [--rounds N] [--json FILE] [--only CONTENDERS] [--no-portkey] [--no-litellm]" ;;
  esac
  shift
done

rounds=${rounds:-$((quick == 1 ? 2 : 3))}
PATH=$PATH:/usr/sbin
need wrk nginx openssl taskset
begin
raw=$run/raw.tsv # round, contender, measure, value
skipped='' left_out=''
: >"$raw"

# shellcheck source=tests/bench/contenders.sh
. "$here/contenders.sh"

# ---- measures ----

put() { printf '%s\t%s\t%s\t%s\n' "$round" "$name" "$1" "$2" >>"$raw"; }
over() { awk -v a="$1" -v b="$2" -v f="${3:-1}" 'BEGIN { printf "%.4f", (b > 0 ? a / b * f : 0) }'; }

port_of() { if [ "$name" = direct ]; then way_port "$1"; else echo "$port"; fi; }

# Headers for wrk ("name value") and for streams ("name: value").
set_headers() { # way
  wrk_headers=(Authorization "Bearer $key")
  if [ "$name" = portkey ]; then
    wrk_headers=(Authorization "Bearer $upstream_key" x-portkey-provider openai
      x-portkey-custom-host "http://127.0.0.1:$(way_port "$1")/v1")
  fi
  stream_headers=()
  local i
  for ((i = 0; i < ${#wrk_headers[@]}; i += 2)); do stream_headers+=("${wrk_headers[i]}: ${wrk_headers[i + 1]}"); done
}

failures() { # measure
  local n
  n=$(value failed <"$run/out")
  [ "${n:-1}" = 0 ] || echo "warning: $name: ${n:-all} failures in $1 (round $round)" >&2
}

calls() { # measure way connections seconds body
  local before after
  set_headers "$2"
  before=$(cpu_ns)
  load "$3" "$4" "http://127.0.0.1:$(port_of "$2")$(path_of "$2")" "$5" "${wrk_headers[@]}" >"$run/out"
  after=$(cpu_ns)
  failures "$1"
  put "$1_rps" "$(over "$(value requests <"$run/out")" "$(value duration_us <"$run/out")" 1000000)"
  [ "$name" = direct ] || put "$1_cpu" "$(over $((after - before)) "$(value requests <"$run/out")" 0.001)"
  put "$1_p50" "$(value p50 <"$run/out")"
  put "$1_p99" "$(value p99 <"$run/out")"
}

events() { # measure way connections seconds
  local before after
  set_headers "$2"
  before=$(cpu_ns)
  streams "$(port_of "$2")" "$(path_of "$2")" "$2" "$3" "$4" "${stream_headers[@]}" >"$run/out" || true
  after=$(cpu_ns)
  failures "$1"
  put "$1_eps" "$(over "$(value events <"$run/out")" "$(value duration_us <"$run/out")" 1000000)"
  [ "$name" = direct ] || put "$1_cpu" "$(over $((after - before)) "$(value events <"$run/out")" 0.001)"
  put "$1_first_p50" "$(value first_p50 <"$run/out")"
  put "$1_first_p99" "$(value first_p99 <"$run/out")"
}

open_streams() { # how many
  local before now child i
  set_headers slow
  before=$(rss_kib)
  : >"$run/out"
  streams "$(port_of slow)" "$(path_of slow)" slow "$1" -3 "${stream_headers[@]}" >"$run/out" &
  child=$!
  for i in $(seq 300); do grep -q '^open' "$run/out" && break; sleep 0.1; done
  sleep 0.5
  now=$(rss_kib)
  wait "$child" || echo "warning: $name: not all of $1 streams opened (round $round): $(value open <"$run/out")" >&2
  put "open_$1" "$(over $((now - before)) "$1")"
}

# Of answers that wrk reads to their end: CPU by event, of which each has so many.
event_calls() { # measure way connections seconds body
  calls "$1_whole" "$2" "$3" "$4" "$5"
  put "$1_cpu" "$(over "$(awk -F'\t' -v r="$round" -v c="$name" -v m="$1_whole_cpu" \
    '$1 == r && $2 == c && $3 == m { print $4 }' "$raw")" 101)"
}

# What two workers could do on two CPUs of their own, against one: the CPU that a request takes them. The load shares the
# CPUs with them here, so their requests/s say nothing.
measure_workers() {
  local n one
  for n in 1 2; do
    start_sluice "$n"
    set_headers instant
    load 64 1 "http://127.0.0.1:$port/v1/chat/completions" "$run/instant.json" "${wrk_headers[@]}" >/dev/null
    calls "workers$n" instant 64 "$seconds" "$run/instant.json"
    stop_contender
  done
  one=$(awk -F'\t' -v r="$round" '$1 == r && $3 == "workers1_cpu" { print $4 }' "$raw")
  put workers "$(over "$one" "$(awk -F'\t' -v r="$round" '$1 == r && $3 == "workers2_cpu" { print $4 }' "$raw")" 2)"
}

measure() {
  sleep 0.3
  if [ "$name" != direct ]; then
    put rss_idle "$(over "$(rss_kib)" 1024)"
    set_headers instant
    load 16 1 "http://127.0.0.1:$(port_of instant)$(path_of instant)" "$run/instant.json" "${wrk_headers[@]}" >/dev/null
  fi
  if [ "$name" = litellm ]; then # what it has in common with the others, and little time
    load 16 10 "http://127.0.0.1:$(port_of instant)$(path_of instant)" "$run/instant.json" "${wrk_headers[@]}" >/dev/null
    calls c64 instant 64 5 "$run/instant.json"
    calls c1 instant 1 1 "$run/instant.json"
    put rss_256 "$(over "$(rss_kib)" 1024)"
    return
  fi
  if [ "$name" = portkey ]; then # a JIT wants its time
    load 16 $((quick == 1 ? 3 : 10)) "http://127.0.0.1:$(port_of instant)$(path_of instant)" "$run/instant.json" "${wrk_headers[@]}" >/dev/null
  fi
  calls c1 instant 1 1 "$run/instant.json"
  calls c64 instant 64 "$seconds" "$run/instant.json"
  calls c256 instant 256 "$seconds" "$run/instant.json"
  [ "$name" = direct ] || put rss_256 "$(over "$(rss_kib)" 1024)"
  calls wait256 delayed 256 2 "$run/delayed.json"
  if [ "$name" != portkey ]; then
    calls wait2000 delayed 2000 3 "$run/delayed.json"
    calls k400 instant 16 1 "$run/400k.json"
    calls m1 instant 16 1 "$run/1m.json"
    calls image instant 16 1 "$run/image.json"
    # An answer in Anthropic's words: nginx hands it on, sluice translates request and answer.
    calls claude claude 64 "$seconds" "$run/claude.json"
    calls claude_image claude 16 1 "$run/claude_image.json"
    event_calls claude_burst claude_burst 64 "$seconds" "$run/claude_burst.json"
  fi
  events burst burst 64 "$seconds"
  events paced paced 200 "$seconds"
  if [ "$name" = nginx ] || [ "$name" = sluice ]; then
    load 64 1 "http://127.0.0.1:$(port_of tls)$(path_of tls)" "$run/tls.json" "${wrk_headers[@]}" >/dev/null # handshakes
    calls tls tls 64 $((3 * seconds)) "$run/tls.json" # up to 64 of them count here, which is chance
  fi
}

# A picture of a megabyte in the usual request.
write_image() { # model
  write_body "$run/text.json" "$1"
  head -c 750000 /dev/urandom | base64 -w0 >"$run/base64"
  awk 'NR == FNR { data = $0; next }
    { sub(/"content":"Thank you!/, "\"content\":[{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/png;base64,@\"}},{\"type\":\"text\",\"text\":\"Thank you!"); sub(/"}],"temperature"/, "\"}]}],\"temperature\""); at = index($0, "@")
      printf "%s%s%s", substr($0, 1, at - 1), data, substr($0, at + 1) }' "$run/base64" "$run/text.json"
}

# Memory of open streams, in a fresh process.
measure_open() {
  case $name in
  direct) ;;
  litellm) ;;
  portkey) open_streams 500 ;;
  *)
    open_streams 1000
    stop_contender
    "start_$name"
    set_headers instant
    load 16 1 "http://127.0.0.1:$(port_of instant)$(path_of instant)" "$run/instant.json" "${wrk_headers[@]}" >/dev/null
    open_streams 5000
    ;;
  esac
}

# ---- the run ----

start_upstream
start_tls_vendor
for way in instant delayed tls claude claude_burst; do write_body "$run/$way.json" "$way"; done
sed -i 's/"stream":false/"stream":true/' "$run/claude_burst.json"
write_image instant >"$run/image.json"
write_image claude >"$run/claude_image.json"
write_body "$run/400k.json" instant 400000
write_body "$run/1m.json" instant 1000000
for peer in portkey litellm; do
  case " $only " in
  *" $peer "*)
    "install_$peer" && continue
    only=${only/$peer/}
    left_out="$left_out${left_out:+; }${peer^^} IS NOT MEASURED: $skipped"
    ;;
  esac
done
[ -z "$left_out" ] || echo "$left_out" >&2

for round in $(seq "$rounds"); do
  for name in $only; do
    echo "round $round of $rounds: $name" >&2
    "start_$name"
    [ "$name" = direct ] || put ready "$(over "$ready_us" 1000)"
    measure
    stop_contender
    [ "$name" = direct ] || "start_$name"
    measure_open
    stop_contender
    [ "$name" != sluice ] || measure_workers
  done
done

# What the machine did beside the benchmark is not ours to know; that it did much, the reader should.
busy=$(awk '{ printf "%.1f", $1 }' /proc/loadavg)
export BUSY=$busy SKIPPED=$left_out ROUNDS=$rounds QUICK=$quick
awk -v json="$json" -v machine="$(uname -srm), $(nproc) CPUs, $(awk -F': ' '/model name/ { print $2; exit }' /proc/cpuinfo)" \
  -f "$here/report.awk" "$raw"
[ -z "${BENCH_RAW:-}" ] || cp "$raw" "$BENCH_RAW"
