#!/bin/sh
# SPDX-License-Identifier: MIT
# Lines mutated at random, through our programs and through the model, which shares nothing with them: the same outcome of
# each, the same counters, the same bytes in a server and, as decimals, on the screen.
#
#   MUTATIONS=2000000 SEED=7 prove tests/filter/differential.t     more of them, others
. "$(dirname "$0")/../lib/harness.sh"

route=$BIN/memc_route
sink=$BIN/memc_sink
seed=${SEED:-1}
max_line=2048
note "SEED=$seed MUTATIONS=${MUTATIONS:=20000}"

bounded "$PYTHON" "$TESTS/lib/mutate.py" "$seed" "$MUTATIONS" >in.tsv || bail 'no input'
model sink in.tsv --max-line $max_line >want.sink
model items in.tsv --max-line $max_line >want.items
model rejects in.tsv --max-line $max_line >want.rejects
model places in.tsv --max-line $max_line >want.places
model counts in.tsv --max-line $max_line >want.route
model unknown in.tsv --max-line $max_line >want.unknown
ok 'a third of the lines and more are valid, a third and more are not' -- \
    jq -e '.ok > .lines / 3 and .invalid > .lines / 3 and .apps_dropped > .lines / 20' want.sink

sums='{lines,blank,invalid,apps_dropped,bytes_in,bytes_out}'
check_sink() { # NAME
    is "$(jq -cS "$sums + {ok:.stored}" sink.json)" "$(jq -cS "$sums + {ok}" want.sink)" "$1: the counters"
    is_file sink.rejects want.rejects "$1: each line's outcome"
    cut -f 1,2 sink.rejects.why >got.places
    is_file got.places want.places "$1: where each rejected line stands"
    rm -f sink.rejects*
}

status 0 'a dry run' -- "$sink" --dry-run -v -e none --max-line $max_line -s sink.json -r sink.rejects localhost:1 in.tsv
check_sink 'dry run'
model printed out >got.items
is_file got.items want.items 'dry run: each number printed is the number of the line'

start_memcached all -m 1024
status 0 'a load' -- "$sink" -e none --max-line $max_line -s sink.json -r sink.rejects "$(addr all)" in.tsv
check_sink 'load'
dump "$(addr all)" >got.items
is_file got.items want.items 'load: the server holds exactly these bytes'

[ -z "$PROTOCOL" ] || done_testing # the rest is no server's
mkfifo idfa gaid adid dvid
for type in idfa gaid adid dvid; do background read_$type cat $type; done
status 0 'a router' -- "$route" --max-line $max_line -s route.json -r route.rejects <in.tsv
for type in idfa gaid adid dvid; do finish 0 read_$type "$type's reader"; done
sums='{lines,blank,invalid,unknown,skipped,routed}'
is "$(jq -cS "$sums" route.json)" "$(jq -cS "$sums" want.route)" 'router: the counters'
is_file route.rejects want.unknown 'router: the rejects'
for type in idfa gaid adid dvid; do
    model route in.tsv --type $type --max-line $max_line >want.routed
    is_file read_$type.out want.routed "router: the lines of $type"
done

done_testing
