#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# faults.sh - every fault of a vendor against the gateway, over real sockets: each with and without streaming, with a
# retry, with a fallback, with neither. Prints a table and how many were wrong; "full" sends bodies of 100 MB.
#   tests/faults.sh [BUILD] [full]
set -eu
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
build=${1:-$here/../build/debug}
# Nothing of the tester's environment may decide what is served.
exec env -i PATH="$PATH" HOME="${HOME:-/}" ${ASAN_OPTIONS:+ASAN_OPTIONS="$ASAN_OPTIONS"} \
  ${UBSAN_OPTIONS:+UBSAN_OPTIONS="$UBSAN_OPTIONS"} ${TSAN_OPTIONS:+TSAN_OPTIONS="$TSAN_OPTIONS"} \
  "$build/bin/faults" "$build/bin/sluice" "$build/lib/sluice/1" ${2:+"$2"}
