#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# prices.sh - what each feature costs: user-space instructions of a request without it and with it (callgrind, the whole
# process, loggers' threads included). Repeats to 2 %, whatever else the machine does.
#
#   prices.sh [WORD]...       all rows, or those whose titles contain one of the words
#
# The first rows add up: a bare relay, then one thing more each. What they end with is compared with the others, which
# have one thing more, or instead. Every request differs from the one before by a number.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/bench/callgrind.sh
. "$here/callgrind.sh"
# shellcheck source=tests/bench/contenders.sh
. "$here/contenders.sh"
PATH=$PATH:/usr/sbin
need valgrind callgrind_control callgrind_annotate wrk nginx openssl
wanted=("$@")
begin
start_upstream
start_tls_vendor

# What a configuration is put together from: all that the first rows add, and nothing else.
usual() {
  deployments=10 base="openai/instant, api_base: 'http://127.0.0.1:$(way_port instant)/v1'"
  general="master_key: $key" loggers=jsonl router='' settings='' body=$run/each.json stream='' clients=16 seconds=3
}

config() {
  local i
  echo "model_list:"
  for ((i = 0; i < deployments; i++)); do
    echo "  - {model_name: instant, litellm_params: {model: $base, api_key: $upstream_key-$i}}"
  done
  echo "router_settings: {$router}"
  echo "litellm_settings: {callbacks: [$loggers]${settings:+, $settings}}"
  echo "callback_settings: {jsonl: {path: $run/sluice.jsonl}}"
  echo "general_settings: {$general}"

}

requests() { # seconds
  load "$clients" "$1" "http://127.0.0.1:$port/v1/chat/completions" "$body" Authorization "Bearer $key"
}

events() { # seconds
  streams "$port" /v1/chat/completions instant 16 "$1" "Authorization: Bearer $key"
}

is_wanted() { # title
  local word
  [ ${#wanted[@]} -gt 0 ] || return 0
  for word in "${wanted[@]}"; do [[ $1 != *"$word"* ]] || return 0; done
  return 1
}

before=''
price() { # title [less or more than: number]
  is_wanted "$1" || { before=''; return 0; }
  config >"$run/config.yaml"
  rm -f "$run"/sluice.jsonl*
  start_counted --insecure --plugin_path "$build/lib/sluice/1:$build/lib/bench"
  if [ "$stream" ]; then count events events; else count requests requests "$seconds"; fi
  stop_counted
  printf '%-66s %9d' "$1" "$counted"
  [ -z "${2:-}" ] || printf ' %+9d' $((counted - $2))
  echo
  before=$counted
}

write_body "$run/same.json" instant
sed 's/"temperature":0.7/"temperature":0.7,"seed":@N@/' "$run/same.json" >"$run/each.json"

usual
deployments=1 general='' loggers=''
price "a bare relay: nobody asks for a key, no log, one deployment"
general="master_key: $key"
price "+ authentication" "$before"
deployments=10
price "+ routing: ten deployments, their state, metrics" "$before"
loggers=jsonl
price "+ logging: a line of JSON" "$before"
full=$before

usual; settings='cache: true, cache_params: {type: local, max_size_mb: 64}'
price "cache, a miss: looked for, kept" "$full"
body=$run/same.json
price "cache, a hit" "$full"
usual; loggers=jsonl,pass0
price "one plugin that lets everything pass (a logger)" "$full"
loggers=jsonl,$(echo pass{0..9} | tr ' ' ,)
price "ten of them" "$full"
usual; router='routing_strategy: conditional, routing_strategy_args: {rules: [{when: {tags: [a]}, use: {deployments: [x]}}, {when: {min_input_tokens: 5000}, use: {deployments: [x]}}]}'
price "routing by two rules" "$full"
usual; router='enable_pre_call_checks: true'
price "pre-call checks: the prompt is weighed" "$full"
usual; router='default_max_parallel_requests: 200'
price "a limit of calls at once for each deployment" "$full"
usual; general="$general, global_max_parallel_requests: 5000"
price "a limit of calls at once for all" "$full"
usual; router='hedge: {after: 30}'
price "hedging, that is not needed" "$full"
usual; router='fallbacks: [{instant: [instant]}], num_retries: 3, timeout: 60'
price "fallbacks and retries, that are not needed" "$full"
usual; router='model_group_options: {instant: {single_flight: true}}'
price "single flight, with nobody to share" "$full"
# What is under way when the load ends takes its connection with it: one client for long, so that hardly any handshake counts.
usual; clients=1 seconds=15 base="openai/tls, api_base: 'https://127.0.0.1:$tls_port/v1', ssl_verify: false"
price "HTTPS upstream" "$full"
usual; base="anthropic/claude, api_base: 'http://127.0.0.1:$(way_port claude)/v1'"
price "translation: Anthropic upstream" "$full"
usual; stream=1 base="openai/burst, api_base: 'http://127.0.0.1:$(way_port burst)/v1'"
price "an event of a hundred at once (with its share of the request)"
relayed=$before
stream=1 base="anthropic/claude_burst, api_base: 'http://127.0.0.1:$(way_port claude_burst)/v1'"
price "the same, translated" "$relayed"
