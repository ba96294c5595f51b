#!/bin/sh
# SPDX-License-Identifier: MIT
# Every odd line in one file, through a router and four sinks into four servers, and read back: each line's outcome, each
# stored byte, each counter, and nothing else.
. "$(dirname "$0")/../lib/harness.sh"

route=$BIN/memc_route
sink=$BIN/memc_sink
sums='{lines,blank,invalid,apps_dropped,bytes_out}'

"$PYTHON" "$TESTS/lib/record_lines.py" in.tsv want.outcomes || bail 'no input'
model outcomes in.tsv >got.outcomes
is_file got.outcomes want.outcomes 'the model says of each line what was worked out by hand'

start_four
mkfifo idfa gaid adid dvid
for type in idfa gaid adid dvid; do
    background "sink_$type" "$sink" -T $type -e none -s $type.json -r $type.rejects -u $type.undelivered "$(addr $type)" $type
done
status 0 'the router' -- "$route" -s route.json -r route.rejects <in.tsv
for type in idfa gaid adid dvid; do finish 0 "sink_$type" "$type's sink"; done

model counts in.tsv >want.json
is "$(jq -cS '{lines,blank,invalid,unknown,skipped,routed}' route.json)" \
    "$(jq -cS '{lines,blank,invalid,unknown,skipped,routed}' want.json)" "the router's counters"
model unknown in.tsv >want.rejects
is_file route.rejects want.rejects "the router's rejects"
for type in idfa gaid adid dvid; do
    is "$(jq -cS "$sums + {ok:.stored}" $type.json)" "$(jq -cS ".sinks.$type | $sums + {ok}" want.json)" "$type's counters"
    json $type.json '[.refused,.undelivered,.retries,.evictions,.doubt]' '[0,0,0,0,null]' "$type: nothing else happened"
    dump "$(addr $type)" --flags >got.items
    model items in.tsv --type $type | sed 's/$/ 0 -1/' >want.items
    is_file got.items want.items "$type's server holds exactly these bytes"
    model route in.tsv --type $type >routed
    model rejects routed --type $type >want.rejects
    is_file $type.rejects want.rejects "$type's rejects"
    is_file $type.undelivered /dev/null "$type: nothing undelivered"
done

note 'bytes worked out by hand'
bytes_of() { ask "$(addr "${1%%:*}")" "get $1" | od -An -v -tx1 | tr -d ' \n'; }
tail='11000000000000f03f190000000000000040' # lat 1, lon 2
is "$(bytes_of adid:apps-1)" "080108020803$tail" 'apps 1,2,3'
is "$(bytes_of adid:apps-2)" "08ffffffff0f$tail" 'app 4294967295'
is "$(bytes_of adid:apps-3)" "$tail" 'no valid app'
is "$(bytes_of gaid:again)" '0806110000000000001040190000000000001440' 'the last value of a key'
is "$(bytes_of idfa:lat-1)" '0803110000000000000080190000000000000040' 'lat -0 keeps its sign'
is "$(bytes_of idfa:lat-26)" '0803110100000000000000190000000000000040' 'the smallest subnormal'
ask "$(addr dvid)" "get dvid:thousand" | (cd "$TOP/proto" && bounded protoc --decode=UserApps appsinstalled.proto) >decoded
is "$(tr '\n' ' ' <decoded)" 'apps: 999 lat: 1 lon: 2 ' 'protoc decodes it'

note 'one sink that takes every type, straight from the file'
start_memcached all
status 0 'the whole file' -- "$sink" -e none -s all.json -r all.rejects "$(addr all)" in.tsv
model sink in.tsv >want.json
is "$(jq -cS "$sums + {ok:.stored}" all.json)" "$(jq -cS "$sums + {ok}" want.json)" 'its counters'
dump "$(addr all)" >got.items
model items in.tsv >want.items
is_file got.items want.items 'the server holds exactly these bytes'
model rejects in.tsv >want.rejects
is_file all.rejects want.rejects 'its rejects'
status 0 'and all of it is verified' -- "$sink" --verify -e none -s all.json "$(addr all)" in.tsv
json all.json '[.missing,.differing]' '[0,0]' 'byte for byte'

fault 65
note 'rejects are valid input, and are rejected again'
status 65 'every line of them' -- "$sink" -r again.rejects "$(addr all)" all.rejects
is_file again.rejects all.rejects 'with the same bytes'
start_readers() {
    for type in idfa gaid adid dvid; do background "read_$type" cat $type; done
}
start_readers
status 0 "the router's too" -- "$route" -s route.json -r again.route <route.rejects
for type in idfa gaid adid dvid; do finish 0 "read_$type" "$type's reader"; done
is_file again.route route.rejects 'with the same bytes'

fault 49
note 'the same in a locale with a decimal comma'
mkdir locales
status 0 'a German locale' -- localedef -i de_DE -f UTF-8 "$T/locales/de_DE.UTF-8"
LOCPATH=$T/locales
export LOCPATH
is "$(LC_ALL=de_DE.UTF-8 /usr/bin/printf %.1f 1,5)" 1,5 'it has a decimal comma'
LC_ALL=de_DE.UTF-8 status 0 'in it' -- "$sink" --verify -e none "$(addr all)" in.tsv
unset LOCPATH

fault
note 'hostile lengths'
{
    head -c 3000000 /dev/zero | tr '\0' ' '
    printf '\nidfa\ta\t1\t2\t3\n'
} >white.tsv
status 0 'a blank line longer than a line may be' -- "$sink" -s m.json "$(addr all)" white.tsv
json m.json '[.lines,.blank,.stored,.invalid]' '[2,1,1,0]' 'is blank'
fault 43
million=$(seq -s , 1000000)
printf 'idfa\tmillion\t1\t2\t%s\nidfa\tafter\t1\t2\t3\n' "$million" >million.tsv
status 0 'a million apps' -- "$sink" -e none -s m.json -r m.rejects "$(addr all)" million.tsv
json m.json '[.lines,.stored,.invalid,.refused]' '[2,1,1,0]' 'are longer than a line may be'
status 0 'a million apps with --max-line 8M' -- "$sink" -e none --max-line 8M -s m.json -r m2.rejects "$(addr all)" million.tsv
json m.json '[.lines,.stored,.invalid,.refused]' '[2,1,0,1]' 'are refused as too large for the server'
is_file m2.rejects m.rejects 'and rejected whole'

done_testing
