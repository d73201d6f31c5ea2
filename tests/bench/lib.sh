# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034 # settings for who sources this
# lib.sh - what the benchmark scripts share: a folder for the run, children that end with it, the
# upstream, sluice's configuration. Sourced.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
build=${SLUICE_BUILD:-$root/build/release}
key=sk-bench-client
upstream_key=sk-bench-upstream
children=()

die() {
  echo "$*" >&2
  exit 1
}

need() {
  local tool
  for tool in "$@"; do
    command -v "$tool" >/dev/null || PATH=$PATH:/usr/sbin command -v "$tool" >/dev/null || die "$tool is missing"
  done
}

# Only what this script started, by number.
end_children() {
  local pid
  for pid in "${children[@]}"; do kill "$pid" 2>/dev/null || true; done
  for pid in "${children[@]}"; do
    for _ in $(seq 100); do kill -0 "$pid" 2>/dev/null || break; sleep 0.05; done
    kill -9 "$pid" 2>/dev/null || true
  done
  children=()
}

begin() {
  if [ ! -x "$build/bin/sluice" ] || [ ! -x "$build/bin/bench_upstream" ] || [ ! -x "$build/bin/bench_streams" ]; then
    echo "building $build" >&2
    (cd "$root" && cmake --preset release >/dev/null && cmake --build --preset release -j"$(nproc)" >/dev/null)
  fi
  run=$(mktemp -d)
  trap 'end_children; rm -rf "$run"' EXIT
  trap 'exit 130' INT TERM
  ulimit -n "$(ulimit -Hn)"
  mkdir "$run/logs"
}

# A port that is free now. bash's own sockets tell: a connection that is refused.
free_port() {
  local port
  while :; do
    port=$((20000 + RANDOM % 12000))
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
  done
  echo "$port"
}

# Until it answers, whatever that is. Without a process for each look, so that a look costs little.
wait_port() { # port seconds
  local status socket never until=$((SECONDS + $2))
  exec {never}<> <(:)
  while [ "$SECONDS" -le "$until" ]; do
    if { exec {socket}<>"/dev/tcp/127.0.0.1/$1"; } 2>/dev/null; then
      printf 'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' >&"$socket"
      status=''
      read -rt "$2" -u "$socket" status || true
      exec {socket}>&-
      if [ "$status" ]; then exec {never}>&-; return; fi
    fi
    read -rt 0.001 -u "$never" || true
  done
  die "nothing listens on port $1; see the log: $(tail -n 5 "$run"/logs/* 2>/dev/null)"
}

# On one CPU, where there are two; before other work of the machine, where that is allowed.
pinned() { # cpu command...
  local cpu=$1 first=()
  shift
  if nice -n -15 true 2>/dev/null; then first=(nice -n -15); fi
  if [ "$(nproc)" -gt 1 ]; then exec "${first[@]}" taskset -c "$cpu" "$@"; else exec "${first[@]}" "$@"; fi
}

start_upstream() {
  (pinned 0 "$build/bin/bench_upstream") >"$run/ways" &
  children+=($!)
  local i
  for _ in $(seq 100); do [ "$(cat "$run/ways" 2>/dev/null | wc -l)" = 7 ] && return; sleep 0.05; done
  die "the upstream does not start"
}

way_port() { awk -v n="$1" '$1 == n { print $2 }' "$run/ways"; }

# model_list: a model for each of these ways of the upstream.
write_models() { # provider way...
  local provider=$1 name
  shift
  echo "model_list:"
  for name in "$@"; do
    echo "  - model_name: $name"
    echo "    litellm_params: {model: $provider/$name, api_base: 'http://127.0.0.1:$(way_port "$name")/v1', api_key: $upstream_key}"
  done
}

# All of them; what the feature set of the day has, on.
write_config() { # file
  {
    write_models openai instant delayed burst paced slow
    write_models anthropic claude claude_burst | sed 1d
    if [ -n "${tls_port:-}" ]; then
      echo "  - model_name: tls"
      echo "    litellm_params: {model: openai/tls, api_base: 'https://127.0.0.1:$tls_port/v1', api_key: $upstream_key, ssl_verify: false}"
    fi
    cat <<YAML
litellm_settings:
  callbacks: [jsonl]
callback_settings:
  jsonl: {path: $run/sluice.jsonl}
general_settings:
  master_key: $key
YAML
  } >"$1"
}

# The usual request; `bytes` more of text when given.
write_body() { # file model bytes
  awk -v model="$2" -v bytes="${3:-0}" 'BEGIN {
    printf "{\"model\":\"%s\",\"messages\":[{\"role\":\"system\",\"content\":\"You are a helpful assistant that answers questions about the weather, in short sentences.\"},", model
    printf "{\"role\":\"user\",\"content\":\"What will the weather be like in Lisbon next week?\\nPlease give me the temperatures in degrees Celsius and say whether I need an \\\"umbrella\\\".\"},"
    printf "{\"role\":\"assistant\",\"content\":\""
    line = "It will be sunny with 24 degrees on most days;\\n\\\"on Thursday\\\" take an umbrella with you, \xc3\xa9t\xc3\xa9 or not. "
    for (n = 0; n < bytes; n += length(line)) printf "%s", line
    printf "It will be sunny with 24 degrees on most days; on Thursday take an umbrella with you.\"},"
    printf "{\"role\":\"user\",\"content\":\"Thank you! And what about the water temperature for swimming at the beaches in the west of the town?\"}],\"temperature\":0.7,\"max_tokens\":256,\"stream\":false}"
  }' >"$1"
}

load() { # connections seconds url body_file [header value]...
  local c=$1 s=$2 url=$3
  shift 3
  (pinned 0 wrk -t1 -c"$c" -d"${s}s" --timeout "${load_timeout:-10s}" -s "$here/load/post.lua" "$url" -- "$@") |
    awk '/^(requests|duration_us|p50|p99|failed) /'
}

streams() { # port path model connections seconds [header]...
  (pinned 0 "$build/bin/bench_streams" 127.0.0.1 "$@")
}

value() { awk -v n="$1" '$1 == n { print $2 }'; }
