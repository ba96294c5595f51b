#!/bin/sh
# SPDX-License-Identifier: MIT
# Servers that are away, stopped, slow, full, shared or none: what tests/filter/server.t does not look at.
. "$(dirname "$0")/../lib/harness.sh"

sink=$BIN/memc_sink

sample --types idfa --lines 20000 >big.tsv
sort -u -t "$(printf '\t')" -k 2,2 big.tsv | head -n 1000 >in.tsv
mkfifo fifo

# Bytes that wait in the FIFO behind descriptor 5.
unread() {
    "$PYTHON" -c 'import array, fcntl, termios
count = array.array("i", [0])
fcntl.ioctl(5, termios.FIONREAD, count)
print(count[0])'
}

note 'away at the start'
fault 1
start_memcached m
A=$(addr m)
stop_memcached m
exec 5<>fifo
head -n 100 in.tsv >&5
written=$(head -n 100 in.tsv | wc -c)
# strace and the leak sanitizer cannot both watch.
status 69 'nobody listens' -- env ASAN_OPTIONS=detect_leaks=0 strace -f -qq -e trace=connect -o trace "$sink" -R 2 -t 300ms -s stats.json "$A" fifo
is "$(unread)" "$written" 'no input is read meanwhile'
json stats.json '[.lines,.stored]' '[0,0]' 'nor counted'
# Pauses of 50 ms that double to 1 s, a random half of each: 2 s have room for 3 to 9 tries.
tries=$(grep -c 'sin_port=htons('"${A##*:}"')' trace)
ok "it tries more than once and does not hurry: $tries tries" -- test "$tries" -ge 3 -a "$tries" -le 12
exec 5<&-

note 'killed with a batch on its way'
fault 2
restart_memcached m
background busy "$sink" -b 1024 -t 60 -R 60 -s stats.json -u undelivered "$A" fifo
stop_within in.tsv 1 m
until_true has_unread "$A" # they are sent, and will not be answered
restart_memcached m
finish 65 busy 'killed, and another one comes: restarted, since the first record is gone'
json stats.json '[.stored,.undelivered,.doubt,.retries > 0]' '[1000,0,"restarted",true]' 'all others are sent again'
conserved stats.json in.tsv
sed 1d in.tsv >rest.tsv
model items rest.tsv >want.items
dump "$A" >got.items
is_file got.items want.items 'and held'
rm -f undelivered
empty "$A"
background busy "$sink" -b 1024 -t 60 -R 1 -s stats.json -u undelivered "$A" fifo
stop_within in.tsv 1 m
until_true has_unread "$A"
stop_memcached m
finish 75 busy 'killed for good'
conserved stats.json in.tsv
is_file undelivered rest.tsv 'what was not acknowledged is undelivered, in order'

note 'stopped'
fault 4
restart_memcached m
background busy "$sink" -t 300ms -R 60 -s stats.json "$A" fifo
exec 5<>fifo
head -n 1 in.tsv >&5
eventually 'it has begun' -- holds "$A" 1
send STOP m
sed -n 2p in.tsv >&5
eventually 'it is sent, in vain' -- was_left "$A"
sed -n 3,100p in.tsv >&5
before=$(unread)
rests busy 10 # while it tries again and again
is "$(unread)" "$before" 'no input is read while it is waited for'
ok 'and there is some' -- test "$before" -gt 0
send CONT m
sed -n '101,$p' in.tsv | bounded cat >&5
exec 5<&-
finish 0 busy 'it carries on'
conserved stats.json in.tsv
model items in.tsv >want.items
dump "$A" >got.items
is_file got.items want.items 'every value is exact'

note 'slow'
fault 5
start_hostile proxy proxy --upstream "$A" --delay 0.2
head -n 40 in.tsv >few.tsv
empty "$A"
status 0 '200 ms an answer' -- "$sink" -b 2 -s stats.json "$(addr proxy)" few.tsv
json stats.json '[.stored,.retries]' '[40,0]' 'no retry, no error'
conserved stats.json few.tsv
high() { sed -n 's/^VmHWM:[^0-9]*\([0-9]*\) kB$/\1/p' "/proc/$1/status"; }
background slow "$sink" -b 2 -s stats.json "$(addr proxy)" fifo
background writer dd if=big.tsv of=fifo bs=64k status=none
eventually 'it works, slowly' -- has_key "$A" "$(head -n 50 big.tsv | tail -n 1 | cut -f 1,2 | tr '\t' :)"
early=$(high "$(pid_of slow)")
heap() { awk '/\[heap\]/ { found = 1 } found && /^Rss:/ { print $2; exit }' "/proc/$(pid_of slow)/smaps"; }
early_heap=$(heap)
eventually 'and on' -- has_key "$A" "$(head -n 70 big.tsv | tail -n 1 | cut -f 1,2 | tr '\t' :)"
# The ring of requests is one mapping; its pages count when they are first used, until it has gone round once.
ok 'its memory does not grow' -- test "$(($(high "$(pid_of slow)") - early))" -le 64
is "$(heap)" "$early_heap" 'nor does its heap'
ok 'its writer waits' -- kill -0 "$(pid_of writer)"
send TERM slow
finish 143 slow 'it ends'
send KILL writer
json stats.json '[.retries,.invalid,.refused]' '[0,0,0]' 'no error until then'
send KILL proxy

note 'another writer'
fault 10
start_memcached tiny -m 4
background quiet "$sink" -s stats.json "$(addr tiny)" fifo
exec 5<>fifo
head -n 1 in.tsv >&5
eventually 'a record is stored' -- holds "$(addr tiny)" 1
status 65 'someone else fills the server' -- "$sink" -q "$(addr tiny)" big.tsv
exec 5<&-
finish 65 quiet 'who has stored one record fails'
json stats.json '[.stored,.doubt]' '[1,"evicted"]' 'its record may be gone'
file_like quiet.err "[0-9]+ evictions on $(addr tiny) " 'the message names the server'
stop_memcached tiny

note 'no record is shown to a stranger'
fault 14
cut -f 2 few.tsv >ids
for kind in http redis tls smtp noise echo; do
    start_hostile stranger $kind --record seen
    status 76 "$kind" -- "$sink" -R 1 -t 300ms "$(addr stranger)" few.tsv
    ok 'it was asked' -- test -s seen
    is "$(grep -acFf ids seen)" 0 'and told of no record'
    rm -f seen
    send KILL stranger
done

note 'every store is refused'
fault 17
for answer in 82:75 05:76 20:77; do
    start_hostile fake fake --status ${answer%:*}
    rm -f undelivered
    status "${answer#*:}" "status ${answer%:*} for everything" -- "$sink" -e none -t 300ms -s stats.json -u undelivered "$(addr fake)" big.tsv
    sets=$(stat_of "$(addr fake)" cmd_set)
    # Two batches on their way, and once more for lack of memory.
    ok "it stops at the first: $sets of 20000 were sent" -- test "$sets" -le 4096
    conserved stats.json big.tsv
    is_file undelivered big.tsv 'all is undelivered'
    send KILL fake
done

done_testing
