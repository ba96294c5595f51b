#!/bin/sh
# SPDX-License-Identifier: MIT
# memc_sink --verify: compares what the server holds with a file, and stores nothing. --get: prints what it holds.
. "$(dirname "$0")/../lib/harness.sh"

sink=$BIN/memc_sink
sums='[.lines,.blank,.invalid,.refused,.verified,.missing,.differing,.undelivered,.exit]'

start_memcached m
A=$(addr m)

sample --lines 5000 --types idfa --bad 0.005 --odd 0.05 >idfa.tsv
status 0 'load' -- "$sink" -T idfa "$A" idfa.tsv
dump "$A" --flags >before
model sink idfa.tsv --type idfa >want.json
ok_count=$(jq .ok want.json)
blank=$(jq .blank want.json)
invalid=$(jq .invalid want.json)

note 'all is there'
sets=$(stat_of "$A" cmd_set)
status 0 'verify' -- "$sink" --verify -T idfa -s stats.json -r rejects "$A" idfa.tsv
json stats.json "$sums" "[5000,$blank,$invalid,0,$ok_count,0,0,0,0]" 'every record is verified'
json stats.json .mode '"verify"' 'the mode is in the counters'
is "$(stat_of "$A" cmd_set)" "$sets" 'nothing was stored'
dump "$A" --flags >after
is_file after before 'the server holds what it held'
model rejects idfa.tsv --type idfa >want.rejects
is_file rejects want.rejects 'rejects are the invalid lines'

note 'something else is there'
key=$(grep -aE '^idfa[[:blank:]][0-9a-f]{32}[[:blank:]]-?[0-9.]+[[:blank:]]-?[0-9.]+[[:blank:]][0-9,]+$' idfa.tsv | sed -n 100p | cut -f 2)
ask "$A" "get idfa:$key" >value
ask "$A" "md idfa:$key I T300" >/dev/null
status 0 'a key is there that another client marked as stale' -- "$sink" --verify -T idfa "$A" idfa.tsv
# The same length, one bit of the last byte: lon's sign.
{
    head -c -1 value
    tail -c 1 value | tr '\000-\377' '\200-\377\000-\177'
} >other
dump "$A" --set "idfa:$key" <other
status 65 'a byte differs' -- "$sink" --verify -T idfa -s stats.json "$A" idfa.tsv
json stats.json "$sums" "[5000,$blank,$invalid,0,$((ok_count - 1)),0,1,0,65]" 'one differs'
file_unlike err "$key" 'no device id in the message'
head -c -1 value | dump "$A" --set "idfa:$key"
status 65 'the value is shorter' -- "$sink" --verify -T idfa -s stats.json "$A" idfa.tsv
json stats.json .differing 1 'one differs'
{
    cat value
    printf '\0'
} | dump "$A" --set "idfa:$key"
status 65 'the value is longer' -- "$sink" --verify -T idfa -s stats.json "$A" idfa.tsv
json stats.json .differing 1 'one differs'
ask "$A" "delete idfa:$key" >/dev/null
status 65 'the key is gone' -- "$sink" --verify -T idfa -s stats.json "$A" idfa.tsv
json stats.json "$sums" "[5000,$blank,$invalid,0,$((ok_count - 1)),1,0,0,65]" 'one is missing'
dump "$A" --set "idfa:$key" <value
status 0 'repaired' -- "$sink" --verify -T idfa "$A" idfa.tsv
ask "$A" flush_all >/dev/null
status 65 'an empty server' -- "$sink" --verify -T idfa -e none -s stats.json "$A" idfa.tsv
json stats.json '[.verified,.missing]' "[0,$ok_count]" 'all are missing, whatever the limit of errors'

note 'a key that comes again'
sample --lines 8000 --keys 40 --types idfa >keys.tsv
status 0 'load' -- "$sink" "$A" keys.tsv
for batch in 1 3 1024; do
    status 0 "earlier values are not held against it, batches of $batch" -- "$sink" --verify -b $batch -s stats.json "$A" keys.tsv
    json stats.json '[.lines,.verified,.missing,.differing]' '[8000,8000,0,0]' 'all are verified'
done
tac keys.tsv >yek.tsv
status 65 'the same lines backwards' -- "$sink" --verify -s stats.json "$A" yek.tsv
awk -F '\t' '{ n[$2]++ } END { for (id in n) if (n[id] > 1) k++; print k }' keys.tsv >twice
is "$(jq '.verified + .differing' stats.json)" 8000 'each line is judged'
is "$(jq '.differing > 0 and .verified >= 40' stats.json)" true 'what follows the last value differs'

note 'which ones'
printf 'idfa\t%s\n' 'again	1	1	1' 'gone	2	2	2' 'other	3	3	3' 'bad	x	4	4' 'again	5	5	5' 'other	6	6	6' 'same	7	7	7' 'again	8	8	8' >which.tsv
sed -n '5p; 7p; s/6	6	6/6	6	9/p' which.tsv | grep -v gone >before.tsv
sed -n '2p; 3p; 6p; 8p' which.tsv >want.late
why() { printf '%s\t%s\t%s\n' "$1" "$(($1 > 1 ? $(head -n $(($1 - 1)) which.tsv | wc -c) : 0))" "$2"; }
differs='differing: the server holds another value'
{ why 2 'missing: the server has no such key' && why 3 "$differs" && why 6 "$differs" && why 8 "$differs"; } >want.why
for batch in 1 2 1024; do
    ask "$A" flush_all >/dev/null
    bounded "$sink" -q "$A" before.tsv
    status 65 "lines that the server does not hold, batches of $batch" -- "$sink" --verify -e none -b $batch -s stats.json -u late.$batch "$A" which.tsv
    json stats.json "$sums" '[8,0,1,0,3,1,3,0,65]' 'are counted'
    is_file late.$batch want.late 'and given back in their order, but for those that a later line makes good'
    is_file late.$batch.why want.why 'with place and reason'
    status 0 'these are loaded' -- "$sink" "$A" late.$batch
    status 0 'then all is as the file says' -- "$sink" --verify -e none -q "$A" which.tsv
done
ask "$A" flush_all >/dev/null
bounded "$sink" --verify -q -u /dev/fd/1 "$A" want.late >out 2>err
is_file out want.late 'missing ones can go into a pipe'
status 0 'keys without differing lines' -- "$sink" -q "$A" keys.tsv
status 0 'every line but the last ones differs first' -- "$sink" --verify -q -u none.tsv "$A" keys.tsv
is "$(cat none.tsv none.tsv.why | wc -c)" 0 'none is given back'
tac keys.tsv >yek.tsv
# shellcheck disable=SC2016 # the inner shell is to expand these
status 71 'no room for the temporary file' -- sh -c 'ulimit -f 8 && exec "$@"' sh "$sink" --verify -u full.tsv "$A" yek.tsv
file_like err '^memc_sink: the temporary file of lines that differ: File too large$' 'is said'

note 'too many differences'
sample --lines 60000 --types idfa --id-digits 245 --max-apps 1 >old.tsv
sed 's/$/,1/' old.tsv >new.tsv
start_memcached big -m 1024
B=$(addr big)
status 0 'load' -- "$sink" "$B" old.tsv
status 71 'differing keys fill 8 MiB' -- "$sink" --verify -s stats.json -u rest.tsv "$B" new.tsv
json stats.json .exit 71 'it gives up'
file_like err 'too many keys differ: 8 MiB' 'and says why'
is_file rest.tsv new.tsv 'and gives back what differs, and what it has not compared'

note 'over-size records are refused, not judged'
{
    printf 'idfa\tbig\t1\t2\t'
    yes 4294967295 | head -n 250000 | tr '\n' , | sed 's/,$//'
    printf '\nidfa\tsmall\t1\t2\t3\n'
} >size.tsv
printf 'idfa\tsmall\t1\t2\t3\n' >small.tsv
status 0 'load what fits' -- "$sink" "$B" small.tsv
status 0 'verify both' -- "$sink" --verify -e none --max-line 8M -s stats.json -r size.rejects "$B" size.tsv
json stats.json "$sums" '[2,0,0,1,1,0,0,0,0]' 'one refused, one verified'
head -n 1 size.tsv >want
is_file size.rejects want 'the refused one is rejected'

note 'one record read back'
held() { (cd "$TOP/proto" && bounded protoc --decode=UserApps appsinstalled.proto) | tr '\n' ' ' | sed "s/^/$A - $1 -> /; s/ \$//"; }
field=$(printf '\011')
good=$(grep -aE "^idfa${field}[0-9a-f]{32}${field}[-0-9.]+${field}[-0-9.]+${field}[0-9,]+\$" keys.tsv | LC_ALL=C sort -u -t "$field" -k 2,2)
printf '%s\n' "$good" | tail -n 3 >three.tsv
status 0 'three records' -- "$sink" "$A" three.tsv
ids=$(cut -f 2 three.tsv | sed 's/^/idfa:/' | LC_ALL=C sort -u | tr '\n' ' ')
for key in $ids; do ask "$A" "get $key" | held "$key" && echo; done >want
for protocol in auto meta binary text; do
    # shellcheck disable=SC2086 # several keys
    status 0 "they are printed, asked for by $protocol" -- "$sink" --get --protocol $protocol "$A" $ids
    is_file out want 'as protoc decodes them'
    is_file err /dev/null 'nothing is said'
done
"$sink" -nv -q "$A" three.tsv | LC_ALL=C sort -u >want
# shellcheck disable=SC2086
status 0 'again' -- "$sink" --get "$A" $ids
LC_ALL=C sort out >got
is_file got want 'in the form of a dry run'

note 'values of other clients'
encode() { (cd "$TOP/proto" && bounded protoc --encode=UserApps appsinstalled.proto); }
echo 'apps: 4294967295 apps: 0 lon: -0.5' | encode | dump "$A" --set idfa:other
dump "$A" --set idfa:empty </dev/null
printf '\012\003\001\254\002' | dump "$A" --set idfa:packed
yes 'apps: 1000' | head -n 200000 | encode | dump "$A" --set idfa:large
printf 'no message' | dump "$A" --set idfa:text
status 65 'six keys, two of them without a record' -- "$sink" --get "$A" idfa:other idfa:gone idfa:empty idfa:packed idfa:text idfa:large
{
    printf '%s\n' "$A - idfa:other -> apps: 4294967295 apps: 0 lon: -0.5" "$A - idfa:empty -> " "$A - idfa:packed -> apps: 1 apps: 300"
    echo "$A - idfa:large -> $(yes 'apps: 1000' | head -n 200000 | tr '\n' ' ' | sed 's/ $//')"
} >want
is_file out want 'the others are printed, what is left out of them is left out'
printf 'memc_sink: key %s\n' '2 of 6: missing' "5 of 6: its value is no UserApps message" >want
is_file err want 'these are named by their place'
# shellcheck disable=SC2046
status 65 'a thousand keys that are not there' -- "$sink" --get "$A" $(seq -f idfa:%.0f 1000)
is "$(wc -l <err) $(tail -n 1 err)" '11 memc_sink: 1000 keys of 1000 have no record here' 'ten are named, all are counted'
# shellcheck disable=SC2016 # the inner shell is to expand these
status 74 'nobody takes them' -- sh -c '"$0" --get "$1" idfa:other >/dev/full' "$sink" "$A"

note 'the server is away'
stop_memcached big
status 69 'never reached' -- "$sink" --verify -R 1 -t 300ms "$B" small.tsv
status 69 'nor to get a record' -- "$sink" --get -R 0 "$B" idfa:small
file_like err "$B: Connection refused" 'which is said'

done_testing
