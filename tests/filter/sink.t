#!/bin/sh
# SPDX-License-Identifier: MIT
# memc_sink: what the server holds afterwards, read back by another client, and what the counters say.
. "$(dirname "$0")/../lib/harness.sh"

sink=$BIN/memc_sink
counters='{lines,blank,invalid,apps_dropped,bytes_in,bytes_out}'

# The model's items in want.items; kept, since most checks here are about the same file.
want_items() { # FILE [MODEL OPTION…]
    items_kept=items.$(echo "$*" | cksum | cut -d ' ' -f 1).$(cksum <"$1" | cut -d ' ' -f 1)
    [ -s "$items_kept" ] || model items "$@" >"$items_kept"
    cp "$items_kept" want.items
}

# Everything on the server against the last value of each key of FILE, nothing more and nothing less.
check_items() { # ADDR FILE [MODEL OPTION…]
    items_addr=$1
    shift
    dump "$items_addr" >got.items
    want_items "$@"
    is_file got.items want.items 'the server holds exactly these bytes'
}

check_counters() { # FILE [MODEL OPTION…]
    model sink "$@" >want.json
    is "$(jq -cS "$counters + {ok:.stored}" stats.json)" "$(jq -cS "$counters + {ok}" want.json)" 'the counters'
}

start_memcached m
A=$(addr m)

note 'a file of every kind of record'
sample --lines 8000 --types idfa --bad 0.005 --odd 0.05 >idfa.tsv
status 0 'a file' -- "$sink" -T idfa -s stats.json -r rejects -u undelivered "$A" idfa.tsv
check_items "$A" idfa.tsv --type idfa
check_counters idfa.tsv --type idfa
json stats.json '[.tool,.mode,.type,.server,.refused,.undelivered,.retries,.evictions,.doubt,.exit]' \
    "[\"memc_sink\",\"load\",\"idfa\",\"$A\",0,0,0,0,null,0]" 'the other counters'
json stats.json .protocol "\"${PROTOCOL:-meta}\"" 'the protocol'
json stats.json 'keys_unsorted - ["label"]' \
    '["tool","version","mode","type","server","protocol","lines","blank","stored","invalid","refused","undelivered","apps_dropped","apps_dropped_records","retries","evictions","doubt","sampled","sample_missing","zero_bytes","bytes_in","bytes_out","seconds","start","end","timeout_ms","limit_numerator","limit_denominator","exit","reasons"]' \
    "the counters' names in their order"
is "$(wc -l <stats.json)" 1 'one line'
model rejects idfa.tsv --type idfa >want.rejects
is_file rejects want.rejects 'rejects are the invalid lines, byte for byte'
# By each line's offset and by its number the same line is found: the reject.
cut -f 2 rejects.why | while read -r offset; do tail -c "+$((offset + 1))" idfa.tsv | head -n 1; done >found
is_file found rejects 'rejects.why has the offset of each'
cut -f 1 rejects.why | while read -r number; do sed -n "${number}{p;q}" idfa.tsv; done >found
is_file found rejects 'and its number'
is "$(grep -Evc '^[0-9]+	[0-9]+	[A-Za-z0-9 -]+$' rejects.why)" 0 'and a reason, without a byte of the line'
is_file undelivered /dev/null 'nothing is undelivered'
is "$(stat -c %a rejects rejects.why undelivered | sort -u)" 600 'all files are private'
file_like err 8000 'the summary has the number of lines'
file_unlike err '[0-9a-f]{32}' 'no device id in any message'
dump "$A" --flags | cut -d ' ' -f 3- | sort -u >flags
is "$(cat flags)" '0 -1' 'flags 0, no expiry'
fault 65
status 65 'the rejects again' -- "$sink" -T idfa -r again "$A" rejects
is_file again rejects 'are rejected again, byte for byte'
check_items "$A" idfa.tsv --type idfa

fault
note 'ways in'
empty "$A"
status 0 'stdin' -- "$sink" -T idfa "$A" <idfa.tsv
check_items "$A" idfa.tsv --type idfa
empty "$A"
# shellcheck disable=SC2016 # bash expands these
status 0 'a process substitution' -- bash -c '"$0" -T idfa "$1" <(cat idfa.tsv)' "$sink" "$A"
check_items "$A" idfa.tsv --type idfa
empty "$A"
mkfifo fifo
background writer sh -c 'cat idfa.tsv >fifo'
status 0 'a FIFO' -- "$sink" -T idfa "$A" fifo
finish 0 writer 'its writer is through'
check_items "$A" idfa.tsv --type idfa
start_memcached_unix u
U=$(addr u)
status 0 "a server's Unix socket" -- "$sink" -T idfa -s stats.json "$U" idfa.tsv
check_items "$U" idfa.tsv --type idfa
json stats.json .server "\"$U\"" 'its path is its name'
empty "$A"
status 0 'a host name' -- "$sink" -T idfa "localhost:${A##*:}" idfa.tsv
check_items "$A" idfa.tsv --type idfa
if grep -qs ' lo$' /proc/net/if_inet6; then
    launch_memcached v6 -l ::1 -U 0 -p -1
    await_memcached v6 || bail 'no memcached on ::1'
    V6="[::1]:$(sed -n 's/^TCP INET6: //p' v6.port)"
    status 0 'IPv6' -- "$sink" -T idfa "$V6" idfa.tsv
    check_items "$V6" idfa.tsv --type idfa
    stop_memcached v6
else
    skip 'no IPv6 on loopback' IPv6
fi

note 'types'
sample --lines 4000 >all.tsv
empty "$A"
status 0 'without -T any of the four is valid' -- "$sink" -s stats.json "$A" all.tsv
check_items "$A" all.tsv
json stats.json '[.type,.stored]' '[null,4000]' 'no type in the counters'
empty "$A"
status 0 'with -T the others are invalid' -- "$sink" -T gaid -e none -s stats.json -r r.gaid "$A" all.tsv
check_items "$A" all.tsv --type gaid
check_counters all.tsv --type gaid
grep -v '^gaid' all.tsv >want
is_file r.gaid want 'and rejected'

fault 56
note 'the last value of a key wins'
sample --lines 10000 --keys 30 --types idfa --max-apps 20 >keys.tsv
for batch in 1 2 7 512 1024; do
    empty "$A"
    status 0 "batches of $batch" -- "$sink" -b $batch -s stats.json "$A" keys.tsv
    check_items "$A" keys.tsv
    json stats.json .stored 10000 'each record is acknowledged'
done

fault
note 'error rate'
error_rate() { # STATUS GOOD BAD [OPTION…]
    rate_expected=$1 rate_good=$2 rate_bad=$3
    shift 3
    {
        i=0
        while [ $i -lt "$rate_good" ]; do printf 'idfa\tgood\t1\t2\t3\n' && i=$((i + 1)); done
        i=0
        while [ $i -lt "$rate_bad" ]; do echo bad && i=$((i + 1)); done
    } >rate.tsv
    status "$rate_expected" "$rate_good good, $rate_bad bad, ${*:-the default limit}" -- "$sink" "$@" -s stats.json "$A" rate.tsv
    json stats.json '[.stored,.invalid,.exit]' "[$rate_good,$rate_bad,$rate_expected]" 'as counted'
}
error_rate 0 0 0
error_rate 0 1 0
error_rate 65 0 1
error_rate 65 100 1
error_rate 0 101 1
error_rate 65 200 2
error_rate 0 201 2
error_rate 65 100 1 -e 1%
error_rate 0 101 1 -e 1%
error_rate 0 100 1 -e 0.0100001
error_rate 65 2 1 -e 0.5
error_rate 65 2 1 -e 50%
error_rate 0 3 1 -e 50%
error_rate 65 3 1 -e 0
error_rate 0 3 0 -e 0
error_rate 0 1 50 -e none
error_rate 65 3 3 -e 1
error_rate 0 4 3 -e 1
error_rate 65 8 1 -e .125
error_rate 0 9 1 -e .125
error_rate 65 1000 1 -e 0.1%
error_rate 0 1001 1 -e 0.1%

fault 58
note 'files that it writes'
printf 'idfa\ta\t1\t2\t3\nbad' >bad.tsv
status 0 'an unterminated bad line' -- "$sink" -e none -r r2 "$A" bad.tsv
is "$(cat r2; echo end)" "$(printf 'bad\nend')" 'is rejected with an LF'
is "$(cat r2.why)" '2	13	not five TAB-separated fields' 'its reason stands beside it'
status 73 'rejects that exist are not overwritten' -- "$sink" -e none -r r2 "$A" bad.tsv
status 73 'undelivered that exists neither' -- "$sink" -e none -u r2 "$A" bad.tsv
status 0 'with --append' -- "$sink" -e none -r r2 --append "$A" bad.tsv
is "$(cat r2)" "$(printf 'bad\nbad')" 'they are continued'
is "$(wc -l <r2.why)" 2 'and the reasons'
rm r2
status 0 'reasons that are left without rejects' -- "$sink" -e none -r r2 "$A" bad.tsv
is "$(wc -l <r2.why)" 1 'give way'
rm r2.why && echo kept >elsewhere && ln -s elsewhere r2.why && rm r2
status 73 'a link in the place of the reasons' -- "$sink" -e none -r r2 "$A" bad.tsv
is "$(cat elsewhere)" kept 'is not followed'
cp bad.tsv same.tsv
status 73 'rejects cannot be the input' -- "$sink" -e none -r same.tsv "$A" same.tsv
is_file same.tsv bad.tsv 'which stays'
ln -s r2 r3
status 73 'a symbolic link to a file is refused' -- "$sink" -e none -r r3 "$A" bad.tsv
fault 57
status 74 'rejects on a full device' -- "$sink" -e none -r /dev/full "$A" bad.tsv
status 74 'statistics on a full device' -- "$sink" -e none -s /dev/full "$A" bad.tsv
fault 58
status 73 'a folder that is not there' -- "$sink" -e none -r nowhere/r "$A" bad.tsv
mkfifo r.fifo
background rejects_reader cat r.fifo
status 0 'rejects into a FIFO' -- "$sink" -e none -r r.fifo "$A" bad.tsv
finish 0 rejects_reader 'its reader sees the end'
is "$(cat rejects_reader.out)" bad 'and the rejects'
fault
printf 'old\n' >s.json
ln s.json old.json
status 0 'statistics over an old file' -- "$sink" -e none -s s.json "$A" bad.tsv
is "$(cat old.json)" old 'replace it by rename'
json s.json .invalid 1 'with the new ones'
printf 'idfa\ta\t1\t2\t3\n' >one.tsv
status 0 'statistics on stdout' -- "$sink" -q -e none -s - "$A" one.tsv
json out '[.stored,.invalid]' '[1,0]' 'are the JSON line'
is_file err /dev/null 'nothing is said with -q when nothing is wrong'
status 0 'a label' -- "$sink" -e none --label 'name of the input' "$A" bad.tsv
file_like err 'name of the input' 'stands in the messages'

note 'expiry'
now() { date +%s; }
expires_between() { # FROM TO NAME
    dump "$A" --flags >flags
    expiry=$(cut -d ' ' -f 4 flags)
    ok "$3" -- test "$expiry" -ge "$1" -a "$expiry" -le "$2"
}
empty "$A"
start=$(now)
status 0 '--ttl 100' -- "$sink" --ttl 100 "$A" one.tsv
expires_between $((start + 98)) $(($(now) + 102)) 'expires after 100 s'
start=$(now)
status 0 '--ttl 30d' -- "$sink" --ttl 30d "$A" one.tsv
expires_between $((start + 2592000 - 2)) $(($(now) + 2592000 + 2)) 'expires after 30 days'
start=$(now)
status 0 '--ttl 31d' -- "$sink" --ttl 31d "$A" one.tsv
expires_between $((start + 2678400 - 2)) $(($(now) + 2678400 + 2)) 'expires after 31 days'
fault 112
cat >clock.py <<'END'
# In front of the server of PORT: tells its time as that of a clock DAYS away.
import contextlib, re, socket, sys, threading
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
def later(found):
    return b"STAT time %d" % (int(found[1]) + 86400 * int(sys.argv[2]))
def copy(source, sink):
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(re.sub(rb"STAT time (\d+)", later, data))
        sink.shutdown(socket.SHUT_WR)
while True:
    client, server = listener.accept()[0], socket.create_connection(("127.0.0.1", int(sys.argv[1])))
    for pair in (client, server), (server, client):
        threading.Thread(target=copy, args=pair, daemon=True).start()
END
for days in 60 -20 0; do
    "$PYTHON" clock.py "${A##*:}" "$days" >port &
    clock=$!
    kill_at_exit "$clock"
    until_true test -s port
    start=$(now)
    status 0 "--ttl 31d, a clock $days days away" -- "$sink" --ttl 31d "127.0.0.1:$(cat port)" one.tsv
    length=$((2678400 + days * 86400))
    expires_between $((start + length - 3)) $(($(now) + length + 3)) 'expires by that clock'
    case $days in
        60) file_like err 'its clock is 518[34][0-9]{3} s ahead of this one' 'which is told' ;;
        -20) file_like err 'its clock is 172[78][0-9]{3} s behind this one' 'which is told' ;;
        *) file_unlike err 'its clock' 'no word' ;;
    esac
    kill "$clock"
    rm -f port
done
fault
for ttl in 0 500ms 1500ms x -1; do
    status 64 "--ttl $ttl is refused" -- "$sink" --ttl "$ttl" "$A" one.tsv
done

note 'no server'
status 0 '--dry-run contacts nothing' -- "$sink" -n -T idfa -s stats.json -r dry.rejects 127.0.0.1:1 idfa.tsv
check_counters idfa.tsv --type idfa
json stats.json .mode '"dry-run"' 'it says so'
is_file dry.rejects want.rejects 'it rejects the same lines'
is_file out /dev/null 'and prints no record'
printf 'idfa\tone\t1.5\t-2\t3,4\n\ngaid\ttwo\t0\t1\tx\n' >dry.tsv
status 0 '--dry-run -v' -- "$sink" -n -v 127.0.0.1:1 dry.tsv
sed 's/ *$//; s/\.0\( \|$\)/\1/g' out >dry.out
printf '127.0.0.1:1 - idfa:one -> apps: 3 apps: 4 lat: 1.5 lon: -2\n127.0.0.1:1 - gaid:two -> lat: 0 lon: 1\n' >want
is_file dry.out want 'prints each record'
status 0 '--test' -- "$sink" --test

note 'counters of a server'
status 0 '--counters' -- "$sink" --counters "$A"
is "$(jq -r .pid out)" "$(stat_of "$A" pid)" 'its pid'
is "$(jq -r .evictions out)" "$(stat_of "$A" evictions)" 'its evictions'
is "$(jq -r .cmd_flush out)" "$(stat_of "$A" cmd_flush)" 'its flushes'
is "$(jq -r .item_size_max out)" 1048576 'its item_size_max'
is "$(jq -r .total_items out)" "$(stat_of "$A" total_items)" 'its items'
is "$(jq -r '.time - .uptime == .start' out)" true 'its start'
nomem=$(stat_of "$A" slab_reassign_evictions_nomem)
is "$(jq -c .nomem out)" "${nomem:-null}" 'what memcached since 1.6.34 does not count: null there'
is "$(jq -c .slab_reassign_busy_deletes out)" "$(stat_of "$A" slab_reassign_busy_deletes)" 'items deleted by page moves'
json out .extstore_objects_evicted null 'it has no disk'
is "$(wc -l <out)" 1 'one line'

note 'counters compared with an earlier line'
cp out before
status 0 'nothing happened' -- "$sink" --counters --since before "$A"
json out .doubt null 'no doubt'
jq -c '.stored = 1' before >stored
status 0 'one record was stored, of which the server knows nothing' -- "$sink" --counters --since stored "$A"
json out .doubt '"unproven"' 'the counters were reset'
printf 'idfa\tsince\t1\t2\t3\n' >since.tsv
status 0 'it is stored' -- "$sink" "$A" since.tsv
status 0 'counted' -- "$sink" --counters --since stored "$A"
json out .doubt null 'no doubt'
empty "$A"
status 0 'after a flush' -- "$sink" --counters --allow-evictions --since before "$A"
json out .doubt '"flushed"' 'it is flushed'
jq -c '.pid += 1 | .time = .start' before >other
status 0 'another process, begun after that reading' -- "$sink" --counters --since other "$A"
json out .doubt '"restarted"' 'it was restarted'
jq -c '.pid += 1 | .time = .start + 60' before >other
status 0 'another process, that ran before' -- "$sink" --counters --since other "$A"
json out .doubt '"unproven"' 'two servers behind one address'
: >nothing
status 0 'a reading that failed' -- "$sink" --counters --since nothing "$A"
json out .doubt '"unproven"' 'is unproven'
status 0 'the same, allowed' -- "$sink" --counters --allow-evictions --since nothing "$A"
json out .doubt null 'is excused'
status 69 'a server that is gone' -- "$sink" --counters -R 0 --since before 127.0.0.1:1
json out '[.doubt,.pid]' '["unproven",null]' 'is told by a line, too'
status 66 'no such file' -- "$sink" --counters --since absent "$A"
status 65 'another file' -- "$sink" --counters --since since.tsv "$A"
file_like err 'since\.tsv: not a line' 'it is named'

note 'a FIFO'
rm -f fifo
mkfifo fifo
fault 22
status 73 'no writer comes' -- "$sink" --wait 300ms "$A" fifo
file_like err fifo 'the message names it'
background writer sh -c ': >fifo'
status 0 'a writer that writes nothing' -- "$sink" -s stats.json "$A" fifo
finish 0 writer 'it came and went'
json stats.json .lines 0 'no line'
fault 25
background first "$sink" -k "$A" fifo
until_true grep -q ":$(stat -c %i fifo) " /proc/locks # a lock that is tried could be in its way
status 73 'a second sink on the same FIFO' -- "$sink" "$A" fifo
file_like err fifo 'is told which'
eventually 'the first goes on' -- alive first
send TERM first
finish 0 first 'and ends by TERM'

fault
note 'records do not wait for the end of the input'
empty "$A"
background sitting "$sink" -s stats.json "$A" fifo
exec 5<>fifo
printf 'idfa\tearly\t1\t2\t3\n' >&5
eventually 'an only record is stored while its writer lives' -- has_key "$A" idfa:early
ask "$A" "get idfa:early" >early
is "$(od -An -tx1 early | tr -d ' \n')" 080311000000000000f03f190000000000000040 'with its bytes worked out by hand'
printf 'idfa\tlate\t1' >&5
exec 5>&-
finish 65 sitting 'an unterminated rest is a line at the end of the input: two numbers too few'
json stats.json '[.lines,.stored,.invalid]' '[2,1,1]' 'counted'

fault 41
note 'ends of the input'
empty "$A"
printf 'idfa\ta\t1\t2\t3\r\nidfa\tb\t1\t2\t3' >ends.tsv
status 0 'an unterminated last line' -- "$sink" -s stats.json "$A" ends.tsv
check_items "$A" ends.tsv
json stats.json '[.lines,.stored]' '[2,2]' 'is a line'
empty "$A"
fault 30
status 74 '--whole-lines' -- "$sink" --whole-lines -s stats.json -r whole.rejects "$A" ends.tsv
json stats.json '[.lines,.stored,.invalid,.exit]' '[2,1,1,74]' 'takes it for cut'
head -n 1 ends.tsv >first.tsv
check_items "$A" first.tsv
status 0 '--whole-lines and a whole input' -- "$sink" --whole-lines "$A" first.tsv

fault 42
note 'long lines'
{
    printf 'idfa\tlong\t1\t2\t'
    seq -s , 1 5000
    cat one.tsv
} >long.tsv
status 0 '--max-line' -- "$sink" -e none --max-line 1K -s stats.json -r long.rejects "$A" long.tsv
json stats.json '[.lines,.stored,.invalid]' '[2,1,1]' 'makes a longer line invalid'
head -n 1 long.tsv >want
is_file long.rejects want 'and rejects it whole'

fault
note '-k: writers come and go'
empty "$A"
want_items idfa.tsv --type idfa
model rejects idfa.tsv --type idfa >want.rejects
background standing "$sink" -k -T idfa -s stats.json -r standing.rejects "$A" fifo
split -n l/3 idfa.tsv part.
for part in part.a?; do
    background writer dd if="$part" of=fifo status=none
    finish 0 writer "$part is written"
done
eventually 'all is stored while the sink stands' -- holds "$A" "$(wc -l <want.items)"
send TERM standing
finish 0 standing 'TERM is the end of the input'
check_items "$A" idfa.tsv --type idfa
check_counters idfa.tsv --type idfa
is_file standing.rejects want.rejects 'rejects, in order'

fault 59
note 'signals'
mkfifo slow
for signal in INT TERM HUP; do
    empty "$A"
    background stopped "$sink" -s stats.json "$A" slow
    exec 5<>slow
    bounded cat all.tsv >&5
    printf 'idfa\trest without LF\t1\t2\t3' >&5
    eventually 'what was read is stored' -- holds "$A" 4000
    send "$signal" stopped
    case $signal in INT) number=2 ;; TERM) number=15 ;; HUP) number=1 ;; esac
    finish $((128 + number)) stopped "$signal is raised again"
    exec 5>&-
    json stats.json '[.lines,.stored,.undelivered,.exit]' "[4000,4000,0,$((128 + number))]" 'what was read is settled, the unterminated rest not counted'
    check_items "$A" all.tsv
done

note 'zero bytes in a row'
fault 100
{ printf 'idfa\tz\t1\t2\t3\nidfa\tz' && head -c 5000 /dev/zero && printf '\t1\t2\t3\n'; } >holed.tsv
status 74 'in a record' -- "$sink" -e none -s stats.json "$A" holed.tsv
json stats.json '[.lines,.stored,.invalid,.zero_bytes,.exit]' '[2,1,1,5000,74]' 'are damage'
file_like err 'damaged: 5000 zero bytes .* from line 2 on' 'and told'
fault

done_testing
