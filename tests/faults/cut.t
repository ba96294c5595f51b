#!/bin/sh
# A connection that is cut after N bytes of the answers to stores, N from 1 to 500: all of them under `make faults`, else
# some. No record is lost, and none is counted as stored whose answer (24 bytes) had not come whole.
. "$(dirname "$0")/../harness.sh"

sink=$BIN/memc_sink
ANSWER_BYTES=24
RECORDS=30
if [ -n "${FAULTS_ALL:-}" ]; then points=$(seq 500); else points='1 23 24 25 240 500'; fi

sample --types idfa --lines $RECORDS >in.tsv
model items in.tsv >want.items
# The items' keys as dump.py and model.py write them, in the order of the lines.
while IFS="$(printf '\t')" read -r type id _; do printf %s "$type:$id" | od -An -v -tx1 | tr -d ' \n' && echo; done <in.tsv >keys
is "$(sort keys)" "$(cut -d ' ' -f 1 want.items)" 'one record a key'
start_memcached m
A=$(addr m)

# Prints how many records nobody accounts for: without an outcome, or acknowledged and yet not held with their value.
unaccounted() {
    head -n "$stored" keys | sort | join - want.items >acknowledged
    dump "$A" >held
    echo $((RECORDS - stored - undelivered + $(comm -23 acknowledged held | wc -l)))
}

cut_at() { # KIND N
    dump "$A" --command flush_all >/dev/null
    rm -f undelivered
    echo "$2" >told
    bounded "$sink" -R 500ms -t 1 -s stats.json -u undelivered "$(addr proxy)" in.tsv 2>err
    code=$?
    stored=$(jq .stored stats.json)
    undelivered=$(jq .undelivered stats.json)
    tail -n "$undelivered" in.tsv | cmp -s - undelivered
    is "$code $? $((stored * ANSWER_BYTES <= $2))" '75 0 1' "$1 after $2 bytes: $stored stored, $undelivered given back"
    lost "$(unaccounted)" "$1 after $2 bytes"
}

for kind in reset end; do
    case $kind in reset) fault 12 ;; end) fault 13 ;; esac
    : >told
    start_hostile proxy proxy --upstream "$A" --$kind-after 1000000 --count-sets --again told
    for at in $points; do cut_at $kind "$at"; done
    send KILL proxy
done

done_testing
