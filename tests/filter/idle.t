#!/bin/sh
# SPDX-License-Identifier: MIT
# Connections that die quietly: a firewall or a relay forgets them, somebody kills the socket, a proxy ends what is idle.
# In a network namespace of its own, where it may drop packets; where the kernel gives none, these checks are skipped.
[ "${1:-}" = inside ] || ! unshare -rn true 2>/dev/null || exec unshare -rn sh "$0" inside
. "$(dirname "$0")/../lib/harness.sh"

sink=$BIN/memc_sink

lines() { awk -v n="$1" -v from="$2" 'BEGIN { for (i = from; i < from + 5; i++) printf "idfa\t%s-%d\t1\t2\t3,4\n", n, i }'; } # NAME FROM

# A standing sink that stores five lines, at NAME's own FIFO.
stand() { # NAME ADDR OPTION…
    stand_name=$1 stand_addr=$2
    shift 2
    mkfifo "$stand_name.fifo"
    background "$stand_name" "$sink" -k -s "$stand_name.json" "$@" "$stand_addr" "$stand_name.fifo"
    feed "$stand_name" 1
    eventually "$stand_name: a sink has stored" -- has_key "$stand_addr" "idfa:$stand_name-5"
}
feed() { lines "$1" "$2" | bounded dd of="$1.fifo" status=none; } # NAME FROM
# shellcheck disable=SC2317 # called by eventually
says() { grep -q "$2" "$1.err"; } # NAME TEXT
# shellcheck disable=SC2317 # called by until_true
clock_is_behind() { [ "$(stat_of "$A" time)" -gt "$1" ]; } # TIME
# All is well: nothing was on its way, so nothing is waited for, sent again, in doubt or worth a word.
goes_on() { # NAME WHAT
    feed "$1" 6
    eventually "$1: $2" -- has_key "$(addr "${3:-m}")" "idfa:$1-10"
    send TERM "$1"
    finish 0 "$1" 'and its end is good'
    json "$1.json" '[.stored,.undelivered,.doubt,.sampled,.sample_missing]' '[10,0,null,10,0]' 'everything is stored, once'
    is "$(wc -l <"$1.err")" 1 'which is not worth a word'
}
port_of() { ss -tnpH state established "dport = :${A##*:}" | sed -n "s/^[^:]*:\([0-9]*\) .*pid=$(pid_of "$1"),.*/\1/p"; } # NAME
drop() { # NAME: no packet of its connection goes through any more, and nobody is told
    drop_port=$(port_of "$1")
    is "$(nft "add rule f out tcp sport $drop_port drop; add rule f out tcp dport $drop_port drop" 2>&1)" '' "$1: the firewall forgets its connection"
}
has_firewall() { [ "${1:-}" = inside ] && ip link set lo up && nft 'add table f; add chain f out { type filter hook output priority 0; }' 2>/dev/null; }

firewall=
! has_firewall "$@" || firewall=yes
start_memcached m
A=$(addr m)

fault 79 88
note 'idle for more than 5 s, each with a timeout that nobody waits for'
start_hostile relay proxy --upstream "$A" --forget forgotten
stand relayed "$(addr relay)" -t 1h
if [ $firewall ]; then
    for each in meta ends stopped; do stand $each "$A" -t 1h; done
    stand binary "$A" -t 1h --protocol binary
    send STOP stopped
fi
deadline=$(($(stat_of "$A" time) + 6))
start_memcached mute
for way in meta binary; do stand mute_$way "$(addr mute)" -t 1h --protocol $way; done
# shellcheck disable=SC2154 # set by eval
kill -STOP "$PID_mute"
for way in meta binary; do feed mute_$way 6; done

if [ $firewall ]; then
    note 'with records on their way'
    start_memcached gone
    A=$(addr gone)
    for way in meta binary; do
        stand held_$way "$A" -t 1 -R 2 -u held_$way.und --protocol $way
        drop held_$way
        echo "$drop_port" >held_$way.port
        feed held_$way 6
    done
    for way in meta binary; do
        note "by $way"
        eventually 'what is waited for is told' -- says held_$way "$A: waiting until the server has closed the connection that broke"
        eventually 'and that the server does not close it' -- says held_$way "$A: given up after 2s: still holds the connection that broke.*idle_timeout=SECONDS; undelivered records go to held_$way.und\$"
        send TERM held_$way
        finish 75 held_$way 'the sink ends'
        json held_$way.json '[.stored,.undelivered,.retries,.doubt]' '[5,5,0,null]' 'what was on its way is undelivered, and the rest is proven'
        is "$(cat held_$way.und)" "$(lines held_$way 6)" 'and can be had'
        is "$(ss -tanH "sport = :$(cat held_$way.port)")" '' 'and nothing sends it any more'
    done
    start_memcached lets_go -o idle_timeout=1
    A=$(addr lets_go)
    stand freed "$A" -t 1 -R 1h
    drop freed
    feed freed 6
    eventually 'a server that closes what is idle' -- has_key "$A" idfa:freed-10
    send TERM freed
    finish 0 freed 'gets it again'
    json freed.json '[.stored,.undelivered,.retries > 0,.doubt]' '[10,0,true,null]' 'over a new connection, also where it ends that as well while the fence stands'
    A=$(addr m)

    fault 88
    note 'somebody ends the connection'
    for way in meta binary; do
        stand killed_$way "$A" -t 1h --protocol $way
        ss -tnKH state established "sport = :$(port_of killed_$way)" >killed.list 2>/dev/null # lists those that it ended
        if [ -s killed.list ]; then
            goes_on killed_$way "ss -K, by $way"
        else
            skip 'this kernel does not end sockets for others' 'ss -K'
            send KILL killed_$way
        fi
    done
    if command -v socat >/dev/null; then
        background socat socat -T 1 TCP-LISTEN:21212,fork,reuseaddr,bind=127.0.0.1 "TCP:$A"
        until_true grep -q :52DC.*\ 0A\  /proc/net/tcp # it listens
        # shellcheck disable=SC2317 # called by eventually
        was_ended() { [ "$(ss -tnH state close-wait 'dport = :21212')" ]; }
        for way in meta binary; do
            stand proxied_$way 127.0.0.1:21212 -t 1h --protocol $way
            eventually 'a proxy ends what is idle' -- was_ended
            goes_on proxied_$way "socat -T, by $way"
        done
    else
        skip 'no socat' 'socat -T'
    fi
else
    skip 'no network namespace, or no nft' 'packets that are dropped'
fi

fault 88
if command -v socat >/dev/null; then
    note 'over a Unix socket, where what was on its way could not be sent again'
    start_memcached_unix local
    background shuts socat -T 1 "UNIX-LISTEN:$T/shuts.sock,fork" "UNIX-CONNECT:$(addr local)"
    until_true test -S shuts.sock
    for way in meta binary; do stand local_$way "$T/shuts.sock" -t 1h --protocol $way; done
    # shellcheck disable=SC2317 # called by eventually
    all_ended() { [ -z "$(cat "/proc/$(pid_of shuts)/task/$(pid_of shuts)/children")" ]; }
    eventually 'a proxy ends what is idle' -- all_ended
    for way in meta binary; do goes_on local_$way "that is seen before anything is sent, by $way" local; done
else
    skip 'no socat' 'a Unix socket'
fi

fault 79
note 'back to those that rest'
until_true clock_is_behind $deadline
touch forgotten
goes_on relayed 'a relay that forgets'
if [ $firewall ]; then
    for each in meta ends stopped binary; do drop $each; done
    send CONT stopped
    goes_on meta 'a firewall that forgets'
    goes_on binary 'by the binary protocol'
    goes_on stopped 'a sink that was stopped meanwhile'
    send TERM ends
    finish 0 ends 'a sink that ends then'
    json ends.json '[.stored,.doubt,.sampled,.sample_missing]' '[5,null,5,0]' 'reads back its sample'
fi

note 'a server that is stopped meanwhile'
for way in meta binary; do
    eventually "its silence is told, by $way" -- says mute_$way "$(addr mute): no answer for 5 s; waiting for up to 1h\$"
done
kill -CONT "$PID_mute"
for way in meta binary; do
    send TERM mute_$way
    finish 0 mute_$way 'it answers again'
    json mute_$way.json '[.stored,.retries]' '[10,0]' 'and has all'
done

note 'with records on their way through a relay, behind which ports are others'
rm forgotten
stand again "$(addr relay)" -t 1 -R 1 -u again.und
touch forgotten
feed again 6
eventually 'it is told why they are not sent again' -- says again 'connection lost with records on their way; sending them again could overwrite newer values'
send TERM again
finish 75 again 'the sink ends'
is "$(cat again.und)" "$(lines again 6)" 'and they can be had'
fault

done_testing
