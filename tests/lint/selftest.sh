#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The lint scripts must find what they are for: each line of `cases` is put into a tree of its own
# and must be refused or pass as said. selftest.sh WORK_FOLDER
set -u
here=$(cd "$(dirname "$0")" && pwd)
work=$1
failed=0

# try SCRIPT good|bad FILE TEXT
try() {
    rm -rf "$work"
    mkdir -p "$work/core/base" "$work/core/format" "$work/core/record" "$work/core/route" \
        "$work/core/call/cache" "$work/core/call/dispatch" "$work/$(dirname "$3")"
    for header in base/span format/sse record/record route/route call/cache/tape call/dispatch/plan; do
        echo '/* empty */' >"$work/core/$header.h"
    done
    mkdir -p "$work/plugins/loggers/other" "$work/gateway/server"
    echo '/* empty */' >"$work/plugins/loggers/other/other.h"
    echo '/* empty */' >"$work/gateway/server/tls.h"
    printf '%s\n' "$4" >"$work/$3"
    "$here/$1" "$work" >"$work/out" 2>&1
    status=$?
    if { [ "$2" = good ] && [ $status -ne 0 ]; } || { [ "$2" = bad ] && [ $status -eq 0 ]; }; then
        echo "$1 took '$4' in $3 for something else than $2:"
        cat "$work/out"
        failed=1
    fi
}

try layers.sh good core/format/x.c '#include "base/span.h"'
try layers.sh good core/format/x.c '#include "sse.h"'
try layers.sh bad core/base/x.c '#include "format/sse.h"'
try layers.sh bad core/base/x.c '#include "../format/sse.h"'
try layers.sh bad core/base/x.c '  #  include  "format/sse.h" /* far */'
try layers.sh bad core/record/x.c '#include "route/route.h"'
try layers.sh bad core/route/x.c '#include "record/record.h"'
try layers.sh good core/call/x.c '#include "route/route.h"'
try layers.sh bad core/call/x.c '#include "route/nowhere.h"'
try layers.sh good core/call/dispatch/x.c '#include "call/cache/tape.h"'
try layers.sh bad core/call/cache/x.c '#include "call/dispatch/plan.h"'
try layers.sh bad core/call/cache/x.c '#include "route/route.h"'
try layers.sh bad core/call/elsewhere/x.c '#include "base/span.h"'
try layers.sh bad gateway/x.c '#include "base/span.h"'
try layers.sh good gateway/x.c '#include <sluice/sluice.h>'
try layers.sh good gateway/routes/x.c '#include "server/tls.h"'
try layers.sh bad gateway/command/x.c '#include "server/tls.h"'
try layers.sh bad gateway/server/x.c '#include "base/span.h"'
try layers.sh good gateway/server/x.c '#include <nghttp2/nghttp2.h>'
try layers.sh bad gateway/routes/x.c '#include <nghttp2/nghttp2.h>'
try layers.sh good plugins/loggers/a/x.c '#include <sluice_sdk/json.h>'
try layers.sh bad plugins/loggers/a/x.c '#include "base/span.h"'
try layers.sh bad plugins/loggers/a/x.c '#include "../other/other.h"'
try layers.sh good plugins/loggers/a/x.c '#include <hiredis/hiredis.h>'
try layers.sh bad core/call/x.c '#include <hiredis/hiredis.h>'
try layers.sh bad core/call/x.c '#include <cjson/cJSON.h>'
try layers.sh good core/format/x.c '#include <cjson/cJSON.h>'
try layers.sh bad core/format/x.c '#include <event2/event.h>'
try layers.sh good core/call/runtime/worker.c '#include <event2/event.h>'
try layers.sh bad core/call/x.c '#include <sluice_sdk/json.h>'
try layers.sh bad core/unknown/x.c '#include <stdio.h>'

try banned.sh good core/base/x.c 'int f(void) { return snprintf(p, 1, "x"); } /* sprintf() */'
try banned.sh good core/base/x.c 'const char *s = "atoi(x)"; char c = 0x27; // rand()'
try banned.sh good core/base/x.c 'f(h->abort(1), h.exit (2), my_exit(3));'
try banned.sh bad core/base/x.c 'n = atoi (text);'
try banned.sh bad core/base/x.c 'if (sprintf(p, "%s", q))'
try banned.sh bad core/base/x.c '/* one */ abort();'
try banned.sh bad plugins/loggers/a/x.c 'exit(1);'
try banned.sh good gateway/x.c 'exit(1);'
try banned.sh bad gateway/x.c 't = localtime(&now);'

try pitfalls.sh bad docs/pitfalls.md '| 1 | x | `tests/none.c::f` |'
try pitfalls.sh bad docs/pitfalls.md '| 1 | x | |'

try fuzz.sh bad plugins/providers/a/CMakeLists.txt 'sluice_plugin(provider a a.c)'
try fuzz.sh bad core/format/dialect/dialect.h 'extern const struct sl_dialect sl_dialect_x; /* new */'
try fuzz.sh bad core/format/dialect/operation.c \
    'static const struct sl_operation operations[] = {
    { .name = "a", .request = f },
};'
try fuzz.sh good core/format/dialect/operation.c \
    'static const struct sl_operation operations[] = {
    { .name = "a" },
};'

rm -rf "$work"
[ $failed -eq 0 ] && echo "all cases are told apart"
exit $failed
