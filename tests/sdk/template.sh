#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# template.sh BUILD - installs the build tree into a folder of its own, builds each template against what was
# installed, and loads the results: with the installed checker, with a program that links the installed library, and
# with the command line if it is there.
set -eu
build=$1
root=$(cd "$(dirname "$0")/../.." && pwd)
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
umask 022
prefix=$tmp/prefix
cmake --install "$build" --prefix "$prefix" >"$tmp/install.log" 2>&1 || { cat "$tmp/install.log"; exit 1; }

for file in lib*/libsluice.so.1 lib*/libsluice.a lib*/libsluice_sdk.a include/sluice/sluice.h include/sluice_sdk/json.h \
    lib*/cmake/sluice/sluiceConfig.cmake lib*/pkgconfig/sluice.pc; do
    compgen -G "$prefix/$file" >/dev/null || compgen -G "$prefix/${file/lib\*/lib\*\/\*}" >/dev/null ||
        { echo "FAIL not installed: $file"; exit 1; }
done
pc=$(dirname "$(find "$prefix" -name sluice.pc)")

for kind in provider cache logger router; do
    cp -R "$root/sdk/template/$kind" "$tmp/$kind"
    cmake -G Ninja -S "$tmp/$kind" -B "$tmp/$kind/build" -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_BUILD_TYPE=Debug \
        -DCMAKE_C_FLAGS="-Wall -Wextra -Werror" >"$tmp/log" 2>&1 &&
        cmake --build "$tmp/$kind/build" >>"$tmp/log" 2>&1 || { cat "$tmp/log"; echo "FAIL $kind"; exit 1; }
done
(cd "$tmp/provider/build" && ctest --output-on-failure)

mkdir "$tmp/plugins"
for kind in provider cache logger router; do
    cp "$tmp/$kind/build/"*.so "$tmp/plugins/"
done

# The installed library from a program of somebody's, found by pkg-config.
cat >"$tmp/load.c" <<'END'
#include <stdio.h>
#include <sluice/sluice.h>
int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        sluice_error err = SLUICE_ERROR_INIT;
        char *json = NULL;
        if (sluice_plugin_check(argv[i], &json, &err) < 0) {
            printf("FAIL %s\n", err.message);
            return 1;
        }
        printf("%s\n", json);
        sluice_free(json);
    }
    return 0;
}
END
# shellcheck disable=SC2046
${CC:-cc} "$tmp/load.c" -o "$tmp/load" $(PKG_CONFIG_PATH=$pc pkg-config --cflags --libs sluice) \
    -Wl,-rpath,"$(PKG_CONFIG_PATH=$pc pkg-config --variable=libdir sluice)"
"$tmp/load" "$tmp"/plugins/*.so

for file in "$tmp"/plugins/*.so; do
    "$prefix/bin/sluice-plugin-check" "$file"
    exported=$(nm -D --defined-only "$file" | awk '{print $3}' | tr '\n' ' ')
    [ "$exported" = "sluice_plugin_entry_v1 " ] || { echo "FAIL $file exports $exported"; exit 1; }
    [ ! -x "$prefix/bin/sluice" ] || "$prefix/bin/sluice" plugins check "$file" >/dev/null ||
        { echo "FAIL sluice plugins check $file"; exit 1; }
done
"$prefix/bin/sluice-plugin-check" "$tmp/plugins/example_relay.so" --cassettes "$tmp/provider/testdata"
echo "four templates built and loaded"
