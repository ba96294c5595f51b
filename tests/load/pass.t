#!/bin/sh
# SPDX-License-Identifier: MIT
# One pass of each program against four real servers, compared with the model: what make check-quick runs of them.
# shellcheck disable=SC2154 # ADDR_idfa and the like are set by start_four
. "$(dirname "$0")/../lib/harness.sh"

sink=$BIN/memc_sink
route=$BIN/memc_route

holds_the_sample() { # NAME
    for type in idfa gaid adid dvid; do
        dump "$(addr $type)" >got
        model items all.tsv --type $type >want
        is_file got want "$1: $type holds exactly these records"
        empty "$(addr $type)"
    done
}

start_four
sample --lines 4000 --bad 0.01 --odd 0.05 >all.tsv
model 'counts' all.tsv >./counts

note 'a pipeline of FIFOs'
mkfifo idfa gaid adid dvid
for type in idfa gaid adid dvid; do
    background sink_$type "$sink" -T $type -e none -s $type.json "$(addr $type)" $type
done
status 0 'memc_route' -- "$route" -r unknown -s route.json <all.tsv
for type in idfa gaid adid dvid; do finish 0 sink_$type "memc_sink $type"; done
is "$(jq -s -c '[.[0].lines, .[0].blank, .[0].unknown, ([.[1:][].stored]|add), ([.[1:][].invalid]|add)]' route.json ./????.json)" \
    "$(jq -c '[.lines, .blank, .unknown, ([.sinks[].ok]|add), ([.sinks[].invalid]|add)]' counts)" 'the counts are those of the model'
for type in idfa gaid adid dvid; do
    status 0 "$type is verified" -- "$sink" -T $type -e none --verify "$(addr $type)" <all.tsv
done
holds_the_sample pipeline

note 'files'
status 0 'protobuf round trip' -- "$sink" --test
status 0 'the counters of a server' -- "$sink" --counters "$(addr idfa)"
json out .pid "$(stat_of "$(addr idfa)" pid)" 'its pid'
make_load load
gzip -k all.tsv
status 0 'memc_load, dry run' -- ./load --dry-run -e none all.tsv.gz
status 0 'memc_load' -- ./load -e none -s stats all.tsv.gz
ok 'the file got its dot' -- test -e .all.tsv.gz
holds_the_sample memc_load

done_testing
