#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Looks for calls of functions that banned.txt forbids: banned.sh [ROOT]
# Comments and text in quotes do not count.
set -u
here=$(cd "$(dirname "$0")" && pwd)
cd "${1:-$here/../..}" || exit 2

find core sdk plugins gateway -name '*.[ch]' 2>/dev/null | LC_ALL=C sort | awk -v rules="$here/banned.txt" '
# The line without comments and literals; in_comment lasts from line to line.
function strip(text,   out, c, two, quote, i) {
    out = ""
    quote = ""
    for (i = 1; i <= length(text); i++) {
        c = substr(text, i, 1)
        two = substr(text, i, 2)
        if (in_comment) {
            if (two == "*/") {
                in_comment = 0
                i++
            }
        } else if (quote != "") {
            if (c == "\\")
                i++
            else if (c == quote)
                quote = ""
        } else if (two == "/*") {
            in_comment = 1
            i++
        } else if (two == "//")
            break
        else if (c == "\"" || c == "\x27")
            quote = c
        else
            out = out c
    }
    return out
}
BEGIN {
    while ((getline text < rules) > 0) {
        sub(/#.*/, "", text)
        n = split(text, f, " ")
        if (n == 0)
            continue
        if (f[1] == "in") {
            for (colon = 2; colon <= n && f[colon] != ":"; colon++)
                ;
            for (i = 2; i < colon; i++)
                for (k = colon + 1; k <= n; k++) {
                    folder[++bans] = f[i] "/"
                    banned[bans] = f[k]
                }
        } else if (f[1] == "except" && n >= 5 && f[4] == ":") {
            excused[f[2], f[3]] = 1
        } else {
            print rules ": not understood, or no reason given: " text
            bad++
        }
    }
    close(rules)
    if (!bans) {
        print "no rules in " rules
        exit bad = 1
    }
}
{
    file = $0
    files++
    line = in_comment = 0
    split("", here_banned)
    for (i = 1; i <= bans; i++)
        if (index(file, folder[i]) == 1 && !((file, banned[i]) in excused))
            here_banned[banned[i]] = 1
    while ((getline text < file) > 0) {
        line++
        rest = strip(text)
        # Every identifier before a bracket, unless it is a member.
        while (match(rest, /[A-Za-z_][A-Za-z_0-9]*[ \t]*\(/)) {
            before = RSTART > 1 ? substr(rest, RSTART - 1, 1) : ""
            name = substr(rest, RSTART, RLENGTH)
            sub(/[ \t]*\($/, "", name)
            rest = substr(rest, RSTART + RLENGTH)
            if (name in here_banned && before != "." && before != ">") {
                printf "%s:%d: %s() is banned\n", file, line, name
                bad++
            }
        }
    }
    close(file)
}
END {
    if (!files && !bad)
        print "no files found"
    printf "%d files, %d banned calls\n", files, bad
    exit bad || !files
}'
