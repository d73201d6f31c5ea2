#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# agents.sh [BUILD] [NAME...] - coding agents through the gateway of a build tree (build/release), offline but for their
# packages: each writes a file by a tool, over a vendor of its own dialect and over another, and is killed in mid-stream.
# NAME is one of the scripts in tests/agents, without .mjs; all of them otherwise. CTest runs the same.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
build=${1:-$here/../build/release}
[ $# -eq 0 ] || shift
SLUICE_BUILD=$(cd "$build" && pwd)
export SLUICE_BUILD
if [ $# -eq 0 ]; then
    for file in "$here"/agents/*.mjs; do
        name=$(basename "$file" .mjs)
        [ "$name" = kit ] || set -- "$@" "$name"
    done
fi
exec "$here/npm.sh" "$here/agents" "$SLUICE_BUILD/npm/agents" node --test "${@/%/.mjs}"
