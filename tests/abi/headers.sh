#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# headers.sh INCLUDE - every public header alone, with each compiler that is there, as C99, C11 and C++17.
set -u
include=$1 failed=0 ran=0
try() { # compiler language standard header
    ran=$((ran + 1))
    if ! printf '#include <%s>\nint answer;\n' "$4" |
        "$1" -x "$2" -std="$3" -pedantic -Wall -Wextra -Wconversion -Wshadow -Werror -fsyntax-only \
            -I "$include" -; then
        echo "FAIL $1 $3 $4"
        failed=1
    fi
}
cd "$include" || exit 1
for header in $(find sluice -name '*.h' | sort); do
    for cc in gcc clang clang-14; do
        command -v $cc >/dev/null || continue
        for std in c99 c11; do try $cc c $std "$header"; done
    done
    for cxx in g++ clang++ clang++-14; do
        command -v $cxx >/dev/null || continue
        try $cxx c++ c++17 "$header"
    done
done
echo "$ran compilations"
[ "$ran" -gt 0 ] && exit $failed
