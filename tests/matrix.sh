#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# matrix.sh - seven client dialects against seven vendors' protocols, in ten respects each, through the real program and
# real sockets. Prints the table, writes docs/matrix.md and ends with how many cells hold.
#   tests/matrix.sh [BUILD]                                 all of it
#   tests/matrix.sh BUILD check                             the same, but docs/matrix.md has to say so already
#   tests/matrix.sh BUILD CLIENT [VENDOR [COLUMN]]          some cells; "all" is any: openai all "parallel tools"
set -eu
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=${1:-$root/build/debug}
[ -x "$build/bin/sluice" ] || { echo "build it first: cmake --build $build"; exit 2; }
case ${2:-} in
"") set -- --write "$root/docs/matrix.md" ;;
check) set -- --check "$root/docs/matrix.md" ;;
*) shift ;;
esac
exec node "$root/tests/matrix/matrix.mjs" "$build" "$@"
