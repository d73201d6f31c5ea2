#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Constants of the public headers that are told apart by their values: within a family no two are the same, and
# flags are one bit each. flags.sh COMPILER [INCLUDE_FOLDER]
set -u
compiler=$1
include=${2:-$(cd "$(dirname "$0")/../../core/include" && pwd)}
failed=0
n=0

constants=$(find "$include/sluice" -name '*.h' | sed 's/.*/#include "&"/' | $compiler -I"$include" -dM -E -x c - |
    sed -n 's/^#define \(SLUICE_[A-Z0-9_]*\) (\{0,1\}\([-0-9][0-9a-fA-Fx]*\)u\{0,1\})\{0,1\} *$/\1 \2/p' | sort)

# family bits|numbers NAME...: names are patterns of grep -E, without SLUICE_
family() {
    kind=$1
    shift
    found=$(echo "$constants" | grep -E "^SLUICE_($(echo "$*" | tr ' ' '|')) ")
    [ -n "$found" ] || { echo "no constants: $*"; failed=1; }
    seen=" "
    while read -r name value; do
        value=$((value))
        n=$((n + 1))
        case $seen in *" $value "*) echo "$name has the value $value of another one"; failed=1 ;; esac
        seen="$seen$value "
        [ "$kind" = numbers ] || [ $((value & (value - 1))) -eq 0 ] || { echo "$name is no single bit"; failed=1; }
    done <<END
$found
END
}

family bits 'CALL_.*' 'BODY_.*' # of a call, from the embedder or for a provider
family bits 'REQ_.*'
family bits 'OPEN_.*'
family bits 'ROUTER_(NO_.*|HEADERS|FETCHES)'
family bits 'RECORD_(STREAMED|CACHED|UNDELIVERED|ESTIMATED|SHARED)'
family bits 'IO_(READ|WRITE)'
family numbers 'RECORD_(CALL|TRY|EVENT)'
for name in AUTH CRED DELTA FORM FRAME METRIC PART USE; do
    family numbers "${name}_.*"
done
family numbers 'E_.*' OK PENDING MORE

[ $failed -eq 0 ] && echo "$n constants are told apart"
exit $failed
