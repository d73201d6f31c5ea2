#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# symbols.sh FILE... - each plugin exports exactly one symbol.
set -u
failed=0
for file in "$@"; do
    found=$(nm -D --defined-only "$file" | awk '{print $3}' | sort | tr '\n' ' ')
    if [ "$found" != "sluice_plugin_entry_v1 " ]; then
        echo "FAIL $file: found $found, wanted sluice_plugin_entry_v1"
        failed=1
    fi
done
echo "$# plugins"
[ $# -gt 0 ] && exit $failed
