#!/bin/sh
# SPDX-License-Identifier: MIT
# The rooms of lib/: a folder includes only itself and the folders above it in the list of HACKING.md. Within a room no
# order is written down; modules of one room must not include each other in a circle.
. "$(dirname "$0")/../lib/harness.sh"

# The list stands once: the table of HACKING.md.
# shellcheck disable=SC2016 # the backquotes are Markdown's
ROOMS=$(sed -n 's/^| `\([a-z]*\)` |.*/\1/p' "$TOP/HACKING.md" | paste -sd ' ')
MODULES_MAX=10

LIB=$TOP/lib

place_of() { # ROOM: its place in the list; nothing if it is unknown
    echo "$ROOMS" | tr ' ' '\n' | awk -v room="$1" '$0 == room { print NR }'
}

# Every pair "ROOM/MODULE ROOM/INCLUDED"; a module's own header is left out, so are generated ones.
includes() {
    (
        cd "$LIB" && for file in */*.[ch]; do
            sed -n 's,^[ \t]*#[ \t]*include[ \t]*"\(.*/.*\)\.h".*,\1,p' "$file" |
                while read -r included; do
                    [ "$included" = "${file%.[ch]}" ] || echo "${file%.[ch]} $included"
                done
        done | sort -u
    )
}

# All of lib/ without its comments.
mkdir plain
for file in "$LIB"/*/*.[ch]; do
    sed ':a; /\/\*/ { /\*\//! { N; ba; }; s,/\*\([^*]\|\*[^/]\)*\*/,,g; }' "$file" >"plain/${file##*/}"
done

# The modules that have such a line.
users_of() { # ERE
    (cd plain && grep -lE "$1" ./*) | sed 's,^\./,,; s/\.[ch]$//' | sort -u | tr '\n' ' '
}

is "$(cd "$LIB" && echo * | tr ' ' '\n' | sort | tr '\n' ' ')" "$(echo "$ROOMS" | tr ' ' '\n' | sort | tr '\n' ' ')" \
    'the folders of lib/ are the rooms of the list'
like "$ROOMS" '^bytes .* sink$' 'the list of HACKING.md was read'
is "$(find "$LIB" -maxdepth 1 -type f)" '' 'no module stands outside a room'

for room in $ROOMS; do
    count=$(find "$LIB/$room" -name '*.[ch]' | sed 's/\.[ch]$//' | sort -u | wc -l)
    ok "$room has at most $MODULES_MAX modules" -- test "$count" -le "$MODULES_MAX"
done

repeated=$(find "$LIB" -name '*.[ch]' | sed 's/\.[ch]$//' | sort -u | sed 's,.*/,,' | sort | uniq -d)
is "$repeated" '' 'base names are unique over all rooms'

includes >"$T/includes"
ok 'modules include each other' -- test -s "$T/includes"
while read -r module included; do
    below=$(place_of "${included%%/*}")
    above=$(place_of "${module%%/*}")
    case $module/$included in
        route/*/sink/* | sink/*/route/*) fail "$module must not include $included: the two programs stay apart" ;;
        *) ok "$module may include $included" -- test "${below:-99}" -le "${above:-0}" ;;
    esac
done <"$T/includes"
ok 'no circle of includes' -- tsort "$T/includes"
is "$(grep -h '#include "' "$LIB"/*/*.[ch] | grep -v 'pb-c' | grep -vc '"[a-z]*/[a-z0-9_]*\.h"')" 0 'every include names its room'

is "$(users_of '#include <libmemcached/')" 'wire ' 'the library of the servers is included in one place'
is "$(users_of '(^|[^a-z_])memcached_[a-z_]+ *\(')" 'reader wire ' 'only these two use it'
is "$(users_of '#include ["<](.*pb-c|protobuf-c)')" 'encode ' 'only encode includes protobuf'
is "$(users_of '(^|[^a-z_])(exit|_exit|_Exit|abort|quick_exit) *\(')" 'signals ' 'nothing below main ends the process, but a signal that is raised again'
is "$(users_of '(^|[^a-z_])(v?printf|v?fprintf|v?dprintf|puts|putchar|fputs|fputc|putc|fwrite|perror) *\(')" 'spool ' 'nothing below main prints to a stream, but the spool to its own file'
is "$(users_of '(^|[^a-z_.>])(write|writev|send|sendto|sendmsg) *\(')" 'connection diag dial notify outbuf ' 'bytes leave in five places'
is "$(users_of '(^|[^a-z_])(strcpy|strcat|sprintf|strtok|gets|atoi|atol|atof|strncpy) *\(')" '' 'no function that forgets a length'

undefined() { nm -u "$BIN/$1" | grep -icE 'memcached_|protobuf'; }
is "$(undefined memc_route)" 0 'memc_route uses neither libmemcached nor protobuf-c'
ldd "$BIN/memc_route" >"$T/libraries" 2>&1
file_unlike "$T/libraries" 'memcached|protobuf' '... and links neither'
like "$(undefined memc_sink)" '^[1-9]' 'memc_sink does, so the look is not in vain'

# What HACKING.md calls room/module is one, and each function it names stands there.
# shellcheck disable=SC2016 # the same
grep -oE '`[a-z]+/[a-z0-9_]+(: [a-z_]+)?`' "$TOP/HACKING.md" | tr -d '`:' | sort -u >"$T/stations"
ok 'HACKING.md names stations' -- test "$(wc -l <"$T/stations")" -gt 20
while read -r module function; do
    [ -d "$LIB/${module%/*}" ] || continue # a folder of docs or tests
    ok "lib/$module stands there" -- test -f "$LIB/$module.h"
    [ -z "$function" ] || ok "... with $function" -- grep -qwE "$function" "$LIB/$module.c" "$LIB/$module.h"
done <"$T/stations"

done_testing
