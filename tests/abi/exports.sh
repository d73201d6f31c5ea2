#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# exports.sh LIBRARY SLUICE_H - the shared library exports what sluice.h declares with SLUICE_API, all of it and
# nothing else.
set -eu
library=$1 header=$2
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
tr '\n' ' ' <"$header" | grep -o 'SLUICE_API [^(]*(' | grep -o 'sluice_[a-z0-9_]*(' | tr -d '(' | sort -u >"$tmp/declared"
nm -D --defined-only "$library" | awk '$2 != "A" { print $3 }' | sed 's/@.*//' | sort -u >"$tmp/exported"
diff -u --label declared "$tmp/declared" --label exported "$tmp/exported"
[ -s "$tmp/declared" ]
echo "$(wc -l <"$tmp/declared") functions"
