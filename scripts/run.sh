#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# run.sh - builds sluice if needed and serves in the foreground on port 4000; arguments go to `sluice`.
# Works on a bare Debian 12 as root with git alone. Ends on ctrl-C or SIGTERM, after running calls.
set -eu
cd "$(dirname "$0")/.."
. scripts/lib.sh

# shellcheck disable=SC2086
need_packages $build_packages
if [ -e build/release/CMakeCache.txt ]; then
    build release
else
    build release -DSLUICE_TESTS=OFF
fi
# What is kept between calls outlives a restart.
export SLUICE_STATE_DIR="${SLUICE_STATE_DIR:-${XDG_STATE_HOME:-${HOME:-/root}/.local/state}/sluice}"
mkdir -p "$SLUICE_STATE_DIR"
# The gateway itself prints the curl line, once it listens.
exec build/release/bin/sluice "$@"
