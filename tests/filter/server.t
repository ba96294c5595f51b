#!/bin/sh
# SPDX-License-Identifier: MIT
# memc_sink and servers that are full, gone, stopped, forgetful, or no memcached at all.
. "$(dirname "$0")/../lib/harness.sh"

sink=$BIN/memc_sink

check_items() { # ADDR MODEL ARGUMENT…
    items_addr=$1
    shift
    dump "$items_addr" >got.items
    model items "$@" >want.items
    is_file got.items want.items 'the server holds exactly these bytes'
}

# shellcheck disable=SC2317 # called by until_true
has_items() { [ "$(stat_of "$1" curr_items)" -gt 0 ]; } # ADDR

# The undelivered lines are the end of the input, which is what had not been acknowledged; nothing else.
check_undelivered() { # FILE
    tail -n "$(jq .undelivered stats.json)" "$1" >want.undelivered
    is_file undelivered want.undelivered 'undelivered are the last lines, byte for byte'
}

# What was counted as stored is held, with its last value.
check_stored() { # ADDR FILE
    head -n "$(jq .stored stats.json)" "$2" >acknowledged.tsv
    model items acknowledged.tsv >want.items
    dump "$1" >got.items
    lost "$(comm -23 want.items got.items | wc -l)" 'what was acknowledged is held'
}

sample --types idfa --lines 30000 >big.tsv
head -n 4000 big.tsv >part1.tsv
sed -n '4001,8000p' big.tsv >part2.tsv
cat part1.tsv part2.tsv >both.tsv
mkfifo fifo

fault 7
note 'full'
start_memcached full -M -m 4
F=$(addr full)
status 75 'a server that is out of memory' -- "$sink" -s stats.json -u undelivered "$F" big.tsv
conserved stats.json big.tsv
check_undelivered big.tsv
check_stored "$F" big.tsv
stored=$(jq .stored stats.json)
held=$(stat_of "$F" curr_items)
ok 'no more than a window is held beyond what was acknowledged' -- test "$held" -ge "$stored" -a "$held" -le $((stored + 2048))
file_like err 'memory' 'the message says why'
start_memcached roomy -m 1024
R=$(addr roomy)
status 0 'what was undelivered goes to another' -- "$sink" -s stats.json "$R" undelivered
check_items "$R" undelivered
stop_memcached full
rm -f undelivered

fault 8
note 'too large'
# Every other record is too large for it; each key has an old value.
start_memcached small -I 1024 -o "$(slab_chunk_max 1024)"
S=$(addr small)
sample --types idfa --lines 3000 --max-apps 1 >old.tsv
sample --types idfa --lines 3000 --max-apps 1000 >new.tsv
status 0 'old values' -- "$sink" "$S" old.tsv
status 0 'new ones' -- "$sink" -e none -s stats.json -r refused "$S" new.tsv
model items old.tsv >old.items
model items new.tsv >new.items
cat >sizes.awk <<'END'
function too_large() { return 56 + length($1) / 2 + 1 + length($2) / 2 + 2 > 1024 }
FNR == 1 { file++ }
file == 1 { old[$1] = $2 }
file == 2 { print $1, too_large() ? old[$1] : $2 }
file == 2 && too_large() { print >"too.large" }
END
awk -f sizes.awk old.items new.items >want.items
dump "$S" >got.items
is_file got.items want.items 'what is too large left its old value alone'
is "$(jq .refused stats.json)" "$(wc -l <too.large)" 'as many are refused'
is "$(wc -l <refused)" "$(wc -l <too.large)" 'and rejected'
ok 'some are' -- test -s too.large
json stats.json '[.invalid,.undelivered]' '[0,0]' 'none is invalid or undelivered'
awk 'NR == FNR { refused[$0] = 1; next } $0 in refused' refused new.tsv >want
is_file refused want 'with their own bytes, in order'
# The largest that fits: 56 + 7 + 1 + (470 apps of 2 bytes, and 18) + 2 = 1024.
apps=$(yes 1 | head -n 470 | tr '\n' , | sed 's/,$//')
printf 'idfa\txy\t1\t2\t%s\n' "$apps" >edge.tsv
status 0 'a record of just that size' -- "$sink" -s stats.json "$S" edge.tsv
json stats.json '[.stored,.refused]' '[1,0]' 'is stored'
printf 'idfa\txyz\t1\t2\t%s\n' "$apps" >edge.tsv
status 0 'one byte more' -- "$sink" -e none -s stats.json "$S" edge.tsv
json stats.json '[.stored,.refused]' '[0,1]' 'is refused'
stop_memcached small

fault 9
note 'evictions'
start_memcached tiny -m 4
status 65 'a server that evicts' -- "$sink" -s stats.json "$(addr tiny)" big.tsv
json stats.json '[.stored,.doubt,.exit]' '[30000,"evicted",65]' 'has acknowledged all, and forgotten'
is "$(jq .evictions stats.json)" "$(stat_of "$(addr tiny)" evictions)" 'as it says itself'
file_like err 'evict' 'the message names evictions'
restart_memcached tiny
status 0 '--allow-evictions' -- "$sink" --allow-evictions -s stats.json "$(addr tiny)" big.tsv
json stats.json '[.exit, .evictions > 0]' '[0,true]' 'excuses them'
stop_memcached tiny

# Feeds part 1, waits until it is stored, runs the command, feeds part 2 and ends the input.
halfway() { # COMMAND…
    exec 5<>fifo
    bounded cat part1.tsv >&5
    eventually 'the first half is stored' -- holds "$A" 4000
    "$@"
    bounded cat part2.tsv >&5
    exec 5<&-
}

fault 11
note 'what a server does halfway'
start_memcached m
A=$(addr m)
background half "$sink" -s stats.json "$A" fifo
halfway empty "$A"
finish 65 half 'a flush'
json stats.json '[.stored,.doubt]' '[8000,"flushed"]' 'is told'
check_items "$A" part2.tsv
restart_memcached m
background half "$sink" --allow-evictions -s stats.json "$A" fifo
halfway empty "$A"
finish 65 half 'a flush, with --allow-evictions'
fault 3
restart_memcached m
empty "$A" # a counter that can become lower than it was
background half "$sink" -s stats.json "$A" fifo
halfway ask "$A" 'stats reset'
finish 65 half 'stats reset'
json stats.json '[.stored,.doubt]' '[8000,"unproven"]' 'is told'
fault 98
restart_memcached m # all counters are 0, before and after
reset_after_flush() {
    empty "$A"
    ask "$A" 'stats reset'
}
background half "$sink" --sample 0 -s stats.json "$A" fifo
halfway reset_after_flush
finish 65 half 'a flush and stats reset behind it'
json stats.json '[.stored,.doubt]' '[8000,"unproven"]' 'is told'
file_like half.err 'went back' 'with what was found'
restart_memcached m
background half "$sink" -R 60 -s stats.json -u undelivered "$A" fifo
halfway restart_memcached m
finish 65 half 'a restart'
json stats.json '[.stored,.undelivered,.doubt]' '[8000,0,"restarted"]' 'is told'
is "$(grep -c "^memc_sink: $A: was restarted: " half.err)" 1 'when it is found, too'
is "$(jq '.retries > 0' stats.json)" true 'it has connected again'
check_items "$A" part2.tsv
is_file undelivered /dev/null 'nothing is undelivered'
rm -f undelivered

fault 2
note 'a server that goes away'
restart_memcached m
background half "$sink" -R 1 -t 300ms -s stats.json -u undelivered "$A" fifo
halfway stop_memcached m
finish 75 half 'for good'
json stats.json '[.lines,.stored,.undelivered,.exit]' '[8000,4000,4000,75]' 'the rest is undelivered'
is_file undelivered part2.tsv 'byte for byte'
rm -f undelivered
restart_memcached m
background half "$sink" -R 1 -t 300ms -s stats.json "$A" fifo
exec 5<>fifo
bounded cat part1.tsv >&5
eventually 'the first half is stored' -- holds "$A" 4000
stop_memcached m
bounded head -n 1 part2.tsv >&5
finish 75 half 'without -u it ends while its writer is still there'
exec 5<&-
json stats.json '[.stored, .lines == .stored + .undelivered]' '[4000,true]' 'and counts what it had read'
fault 1
status 69 'never there' -- "$sink" -R 1 -t 300ms -s stats.json -u undelivered "$A" both.tsv
json stats.json '[.lines,.undelivered,.exit]' '[8000,8000,69]' 'everything is undelivered'
is_file undelivered both.tsv 'byte for byte'
rm -f undelivered
restart_memcached m
stop_memcached m
background late "$sink" -R 60 -t 300ms -s stats.json "$A" both.tsv
rests late 5 # it has been refused before the server comes
restart_memcached m
finish 0 late 'late, but in time'
check_items "$A" both.tsv
json stats.json '[.stored,.doubt]' '[8000,null]' 'nothing is in doubt'

fault 4 6 56
note 'a server that is stopped for longer than the timeout, again and again'
start_memcached stopped -t 4
sample --types idfa --lines 32000 --keys 10 --max-apps 10 >keys.tsv
split -n l/5 keys.tsv round.
background busy "$sink" -t 300ms -R 60 -s stats.json "$(addr stopped)" fifo
exec 5<>fifo
bounded dd if=round.aa of=fifo status=none
until_true has_items "$(addr stopped)" # so the sink knows whom it speaks to
for round in round.a[!a]; do
    send STOP stopped
    background feeder dd if="$round" of=fifo status=none
    until_true was_left "$(addr stopped)" # what was sent is in doubt, and is sent again
    send CONT stopped
    finish 0 feeder "$round is read"
done
exec 5<&-
finish 0 busy 'the sink carries on'
json stats.json '[.stored,.undelivered,.doubt]' '[32000,0,null]' 'every record is acknowledged'
is "$(jq '.retries > 0' stats.json)" true 'after connecting again'
check_items "$(addr stopped)" keys.tsv
fault 4
empty "$(addr stopped)"
background busy "$sink" -t 300ms -R 1 -s stats.json -u undelivered "$(addr stopped)" fifo
stop_within both.tsv 11 stopped
finish 75 busy 'stopped for good'
conserved stats.json both.tsv
check_undelivered both.tsv
send CONT stopped
status 0 'undelivered, when it runs again' -- "$sink" "$(addr stopped)" undelivered
check_items "$(addr stopped)" both.tsv
rm -f undelivered
stop_memcached stopped

note 'the same over a Unix socket, where nothing may be sent twice'
start_memcached_unix u
background busy "$sink" -t 300ms -R 1 -s stats.json -u undelivered "$(addr u)" fifo
stop_within both.tsv 10 u
finish 75 busy 'a batch in doubt is not replayed'
conserved stats.json both.tsv
check_undelivered both.tsv
send CONT u
status 0 'undelivered, when it runs again' -- "$sink" "$(addr u)" undelivered
check_items "$(addr u)" both.tsv
rm -f undelivered
stop_memcached u

head -n 400 big.tsv >few.tsv
fault 5
note 'a slow one'
start_hostile proxy proxy --upstream "$A" --delay 0.1
empty "$A"
status 0 'answers that take their time' -- "$sink" -b 16 -s stats.json "$(addr proxy)" few.tsv
json stats.json '[.stored,.retries]' '[400,0]' 'are no error'
check_items "$A" few.tsv
send KILL proxy

# The rest has been by libmemcached before: in this file, as the fake server speaks binary, and in faults/cut.t.
[ "$PROTOCOL" != binary ] || done_testing

fault
note 'a connection that breaks after so many bytes of answers'
for kind in reset end; do
    case $kind in reset) fault 12 ;; end) fault 13 ;; esac
    for bytes in 1 23 24 25 48 500 2000 3000 3500 4000 6000 9000; do
        empty "$A"
        start_hostile proxy proxy --upstream "$A" --$kind-after $bytes
        bounded "$sink" -R 1 -t 1 -s stats.json -u undelivered "$(addr proxy)" few.tsv 2>err
        code=$?
        # 65: the connection that broke was the one for the last look at the counters.
        like "$code" '^(0|65|75)$' "$kind after $bytes bytes: loaded, unproven or undelivered ($code)"
        case $code in 0 | 65 | 75) ;; *) show stderr err ;; esac
        conserved stats.json few.tsv
        check_stored "$A" few.tsv
        if [ -s undelivered ]; then
            check_undelivered few.tsv
            bounded "$sink" -q "$A" undelivered 2>err || fail 'what was undelivered cannot be loaded'
        fi
        check_items "$A" few.tsv
        rm -f undelivered
        send KILL proxy
    done
done

fault
note 'answers that no plain set may get'
fake_case() { # CODE STORED REFUSED TEXT -- FAKE OPTION…
    fake_code=$1 fake_stored=$2 fake_refused=$3 fake_text=$4
    shift 5
    rm -f undelivered refused
    start_hostile fake fake "$@"
    status "$fake_code" "$fake_text" -- "$sink" -e none -R 1 -s stats.json -u undelivered -r refused "$(addr fake)" few.tsv
    json stats.json '[.stored,.refused,.undelivered]' "[$fake_stored,$fake_refused,$((400 - fake_stored - fake_refused))]" 'counted to the record'
    check_undelivered few.tsv
    send KILL fake
}
fake_case 0 400 0 'the fake server itself' --
fault 18
fake_case 76 99 0 'not stored' -- --after 100 --status 05
fake_case 76 99 0 'data exists' -- --after 100 --status 02
fake_case 76 0 0 'not stored, at the first record' -- --status 05
fault 17
fake_case 75 99 0 'out of memory' -- --after 100 --status 82
fault 16
fake_case 77 99 0 'authentication' -- --after 100 --status 20
fault 18
fake_case 76 99 0 'unknown command' -- --after 100 --status 81
fake_case 76 99 0 'busy' -- --after 100 --status 85
fake_case 76 99 0 'temporary failure' -- --after 100 --status 86
fake_case 76 99 0 'key not found' -- --after 100 --status 01
fault 8
fake_case 0 99 301 'too large, though it had said otherwise' -- --after 100 --status 03
fault 3
fake_case 65 400 0 'counters that cannot be read' -- --no-stats
json stats.json '[.evictions,.doubt]' '[null,"unproven"]' 'prove nothing'
start_hostile fake fake --no-stats
status 0 'the same with --allow-evictions' -- "$sink" --allow-evictions "$(addr fake)" few.tsv
send KILL fake
fault 76
fake_case 0 400 0 'a version that has no slab_reassign_evictions_nomem' -- --modern
json stats.json '[.evictions,.doubt]' '[0,null]' 'nothing was evicted'

fault 14
note 'no memcached'
for kind in http redis tls smtp noise echo; do
    start_hostile stranger $kind
    status 76 "$kind" -- "$sink" -R 1 -t 300ms -s stats.json "$(addr stranger)" few.tsv
    json stats.json '[.stored,.exit]' '[0,76]' 'nothing is stored'
    send KILL stranger
done
fault 15
for kind in silent deaf closing; do
    start_hostile stranger $kind
    status 69 "$kind" -- "$sink" -R 1 -t 300ms -s stats.json "$(addr stranger)" few.tsv
    json stats.json '[.stored,.exit]' '[0,69]' 'nothing is stored'
    send KILL stranger
done

note 'not for us'
fault 16
printf 'user:password\n' >users
start_memcached closed -Y "$T/users"
status 77 'a server that demands a password' -- "$sink" -R 1 -t 1 "$(addr closed)" few.tsv
stop_memcached closed
fault 15
for mode in no_maxconns_fast maxconns_fast; do
    start_memcached crowded -c 20 -o $mode
    start_hostile holder hold --upstream "$(addr crowded)"
    status 69 "a server at its connection limit ($mode)" -- "$sink" -R 1 -t 300ms "$(addr crowded)" few.tsv
    file_like err 'limit|connections' 'the message has a hint'
    send KILL holder
    stop_memcached crowded
done
fault 16
status 69 'an unknown host' -- "$sink" -R 1 -t 1 no-such-host.invalid:11211 few.tsv
file_like err 'no-such-host\.invalid' 'the message names it'
fault 1
status 69 'a Unix socket that is not there' -- "$sink" -R 300ms "$T/none.sock" few.tsv
fault 16
start_memcached_unix private
if [ "$(id -u)" -eq 0 ] && chmod 711 "$T" && setpriv --reuid 65534 --clear-groups test -x "$sink" 2>/dev/null; then
    status 77 'a Unix socket that denies access' -- setpriv --reuid 65534 --clear-groups "$sink" -R 300ms "$(addr private)" <few.tsv
else
    skip 'cannot become another user here' 'a Unix socket that denies access'
fi

done_testing
