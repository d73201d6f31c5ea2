#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# npm.sh SOURCE WORK [COMMAND...] - a test that needs packages from npm. SOURCE's lock file is installed into WORK (of the
# build tree, never of the sources), SOURCE's scripts are linked beside the packages, and COMMAND runs there.
# Ends with 77 when the packages cannot be had, or with 1 if $SLUICE_NPM is "required".
set -u
source=$(cd "$1" && pwd)
work=$2
shift 2

mkdir -p "$work" || exit 1
work=$(cd "$work" && pwd)
# Tests of one folder run at the same time; one of them installs.
exec 9>"$work/.lock"
flock 9
if ! cmp -s "$source/package-lock.json" "$work/installed.json" || [ ! -d "$work/node_modules" ]; then
    rm -f "$work/installed.json"
    cp "$source/package.json" "$source/package-lock.json" "$work/" || exit 1
    if ! (cd "$work" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error); then
        echo "skipped: packages cannot be fetched"
        [ "${SLUICE_NPM:-}" != required ] || exit 1
        exit 77
    fi
    cp "$source/package-lock.json" "$work/installed.json" || exit 1
fi
for file in "$source"/*.mjs; do
    ln -sfn "$file" "$work/" || exit 1
done
ln -sfn "$source/../e2e" "$work/../e2e" || exit 1
flock -u 9

[ $# -gt 0 ] || exit 0
cd "$work" || exit 1
# Debian 12 has Node 18, below what the clients support; a script that hangs there says so.
for word in "$@"; do
    script=$source/$(basename -- "$word")
    if [ -f "$script" ] && grep -q '^// Needs Node 20' "$script" && [ "$(node -p 'parseInt(process.version.slice(1))')" -lt 20 ]; then
        echo "skipped: needs Node 20"
        exit 77
    fi
done
# A script finds its packages by where the link lies.
export NODE_OPTIONS="--preserve-symlinks --preserve-symlinks-main"
exec "$@"
