#!/bin/sh
# SPDX-License-Identifier: MIT
# A slow server, or a slow way to it, is not a silent one: batches by default, of which nothing is heard until their last
# set is done, would be silent for longer than --timeout. Each needs some seconds of waiting and none of work, so they run
# at the same time.
# shellcheck disable=SC2086 # options
. "$(dirname "$0")/../lib/harness.sh"

sink=$BIN/memc_sink
sample --types idfa --lines 500 >in.tsv

slow() { # NAME LINES RELAY-OPTION…
    slow_name=$1
    head -n "$2" in.tsv >$slow_name.tsv
    shift 2
    start_memcached $slow_name
    start_hostile relay_$slow_name proxy --upstream "$(addr $slow_name)" "$@"
    background sink_$slow_name "$sink" -t 1 -s $slow_name.json "$(addr relay_$slow_name)" $slow_name.tsv
}

ends() { # NAME TEXT
    finish 0 sink_$1 "$2"
    json $1.json '[.lines == .stored,.undelivered,.retries,.doubt]' '[true,0,0,null]' 'all is stored, at the first attempt'
    is "$(stat_of "$(addr $1)" cmd_set)" "$(wc -l <$1.tsv)" 'nothing was sent twice'
    dump "$(addr $1)" >got.items
    model items $1.tsv >want.items
    is_file got.items want.items 'the server holds exactly these bytes'
    is "$(wc -l <sink_$1.err)" 1 'nothing is said but the summary'
}

slow crawl 8 --request-delay 0.2
slow walk 100 --request-delay 0.025
slow link 500 --rate 32000
head -n 8 in.tsv >bare.tsv
start_memcached bare
start_hostile relay_bare proxy --upstream "$(addr bare)" --request-delay 0.2
# libmemcached asks for all of a batch, and a key that is not there is not answered.
[ "$PROTOCOL" = binary ] || background sink_bare "$sink" --verify -q -t 1 -s bare.json "$(addr relay_bare)" bare.tsv
fault 5
ends crawl 'a server that needs 200 ms a request'
ends walk 'one that needs 25 ms, where the batches grow'
if [ "$PROTOCOL" = binary ]; then
    skip 'libmemcached hears nothing of a key that is not there' 'a server that needs 200 ms to say that it has no such key'
else
    finish 65 sink_bare 'a server that needs 200 ms to say that it has no such key'
    json bare.json '[.missing,.undelivered,.retries]' '[8,0,0]' 'says so of each'
fi
fault 114
ends link 'a link of 256 kbit/s'

done_testing
