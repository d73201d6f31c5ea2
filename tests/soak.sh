#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# soak.sh - the gateway under mixed work for a long time: calls, bursts, slow streams, clients that leave amid a stream,
# large bodies, deployments that are down, vendors' errors, and a reload every few seconds. At the end nothing may be left of it:
#
#   tests/soak.sh [SECONDS [REST]]      7200 by default; the first tenth warms up
#
# REST seconds without work follow each round (0), for a machine that has other things to do: 30 leave it three quarters.
#
# memory      RSS at rest after the last round within 1 MiB of what it was at rest after the warm-up
# descriptors as many as then
# calls       none in flight, each one in the log once, none failed that had a deployment to answer it
#
# Prints a line for each minute and the verdict; it fails when one of them does not hold.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/bench/lib.sh"
here=$root/tests/bench
# Nothing is timed here: what else the machine does goes first, where soak.sh is run with nice.
pinned() {
  shift
  exec "$@"
}
seconds=${1:-7200}
rest_s=${2:-0}
# An answer that comes late on a busy machine is an answer.
load_timeout=120s
need wrk curl
begin
start_upstream

port=$(free_port)
metrics=$run/metrics
dead=$(free_port)
write_config "$run/config.yaml"
# A model of which one deployment is down, one that falls back, one whose vendor fails as it says.
# One file, so that every record is counted.
sed -i 's|jsonl: {path: \(.*\)}|jsonl: {path: \1, max_bytes: 0}|' "$run/config.yaml"
awk -v dead="$dead" -v live="$(way_port instant)" -v key="$upstream_key" '
  /^litellm_settings:/ {
    print "  - model_name: half"
    print "    litellm_params: {model: openai/instant, api_base: \"http://127.0.0.1:" dead "/v1\", api_key: " key "}"
    print "  - model_name: half"
    print "    litellm_params: {model: openai/instant, api_base: \"http://127.0.0.1:" live "/v1\", api_key: " key "}"
    print "  - model_name: down"
    print "    litellm_params: {model: openai/instant, api_base: \"http://127.0.0.1:" dead "/v1\", api_key: " key "}"
    print "  - model_name: faulty"
    print "    litellm_params: {model: mock/error-stream}"
    print "router_settings: {fallbacks: [{down: [instant]}], num_retries: 2}"
  }
  { print }' "$run/config.yaml" >"$run/soak.yaml"
for model in instant half down; do write_body "$run/$model.json" "$model"; done
write_body "$run/large.json" instant 400000
echo '{"model":"faulty","stream":true,"messages":[{"role":"user","content":"hi"}]}' >"$run/faulty.json"

"$build/bin/sluice" --config "$run/soak.yaml" --port "$port" --num_workers 2 >"$run/logs/out" 2>"$run/logs/err" &
gateway=$!
children+=("$gateway")
wait_port "$port" 10
url=http://127.0.0.1:$port/v1/chat/completions

metric() { awk -v n="$1" '$1 == n { print $2 }' "$metrics"; }

# Records are taken out of the log's file as they come: it moves, the logger begins another one.
logged=0 undone=0
count_log() {
  [ -s "$run/sluice.jsonl" ] || return 0
  mv "$run/sluice.jsonl" "$run/taken.jsonl"
  sleep 1 # a batch may be on its way to the file that moved
  logged=$((logged + $(grep -c '"record":"call"' "$run/taken.jsonl")))
  undone=$((undone + $(grep '"record":"call"' "$run/taken.jsonl" | grep -vc '"status":"success"' || true)))
  rm "$run/taken.jsonl"
}

faults=0 lost=0
tally() { # what `load` and `streams` printed
  local n
  for n in $(awk '$1 == "failed" { print $2 }' "$@"); do lost=$((lost + n)); done
}

round() {
  local jobs=() pid
  load 32 8 "$url" "$run/instant.json" Authorization "Bearer $key" >"$run/a" & jobs+=($!)
  load 8 8 "$url" "$run/half.json" Authorization "Bearer $key" >"$run/b" & jobs+=($!)
  load 8 8 "$url" "$run/down.json" Authorization "Bearer $key" >"$run/c" & jobs+=($!)
  load 4 8 "$url" "$run/large.json" Authorization "Bearer $key" >"$run/d" & jobs+=($!)
  streams "$port" /v1/chat/completions burst 16 6 "Authorization: Bearer $key" >"$run/e" & jobs+=($!)
  streams "$port" /v1/chat/completions paced 100 6 "Authorization: Bearer $key" >"$run/f" & jobs+=($!)
  # These leave in the middle.
  streams "$port" /v1/chat/completions slow 200 -5 "Authorization: Bearer $key" >"$run/g" & jobs+=($!)
  for _ in 1 2 3 4; do
    sleep 2
    kill -HUP "$gateway"
    for _ in 1 2 3 4 5; do
      curl -sN -m 120 -H "Authorization: Bearer $key" -H 'Content-Type: application/json' -d @"$run/faulty.json" "$url" |
        grep -q '"error"' && faults=$((faults + 1))
    done
  done
  for pid in "${jobs[@]}"; do wait "$pid" || lost=$((lost + 1)); done
  tally "$run/a" "$run/b" "$run/c" "$run/d"
}

rest() { # the figures of a gateway that does nothing
  for _ in $(seq 60); do
    sleep 0.5
    curl -s -m 120 -H "Authorization: Bearer $key" "http://127.0.0.1:$port/metrics" >"$metrics"
    [ "$(metric sluice_calls_in_flight)" = 0 ] && break
  done
  count_log
  rss=$(awk '/^VmRSS:/ { print $2 }' "/proc/$gateway/status")
  fds=$(find "/proc/$gateway/fd" -mindepth 1 2>/dev/null | wc -l)
  sockets=$(metric sluice_calls_in_flight)
}

# Idle connections upstream close after 55 s, and then what was theirs goes back to the system.
settle() {
  sleep 100
  rest
}

begun=$SECONDS rounds=0 base_rss=0 base_fds=0
echo "minute    calls   logged     RSS KiB  descriptors  in flight"
shown=-1
while [ $((SECONDS - begun)) -lt "$seconds" ]; do
  round
  sleep "$rest_s"
  rest
  rounds=$((rounds + 1))
  if [ "$base_rss" = 0 ] && [ $((SECONDS - begun)) -ge $((seconds / 10)) ]; then
    settle
    base_rss=$rss base_fds=$fds
    echo "warm: RSS $base_rss KiB, $base_fds descriptors"
  fi
  minute=$(((SECONDS - begun) / 60))
  if [ "$minute" != "$shown" ]; then
    shown=$minute
    printf '%6d %8d %8d %11d %12d %10d\n' "$minute" "$(metric sluice_calls_total)" "$logged" "$rss" "$fds" "$sockets"
  fi
done
settle

failed=0
verdict() { # what holds yes/no
  if [ "$2" = 1 ]; then echo "ok    $1"; else echo "FAILED $1"; failed=1; fi
}
calls=$(metric sluice_calls_total)
verdict "RSS $base_rss -> $rss KiB" $((rss - base_rss <= 1024))
verdict "descriptors $base_fds -> $fds" $((fds <= base_fds))
verdict "in flight: $sockets" $((sockets == 0))
verdict "calls $calls, logged $logged, dropped $(metric sluice_records_dropped_total)" $((calls == logged))
verdict "clients that got no answer: $lost" $((lost == 0))
verdict "errors amid a stream that were told: $faults of $((rounds * 20))" $((faults == rounds * 20))
echo "$rounds rounds, $undone calls that clients left or vendors failed"
exit $failed
