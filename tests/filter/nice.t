#!/bin/sh
# SPDX-License-Identifier: MIT
# The filters run nicer than what feeds them, by as much as --nice says.
# shellcheck disable=SC2154,SC2317 # ADDR_idfa is set by start_four; `eventually` calls has_niceness
. "$(dirname "$0")/../lib/harness.sh"

route=$BIN/memc_route
sink=$BIN/memc_sink
own=$(ps -o ni= -p $$ | tr -d ' ')
# A process cannot be nicer than 19.
nicer() { echo $((own + $1 < 19 ? own + $1 : 19)); }
niceness() { ps -o ni= -p "$1" | tr -d ' '; }
has_niceness() { [ "$(niceness "$1")" = "$2" ]; }

start_four
mkfifo in idfa gaid adid dvid
# A filter whose input is open, and empty.
runs_at() { # NICENESS NAME CMD…
    runs_nice=$1 runs_name=$2
    shift 2
    exec 5<>in
    background filter "$@" <in
    eventually "$runs_name" -- has_niceness "$(pid_of filter)" "$runs_nice"
    exec 5>&-
    finish 0 filter '... and ends'
}

note 'memc_sink'
runs_at "$(nicer 15)" 'fifteen nicer by default' "$sink" "$ADDR_idfa"
runs_at "$(nicer 3)" '--nice 3' "$sink" --nice 3 "$ADDR_idfa"
runs_at "$(nicer 19)" '--nice=19' "$sink" --nice=19 "$ADDR_idfa"
runs_at "$own" '--nice 0 leaves it' "$sink" --nice 0 "$ADDR_idfa"
for wrong in 20 -1 x ''; do
    status 64 "--nice '$wrong'" -- "$sink" --nice "$wrong" "$ADDR_idfa"
    file_like err "^memc_sink: --nice: '$wrong' is not a number from 0 to 19" 'says so'
done

note 'memc_route'
for type in idfa gaid adid dvid; do background $type cat $type; done
runs_at "$(nicer 10)" 'ten nicer by default' "$route"
for type in idfa gaid adid dvid; do finish 0 $type "$type's reader"; done
for type in idfa gaid adid dvid; do background $type cat $type; done
runs_at "$own" '--nice 0 leaves it' "$route" --nice 0
for type in idfa gaid adid dvid; do finish 0 $type "$type's reader"; done
status 64 '--nice 20' -- "$route" --nice 20 </dev/null

note 'memc_load hands it on'
make_load load
mkdir slow
cat >slow/igzip <<END
#!/bin/sh
[ ! -p /dev/stdin ] || exec gzip -dc # it is tried on two members first
: >"$T/held"
while ! test -e "$T/go"; do sleep 0.1; done
exec gzip "\$@"
END
chmod +x slow/igzip
printf 'idfa\ta\t1\t2\t3\n' | gzip >a.tsv.gz
status 64 '--nice 20' -- ./load --nice 20 a.tsv.gz
is "$(sort -u err | cut -d : -f 1 | tr '\n' ' ')$(wc -l <err)" 'memc_load memc_sink 2' 'is told once, before anything begins'
background load env PATH="$T/slow:$PATH" ./load --nice 7 a.tsv.gz
until_true test -e held || bail 'the decompressor was not started'
for program in memc_sink memc_route; do
    pid=$(process "^$BIN/$program .*--stats $TMPDIR/")
    eventually "$program" -- has_niceness "$pid" "$(nicer 7)"
done
: >go
finish 0 load 'the file is loaded'

done_testing
