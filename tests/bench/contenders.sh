# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034,SC2154,SC2317 # shared with who sources this
# contenders.sh - who is measured by run.sh: nginx, sluice, and peers that can be installed here. Sourced behind lib.sh.
#
# start_NAME sets pids, port, contender, ready_us and path_of(); install_NAME says in `skipped` why not. A vendor with TLS
# is here as well, since it is another nginx.

# ready_us: what it took until the port answers.
launch() { # seconds cpu command...
  local begun=$EPOCHREALTIME seconds=$1
  shift
  (pinned "$@") >"$run/logs/contender.out" 2>"$run/logs/contender" &
  contender=$!
  children+=("$contender")
  wait_port "$port" "$seconds"
  ready_us=$((${EPOCHREALTIME//[.,]/} - ${begun//[.,]/}))
}

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
      case $name in *burst | paced | slow) buffering=off ;; *) buffering=on ;; esac
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
  launch 10 1 nginx -c "$run/nginx.conf" -p "$run" -e "$run/logs/nginx.err"
  # shellcheck disable=SC2207 # numbers, to be split
  pids=("$contender" $(cat "/proc/$contender/task/$contender/children"))
  path_of() { echo "/$1/v1/chat/completions"; }
}

start_sluice() { # [how many workers; more than one: on all CPUs]
  local cpu=1
  [ "${1:-1}" = 1 ] || cpu=0-$(($(nproc) - 1))
  port=$(free_port)
  write_config "$run/config.yaml"
  rm -f "$run"/sluice.jsonl*
  launch 10 "$cpu" "$build/bin/sluice" --config "$run/config.yaml" --port "$port" --num_workers "${1:-1}"
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
  launch 20 1 node "$portkey_at/node_modules/@portkey-ai/gateway/build/start-server.js" --headless --port="$port"
  pids=("$contender")
  path_of() { echo /v1/chat/completions; }
}

litellm_at=${XDG_CACHE_HOME:-$HOME/.cache}/sluice-bench/litellm-1.109.1
install_litellm() {
  [ "$litellm" = yes ] || { skipped="switched off"; return 1; }
  command -v python3 >/dev/null || { skipped="Python is missing"; return 1; }
  [ -f "$litellm_at/complete" ] && return 0
  # Its pins of the two are often newer than what an index has; neither matters on loopback and without a database.
  printf 'certifi>=2024.2.2\nlitellm-proxy-extras>=0.4\n' >"$run/overrides"
  if ! (python3 -m venv "$litellm_at" && timeout 60 "$litellm_at/bin/pip" install -q uv &&
    timeout 600 "$litellm_at/bin/uv" pip install -q --python "$litellm_at/bin/python" --override "$run/overrides" \
      'litellm[proxy]==1.109.1') >"$run/logs/pip" 2>&1; then
    skipped="pip could not install it (no network?)"
    return 1
  fi
  touch "$litellm_at/complete"
}

# As its documentation asks for in production: one worker for the CPU it has, errors only in the log, no database.
start_litellm() {
  port=$(free_port)
  write_models openai instant delayed >"$run/litellm.yaml"
  printf 'general_settings:\n  master_key: %s\nlitellm_settings:\n  set_verbose: false\n  telemetry: false\n' "$key" >>"$run/litellm.yaml"
  launch 120 1 env LITELLM_LOG=ERROR LITELLM_MODE=PRODUCTION LITELLM_LOCAL_MODEL_COST_MAP=True NO_DOCS=True \
    "$litellm_at/bin/litellm" --config "$run/litellm.yaml" --host 127.0.0.1 --port "$port" --num_workers 1
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
