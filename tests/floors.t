#!/bin/sh
# The order of lib/: a module includes modules of strictly lower floors only, so nothing goes in a circle and each can
# be read after those below it. The floor of a module is written down here; a new module needs a line.
#
#   0  know nothing of the others
#   1  bytes become numbers, types, lines; bytes go out
#   2  what a list of apps, an address and a run's counters are
#   3  files are opened; what a line is; a server is reached
#   4  a record becomes bytes; a server is asked who it is, and for its counters; memc_route's outlets; reports; what
#      command lines share
#   5  a broken connection is waited out; bad lines are given back; the command lines
#   6  a connection that is made anew; the counters are told
#   7  one server's records: sent and answered, or read back and compared
#   8  records go out, each with its outcome
#   9  what becomes of one line
#  10  what is said in the end
#  11  what a server says of itself, asked for alone
. "$(dirname "$0")/harness.sh"

FLOORS='
0 slice diag status stop patience counters json version fetch
1 number devtype linebuf outbuf peer batch census apps_avx2
2 descriptors address apps tally
3 options dial record infile outfile
4 encode common_options probe stats outlets report
5 printout route_options sink_options fence rejects stats_file
6 server summary
7 wire text_set verify
8 store
9 sink
10 verdict
11 ask
'

LIB=$TOP/lib

floor_of() { # MODULE: its floor; nothing if it is unknown
    echo "$FLOORS" | awk -v module="$1" '{ for (i = 2; i <= NF; i++) if ($i == module) print $1 }'
}

# Every pair "MODULE INCLUDED", the module's own header left out; generated headers are no modules.
includes() {
    for file in "$LIB"/*.[ch]; do
        module=$(basename "$file")
        sed -n 's/^[ \t]*#[ \t]*include[ \t]*"\(.*\)\.h".*/\1/p' "$file" |
            while read -r included; do
                [ "$included" = "${module%.[ch]}" ] || echo "${module%.[ch]} $included"
            done
    done | sort -u
}

modules() {
    for file in "$LIB"/*.[ch]; do
        name=$(basename "$file")
        echo "${name%.[ch]}"
    done | sort -u
}

# The modules of lib/ that have such a line outside comments.
users_of() { # ERE
    for file in "$LIB"/*.[ch]; do
        sed ':a; /\/\*/ { /\*\//! { N; ba; }; s,/\*\([^*]\|\*[^/]\)*\*/,,g; }' "$file" | grep -qE "$1" &&
            basename "$file" | sed 's/\.[ch]$//'
    done | sort -u | tr '\n' ' '
}

for module in $(modules); do
    like "$(floor_of "$module")" '^[0-9]+$' "$module stands on one floor"
done

for module in $(echo "$FLOORS" | awk '{ for (i = 2; i <= NF; i++) print $i }'); do
    ok "$module is there" -- test -f "$LIB/$module.h" -o -f "$LIB/$module.c"
done

includes >"$T/includes"
while read -r module included; do
    case $included in *.pb-c) continue ;; esac
    below=$(floor_of "$included")
    above=$(floor_of "$module")
    ok "$module ($above) stands above $included ($below)" -- test "${below:-99}" -lt "${above:-0}"
done <"$T/includes"

is "$(users_of '#include <libmemcached/')" 'server ' 'the library of the servers is included in one place'
is "$(users_of '(^|[^a-z_])memcached_[a-z_]+ *\(')" 'server text_set verify wire ' 'only these four use it'
is "$(users_of '#include ["<](.*pb-c|protobuf-c)')" 'encode ' 'only encode includes protobuf'
is "$(users_of '(^|[^a-z_])(exit|_exit|_Exit|abort|quick_exit) *\(')" 'stop ' 'nothing below main ends the process, but a signal that is raised again'
is "$(users_of '(^|[^a-z_])(v?printf|v?fprintf|v?dprintf|puts|putchar|fputs|fputc|putc|fwrite|perror) *\(')" '' 'nothing below main prints to a stream'
is "$(users_of '(^|[^a-z_.>])(write|writev|send|sendto|sendmsg) *\(')" 'diag dial outbuf ' 'bytes leave in three places'
is "$(users_of '(^|[^a-z_])(strcpy|strcat|sprintf|strtok|gets|atoi|atol|atof|strncpy) *\(')" '' 'no function that forgets a length'

undefined() { nm -u "$BIN/$1" | grep -icE 'memcached_|protobuf'; }
is "$(undefined memc_route)" 0 'memc_route uses neither libmemcached nor protobuf-c'
ldd "$BIN/memc_route" >"$T/libraries" 2>&1
file_unlike "$T/libraries" 'memcached|protobuf' '... and links neither'
like "$(undefined memc_sink)" '^[1-9]' 'memc_sink does, so the look is not in vain'

done_testing
