# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034 # the lists of packages are for who sources this
# lib.sh - what run.sh and test.sh share: Debian packages, configuring, building. Sourced, not run.

say() {
    printf '%s\n' "$*" >&2
}

# What building and running takes; what testing takes besides.
build_packages="cmake ninja-build gcc libc6-dev pkg-config libevent-dev libcurl4-openssl-dev libcjson-dev
    libyaml-dev libssl-dev libsqlite3-dev libnghttp2-dev ca-certificates curl"
test_packages="libcmocka-dev nginx-light wrk openssl clang-format-14 clang-14 shellcheck mandoc rustc"

# Is a Debian package there (or something else that brings its command)?
has_package() {
    case $1 in
    nginx-light) [ -x /usr/sbin/nginx ] || command -v nginx >/dev/null ;;
    nodejs) command -v node >/dev/null ;;
    npm) command -v npm >/dev/null ;;
    rustc) command -v rustc >/dev/null ;;
    *) dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null | grep -qx installed ;;
    esac
}

# Install those of the named packages that are missing; nothing is asked of the network otherwise.
need_packages() {
    if ! command -v dpkg-query >/dev/null; then
        say "This is no Debian: install by hand, under the names used here:" "$@"
        return 0
    fi
    missing=""
    for package in "$@"; do
        has_package "$package" || missing="$missing $package"
    done
    [ -n "$missing" ] || return 0
    if [ "$(id -u)" != 0 ]; then
        say "Missing packages. Run this as root, or first:"
        say "    sudo apt-get install --no-install-recommends$missing"
        exit 1
    fi
    say "installing:$missing"
    export DEBIAN_FRONTEND=noninteractive
    # $missing holds several words on purpose.
    # shellcheck disable=SC2086
    apt-get install -y -q --no-install-recommends $missing >/dev/null 2>&1 || {
        apt-get update -q >/dev/null
        apt-get install -y -q --no-install-recommends $missing >/dev/null
    }
}

# build PRESET [cmake options]: configure when needed, then build. Quiet unless it fails.
build() {
    preset=$1
    shift
    log=build/$preset.log
    mkdir -p build
    # Plugins that others may write to are refused at loading.
    umask 022
    say "building ($preset)"
    if ! { cmake --preset "$preset" "$@" && cmake --build --preset "$preset" -j "$(nproc)"; } >"$log" 2>&1; then
        tail -n 60 "$log" >&2
        say "building ($preset) failed; the whole log is $log"
        return 1
    fi
}
