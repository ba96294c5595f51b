#!/bin/sh
# SPDX-License-Identifier: MIT
# A connection that is cut after N bytes of the answers to stores in the binary protocol, N from 1 to 500: under `make faults` all of them for a
# reset, and for an end those around a whole answer; else some. No record is lost, and none is counted as stored whose answer (24 bytes) had not come whole.
. "$(dirname "$0")/../lib/harness.sh"

sink=$BIN/memc_sink
ANSWER_BYTES=24
RECORDS=30
PER_PROXY=20 # the harness ends what runs in the background after LIMIT seconds
points_reset='1 23 24 25 240 500' points_end=$points_reset
if [ -n "${FAULTS_ALL:-}" ]; then
    points_reset=$(seq 500)
    points_end=$(seq 500 | awk -v each=$ANSWER_BYTES '$1 % each <= 1 || $1 % each == each - 1')
fi

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
    # Quicker than dump.py, which is a process of Python.
    # shellcheck disable=SC2016 # bash expands these
    bounded bash -c 'exec 3<>"/dev/tcp/$0/$1" && printf "flush_all\r\n" >&3 && read -r answer <&3 && [[ $answer == OK* ]]' \
        "${A%:*}" "${A##*:}" || bail 'flush_all'
    rm -f undelivered
    echo "$2" >told
    bounded "$sink" --protocol binary -R 500ms -t 1 -s stats.json -u undelivered "$(addr proxy)" in.tsv 2>err
    code=$?
    stored=$(jq .stored stats.json)
    undelivered=$(jq .undelivered stats.json)
    tail -n "$undelivered" in.tsv | cmp -s - undelivered
    is "$code $? $((stored * ANSWER_BYTES <= $2))" '75 0 1' "$1 after $2 bytes: $stored stored, $undelivered given back"
    lost "$(unaccounted)" "$1 after $2 bytes"
}

sweep() { # KIND N…
    sweep_kind=$1 sweep_done=0
    shift
    for at in "$@"; do
        if [ $((sweep_done % PER_PROXY)) -eq 0 ]; then
            [ $sweep_done -eq 0 ] || send KILL proxy
            : >told
            start_hostile proxy proxy --upstream "$A" --"$sweep_kind"-after 1000000 --count-sets --again told
        fi
        cut_at "$sweep_kind" "$at"
        sweep_done=$((sweep_done + 1))
    done
    send KILL proxy
}

# shellcheck disable=SC2086 # lists of numbers
{
    fault 12
    sweep reset $points_reset
    fault 13
    sweep end $points_end
}

done_testing
