#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Checks every #include of core, sdk, plugins and gateway against layers.txt: layers.sh [ROOT]
set -u
here=$(cd "$(dirname "$0")" && pwd)
cd "${1:-$here/../..}" || exit 2

# A name with a slash that is found under core/ is a header of a layer, under gateway/ (from there) of
# a room; anything else in quotes must lie beside its includer, within the same unit. Of plugins each
# folder is a unit of its own.
find core sdk plugins gateway -name '*.[ch]' 2>/dev/null | LC_ALL=C sort | awk -v rules="$here/layers.txt" '
function fail(file, line, text) {
    printf "%s:%d: %s\n", file, line, text
    bad++
}
function matches(name, pattern) {
    if (pattern ~ /\*$/)
        return index(name, substr(pattern, 1, length(pattern) - 1)) == 1
    return name == pattern
}
function exists(path,   line, there) {
    there = (getline line < path) >= 0
    close(path)
    return there
}
# The folder that a file counts to.
function unit_of(path,   p, n) {
    n = split(path, p, "/")
    if (p[1] == "core") # layers, and the rooms of one
        return p[1] "/" p[2] (n > 3 && p[2] != "include" ? "/" p[3] : "")
    if (p[1] == "plugins")
        return n > 3 ? p[1] "/" p[2] "/" p[3] : "plugins"
    if (p[1] == "gateway" && n > 2)
        return p[1] "/" p[2]
    return p[1]
}
function rule_of(unit) {
    return unit ~ /^plugins/ ? "plugins" : unit
}
# "a/b/../c.h" to "a/c.h"
function clean(path,   p, n, i, k, out) {
    n = split(path, p, "/")
    k = 0
    for (i = 1; i <= n; i++) {
        if (p[i] == "..")
            k -= k > 0
        else if (p[i] != ".")
            out[++k] = p[i]
    }
    path = out[1]
    for (i = 2; i <= k; i++)
        path = path "/" out[i]
    return path
}
function check_lib(file, line, name,   i, j, n, users) {
    for (i = 1; i <= libs; i++) {
        if (!matches(name, lib[i]))
            continue
        if (file ~ /^plugins\//)
            return
        n = split(lib_users[i], users, " ")
        for (j = 1; j <= n; j++)
            if (unit_of(file) == users[j] || (users[j] ~ /\*$/ && matches(file, users[j])))
                return
        fail(file, line, "<" name "> is for " lib_users[i] " only")
        return
    }
    for (i = 1; i <= systems; i++)
        if (matches(name, system_header[i]))
            return
    if (file !~ /^plugins\//)
        fail(file, line, "<" name "> is in no list of layers.txt")
}
function check_own(file, line, name,   dir, path, from, to) {
    dir = file
    sub(/\/[^\/]*$/, "", dir)
    from = unit_of(file)
    path = clean(dir "/" name)
    if (!exists(path) && file ~ /^gateway\//)
        path = "gateway/" name
    if (!exists(path))
        path = "core/" name
    if (!exists(path)) {
        fail(file, line, "\"" name "\" is nowhere")
        return
    }
    to = unit_of(path)
    if (to != from && !((rule_of(from), to) in may))
        fail(file, line, "\"" name "\": " from " does not see " to)
}
BEGIN {
    while ((getline text < rules) > 0) {
        sub(/#.*/, "", text)
        n = split(text, f, " ")
        if (n == 0)
            continue
        if (f[1] == "unit") {
            known[f[2]] = 1
            for (i = 4; i <= n; i++)
                may[f[2], f[i]] = 1
        } else if (f[1] == "lib") {
            users = text
            sub(/^[^:]*: */, "", users)
            for (i = 2; f[i] != ":"; i++) {
                lib[++libs] = f[i]
                lib_users[libs] = users
            }
        } else if (f[1] == "system") {
            for (i = 2; i <= n; i++)
                system_header[++systems] = f[i]
        } else if (f[1] == "except") {
            if (n < 5 || f[4] != ":")
                fail(rules, 0, "an exception needs a reason: " text)
            excused[f[2], f[3]] = 1
        } else {
            fail(rules, 0, "unknown rule: " text)
        }
    }
    close(rules)
    if (!libs) {
        print "no rules in " rules
        exit bad = 1
    }
}
{
    file = $0
    files++
    if (!(rule_of(unit_of(file)) in known))
        fail(file, 0, "no rule for " unit_of(file))
    line = 0
    while ((getline text < file) > 0) {
        line++
        if (text !~ /^[ \t]*#[ \t]*include[ \t]*[<"]/)
            continue
        name = text
        sub(/^[^<"]*[<"]/, "", name)
        quoted = text ~ /^[^<]*"/
        sub(/[>"].*/, "", name)
        if ((file, name) in excused)
            continue
        folder = name
        sub(/\/.*/, "", folder)
        if (quoted)
            check_own(file, line, name)
        else if (folder == "sluice" || folder == "sluice_sdk") {
            if (!((rule_of(unit_of(file)), folder) in may))
                fail(file, line, "<" name "> is not for " unit_of(file))
        } else
            check_lib(file, line, name)
    }
    close(file)
}
END {
    if (!files && !bad)
        print "no files found"
    printf "%d files, %d includes out of place\n", files, bad
    exit bad || !files
}'
