#!/bin/sh
# SPDX-License-Identifier: MIT
# What one sees while a filter runs: --progress, and the counters whenever SIGUSR1 asks.
# shellcheck disable=SC2154 # ADDR_main is set by start_memcached
# shellcheck disable=SC2016,SC2317 # what stands in single quotes is for an inner shell; eventually calls a function by its name
. "$(dirname "$0")/../lib/harness.sh"

start_memcached main
mkfifo run.in idfa
lines() { seq -f 'idfa	w%.0f	55.5	-42.25	1,22,333' "$1" "$2"; }
says() { # COUNT FILE ERE: so many times, on lines of their own
    test "$(grep -Ec "$3" "$2")" -eq "$1"
}

note 'SIGUSR1'
background sink "$BIN/memc_sink" -s sink.json -T idfa "$ADDR_main" idfa
background router sh -c '"$0" -o idfa -d . <run.in' "$BIN/memc_route"
exec 5>run.in
until_true pgrep -P "$(pid_of router)" -x memc_route
router=$(pgrep -P "$(pid_of router)" -x memc_route)
# Before it catches the signal, it would end by it.
eventually 'the router has opened its FIFO' -- sh -c 'ls -l "/proc/$1/fd" | grep -q /idfa' sh "$router"
kill -USR1 "$router"
eventually 'a router that waits tells its counters at once' -- says 1 router.err '^memc_route: 0 lines: 0 routed'
lines 1 1000 >&5
eventually 'what it has read' -- sh -c 'kill -USR1 "$1"; grep -q "^memc_route: 1000 lines: 1000 routed" "$2"' sh "$router" router.err
eventually 'a sink that waits' -- sh -c 'kill -USR1 "$1"; grep -q "1000 lines: 1000 stored" "$2"' sh "$(pid_of sink)" sink.err
unlike "$(cat sink.err router.err)" 'w[0-9]' 'no device id'
for n in 1 2 3 4 5 6 7 8 9 10; do
    lines "${n}000" "${n}999" >&5
    kill -USR1 "$router" "$(pid_of sink)"
done
json sink.json '[.lines >= 1000, .exit]' '[true,null]' 'the counters so far are in --stats, too'
exec 5>&-
finish 0 router 'the router, asked often'
finish 0 sink 'the sink, asked often'
file_like sink.err '^memc_sink: idfa -> .*: 11000 lines: 11000 stored' 'has stored all'

json sink.json '[.lines, .exit]' '[11000,0]' 'and those at the end'
background quiet "$BIN/memc_sink" -q -s quiet.json -T idfa "$ADDR_main" idfa
exec 5>idfa
lines 1 10 >&5
# shellcheck disable=SC2016 # for the inner shell
eventually '-q: in --stats only' -- sh -c 'kill -USR1 "$1"; grep -q "\"stored\":10,.*\"exit\":null" quiet.json' sh "$(pid_of quiet)"
exec 5>&-
finish 0 quiet 'a quiet sink'
is_file quiet.err /dev/null 'is quiet'

note 'a server that does not answer'
start_memcached slow
background sink "$BIN/memc_sink" -T idfa "$ADDR_slow" idfa
exec 6>idfa
lines 1 10 >&6
eventually 'connected' -- sh -c 'kill -USR1 "$1"; grep -q "10 lines: 10 stored" "$2"' sh "$(pid_of sink)" sink.err
send STOP slow
lines 1 5000 >&6
until_true has_unread "$ADDR_slow"
for n in 1 2 3 4 5 6 7 8 9 10; do send USR1 sink; done
send CONT slow
exec 6>&-
finish 0 sink 'interruptions do not reach libmemcached'
file_like sink.err ': 5010 lines: 5010 stored, .* 0 retries' 'all stored, on the first connection'

note '--progress'
background sink "$BIN/memc_sink" -p -T idfa "$ADDR_main" idfa
exec 6>idfa
shown() { tr '\r' '\n' <sink.err | grep -Ec '[0-9]+ lines: [0-9]+ stored'; }
feed() { lines 1 100 >&6 && [ "$(shown)" -ge 2 ]; }
until_true feed # it is shown once a second
exec 6>&-
finish 0 sink 'a sink'
like "$(shown)" '^([2-9]|10)$' 'one line that is written over'

done_testing
