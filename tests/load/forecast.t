#!/bin/sh
# SPDX-License-Identifier: MIT
# What memc_load --dry-run foresees, held against the servers after the load.
. "$(dirname "$0")/../lib/harness.sh"

start_memcached idfa -m 128 -o hashpower=12
start_memcached gaid -m 128 -f 1.08 -n 100
start_memcached adid -m 64 -I 8k -o "$(slab_chunk_max 4096)"
start_memcached dvid -m 6
make_load load
sample --seed 3 --lines 120000 --bad 0.002 | gzip -1 >a.tsv.gz
sample --seed 4 --lines 120000 --max-apps 400 --types gaid,idfa | gzip -1 >b.tsv.gz

needed() { sed -n "s/^memc_load: $1: .* needs \([0-9]*\) MiB for them; .*/\1/p" "$2"; }
pages() { echo $(($(ask "$(addr "$1")" 'stats slabs' total_malloced) / 1048576)); }

note 'before the load'
status 0 'a dry run' -- ./load -n -e 5% -s rows a.tsv.gz b.tsv.gz
cp err dry
for type in idfa gaid adid dvid; do
    is "$(stat_of "$(addr $type)" cmd_set)" 0 "$type: nothing is sent"
    stored=$(jq -s "[.[].parts.$type.stored] | add" rows)
    bytes=$(jq -s "[.[].parts.$type.bytes_out] | add" rows)
    file_like dry "^memc_load: $type: $stored records, $bytes bytes encoded; $(addr $type) needs [0-9]+ MiB for them; it has " "$type: the counts"
    is "$(jq -s "[.[].parts.$type.items | add // 0] | add" rows)" "$stored" "$type: each record is an item of some size"
done
for type in gaid adid; do file_like dry "^memc_load: $type: .* it has [0-9]+: they fit$" "$type: fits"; done
file_like dry '^memc_load: idfa: .* it has [0-9]+: they fit; its hash table has 2\^12 buckets, for these records it grows to 2\^[0-9]+: start it with -o hashpower=[0-9]+$' \
    'idfa: fits, and wants a larger hash table'
power=$(sed -n 's/^memc_load: idfa: .* -o hashpower=\([0-9]*\)$/\1/p' dry)
file_like dry '^memc_load: dvid: .* it has 6: they do not fit; start it with -m [0-9]+ or more$' 'dvid: does not'
bad=$(jq -s '[.[] | .invalid + .unknown] | add' rows)
file_like dry "^memc_load: $bad bad lines: [0-9]+ [a-z]" 'the bad lines, by reason'
is "$(sed -n 's/^memc_load: [0-9]* bad lines: //p' dry | tr , '\n' | awk '{sum += $1} END {print sum}')" "$bad" 'whose sum is that'

note 'after it'
status 65 'the load' -- ./load -k -e 5% a.tsv.gz b.tsv.gz
file_like err 'evicted on' 'dvid had too little memory'
for type in idfa gaid adid; do
    needed=$(needed $type dry) pages=$(pages $type)
    ok "$type: $needed MiB were foreseen, $pages MiB are taken: within a tenth" -- \
        test $((10 * needed)) -le $((11 * pages)) -a $((10 * needed)) -ge $((9 * pages))
done
file_unlike err 'hashpower' 'of which a load says nothing'

note 'a load with --verbose tells of the hash table as it was before'
stop_memcached idfa
start_memcached idfa -m 128 -o hashpower=12
make_load load
status 0 'the load' -- ./load -k -v -e 5% --only idfa,adid a.tsv.gz b.tsv.gz
file_like err "^memc_load: idfa: [0-9]+ records; .*: before the load its hash table has 2\\^12 buckets, for these records it grows to 2\\^$power: start it with -o hashpower=$power\$" 'a table that grew'
file_unlike err 'adid: .*hashpower' 'not of one that was large enough'

note 'the memory that it asks for is enough'
more=$(sed -n 's/^memc_load: dvid: .*start it with -m \([0-9]*\) or more$/\1/p' dry)
stop_memcached dvid
start_memcached dvid -m "$more"
make_load load
status 0 'the load' -- ./load -k -e 5% --only dvid a.tsv.gz b.tsv.gz
needed=$(needed dvid dry) pages=$(pages dvid)
ok "dvid: $needed MiB were foreseen, $pages MiB are taken: within a tenth" -- \
    test $((10 * needed)) -le $((11 * pages)) -a $((10 * needed)) -ge $((9 * pages))

note 'other servers'
status 0 'one that is full already' -- ./load -n -e 5% a.tsv.gz b.tsv.gz
file_like err '^memc_load: dvid: .* in use: they fit where they replace what is there$' 'is no room for others'
status 0 'one that is not there' -- ./load -n -e 5% --gaid 127.0.0.1:1 -o gaid a.tsv.gz
file_like err '^memc_load: gaid: [0-9]+ records, .* 127.0.0.1:1 needs [0-9]+ MiB for them; its limit is not known$' 'is told by the usual settings'
seq -f 'adid	large%.0f	1	2	3' 3 >large.tsv
sample --seed 5 --lines 2 --types adid --min-apps 4000 --max-apps 4000 >>large.tsv
status 0 'too large ones' -- ./load -n large.tsv
file_like err '^memc_load: adid: 5 records, .*; 2 exceed its item_size_max$' 'are told'
status 0 'quiet' -- ./load -n -q -e 5% a.tsv.gz
file_unlike err 'needs' 'says nothing of it'

note 'what memc_sink --counters says with --verbose'
status 0 'all of it' -- "$BIN/memc_sink" --counters --verbose "$(addr dvid)"
json out '.settings.maxbytes | tonumber' $((more * 1048576)) 'the limit'
json out '.stats.pid | tonumber' "$(stat_of "$(addr dvid)" pid)" 'the process'
status 0 'without' -- "$BIN/memc_sink" --counters "$(addr dvid)"
json out keys '["badcrc_from_extstore","cmd_flush","delete_hits","evictions","extstore_compact_lost","extstore_compact_skipped","extstore_objects_evicted","item_size_max","nomem","pid","server","slab_reassign_busy_deletes","start","time","total_items","uptime"]' 'only the counters'

note 'the hash table, which memcached doubles once a second at most, is as large as was foreseen'
has_grown() { [ "$(stat_of "$(addr idfa)" hash_power_level)" -ge "$power" ]; }
until_true has_grown
is "$(stat_of "$(addr idfa)" hash_power_level)" "$power" 'idfa: as large, and no larger'

done_testing
