#!/bin/sh
# SPDX-License-Identifier: MIT
# What was acknowledged and is gone at the end of the load, by ways of which no counter of evictions tells, or not all:
# the page docs/kept.md has them in a table.
. "$(dirname "$0")/../lib/harness.sh"

sink=$BIN/memc_sink

sample --types idfa --lines 8000 >both.tsv
head -n 500 both.tsv >part1.tsv
sed -n '501,1000p' both.tsv >part2.tsv
cut -f 1,2 part1.tsv | tr '\t' : | sort -u >keys
mkfifo fifo

# Both halves into the server, the command in between, when the first one is held.
halfway() { # CMD…
    before=$(stat_of "$A" total_items)
    exec 5<>fifo
    bounded cat part1.tsv >&5
    eventually 'the first half is stored' -- stored_since "$before" 480
    "$@"
    bounded cat part2.tsv >&5
    exec 5<&-
}
# shellcheck disable=SC2317 # called by eventually
stored_since() { [ "$(stat_of "$A" total_items)" -ge $(($1 + $2)) ]; } # BEFORE N
# shellcheck disable=SC2317 # likewise
clock_is_behind() { [ "$(stat_of "$A" time)" -gt "$1" ]; } # TIME

start_memcached warm -m 64 -e "$T/memory"
start_memcached m -m 256
A=$(addr m)

note 'a good load'
status 0 'is proven' -- "$sink" -s stats.json "$A" both.tsv
json stats.json '[.doubt, .sampled >= 900, .sampled <= 2000, .sample_missing]' '[null,true,true,0]' 'and has read back a sample'
printf 'idfa\tone\t1\t2\t3\nidfa\ttwo\t1\t2\t3\nidfa\tone\t1\t2\t4\n' >few.tsv
status 0 'few records' -- "$sink" -s stats.json "$A" few.tsv
json stats.json '[.stored, .sampled, .sample_missing]' '[3,2,0]' 'all their keys are read back, each once'
status 0 'no sample' -- "$sink" --sample 0 -s stats.json "$A" few.tsv
json stats.json '[.sampled, .doubt]' '[0,null]' 'on request'
status 64 'too large a sample' -- "$sink" --sample 100001 "$A" few.tsv
file_like err '--sample' 'is an error'

fault 78
note 'a flush_all that was given with a delay'
delayed_flush() {
    deadline=$(($(stat_of "$A" time) + 5))
    ask "$A" 'flush_all 5'
}
delayed_flush
background late "$sink" -s stats.json "$A" fifo
halfway eventually 'its time has come' -- clock_is_behind "$deadline"
finish 65 late 'it takes effect within the load'
json stats.json '[.stored, .doubt, .sample_missing > 0]' '[1000,"lost",true]' 'and is found'
file_like late.err 'of [0-9]* keys that it stored, a sample of all, [0-9]* are not there' 'the message has figures'
file_unlike late.err 'deleted' 'and blames no client'
delayed_flush
background late "$sink" --allow-evictions -s stats.json "$A" fifo
halfway eventually 'its time has come' -- clock_is_behind "$deadline"
finish 0 late 'missing keys are excused by --allow-evictions'
json stats.json '[.doubt, .sample_missing > 0]' '[null,true]' 'and told all the same'

fault 88
note 'a server that ends idle connections'
start_memcached i -o idle_timeout=1
# shellcheck disable=SC2317 # called by eventually
kicked() { [ "$(stat_of "$A" idle_kicks)" -ge "$1" ]; }
A=$(addr i)
background late "$sink" -s stats.json "$A" fifo
halfway eventually 'it ends that of the sink' -- kicked 1
finish 0 late 'the sink makes a new one'
json stats.json '[.stored, .undelivered, .doubt, .sample_missing]' '[1000,0,null,0]' 'nothing was on its way, and nothing is lost'
is "$(wc -l <late.err)" 1 'it is not worth a word'

fault 95
note 'a balancer before two servers, which sends each connection to the other one'
start_memcached tiny -m 2
start_hostile balance proxy --upstream "$(addr tiny),$(addr m),$(addr i),$(addr m)"
sample --types idfa --lines 30000 >many.tsv
status 65 'evictions on the one that stored' -- "$sink" -s stats.json "$(addr balance)" many.tsv
json stats.json '[.stored, .evictions == '"$(stat_of "$(addr tiny)" evictions)"', .doubt]' '[30000,true,"evicted"]' 'are those that count'
status 0 'the other one' -- "$sink" -s stats.json "$(addr balance)" both.tsv
json stats.json '[.evictions, .doubt, .sampled > 900, .sample_missing]' '[0,null,true,0]' 'is asked over the connection that stored, for its counters and for the keys'
background late "$sink" -s stats.json "$(addr balance)" fifo
halfway eventually 'a third one ends the connection' -- kicked 2
finish 65 late 'the rest went to a fourth'
json stats.json '[.stored, .undelivered, .doubt]' '[1000,0,"unproven"]' 'which proves nothing of the first half'
file_like late.err 'those of another server .* is it a balancer' 'and is told'
file_like late.err "$(addr balance): another server answers there now: is it a balancer" 'when it is found'
stop_memcached i tiny
A=$(addr m)

fault 94
note 'a server at its limit of connections'
start_memcached few -c 40 -t 1
A=$(addr few)
fill_up() { background held "$PYTHON" "$TESTS/lib/hostile.py" hold --upstream "$A" && until_true test -s held.out; }
background late "$sink" -R 0 -s stats.json "$A" fifo
halfway fill_up
finish 0 late 'needs no other connection at the end'
json stats.json '[.stored, .evictions, .doubt, .sample_missing]' '[1000,0,null,0]' 'for its proof'
send KILL held
finish 137 held 'who held the others ends'
stop_memcached few

fault 96
note 'a name of which the first address is dead'
cat >namespace <<'END'
printf '192.0.2.1 twice\n192.0.2.3 twice\n' >hosts
printf 'multi on\n' >conf
ip link set lo up && ip addr add 192.0.2.1/32 dev lo && ip addr add 192.0.2.3/32 dev lo && mount --bind hosts /etc/hosts &&
    mount --bind conf /etc/host.conf && nft -f - <<NFT || exit 99
table ip t {
    chain i {
        type filter hook input priority 0
        ip daddr 192.0.2.1 tcp flags syn drop
    }
}
NFT
[ "$(getent ahostsv4 twice | sed -n 's/ *STREAM.*//p' | head -n 1)" = 192.0.2.1 ] || exit 99
memcached -u root -l 192.0.2.3 -p 11299 -U 0 &
server=$!
until "$TESTS/lib/ask.pl" 192.0.2.3:11299 version >/dev/null 2>&1; do sleep 0.05; done
"$1" -t 2 -R 0 -s stats.json twice:11299 part1.tsv
status=$?
kill "$server"
exit "$status"
END
bounded unshare -mn sh namespace "$sink" >/dev/null 2>dead.err
dead=$?
if [ "$dead" -eq 0 ] || grep -q '^memc_sink: ' dead.err; then
    is "$dead" 0 'the next one is tried'
    is "$(grep -c '^memc_sink: twice:11299: one of the addresses of this name does not answer; trying the next$' dead.err)" 1 'which is told, once'
else
    skip 'no namespaces, or no nft' 'the next one is tried'
fi
A=$(addr m)

fault
note 'another client'
each_key() { # BEFORE BEHIND: a command with each key
    bounded "$PYTHON" -c '
import socket, sys
host, port = sys.argv[1].rsplit(":", 1)
server = socket.create_connection((host, int(port)))
answers = server.makefile("rb")
for key in open("keys"):
    server.sendall(f"{sys.argv[2]} {key.strip()}{sys.argv[3]}\r\n".encode())
    assert answers.readline() in (b"DELETED\r\n", b"TOUCHED\r\n", b"NOT_FOUND\r\n")
' "$A" "$@"
}
background late "$sink" -s stats.json "$A" fifo
halfway each_key delete ''
finish 65 late 'that deletes what was stored'
json stats.json '[.doubt, .sample_missing > 400]' '["lost",true]' 'is found'
file_like late.err 'its clients deleted [0-9]{3} items meanwhile' 'and named as what it probably was'
background late "$sink" -s stats.json "$A" fifo
halfway each_key touch ' -1'
finish 65 late 'that lets them expire'
json stats.json '[.doubt, .sample_missing > 400]' '["lost",true]' 'is found, too'
overwrite_keys() { bounded "$sink" -q --sample 0 "$A" part1.tsv 2>/dev/null; }
background late "$sink" -s stats.json "$A" fifo
halfway overwrite_keys
finish 0 late 'that writes the same keys is no loss'
json stats.json '[.doubt, .sample_missing]' '[null,0]' 'and no doubt'

note 'a server that is restarted with its memory (-e)'
A=$(addr warm)
# memcached keeps it only if the clock has gone on by a second.
# shellcheck disable=SC2154 # set by eval
restart_warm() {
    kill -USR1 "$PID_warm" && wait "$PID_warm"
    deadline=$(($(stat_of "$(addr m)" time) + 1))
    A=$(addr m) && until_true clock_is_behind "$deadline" && A=$(addr warm)
    restart_memcached warm
}
background late "$sink" -s stats.json "$A" fifo
halfway restart_warm
finish 65 late 'is another process than the one that stored'
json stats.json '[.stored, .undelivered, .doubt, .sample_missing]' '[1000,0,"unproven",0]' 'which has all, but whose counters began anew'
file_like late.err "$A: another process with the same start answers there now: was it restarted with its memory" 'it is told when it is found'
file_like late.err 'than the first .* was it restarted with its memory .*Unproven; --verify tells' 'and at the end'
cat part1.tsv part2.tsv >parts.tsv
status 0 '--verify' -- "$sink" --verify -s stats.json "$A" parts.tsv
json stats.json '[.verified, .missing]' '[1000,0]' 'finds all of it'
stop_memcached warm
A=$(addr m)

fault 90
note 'elements of a list of apps that are no numbers'
printf 'idfa\tq1\t1\t2\t"7830,7983,9115"\nidfa\tq2\t1\t2\t5\nidfa\tq3\t1\t2\t7830;7983\n' >quoted.tsv
status 0 'quoted by a spreadsheet' -- "$sink" -T idfa -s stats.json "$A" quoted.tsv
json stats.json '[.stored, .apps_dropped, .apps_dropped_records]' '[3,3,2]' 'is counted'
file_like err '3 elements of the lists of apps, in 2 records, .* idfa lines 1, 3$' 'and told with the lines'
status 0 'a dry run' -- "$sink" -n "$A" quoted.tsv
file_like err '3 elements of the lists of apps, in 2 records, .* lines 1, 3$' 'tells it, too'

note 'records that expire'
status 0 'a long --ttl' -- "$sink" --ttl 1h -s stats.json "$A" both.tsv
json stats.json '[.sampled > 900, .sample_missing]' '[true,0]' 'is sampled'
status 0 'one that may have run out' -- "$sink" --ttl 2s -s stats.json "$A" both.tsv
json stats.json '[.sampled, .sample_missing]' '[0,0]' 'is not'

note 'a standing sink'
background standing "$sink" -k -s stats.json "$A" fifo
before=$(stat_of "$A" total_items)
exec 5>fifo
bounded cat part1.tsv >&5
eventually 'it stores' -- stored_since "$before" 480
rm -f stats.json
# The server has stored a record some time before the sink hears of it.
# shellcheck disable=SC2317 # called by until_true
has_sampled() {
    send USR1 standing
    [ "$(jq '.sampled > 400' stats.json)" = true ]
}
eventually 'SIGUSR1' -- has_sampled
json stats.json '[.sampled > 400, .sample_missing, .exit]' '[true,0,null]' 'reads back a sample'
exec 5>&-
send TERM standing
finish 0 standing 'and its end'
json stats.json '[.sampled > 400, .sample_missing, .doubt]' '[true,0,null]' 'another one'
stop_memcached m

fault 77
note 'a disk behind the memory (extstore)'
start_memcached m -m 64 -o "ext_page_size=2,ext_wbuf_size=2,ext_path=$T/ext:16m,ext_item_size=512,ext_item_age=1,slab_automove_freeratio=0.05" || true
A=$(addr m)
if [ -n "$(stat_of "$A" extstore_objects_evicted)" ]; then
    awk 'BEGIN { for (j = 0; j < 1500; j++) p = p (100000 + j) ","; for (i = 0; i < 30000; i++) printf "idfa\tdev%08d\t1.5\t2.5\t%s7\n", i, p }' >wide.tsv
    status 65 'more than the disk holds' -- "$sink" -s stats.json "$A" wide.tsv
    json stats.json '[.stored, .doubt]' '[30000,"evicted"]' 'is found'
    advice='give extstore more disk' # if the disk alone was the cause
    [ "$(stat_of "$A" evictions)" -eq 0 ] || advice='give it more memory'
    file_like err "[0-9]+ evictions on $A meanwhile: .*; $advice \(memcached " 'and what to do is told'
    stop_memcached m

    fault 115
    start_memcached d -m 64 -o "ext_page_size=2,ext_wbuf_size=2,ext_path=$T/disk:64m,ext_item_size=512,ext_item_age=1,slab_automove_freeratio=0.05"
    A=$(addr d)
    head -n 1200 wide.tsv | cut -c 1-4000 >part1.tsv
    sed -n '1201,1210p' wide.tsv >part2.tsv
    # shellcheck disable=SC2317 # called by until_true
    on_disk() { [ "$(stat_of "$A" extstore_objects_written)" -ge 600 ]; }
    # As on a disk that is full or broken: memcached does not look whether its writes succeed.
    break_disk() { until_true on_disk && : >disk; }
    background late "$sink" -s stats.json "$A" fifo
    halfway break_disk
    finish 65 late 'a disk that loses what was written'
    json stats.json '[.stored, .doubt, .sample_missing > 100]' '[1210,"lost",true]' 'is found: there the sample reads values'
    file_like late.err 'are not there: a full or broken disk of extstore, ' 'and named'
else
    skip 'this memcached has no extstore' 'more than the disk holds'
fi

done_testing
