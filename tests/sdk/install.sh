#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# install.sh BUILD - installs the build tree into a folder of its own, moves it, and uses what lies there: that every
# file is there, the program with its plugins from another folder, every header alone, the libraries through pkg-config and
# through CMake. Plugins of others against the installation: template.sh.
set -eu
build=$(cd "$1" && pwd)
root=$(cd "$(dirname "$0")/../.." && pwd)
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
umask 022
unset SLUICE_PLUGIN_PATH
: "${CC:=cc}"

die() {
    echo "FAIL $*"
    exit 1
}

# quietly COMMAND...: its output only when it fails.
quietly() {
    "$@" >"$tmp/log" 2>&1 || {
        cat "$tmp/log"
        die "$*"
    }
}

# A package is made in a staging folder; nothing may go elsewhere.
DESTDIR=$tmp/stage quietly cmake --install "$build" --prefix /opt/made
[ "$(find "$tmp/stage" -mindepth 1 -maxdepth 2 | sort | tr '\n' ' ')" = "$tmp/stage/opt $tmp/stage/opt/made " ] ||
    die "files outside of the prefix"
# And may be unpacked elsewhere.
prefix=$tmp/elsewhere/sluice
mkdir "$tmp/elsewhere"
mv "$tmp/stage/opt/made" "$prefix"
pc=$(dirname "$(find "$prefix" -name sluice.pc)")
export PKG_CONFIG_PATH=$pc
lib=$(pkg-config --variable=libdir sluice)
lib=$(cd "$lib" && pwd)
plugins=$(cd "$(pkg-config --variable=plugindir sluice)" && pwd)
[ "$plugins" = "$lib/sluice/1" ] || die "plugins are in $plugins"

# ---- every file ----
for file in bin/sluice bin/sluice-plugin-check include/sluice/{sluice,plugin,provider,cache,logger,router}.h \
    share/man/man1/sluice.1 share/man/man5/sluice.yaml.5 share/doc/sluice/{sluice.example.yaml,differences.md} \
    "${lib#"$prefix/"}"/{libsluice.so.1,libsluice.so,libsluice.a,libsluice_sdk.a,libsluice_testhost.a} \
    "${lib#"$prefix/"}"/cmake/sluice/{sluiceConfig,sluiceConfigVersion,SluicePlugin}.cmake; do
    [ -s "$prefix/$file" ] || die "not installed: $file"
done
for file in $(grep -l "^sluice_plugin(" "$root"/plugins/*/*/CMakeLists.txt); do
    name=$(basename "$(dirname "$file")")
    [ -s "$plugins/$name.so" ] || die "not installed: $name.so"
done
cmp -s "$root/plugins/providers/models/public.models" "$plugins/public.models" || die "not installed: public.models"
for file in "$root"/plugins/providers/*/catalog/*.yaml; do
    cmp -s "$file" "$plugins/$(basename "$file")" || die "not installed: $(basename "$file")"
done
soname=$(readelf -d "$lib/libsluice.so" | sed -n 's/.*SONAME.*\[\(.*\)\].*/\1/p')
[ "$soname" = libsluice.so.1 ] || die "libsluice.so calls itself $soname"
[ "$(readlink "$lib/libsluice.so")" = "$soname" ] || die "libsluice.so leads to $(readlink "$lib/libsluice.so")"
[ -z "$(find "$prefix" -perm /022 ! -type l)" ] || die "others may write to: $(find "$prefix" -perm /022 ! -type l)"
# Where it was built is nobody's business later.
if grep -rlIF -e "$build" -e "$root" "$prefix"; then
    die "the files above name the build tree"
fi
if readelf -d "$prefix"/bin/* "$lib/libsluice.so" "$plugins"/*.so | grep -E 'RPATH|RUNPATH'; then
    die "an installed file looks for libraries in a place of the build"
fi

# ---- the program, from another folder ----
mkdir "$tmp/cwd"
cd "$tmp/cwd"
"$prefix/bin/sluice" plugins >"$tmp/list"
for file in "$plugins"/*.so "$plugins"/*.yaml; do
    grep -qF " $file" "$tmp/list" || die "sluice plugins does not know $file"
done
if grep -F "$build" "$tmp/list"; then
    die "the installed program takes plugins out of the build tree"
fi
[ "$("$prefix/bin/sluice" complete -m mock hello)" = hello ] || die "the installed program does not answer"
ln -s "$prefix/bin/sluice" "$tmp/cwd/link"
[ "$(./link complete -m mock hello)" = hello ] || die "the program does not answer through a link"
mkdir "$tmp/check" # the example's log is opened in the working folder
(cd "$tmp/check" && quietly "$prefix/bin/sluice" check "$prefix/share/doc/sluice/sluice.example.yaml" --strict)
[ -z "$(find "$tmp/cwd" -type f)" ] || die "the program left files behind: $(find "$tmp/cwd" -type f)"

# ---- each header alone, out of what was installed ----
mkdir "$tmp/headers"
while read -r header; do
    echo "#include <$header>"
    echo "int main(void) { return 0; }"
done < <(cd "$prefix/include" && find . -name '*.h' | sed 's|^\./||' | sort) |
    split -l 2 --additional-suffix=.c - "$tmp/headers/h"
for file in "$tmp"/headers/*.c; do
    quietly "$CC" -std=gnu11 -Wall -Wextra -Werror -D_GNU_SOURCE -fsyntax-only "$file" -I"$prefix/include" \
        -I"$prefix/include/sluice_sdk"
done

# ---- a program of somebody's, in ten lines ----
cat >"$tmp/ask.c" <<'END'
#include <stdio.h>
#include <sluice/sluice.h>
int main(void)
{
    sluice_error err = SLUICE_ERROR_INIT;
    sluice_options options = { .struct_size = sizeof options };
    sluice *s = NULL;
    char *text = NULL;
    sluice_status st = sluice_open(&options, &s, &err);
    if (st >= 0)
        st = sluice_ask(s, "mock", "hello", &text, &err);
    printf("%s\n", st < 0 ? err.message : text);
    sluice_free(text);
    sluice_close(s, 0);
    return st < 0;
}
END
mkdir "$tmp/use"
read -ra flags < <(pkg-config --cflags --libs sluice)
quietly "$CC" -Wall -Wextra -Werror "$tmp/ask.c" -o "$tmp/use/shared" "${flags[@]}" -Wl,-rpath,"$lib"
# The archive, with what it stands on as shared libraries.
read -ra flags < <(pkg-config --print-requires-private sluice | xargs pkg-config --cflags --libs sluice)
quietly "$CC" -Wall -Wextra -Werror "$tmp/ask.c" -o "$tmp/use/static" "${flags[@]/#-lsluice/-l:libsluice.a}" -pthread

cat >"$tmp/CMakeLists.txt" <<'END'
cmake_minimum_required(VERSION 3.25)
project(ask LANGUAGES C)
find_package(sluice 0.1 REQUIRED)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_SOURCE_DIR}/use)
add_executable(cmake_shared ask.c)
target_link_libraries(cmake_shared PRIVATE sluice::sluice)
add_executable(cmake_static ask.c)
target_link_libraries(cmake_static PRIVATE sluice::static)
END
quietly cmake -G Ninja -S "$tmp" -B "$tmp/built" -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_C_COMPILER="$CC"
quietly cmake --build "$tmp/built"

# The shared library finds the plugins beside it; a program that has it in itself is told where they are.
for file in shared cmake_shared; do
    [ "$("$tmp/use/$file")" = hello ] || die "$file: $("$tmp/use/$file")"
    readelf -d "$tmp/use/$file" | grep -q 'NEEDED.*libsluice\.so\.1' || die "$file does not use libsluice.so.1"
done
for file in static cmake_static; do
    [ "$(SLUICE_PLUGIN_PATH=$plugins "$tmp/use/$file")" = hello ] || die "$file: does not answer"
    if readelf -d "$tmp/use/$file" | grep 'NEEDED.*libsluice'; then
        die "$file uses the shared library"
    fi
done
echo "installed, moved and used: program, $(find "$tmp/headers" -name '*.c' | wc -l) headers, four ways to link"
