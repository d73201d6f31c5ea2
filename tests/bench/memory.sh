#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# memory.sh - bytes that one more of something takes: an idle connection, an open stream, a deployment, a key of one, a
# record in a logger's queue; and what is left of a burst. RSS of the whole process, with many of each; memory of the
# kernel (sockets) does not count.
#
#   memory.sh
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
need wrk
begin
start_upstream
write_body "$run/body.json" instant
write_body "$run/large.json" instant 1000000
path=/v1/chat/completions
child=''

start() { # configuration
  port=$(free_port)
  "$build/bin/sluice" --config "$1" --port "$port" --num_workers 1 --plugin_path "$build/lib/sluice/1:$build/lib/bench" \
    >"$run/logs/out" 2>"$run/logs/err" &
  child=$!
  children+=("$child")
  wait_port "$port" 20
}

stop() {
  kill "$child"
  wait "$child" || true
}

rss() { awk '/^VmRSS:/ { print $2 * 1024 }' "/proc/$child/status"; }
calls() { load "$1" "$2" "http://127.0.0.1:$port$path" "${3:-$run/body.json}" Authorization "Bearer $key"; }
each() { # title bytes-before bytes-after how-many
  awk -v t="$1" -v a="$2" -v b="$3" -v n="$4" 'BEGIN { printf "%-52s %8.0f bytes\n", t, (b - a) / n }'
}

# Held open by a client that prints "open" when all have begun.
opened() { # title path model how-many
  local before holder
  start "$run/config.yaml"
  [ "$2" = - ] || calls 16 1 >/dev/null
  before=$(rss)
  : >"$run/open"
  streams "$port" "$2" "$3" "$4" -3 "Authorization: Bearer $key" >"$run/open" &
  holder=$!
  for _ in $(seq 600); do grep -q '^open' "$run/open" && break; sleep 0.1; done
  sleep 1
  each "$1" "$before" "$(rss)" "$4"
  wait "$holder" || true
  stop
}

deployments() { # how many, keys of each
  local i k keys
  echo "model_list:"
  for ((i = 0; i < $1; i++)); do
    keys=$upstream_key-$i
    for ((k = 1; k < $2; k++)); do keys="$keys, $upstream_key-$i-$k"; done
    echo "  - {model_name: m$((i / 10)), litellm_params: {model: openai/instant, api_base: 'http://127.0.0.1:$(way_port instant)/v1', api_keys: [$keys]}}"
  done
  echo "general_settings: {master_key: $key}"
}

size_of() { # configuration
  start "$1"
  sleep 1
  size=$(rss)
  stop
}

write_config "$run/config.yaml"
opened "an idle connection" - - 8000
opened "an open stream" "$path" slow 5000

deployments 1 1 >"$run/one.yaml"
deployments 2000 1 >"$run/many.yaml"
deployments 2000 5 >"$run/keys.yaml"
size_of "$run/one.yaml"; one=$size
size_of "$run/many.yaml"; many=$size
size_of "$run/keys.yaml"; keys=$size
each "a deployment" "$one" "$many" 1999
each "one more key of a deployment" "$many" "$keys" 8000

{
  write_models openai instant
  echo "litellm_settings: {callbacks: [pass0]}"
  echo "callback_settings: {pass0: {hold: true}}"
  echo "general_settings: {master_key: $key}"
} >"$run/held.yaml"
start "$run/held.yaml"
calls 16 1 >"$run/counts"
before=$(rss)
calls 16 2 >"$run/counts"
each "a record that waits for its logger" "$before" "$(rss)" "$(value requests <"$run/counts")"
stop

start "$run/config.yaml"
sleep 1
printf '%-52s %8.2f MiB\n' "idle" "$(rss | awk '{ print $1 / 1048576 }')"
calls 500 3 >/dev/null
calls 64 3 "$run/large.json" >/dev/null
printf '%-52s %8.2f MiB\n' "right behind a burst: 64 bodies of 1 MB at a time" "$(rss | awk '{ print $1 / 1048576 }')"
sleep 100
printf '%-52s %8.2f MiB\n' "100 s later" "$(rss | awk '{ print $1 / 1048576 }')"
stop
