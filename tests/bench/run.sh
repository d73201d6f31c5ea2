#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# run.sh - sluice beside nginx and Portkey on this machine: what a call, an event, an open stream costs.
#
#   run.sh [--quick] [--rounds N] [--json FILE] [--only CONTENDERS] [--no-portkey]
#
# Interleaved rounds, fresh processes each; a figure is the median over the rounds, a ratio the median of the
# ratios to nginx of the same round. docs/performance.md says how to read it.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

rounds='' seconds=2 json='' only='direct nginx sluice portkey' portkey=yes quick=''
while [ $# -gt 0 ]; do
  case $1 in
  --quick) quick=1 seconds=1 ;;
  --rounds) rounds=$2; shift ;;
  --json) json=$2; shift ;;
  --only) only=$2; shift ;;
  --no-portkey) portkey=no ;;
  *) die "usage: run.sh [--quick] [--rounds N] [--json FILE] [--only CONTENDERS] [--no-portkey]" ;;
  esac
  shift
done

rounds=${rounds:-$((quick == 1 ? 2 : 3))}
PATH=$PATH:/usr/sbin
need wrk nginx openssl taskset
begin
raw=$run/raw.tsv # round, contender, measure, value
skipped=''
: >"$raw"

# ---- contenders: each sets pids, port, path_of and headers ----

# CPU time so far of the contender's processes, nanoseconds.
cpu_ns() {
  local pid
  for pid in "${pids[@]}"; do cat /proc/"$pid"/task/*/schedstat 2>/dev/null; done | awk '{ s += $1 } END { printf "%.0f", s }'
}

rss_kib() {
  local pid
  for pid in "${pids[@]}"; do awk '/^VmRSS/ { print $2 }' "/proc/$pid/status"; done | awk '{ s += $1 } END { printf "%.0f", s }'
}

write_nginx() {
  local name way_port
  {
    cat <<N
worker_processes 1;
worker_rlimit_nofile $(ulimit -n);
daemon off;
pid $run/nginx.pid;
error_log $run/logs/nginx.err;
events { worker_connections 16000; multi_accept on; }
http {
  access_log off;
  client_body_temp_path $run/nginx.body;
  proxy_temp_path $run/nginx.proxy;
  fastcgi_temp_path $run/nginx.f; uwsgi_temp_path $run/nginx.u; scgi_temp_path $run/nginx.s;
  keepalive_requests 1000000000;
  client_max_body_size 100m;
  client_body_buffer_size 2m;
  tcp_nodelay on;
  proxy_http_version 1.1;
  proxy_ssl_protocols TLSv1.3;
  proxy_set_header Connection "";
  proxy_set_header Authorization "Bearer $upstream_key";
N
    while read -r name way_port; do
      echo "  upstream up_$name { server 127.0.0.1:$way_port; keepalive 6000; keepalive_requests 1000000000; }"
    done <"$run/ways"
    echo "  upstream up_tls { server 127.0.0.1:$tls_port; keepalive 6000; keepalive_requests 1000000000; }"
    echo "  server {"
    echo "    listen 127.0.0.1:$port backlog=8192;"
    echo "    if (\$http_authorization != \"Bearer $key\") { return 401; }"
    while read -r name _; do
      case $name in burst | paced | slow) buffering=off ;; *) buffering=on ;; esac
      echo "    location /$name/ { proxy_buffering $buffering; proxy_pass http://up_$name/; }"
    done <"$run/ways"
    echo "    location /tls/ { proxy_pass https://up_tls/; }"
    echo "  }"
    echo "}"
  } >"$run/nginx.conf"
}

# A vendor with TLS: nginx again, on the upstream's CPU.
start_tls_vendor() {
  tls_port=$(free_port)
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$run/tls.key" -out "$run/tls.pem" -days 2 \
    -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 2>/dev/null
  local answer
  answer=$(curl -s "http://127.0.0.1:$(way_port instant)/v1/chat/completions" -d '{}' | sed 's/"instant"/"tls"/; s/\\n/ /; s/\\"/ /g')
  cat >"$run/tls.conf" <<N
worker_processes 1;
daemon off;
pid $run/tls.pid;
error_log $run/logs/tls.err;
events { worker_connections 4000; }
http {
  access_log off;
  client_body_temp_path $run/tls.body;
  proxy_temp_path $run/tls.proxy;
  fastcgi_temp_path $run/tls.f; uwsgi_temp_path $run/tls.u; scgi_temp_path $run/tls.s;
  keepalive_requests 1000000000;
  server {
    listen 127.0.0.1:$tls_port ssl;
    ssl_certificate $run/tls.pem;
    ssl_certificate_key $run/tls.key;
    ssl_protocols TLSv1.3;
    location / { default_type application/json; return 200 '$answer'; }
  }
}
N
  (pinned 0 nginx -c "$run/tls.conf" -p "$run" -e "$run/logs/tls.err") >"$run/logs/tls.out" 2>&1 &
  children+=($!)
  wait_port "$tls_port" 10
}

start_nginx() {
  port=$(free_port)
  write_nginx
  (pinned 1 nginx -c "$run/nginx.conf" -p "$run" -e "$run/logs/nginx.err") >"$run/logs/nginx" 2>&1 &
  contender=$!
  children+=("$contender")
  wait_port "$port" 10
  # shellcheck disable=SC2207 # numbers, to be split
  pids=("$contender" $(cat "/proc/$contender/task/$contender/children"))
  path_of() { echo "/$1/v1/chat/completions"; }
}

start_sluice() {
  port=$(free_port)
  write_config "$run/config.yaml"
  rm -f "$run"/sluice.jsonl*
  (pinned 1 "$build/bin/sluice" --config "$run/config.yaml" --port "$port" --num_workers 1) \
    >"$run/logs/sluice.out" 2>"$run/logs/sluice" &
  contender=$!
  children+=("$contender")
  wait_port "$port" 10
  pids=("$contender")
  path_of() { echo /v1/chat/completions; }
}

portkey_at=${XDG_CACHE_HOME:-$HOME/.cache}/sluice-bench/portkey-1.15.2
install_portkey() {
  [ "$portkey" = yes ] || { skipped="switched off"; return 1; }
  command -v node >/dev/null && command -v npm >/dev/null || { skipped="Node.js or npm is missing"; return 1; }
  [ -f "$portkey_at/node_modules/@portkey-ai/gateway/build/start-server.js" ] && return 0
  mkdir -p "$portkey_at"
  # With newer hono the pinned gateway answers 500 on every stream.
  cat >"$portkey_at/package.json" <<'J'
{"private": true, "dependencies": {"@portkey-ai/gateway": "1.15.2"},
 "overrides": {"hono": "4.9.7", "@hono/node-server": "1.13.5", "@hono/node-ws": "1.2.0"}}
J
  (cd "$portkey_at" && timeout 120 npm install --ignore-scripts --no-audit --no-fund >"$run/logs/npm" 2>&1) ||
    { skipped="npm could not install it (no network?)"; return 1; }
}

start_portkey() {
  port=$(free_port)
  (pinned 1 node "$portkey_at/node_modules/@portkey-ai/gateway/build/start-server.js" --headless --port="$port") \
    >"$run/logs/portkey" 2>&1 &
  contender=$!
  children+=("$contender")
  wait_port "$port" 20
  pids=("$contender")
  path_of() { echo /v1/chat/completions; }
}

start_direct() {
  port='' pids=() contender=''
  path_of() { echo /v1/chat/completions; }
}

stop_contender() {
  [ "$contender" ] || return 0
  kill "$contender" 2>/dev/null || true
  for _ in $(seq 100); do kill -0 "$contender" 2>/dev/null || break; sleep 0.05; done
  kill -9 "$contender" 2>/dev/null || true
  wait "$contender" 2>/dev/null || true
}

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

# From exec to the first answer, milliseconds.
ready_time() {
  local begun ready
  begun=$(date +%s%N)
  "start_$name"
  ready=$(date +%s%N)
  [ "$name" = direct ] || put ready "$(over $((ready - begun)) 1000000)"
}

measure() {
  sleep 0.3
  if [ "$name" != direct ]; then
    put rss_idle "$(over "$(rss_kib)" 1024)"
    set_headers instant
    load 16 1 "http://127.0.0.1:$(port_of instant)$(path_of instant)" "$run/instant.json" "${wrk_headers[@]}" >/dev/null
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
  fi
  events burst burst 64 "$seconds"
  events paced paced 200 "$seconds"
  if [ "$name" = nginx ] || [ "$name" = sluice ]; then
    load 64 1 "http://127.0.0.1:$(port_of tls)$(path_of tls)" "$run/tls.json" "${wrk_headers[@]}" >/dev/null # handshakes
    calls tls tls 64 "$seconds" "$run/tls.json"
  fi
}

# Memory of open streams, in a fresh process.
measure_open() {
  case $name in
  direct) ;;
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
for way in instant delayed tls; do write_body "$run/$way.json" "$way"; done
write_body "$run/400k.json" instant 400000
write_body "$run/1m.json" instant 1000000
case " $only " in
*" portkey "*) install_portkey || { only=${only/portkey/}; echo "PORTKEY IS NOT MEASURED: $skipped" >&2; } ;;
esac

for round in $(seq "$rounds"); do
  for name in $only; do
    echo "round $round of $rounds: $name" >&2
    ready_time
    measure
    stop_contender
    [ "$name" = direct ] || "start_$name"
    measure_open
    stop_contender
  done
done

# What the machine did beside the benchmark is not ours to know; that it did much, the reader should.
busy=$(awk '{ printf "%.1f", $1 }' /proc/loadavg)
export BUSY=$busy SKIPPED=$skipped ROUNDS=$rounds QUICK=$quick
awk -v json="$json" -v machine="$(uname -srm), $(nproc) CPUs, $(awk -F': ' '/model name/ { print $2; exit }' /proc/cpuinfo)" \
  -f "$here/report.awk" "$raw"
[ -z "${BENCH_RAW:-}" ] || cp "$raw" "$BENCH_RAW"
