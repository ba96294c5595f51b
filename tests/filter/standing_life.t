#!/bin/sh
# SPDX-License-Identifier: MIT
# A day of standing sinks: lines that trickle in, signals, restarts under load, many short routers, tail -F as a source.
# shellcheck disable=SC2154 # ADDR_idfa and the like are set by start_four
. "$(dirname "$0")/../lib/harness.sh"

route=$BIN/memc_route
sink=$BIN/memc_sink
start_four
mkdir run
mkfifo run/idfa run/gaid run/adid run/dvid one

start_sinks() { # four that stand, counters in TYPE.json
    for type in idfa gaid adid dvid; do
        background "sink_$type" "$sink" -k -T $type -e none -s $type.json "$(addr $type)" run/$type
    done
}
end_sinks() {
    for type in idfa gaid adid dvid; do
        send TERM "sink_$type"
        finish 0 "sink_$type" "$type's sink ends by TERM"
    done
}
equal() { # FILE: the servers hold its records, and nothing else, as soon as the sinks have stored what they were given
    for type in idfa gaid adid dvid; do
        model items "$1" --type $type >want.items
        until_true holds "$(addr $type)" "$(wc -l <want.items)"
        dump "$(addr $type)" >got.items
        is_file got.items want.items "$type's server holds exactly these bytes"
    done
}
line() { printf '%s\t%s\t1\t2\t3,4\n' "$1" "$2"; }

note 'a trickle: nothing waits for company longer than --linger'
background trickle "$sink" -k -s k.json "$ADDR_idfa" one
exec 5<>one
line idfa lonely >&5
eventually 'one line is stored, though its writer holds on and writes no more' -- has_key "$ADDR_idfa" idfa:lonely
line idfa second >&5
eventually 'and so is the next' -- has_key "$ADDR_idfa" idfa:second
exec 5>&-
send TERM trickle
finish 0 trickle 'TERM'
start_sinks
mkfifo source
exec 5<>source
background router "$route" -d run <source
line gaid lonely >&5
eventually 'through a router, too' -- has_key "$ADDR_gaid" gaid:lonely
exec 5>&-
finish 0 router 'the router ends'
end_sinks

note 'signals: what has been read is acknowledged before the end'
# shellcheck disable=SC2317 # called by until_true
has_read() { # N
    send USR1 signalled
    [ "$(jq .lines k.json)" = "$1" ]
}
# A program that has just begun would be ended by USR1: the mask of the signals it catches has the bit 0x200.
# shellcheck disable=SC2317 # called by until_true
hears_usr1() { grep -q '^SigCgt:.*[2367abef]..$' "/proc/$(pid_of signalled)/status"; }
# By meta a record may be sent at once, by the binary protocol a batch waits.
for each in TERM:0 INT:130 HUP:129; do
    for holder in held-binary alone-binary held-meta alone-meta; do
        protocol=${holder#*-}
        rm -f k.json
        background signalled "$sink" -k --protocol "$protocol" --linger 1d -s k.json "$ADDR_adid" one
        exec 5<>one
        for n in 1 2 3; do line adid "${each%:*}-$holder-$n" >&5; done
        until_true hears_usr1
        until_true has_read 3 || bail 'the sink does not read'
        [ "$protocol" = meta ] ||
            not_ok 'three lines wait for company' -- "$TESTS/lib/ask.pl" "$ADDR_adid" "get adid:${each%:*}-$holder-3"
        [ "${holder%-*}" = held ] || exec 5>&-
        send "${each%:*}" signalled
        finish "${each#*:}" signalled "${each%:*}, the FIFO $holder"
        [ "${holder%-*}" = alone ] || exec 5>&-
        json k.json '[.lines,.stored,.undelivered]' '[3,3,0]' 'all three are counted as stored'
        ok 'and they are there' -- "$TESTS/lib/ask.pl" "$ADDR_adid" "get adid:${each%:*}-$holder-3"
    done
done

note 'a sink is started anew, again and again, while routers write'
empty_four
files=12 each_lines=2000
for n in $(seq $files); do
    sample --types idfa --seed "$n" --lines $each_lines --bad 0.01 --odd 0.02 --max-apps 300 >"part$n.tsv"
    split -d -a 1 -n l/9 "part$n.tsv" "piece.part$n.tsv."
done
cat part*.tsv >whole.tsv
exec 5<>run/idfa # somebody holds it, so no router sees its reader go
# Each router gets a ninth of its file when a life begins: so all are at work in all lives.
# shellcheck disable=SC2016 # parallel's shell expands it
background routers parallel --plain --will-cite -j $files \
    'for n in $(seq 0 8); do until [ -e begun.$n ]; do sleep 0.1; done && cat piece.{}.$n; done | "$BIN/memc_route" -q --only idfa -d run -s {}.json' ::: part*.tsv
life=0
# shellcheck disable=SC2317 # called by until_true
has_set() { [ "$(stat_of "$ADDR_idfa" cmd_set)" -ge "$1" ]; }
reached=$(stat_of "$ADDR_idfa" cmd_set)
while [ $life -lt 8 ]; do
    : >begun.$life
    life=$((life + 1))
    background stands "$sink" -k -T idfa -e none -s life$life.json -r life$life.rejects "$ADDR_idfa" run/idfa
    reached=$((reached + 1000))
    until_true has_set $reached || bail 'nothing is stored'
    ok "life $life: the routers are at work" -- kill -0 "$(pid_of routers)"
    send TERM stands
    finish 0 stands 'the sink ends by TERM'
    reached=$(stat_of "$ADDR_idfa" cmd_set)
done
: >begun.8
background stands "$sink" -k -T idfa -e none -s life9.json -r life9.rejects "$ADDR_idfa" run/idfa
finish 0 routers 'the routers have met no dead reader'
exec 5<&-
send TERM stands
finish 0 stands 'the last sink reads what is left'
dump "$ADDR_idfa" >got.items
model items whole.tsv --type idfa >want.items
is_file got.items want.items 'every line is stored, byte for byte'
model counts whole.tsv >want.json
sums='map(.lines) | add'
is "$(jq -s "$sums" life?.json)" "$(jq -s 'map(.routed.idfa) | add' part*.json)" "the sinks' lines are those that the routers wrote"
is "$(jq -cs '[(map(.stored) | add), (map(.invalid) | add), (map(.blank) | add), (map(.undelivered) | add)]' life?.json)" \
    "$(jq -c '.sinks.idfa | [.ok, .invalid, .blank, 0]' want.json)" 'the outcomes are those of one sink'
model route whole.tsv --type idfa >routed
model rejects routed --type idfa | sort >want.rejects
sort life?.rejects >got.rejects
is_file got.rejects want.rejects 'so are the rejects: none is half a line'

note 'fifty short routers'
empty_four
rm -f part* ./*.json
for n in $(seq 50); do sample --seed "$n" --lines 100 --bad 0.02 --odd 0.02 >"part$n.tsv"; done
cat part*.tsv >whole.tsv
start_sinks
# shellcheck disable=SC2016 # parallel's shell expands it
status 0 'eight at a time' -- parallel --plain --will-cite -j 8 '"$BIN/memc_route" -q -d run -s {}.json <{}' ::: part*.tsv
end_sinks
equal whole.tsv
for type in idfa gaid adid dvid; do
    is "$(jq .lines $type.json)" "$(jq -s "map(.routed.$type) | add" part*.json)" "$type: what the routers wrote is what the sink read"
done

note 'tail -F, and a log that is rotated'
empty_four
start_sinks
sample --seed 1 --lines 300 >log
cp log first.tsv
sample --seed 2 --lines 300 >second.tsv
sample --seed 3 --lines 300 >third.tsv
cat first.tsv second.tsv third.tsv >whole.tsv
mkfifo tailed
# tail's output is to be the FIFO, and background has a file for it: so by a shell.
start_tail() { background tail sh -c 'exec tail -n +1 -s 0.1 -F log >tailed'; }
# shellcheck disable=SC2317 # likewise
last_key() { tail -n 1 "$1" | cut -f 1,2 | tr '\t' :; } # FILE
# shellcheck disable=SC2317 # called by eventually
last_is_stored() { has_key "$(addr "$(last_key "$1" | cut -d : -f 1)")" "$(last_key "$1")"; }
start_tail
background router "$route" -d run -s router.json <tailed
eventually 'what stands in the log is loaded' -- last_is_stored first.tsv
cat second.tsv >>log
eventually 'so is what is appended' -- last_is_stored second.tsv
mv log log.1
cat third.tsv >log
eventually 'and what the new log has after a rotation' -- last_is_stored third.tsv
send TERM tail
finish 143 tail 'TERM to tail'
finish 0 router 'is the end of the input for the router'
json router.json '[.lines,.undelivered]' '[900,0]' 'which has read every line once'
equal whole.tsv

half() { # KEY NAME [OPTION…]: a router reads a log that ends within a line
    half_key=$1 half_name=$2
    shift 2
    line idfa "$half_key-whole" >log
    printf 'idfa\t%s\t1\t2\t3,4' "$half_key" >>log
    start_tail
    background router "$route" "$@" -d run -s router.json <tailed
    eventually "$half_name" -- has_key "$ADDR_idfa" "idfa:$half_key-whole"
}
half ended 'a log that ends within a line'
send INT tail
finish 130 tail 'INT to tail'
finish 0 router 'ends the router'
eventually 'the half line is then a line' -- has_key "$ADDR_idfa" idfa:ended
half cut 'the same with --sentinel' --sentinel
send TERM tail
finish 143 tail 'TERM to tail'
finish 74 router 'the input was cut, for the router'
json router.json '[.lines,.invalid]' '[2,1]' 'which takes no half line'
half stopped 'the same once more'
send TERM router
finish 143 router 'TERM to the router instead'
json router.json '[.lines,.routed.idfa]' '[1,1]' 'takes no half line either'
finish 141 tail 'and tail ends when its reader is gone'
end_sinks
for each in cut stopped; do
    not_ok "$each: no half line is stored" -- "$TESTS/lib/ask.pl" "$ADDR_idfa" "get idfa:$each"
done

fault 89
note 'a server that goes for longer than --retry-for, and comes back'
# shellcheck disable=SC2317 # called by eventually
says() { grep -q "$2" "$1.err"; } # NAME TEXT
# shellcheck disable=SC2317 # likewise: the pauses between its tries grow, so it is fed until it takes a line
takes_again() {
    line idfa "$1" >&5
    has_key "$2" "idfa:$1"
}
start_memcached_unix u
for each in meta:idfa binary:idfa meta:u; do
    there=$(addr "${each#*:}")
    rm -f und
    background away "$sink" -k --protocol "${each%:*}" -R 300ms -t 300ms -u und -s k.json "$there" one
    exec 5<>one
    line idfa "$each-before" >&5
    eventually "$each: a line is stored" -- has_key "$there" "idfa:$each-before"
    stop_memcached "${each#*:}"
    line idfa "$each-lost" >&5
    eventually 'that it is given up is told at once' -- says away "$there: given up .*; undelivered records go to und\$"
    restart_memcached "${each#*:}"
    eventually 'it stores again when the server is back' -- takes_again "$each-after" "$there"
    eventually 'which is told, too' -- says away "$there: is back and takes records; the undelivered ones are in und"
    is "$(head -n 1 und)" "$(line idfa "$each-lost")" 'what was lost meanwhile is in the file'
    exec 5>&-
    send TERM away
    finish 75 away 'and its end tells that there are such records'
    json k.json '[.lines == .stored + .undelivered, .stored > 1, .doubt]' '[true,true,"restarted"]' 'each line has one outcome'
    is "$(grep -c 'given up' away.err)" 1 'no state is told twice'
done
stop_memcached u
rm -f und
background away "$sink" -k -R 0 -u und "$(addr u)" one
eventually 'never there: told before any line has come' -- says away "$(addr u): .*; undelivered records go to und\$"
exec 5<>one
line idfa never >&5
eventually 'a line that comes is kept in the file' -- test -s und
restart_memcached u
eventually 'and it stores when there is one' -- takes_again first "$(addr u)"
exec 5>&-
send TERM away
finish 75 away 'its end'
fault

done_testing
