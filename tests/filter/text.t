#!/bin/sh
# SPDX-License-Identifier: MIT
# memc_sink and memc_load in the classic text protocol: to a memcached where it is asked for, and through twemproxy (Debian's
# nutcracker), which speaks nothing else, in front of two memcached servers; it tells no counters and hides which connection was whose.
# shellcheck disable=SC2154,SC2317 # ADDR_NAME and PID_NAME are set by the harness, which calls functions by name
. "$(dirname "$0")/../lib/harness.sh"

sink=$BIN/memc_sink
PATH=$PATH:/usr/sbin

# What all these servers hold together against the last value of each key of FILE.
check_items() { # FILE ADDR…
    model items "$1" >want.items
    shift
    for items_addr in "$@"; do dump "$items_addr"; done | sort >got.items
    is_file got.items want.items 'the servers hold exactly these bytes'
}

# What was counted as stored is held, with its last value.
check_stored() { # FILE ADDR…
    head -n "$(jq .stored stats.json)" "$1" >acknowledged.tsv
    shift
    model items acknowledged.tsv >want.items
    for items_addr in "$@"; do dump "$items_addr"; done | sort >got.items
    lost "$(comm -23 want.items got.items | wc -l)" 'what was acknowledged is held'
}

check_undelivered() { # FILE
    tail -n "$(jq .undelivered stats.json)" "$1" >want.undelivered
    is_file undelivered want.undelivered 'undelivered are the last lines, byte for byte'
    rm -f undelivered
}

held() { # ADDR…: how many items are there together
    for held_addr in "$@"; do stat_of "$held_addr" curr_items; done | awk '{ sum += $1 } END { print sum }'
}

hold_together() { # N ADDR…
    hold_count=$1
    shift
    [ "$(held "$@")" -eq "$hold_count" ]
}

delete_a_third() { # ADDR: every third key
    dump "$1" | sed -n '0~3p' | bounded "$PYTHON" -c 'import socket, sys
host, port = sys.argv[1].split(":")
with socket.create_connection((host, int(port))) as server, server.makefile("rb") as answers:
    for line in sys.stdin:
        server.sendall(b"delete " + bytes.fromhex(line.split()[0]) + b"\r\n")
        answers.readline()' "$1"
}

free_ports() {
    "$PYTHON" -c 'import socket
sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
print(*(each.getsockname()[1] for each in sockets))'
}

proxy_is_up() { ! alive proxy || "$PYTHON" -c 'import socket, sys; socket.create_connection(("127.0.0.1", int(sys.argv[1])))' "${ADDR_proxy##*:}"; }

# nutcracker wants its ports told; if one is taken meanwhile, it ends, and others are tried.
start_proxy() { # ADDR ADDR
    for proxy_try in 1 2 3 4 5; do
        free_ports >ports
        read -r proxy_port proxy_stats <ports
        ADDR_proxy=127.0.0.1:$proxy_port
        cat >proxy.yml <<END
pool:
  listen: $ADDR_proxy
  hash: fnv1a_64
  distribution: ketama
  auto_eject_hosts: false
  timeout: ${proxy_timeout_ms:-400}
  servers:
   - $1:1
   - $2:1
END
        background proxy nutcracker -c proxy.yml -a 127.0.0.1 -s "$proxy_stats"
        until_true proxy_is_up
        ! alive proxy || return 0
    done
    show "nutcracker did not start, try $proxy_try" proxy.err
    bail 'nutcracker does not start'
}

stop_proxy() {
    send KILL proxy
    finish 137 proxy 'the proxy is killed'
}

# Three keys, each again and again with another value.
seq 1500 | awk -v OFS='\t' '{ print "gaid", "same" $1 % 3, $1 / 8, -$1, "1," $1 }' >same.tsv
sample --types idfa --lines 3000 >plain.tsv
sample --types idfa --lines 4000 --bad 0.005 --odd 0.05 >odd.tsv
head -n 1500 plain.tsv >part1.tsv
tail -n +1501 plain.tsv >part2.tsv
mkfifo fifo

# A proxy passes the answers on some time after the servers have stored.
# shellcheck disable=SC2317 # called by until_true
has_heard() { # N
    send USR1 half
    [ "$(jq .stored stats.json)" = "$1" ]
}

# Feeds part 1, waits until it is stored there, runs the command, feeds part 2 and ends the input.
halfway() { # ADDRESSES COMMAND…
    halfway_addresses=$1
    shift
    rm -f stats.json
    exec 5<>fifo
    bounded cat part1.tsv >&5
    # shellcheck disable=SC2086 # words
    eventually 'the first half is stored' -- hold_together 1500 $halfway_addresses
    until_true has_heard 1500 || bail 'the sink does not count it'
    "$@"
    bounded cat part2.tsv >&5
    exec 5<&-
}

note 'a memcached of text'
start_memcached text -B ascii
A=$ADDR_text
status 0 'it speaks meta, too' -- "$sink" -s stats.json "$A" plain.tsv
json stats.json .protocol '"meta"' 'which is taken by itself'
file_unlike err 'slower' 'and nothing is said of it'
empty "$A"
printf '#!/bin/sh\nexec "%s" --protocol text "$@"\n' "$sink" >text_sink
chmod +x text_sink
sink=$T/text_sink
status 0 'a file of every kind of record' -- "$sink" -T idfa -s stats.json -r rejects "$A" odd.tsv
json stats.json .protocol '"text"' 'by text'
file_unlike err 'slower' 'what was asked for is not told'
model sink odd.tsv --type idfa >want.json
is "$(jq -c '[.lines,.blank,.invalid,.stored]' stats.json)" "$(jq -c '[.lines,.blank,.invalid,.ok]' want.json)" 'the counters'
json stats.json '[.refused,.undelivered,.retries,.evictions,.doubt]' '[0,0,0,0,null]' 'nothing is in doubt'
model rejects odd.tsv --type idfa >want.rejects
is_file rejects want.rejects 'the rejects'
check_items odd.tsv "$A"
dump "$A" --flags | cut -d ' ' -f 3- | sort -u >flags
is "$(cat flags)" '0 -1' 'flags 0, no expiry'
sets=$(stat_of "$A" cmd_set)
status 0 'read back' -- "$sink" --verify -T idfa -s stats.json "$A" odd.tsv
is "$(jq -c '[.verified,.missing,.differing]' stats.json)" "[$(jq .ok want.json),0,0]" 'every record is found equal'
is "$(stat_of "$A" cmd_set)" "$sets" 'nothing was stored for that'
status 0 'its counters' -- "$sink" --counters "$A"
json out '[.pid,.evictions,.item_size_max]' "[$PID_text,0,1048576]" 'can be read'
is "$(cat err)" '' 'it says nothing'
status 0 'keys that come again' -- "$sink" -s stats.json "$A" same.tsv
empty "$A"
status 0 'keys that come again' -- "$sink" -b 7 "$A" same.tsv
check_items same.tsv "$A"
empty "$A"
status 0 '--ttl' -- "$sink" --ttl 1h "$A" same.tsv
like "$(dump "$A" --flags | awk -v now="$(date +%s)" '{ print ($4 - now > 3300 && $4 - now <= 3601) }' | sort -u)" '^1$' 'an hour is left'
start_memcached_unix local -B ascii
status 0 'over a Unix socket' -- "$sink" -q "$ADDR_local" plain.tsv
check_items plain.tsv "$ADDR_local"
stop_memcached local

note 'it is full, or its items are small'
start_memcached full -B ascii -M -m 4
sample --types idfa --lines 30000 >big.tsv
status 75 'out of memory' -- "$sink" -s stats.json -u undelivered "$ADDR_full" big.tsv
conserved stats.json big.tsv
check_undelivered big.tsv
check_stored big.tsv "$ADDR_full"
file_like err 'out of memory' 'the message says why'
stop_memcached full
start_memcached small -B ascii -I 1024 -o "$(slab_chunk_max 1024)"
sed '0~2s/$/,'"$(seq -s , 400)"'/' part1.tsv >wide.tsv
sed -n '0~2p' wide.tsv >too-wide.tsv
sed -n '1~2p' wide.tsv >narrow.tsv
status 0 'too large for it' -- "$sink" -e none -s stats.json -r rejects.small "$ADDR_small" narrow.tsv
refused_before=$(jq .refused stats.json)
sets=$(stat_of "$ADDR_small" cmd_set)
status 0 'too large, every other one' -- "$sink" -e none -s stats.json -r rejects.wide "$ADDR_small" wide.tsv
json stats.json .refused "$((refused_before + 750))" 'is refused'
is "$(stat_of "$ADDR_small" cmd_set)" $((sets + $(jq .stored stats.json))) 'without being sent'
stop_memcached small

note 'it goes away, or stops'
empty "$A"
background half "$sink" -R 60 -s stats.json -u undelivered "$A" fifo
halfway "$A" restart_memcached text
finish 65 half 'a restart'
json stats.json '[.stored,.undelivered,.doubt,.retries > 0]' '[3000,0,"restarted",true]' 'is told'
check_items part2.tsv "$A"
rm -f undelivered
restart_memcached text
background half "$sink" -R 1 -t 300ms -s stats.json -u undelivered "$A" fifo
halfway "$A" stop_memcached text
finish 75 half 'gone for good'
json stats.json '[.stored,.undelivered]' '[1500,1500]' 'the rest is undelivered'
check_undelivered part2.tsv
status 69 'never there' -- "$sink" -R 0 "$A" plain.tsv
restart_memcached text
background half "$sink" -R 60 -t 300ms -s stats.json "$A" fifo
halfway "$A" send STOP text
eventually 'a stopped one is told of' -- grep -q 'no answer in time; trying again' half.err
send CONT text
finish 0 half 'it goes on when it is awake'
json stats.json '[.stored,.undelivered,.doubt]' '[3000,0,null]' 'and everything is stored'
check_items plain.tsv "$A"
empty "$A"
background half "$sink" -R 1 -t 300ms -s stats.json -u undelivered "$A" fifo
halfway "$A" send STOP text
finish 75 half 'stopped for good'
send CONT text
json stats.json '[.stored,.undelivered]' '[1500,1500]' 'the rest is undelivered'
check_undelivered part2.tsv
empty "$A"
background half "$sink" -s stats.json "$A" fifo
exec 5<>fifo
bounded cat part1.tsv >&5
eventually 'a half is stored' -- hold_together 1500 "$A"
send TERM half
finish 143 half 'a signal'
exec 5<&-
json stats.json '[.lines,.stored,.exit]' '[1500,1500,143]' 'all that was read is stored'

command -v nutcracker >/dev/null || {
    skip 'nutcracker is not installed (tools/setup all)' 'what concerns twemproxy'
    done_testing
    exit
}

note 'twemproxy before two servers'
sink=$BIN/memc_sink
start_memcached b1
start_memcached b2
start_proxy "$ADDR_b1" "$ADDR_b2"
N=$ADDR_proxy
status 65 'a file, without a sample' -- "$sink" --sample 0 -T idfa -s stats.json "$N" odd.tsv
json stats.json '[.evictions,.doubt]' '[null,"unproven"]' 'nobody knows whether it was kept'
file_like err 'counters cannot be read: unproven' 'it says so'
status 0 'a file' -- "$sink" -T idfa -s stats.json -r rejects.proxy "$N" odd.tsv
model sink odd.tsv --type idfa >want.json
is "$(jq -c '[.lines,.blank,.invalid,.stored]' stats.json)" "$(jq -c '[.lines,.blank,.invalid,.ok]' want.json)" 'is stored'
json stats.json '[.refused,.undelivered,.retries,.evictions,.doubt,.exit]' '[0,0,0,null,null,0]' 'the sample proves it'
json stats.json .protocol '"text"' 'by text'
is "$(grep -c 'speaks classic text only' err)" 1 'it says once what it met'
file_like err 'rests on a sample of [0-9]* keys, all of them there' 'and on what the proof rests'
check_items odd.tsv "$ADDR_b1" "$ADDR_b2"
ok 'both servers have a good part' -- test "$(held "$ADDR_b1")" -gt 500 -a "$(held "$ADDR_b2")" -gt 500
status 0 'read back' -- "$sink" --verify -T idfa -s stats.json "$N" odd.tsv
is "$(jq -c '[.verified,.missing,.differing]' stats.json)" "[$(jq .ok want.json),0,0]" 'every record is found equal'
empty "$ADDR_b2"
status 65 'read back with one server empty' -- "$sink" --verify -e none -T idfa -s stats.json "$N" odd.tsv
json stats.json '[.missing > 500, .verified > 500, .differing, .undelivered]' '[true,true,0,0]' 'its part is missing, the other there'
empty "$ADDR_b1"
bounded "$sink" -q --allow-evictions "$N" plain.tsv 2>err
delete_a_third "$ADDR_b1"
delete_a_third "$ADDR_b2"
# curr_items may still count items that flush_all has ended.
left=$({ dump "$ADDR_b1" && dump "$ADDR_b2"; } | wc -l)
ok 'keys are missing here and there' -- test "$left" -gt 1990 -a "$left" -lt 2010
status 65 'which the proxy answers out of order' -- "$sink" --verify -e none -s stats.json "$N" plain.tsv
json stats.json '[.verified,.missing,.differing,.undelivered]' "[$left,$((3000 - left)),0,0]" 'and none is mistaken for another'
status 0 'its counters' -- "$sink" --counters "$N"
json out 'del(.server) | [.[]] | unique' '[null]' 'are all unknown'
empty "$ADDR_b1" "$ADDR_b2"
status 0 'keys that come again, with --allow-evictions' -- "$sink" --allow-evictions -s stats.json "$N" same.tsv
json stats.json '[.stored,.doubt]' '[1500,null]' 'is no failure'
check_items same.tsv "$ADDR_b1" "$ADDR_b2"
empty "$ADDR_b1" "$ADDR_b2"
status 0 '--ttl' -- "$sink" --allow-evictions --ttl 1h "$N" same.tsv
for each in "$ADDR_b1" "$ADDR_b2"; do dump "$each" --flags; done >expiries
is "$(awk -v now="$(date +%s)" '{ print ($4 - now > 3300 && $4 - now <= 3601) }' expiries | sort -u)" 1 'an hour is left'

note 'a server behind it goes away'
empty "$ADDR_b1" "$ADDR_b2"
background half "$sink" --allow-evictions -R 60 -s stats.json "$N" fifo
halfway "$ADDR_b1 $ADDR_b2" stop_memcached b1
eventually 'it is told of' -- grep -q 'does not reach a server behind it; trying again' half.err
restart_memcached b1
finish 0 half 'it comes back'
file_like half.err ': is back' 'that is told, too'
json stats.json '[.stored,.undelivered,.retries > 0]' '[3000,0,true]' 'everything is stored'
model items part2.tsv >want.items
for each in "$ADDR_b1" "$ADDR_b2"; do dump "$each"; done | sort >got.items
is "$(comm -23 want.items got.items | wc -l)" 0 'the second half is there'
empty "$ADDR_b1" "$ADDR_b2"
background half "$sink" -R 1 -s stats.json -u undelivered "$N" fifo
halfway "$ADDR_b1 $ADDR_b2" stop_memcached b1
finish 75 half 'it stays away'
file_like half.err 'does not reach a server behind it: are all' 'the message says why'
json stats.json '[.lines,.stored + .undelivered,.stored >= 1500]' '[3000,3000,true]' 'every line has its outcome'
check_undelivered plain.tsv
# 69 or 75: the probe's own key is at this server or at the other one.
not_ok 'reading back fails' -- "$sink" --verify -R 1 -s stats.json "$N" plain.tsv
json stats.json '.exit == 69 or .exit == 75' true 'as a server is away'
file_like ok.log 'does not reach a server behind it: are all' 'and says so'
restart_memcached b1
empty "$ADDR_b2"
background half "$sink" -R 60 -s stats.json -u undelivered "$N" fifo
halfway "$ADDR_b1 $ADDR_b2" send STOP b1
finish 75 half 'it stops with a record on its way'
send CONT b1
file_like half.err 'failed with a record on its way' 'the message says why'
json stats.json '[.lines,.stored + .undelivered,.retries]' '[3000,3000,0]' 'it is not sent again'
check_stored plain.tsv "$ADDR_b1" "$ADDR_b2"
check_undelivered plain.tsv

note 'the proxy itself'
empty "$ADDR_b1" "$ADDR_b2"
background half "$sink" -R 60 -t 300ms -s stats.json -u undelivered "$N" fifo
halfway "$ADDR_b1 $ADDR_b2" send STOP proxy
finish 75 half 'a stopped one'
send CONT proxy
json stats.json '[.stored,.undelivered]' '[1500,1500]' 'what it got and did not answer is not sent again'
file_like half.err 'with records on their way' 'the message says why'
check_undelivered part2.tsv
# shellcheck disable=SC2016 # the inner shell is to expand these
status 69 'stopped from the start' -- sh -c 'kill -STOP "$1"; "$2" -R 1 -t 300ms "$3" plain.tsv; status=$?; kill -CONT "$1"; exit "$status"' sh "$PID_proxy" "$sink" "$N"
stop_proxy
status 69 'nobody there' -- "$sink" -R 0 "$N" plain.tsv

note 'full and small servers behind it'
stop_memcached b1 b2
start_memcached b1 -M -m 4
start_memcached b2 -M -m 4
start_proxy "$ADDR_b1" "$ADDR_b2"
N=$ADDR_proxy
status 75 'out of memory' -- "$sink" -s stats.json -u undelivered "$N" big.tsv
file_like err 'out of memory' 'the message says why'
conserved stats.json big.tsv
check_undelivered big.tsv
check_stored big.tsv "$ADDR_b1" "$ADDR_b2"
stop_proxy
stop_memcached b1 b2
start_memcached b1 -I 1024 -o "$(slab_chunk_max 1024)"
start_memcached b2 -I 1024 -o "$(slab_chunk_max 1024)"
start_proxy "$ADDR_b1" "$ADDR_b2"
N=$ADDR_proxy
status 0 'too large, every other one' -- "$sink" --allow-evictions -e none -s stats.json -r rejects.behind "$N" wide.tsv
json stats.json .refused "$((refused_before + 750))" 'is refused, by the server itself'
is_file rejects.behind rejects.wide 'the same lines as without a proxy'
grep -avxFf rejects.behind wide.tsv >taken.tsv
check_items taken.tsv "$ADDR_b1" "$ADDR_b2"
stop_proxy
stop_memcached b1 b2

note "memcached's own proxy"
start_hostile own fake --proxied
status 65 'its counters are of none of the servers that store' -- "$sink" --retry-for 1 -s stats.json "$ADDR_own" same.tsv
json stats.json '[.stored,.doubt]' '[1500,"unproven"]' 'and prove nothing'
status 0 '--counters' -- "$sink" --counters "$ADDR_own"
json out 'del(.server) | [.[]] | unique' '[null]' 'are all unknown'
send KILL own
# The true one, in Debian's memcached since 13, by meta with an answer to each set.
if memcached -h | grep -q proxy_config; then
    start_memcached b1
    start_memcached b2
    cat >routes.lua <<END
function mcp_config_pools()
    return mcp.pool({mcp.backend("b1", "127.0.0.1", ${ADDR_b1##*:}), mcp.backend("b2", "127.0.0.1", ${ADDR_b2##*:})})
end
function mcp_config_routes(pool)
    local route = mcp.funcgen_new()
    local handle = route:new_handle(pool)
    route:ready({n = "all", f = function(context)
        return function(request) return context:enqueue_and_wait(request, handle) end
    end})
    mcp.attach(mcp.CMD_ANY_STORAGE, route)
end
END
    start_memcached own -o "proxy_config=$T/routes.lua"
    sample --types idfa --lines 10000 --keys 300 >again.tsv
    status 0 'through it' -- "$sink" -s stats.json "$ADDR_own" again.tsv
    json stats.json '[.protocol,.stored,.doubt,.sampled > 0,.sample_missing]' '["meta",10000,null,true,0]' 'all is stored, and a sample read back'
    check_items again.tsv "$ADDR_b1" "$ADDR_b2"
    status 0 '--verify through it' -- "$sink" --verify -s stats.json "$ADDR_own" again.tsv
    json stats.json .verified 10000 'finds all'
    stop_memcached b2
    status 75 'one server behind it is away' -- "$sink" -R 1 -s stats.json -u undelivered "$ADDR_own" again.tsv
    conserved stats.json again.tsv
    check_undelivered again.tsv
    stop_memcached own b1
else
    skip 'this memcached is built without it' 'through it'
fi

note 'whole files'
proxy_timeout_ms=5000 # its servers are well, only slow on a busy machine
start_four_with -B ascii
make_load load
mkdir d
sample --lines 4000 >d/a.tsv
sample --lines 4000 --seed 9 >d/b.tsv
status 0 'memc_load, servers of text' -- ./load -w 2 -s stats d/a.tsv d/b.tsv
is "$(jq -sc 'map(.verdict)' stats)" '["loaded","loaded"]' 'both files are loaded'
status 0 'memc_load --verify' -- ./load --verify d/.b.tsv
stop_four
start_memcached b1
start_memcached b2
start_proxy "$ADDR_b1" "$ADDR_b2"
for each in idfa gaid adid dvid; do eval "ADDR_$each=\$ADDR_proxy"; done
rm -r work
make_load load
mv d/.a.tsv d/a.tsv
status 65 'memc_load, a proxy, without a sample' -- ./load -s stats --sink-option --sample=0 d/a.tsv
json stats '[.verdict,.reason,.stored,.sampled]' '["failed","unproven",4000,0]' 'is unproven: the counters of the run prove nothing'
ok 'the file keeps its name' -- test -f d/a.tsv
status 0 'with its sample' -- ./load -s stats d/a.tsv
json stats '[.verdict,.reason,.stored,.sampled >= 1000,.sample_missing]' '["loaded",null,4000,true,0]' 'it is loaded'
file_like err "^memc_load: 1 file: 1 loaded; .* 0 undelivered; $ADDR_proxy: no counters, samples were read back\$" 'and the summary says what that rests on'
file_like err "Successful load d/a.tsv \\(.*; .*$ADDR_proxy.*: no counters, a sample was read back\\)" 'as does the verdict on the file'
status 0 '-q' -- ./load -q -k d/.a.tsv
is "$(cat err)" '' 'says nothing of that, nor that it is slower, since all is well'
mv d/.a.tsv d/a.tsv
status 0 'memc_load --verify' -- ./load --verify d/a.tsv
status 0 'memc_load --allow-evictions' -- ./load --allow-evictions -s stats d/a.tsv
json stats .verdict '"loaded"' 'takes it as loaded'
ok 'and gives it its dot' -- test -f d/.a.tsv
check_items d/.a.tsv "$ADDR_b1" "$ADDR_b2"

done_testing
