#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# exports.sh LIBRARY SLUICE_H SYMBOLS - the shared library exports what sluice.h declares with SLUICE_API and what its
# version script names, all of it and nothing else.
set -eu
library=$1 header=$2 script=$3
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
tr '\n' ' ' <"$header" | grep -o 'SLUICE_API [^(]*(' | grep -o 'sluice_[a-z0-9_]*(' | tr -d '(' | sort -u >"$tmp/declared"
nm -D --defined-only "$library" | awk '$2 != "A" { print $3 }' | sed 's/@.*//' | sort -u >"$tmp/exported"
diff -u --label declared "$tmp/declared" --label exported "$tmp/exported"
sed -n '/^global:/,/^local:/s/^ *\([a-z0-9_]*\);$/\1/p' "$script" | sort -u >"$tmp/named"
diff -u --label named "$tmp/named" --label exported "$tmp/exported"
[ -s "$tmp/declared" ]
echo "$(wc -l <"$tmp/declared") functions"
