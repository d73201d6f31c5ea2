#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# examples.sh BUILD - installs the build tree into a folder of its own, builds the installed examples against what was
# installed, and runs them; the installation is moved first, as a package may be.
set -eu
build=$1
here=$(cd "$(dirname "$0")" && pwd)
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
umask 022
cmake --install "$build" --prefix "$tmp/first" >"$tmp/log" 2>&1 || { cat "$tmp/log"; exit 1; }
mv "$tmp/first" "$tmp/prefix"

cmake -G Ninja -S "$tmp/prefix/share/sluice/examples" -B "$tmp/build" -DCMAKE_PREFIX_PATH="$tmp/prefix" \
    -DCMAKE_C_FLAGS="-Wall -Wextra -Wconversion -Wshadow -Werror" >"$tmp/log" 2>&1 &&
    cmake --build "$tmp/build" >>"$tmp/log" 2>&1 || { cat "$tmp/log"; exit 1; }

# Nothing of the library but the library: no plugin, no helper, no dependency of its own is linked.
for file in "$tmp"/build/example_*; do
    needed=$(objdump -p "$file" | awk '/NEEDED/ {print $2}' | grep -v '^libc\.so\|^ld-linux\|^libpthread')
    case $file in
    *_daemon) allowed='^libsluice\.so\.1$\|^libevent' ;;
    *) allowed='^libsluice\.so\.1$' ;;
    esac
    if printf '%s\n' "$needed" | grep -qv "$allowed"; then
        echo "FAIL $file needs $needed"
        exit 1
    fi
done
export SLUICE_EXAMPLES=$tmp/build
node --test "$here/../examples/examples.mjs" "$here/../examples/daemon.mjs"
