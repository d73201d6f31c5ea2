#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# newer.sh FROM TO - a copy of the public headers in which every struct that plugins write has two fields more.
set -eu
from=$1 to=$2
rm -rf "$to"
mkdir -p "$to"
cp -R "$from/sluice" "$to/"
for name in http_request choice cache_entry token; do
    file=$(grep -l "^} sluice_$name;" -r "$to/sluice")
    sed -i "s/^} sluice_$name;/    sluice_span newer_one;\n    uint64_t newer_two;\n&/" "$file"
done
sed -i 's/^#define SLUICE_MAGIC .*/&\n#define SLUICE_TEST_NEWER 1/' "$to/sluice/plugin.h"
