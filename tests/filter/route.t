#!/bin/sh
# SPDX-License-Identifier: MIT
# memc_route: what goes where, byte for byte, and what it says when something cannot go there.
. "$(dirname "$0")/../lib/harness.sh"

route=$BIN/memc_route
counters='{lines,blank,invalid,unknown,skipped,routed}'

start_readers() { # DIR TYPE…
    readers_dir=$1
    shift
    for type in "$@"; do background "read_$type" cat "$readers_dir/$type"; done
}

finish_readers() { # TYPE…
    for type in "$@"; do finish 0 "read_$type" "$type's reader sees the end"; done
}

# Compares what the readers of TYPE… got with the model's lines of FILE, and stats.json with its counters.
check_routed() { # FILE TYPE…
    routed_file=$1
    shift
    for type in "$@"; do
        model route "$routed_file" --type "$type" >"want.$type"
        is_file "read_$type.out" "want.$type" "$type's lines, byte for byte"
    done
}

check_counters() { # FILE [MODEL OPTION…]
    model counts "$@" >want.json
    is "$(jq -cS "$counters" stats.json)" "$(jq -cS "$counters" want.json)" 'the counters'
    rm -f stats.json
}

fresh_fifos() { # DIR
    rm -rf "$1"
    mkdir "$1"
    mkfifo "$1/idfa" "$1/gaid" "$1/adid" "$1/dvid"
}

fault 28
note 'a file of every kind of line'
sample --lines 20000 --bad 0.1 --odd 0.1 >mixed.tsv
fresh_fifos run
start_readers run idfa gaid adid dvid
status 0 'four FIFOs' -- "$route" -d run -s stats.json -r rejects <mixed.tsv
finish_readers idfa gaid adid dvid
check_routed mixed.tsv idfa gaid adid dvid
json stats.json '[.tool, .undelivered, .exit]' '["memc_route",0,0]' 'name, undelivered and exit'
json stats.json 'keys_unsorted - ["tool","version","mode","label"]' \
    '["lines","blank","invalid","unknown","skipped","undelivered","routed","zero_bytes","bytes_in","seconds","start","end","exit","reasons"]' "the counters' names"
json stats.json .bytes_in "$(wc -c <mixed.tsv)" 'bytes_in'
is "$(wc -l <stats.json)" 1 'the counters are one line'
check_counters mixed.tsv
model unknown mixed.tsv >want.rejects
is_file rejects want.rejects 'rejects are the unknown lines, byte for byte'
is "$(stat -c %a rejects)" 600 'rejects are private'
like "$(tail -n 1 err)" 20000 'the last message is a summary with the number of lines'
ok 'repeated complaints are capped' -- test "$(wc -l <err)" -lt 20

fault
note 'summary and privacy'
sample --lines 20000 >big.tsv
fresh_fifos run
start_readers run idfa gaid adid dvid
status 0 'quiet' -- "$route" -q -d run <big.tsv
finish_readers idfa gaid adid dvid
is_file err /dev/null 'nothing is said with -q when nothing is wrong'
fresh_fifos run
start_readers run idfa gaid adid dvid
status 0 'verbose' -- "$route" -v -d run --label 'label of the file' <mixed.tsv
finish_readers idfa gaid adid dvid
file_like err 'label of the file' 'the label is in the summary'
file_unlike err '[0-9a-f]{32}' 'no device id in any message'

note 'ends of lines'
{
    printf 'idfa\tcrlf\t1\t2\t3\r\n'
    printf '  idfa \tspaces\t1\t2\t3 \t \n'
    printf '\n \t\r\n'
    printf '\tidfa\ttab first\n'
    printf 'idfa\n'
    printf 'gaid\tno LF\t1\t2\t3'
} >ends.tsv
fresh_fifos run
start_readers run idfa gaid adid dvid
status 0 'odd ends of lines' -- "$route" -d run -s stats.json <ends.tsv
finish_readers idfa gaid adid dvid
check_routed ends.tsv idfa gaid
is "$(cat read_gaid.out; echo end)" "$(printf 'gaid\tno LF\t1\t2\t3\nend')" 'an unterminated last line gets its LF'
json stats.json '[.lines,.blank,.unknown,.routed.idfa,.routed.gaid]' '[7,2,0,4,1]' 'counted by hand'

note 'empty input'
fresh_fifos run
start_readers run idfa gaid adid dvid
status 0 'nothing to route' -- "$route" -d run -s stats.json
finish_readers idfa gaid adid dvid
json stats.json '[.lines,.blank,.routed[]]' '[0,0,0,0,0,0]' 'no line at all'

note 'one type only'
mkdir few
mkfifo few/gaid few/dvid
start_readers few gaid dvid
status 0 "the others' FIFOs need not exist" -- "$route" -d few --only gaid,dvid -s stats.json <mixed.tsv
finish_readers gaid dvid
check_routed mixed.tsv gaid dvid
check_counters mixed.tsv --only gaid,dvid

note 'paths'
mkfifo all.fifo
background read_all cat all.fifo
status 0 'types that share a path' -- "$route" --idfa all.fifo --gaid all.fifo --adid "$T/all.fifo" --dvid ./all.fifo <mixed.tsv
finish 0 read_all 'their reader sees the end'
model counts mixed.tsv | jq '[.routed[]] | add' >want.count
is "$(wc -l <read_all.out)" "$(cat want.count)" 'all types came'
grep -aE '^[[:space:]]*(idfa|gaid|adid|dvid)[[:space:]]*'"$(printf '\t')" mixed.tsv >want.all
is_file read_all.out want.all 'in the order of the input'

# shellcheck disable=SC2016 # bash expands these
status 0 'process substitutions' -- bash -c '"$0" --idfa >(cat >idfa.got) --gaid >(cat >gaid.got) --adid >(cat >/dev/null) --dvid >(cat >/dev/null) <mixed.tsv' "$route"
model route mixed.tsv --type idfa >want.idfa
until_true cmp idfa.got want.idfa
is_file idfa.got want.idfa 'a pipe of bash gets its lines'

rm -rf made
mkdir made
status 73 'made FIFOs without readers' -- "$route" -m -d made --wait 300ms <mixed.tsv
is "$(stat -c '%F %a' made/idfa made/gaid made/adid made/dvid | sort -u)" 'fifo 600' '--mkfifo makes private FIFOs and leaves them'
start_readers made idfa gaid adid dvid
status 0 'existing FIFOs are used with --mkfifo' -- "$route" -m -d made <ends.tsv
finish_readers idfa gaid adid dvid

fault 23
note 'what is no FIFO is refused, and not touched'
fresh_fifos bad
rm bad/gaid
printf 'precious\n' >bad/gaid
cp bad/gaid precious
status 73 'a regular file' -- "$route" -d bad --only gaid --wait 300ms <mixed.tsv
is_file bad/gaid precious 'it is not truncated'
file_like err 'bad/gaid' 'the message names it'
status 73 'a regular file with --mkfifo' -- "$route" -m -d bad --only gaid --wait 300ms <mixed.tsv
is_file bad/gaid precious 'it is not truncated either'
rm bad/gaid
status 73 'a missing FIFO' -- "$route" -d bad --only gaid <mixed.tsv
file_like err 'bad/gaid' 'the message names it'
mkdir bad/gaid
status 73 'a directory' -- "$route" -d bad --only gaid <mixed.tsv
status 73 'a directory that is not there' -- "$route" -d nowhere <mixed.tsv
status 73 '/dev/null' -- "$route" --only idfa --idfa /dev/null <mixed.tsv
fault 21
fresh_fifos run
exec 5<>run/idfa 6<>run/gaid 7<>run/adid
status 73 'one FIFO without a reader' -- "$route" -d run --wait 300ms <mixed.tsv
file_like err 'run/dvid' 'the message names it'
exec 5<&- 6<&- 7<&-

fault 19
note 'a reader that dies'
fresh_fifos run
start_readers run gaid adid dvid
background read_idfa head -c 1 run/idfa
status 75 "the first type's reader dies" -- "$route" -d run -s stats.json <big.tsv
finish_readers gaid adid dvid
check_routed big.tsv gaid adid dvid
file_like err 'run/idfa' 'the message names its FIFO'
model counts big.tsv >want.json
is "$(jq '.routed.idfa + .undelivered' stats.json)" "$(jq .routed.idfa want.json)" 'routed or undelivered, none forgotten'
is "$(jq '.undelivered > 0 and .exit == 75' stats.json)" true 'some are undelivered'
fresh_fifos run
for type in idfa gaid adid dvid; do background "read_$type" head -c 1 "run/$type"; done
status 75 'all readers die' -- "$route" -d run -s stats.json <big.tsv
json stats.json '[.lines, ([.routed[]] | add) + .undelivered]' '[20000,20000]' 'it counts to the end of the input'

fault 58
note 'rejects'
fresh_fifos run
printf 'unknown\tline' >cut.tsv
start_readers run idfa gaid adid dvid
status 0 'a rejected last line without LF' -- "$route" -d run -r r2 <cut.tsv
finish_readers idfa gaid adid dvid
is "$(cat r2; echo end)" "$(printf 'unknown\tline\nend')" 'ends in LF'
status 73 'rejects that exist are not overwritten' -- "$route" -d run -r r2 <cut.tsv
fresh_fifos run
start_readers run idfa gaid adid dvid
status 0 'with --append' -- "$route" -d run -r r2 --append <cut.tsv
finish_readers idfa gaid adid dvid
is "$(wc -l <r2)" 2 'they are continued'
ln -s r2 r3
status 73 'a symbolic link to a file is refused' -- "$route" -d run -r r3 <cut.tsv
fault 57
fresh_fifos run
start_readers run idfa gaid adid dvid
status 74 'a full device' -- "$route" -d run -r /dev/full <mixed.tsv
finish_readers idfa gaid adid dvid
fault
fresh_fifos run
start_readers run idfa gaid adid dvid
status 0 'a clean file' -- "$route" -d run -r r4 <big.tsv
finish_readers idfa gaid adid dvid
is "$(stat -c '%s %a' r4)" '0 600' 'rejects are kept when empty'

note 'statistics'
printf 'old\n' >stats.json
ln stats.json old.json
fresh_fifos run
start_readers run idfa gaid adid dvid
status 0 'an existing file' -- "$route" -d run -s stats.json <big.tsv
finish_readers idfa gaid adid dvid
is "$(cat old.json)" old 'is replaced by rename'
json stats.json .lines 20000 'by the new one'
fresh_fifos run
start_readers run idfa gaid adid dvid
status 0 'statistics on stdout' -- "$route" -d run -s - <big.tsv
finish_readers idfa gaid adid dvid
json out .lines 20000 'are the one JSON line'

fault 42
note 'long lines'
head -c 1048576 /dev/zero | tr '\0' x >million
{
    printf 'idfa\t'
    head -c 1048571 million # with the five bytes before: as long as is allowed
    printf '\nidfa\t'
    head -c 1048572 million # one more
    printf '\nidfa\tshort\n'
} >long.tsv
fresh_fifos run
start_readers run idfa gaid adid dvid
status 0 'one MiB and a byte more' -- "$route" -d run -s stats.json -r r5 <long.tsv
finish_readers idfa gaid adid dvid
json stats.json '[.lines,.invalid,.routed.idfa]' '[3,1,2]' 'the longer one is invalid'
sed -n '1p;3p' long.tsv >want.idfa
is_file read_idfa.out want.idfa 'the others are routed'
sed -n 2p long.tsv >want.rejects
is_file r5 want.rejects 'its own bytes are rejected'
fresh_fifos run
start_readers run idfa gaid adid dvid
status 0 '--max-line' -- "$route" -d run --max-line 2M -s stats.json <long.tsv
finish_readers idfa gaid adid dvid
is_file read_idfa.out long.tsv 'allows more'
fresh_fifos run
start_readers run idfa gaid adid dvid
status 0 '--max-line 10' -- "$route" -d run --max-line 10 -s stats.json -r r6 <long.tsv
finish_readers idfa gaid adid dvid
json stats.json '[.lines,.invalid,.routed.idfa]' '[3,2,1]' 'allows ten bytes before the LF'
head -n 2 long.tsv >want.rejects
is_file r6 want.rejects 'long lines are rejected whole'

if watched; then
    skip 'what watches the programs takes more address space' 'memory does not grow with a line'
else
    fresh_fifos run
    start_readers run idfa gaid adid dvid
    # shellcheck disable=SC2016 # the inner shell expands these
    status 0 'memory does not grow with a line' -- sh -c 'for i in 1 2 3 4 5 6 7 8 9 10 11 12; do cat million million million million million million million million; done |
        { ulimit -v 40000; exec "$0" -d run -s stats.json; }' "$route"
    finish_readers idfa gaid adid dvid
    json stats.json '[.lines,.unknown+.invalid]' '[1,1]' '96 MiB of one line'
fi

fault 30
note 'sentinel'
printf 'idfa\ta\t1\t2\t3\nidfa\tb\t1\t2\t3\n' >two.tsv
sentinel_case() { # STATUS TEXT EXPECTED-COUNTERS < INPUT
    fresh_fifos run
    start_readers run idfa
    rm -f rs
    cat >input
    status "$1" "$2" -- "$route" --only idfa -d run --sentinel -s stats.json -r rs <input
    finish_readers idfa
    json stats.json '[.lines,.blank,.invalid,.unknown,.routed.idfa,.exit]' "$3" 'its counters'
}
{
    cat two.tsv
    printf '\0'
} >whole.in
sentinel_case 0 'a whole input' '[2,0,0,0,2,0]' <whole.in
is_file read_idfa.out two.tsv 'the NUL is dropped'
sentinel_case 74 'an input that ends without the NUL' '[2,0,0,0,2,74]' <two.tsv
is_file read_idfa.out two.tsv 'its whole lines are routed'
printf 'idfa\ta\t1\t2\t3\nidfa\tb\t1\t2' >cut.in
sentinel_case 74 'an input cut within a line' '[2,0,1,0,1,74]' <cut.in
is "$(cat read_idfa.out)" "$(head -n 1 two.tsv)" 'the cut line is not routed'
is_file rs /dev/null 'and not rejected'
printf 'idfa\ta\t1\t2\t3\0' >unterminated.in
sentinel_case 0 'a whole input without a last LF' '[1,0,0,0,1,0]' <unterminated.in
is "$(cat read_idfa.out; echo end)" "$(printf 'idfa\ta\t1\t2\t3\nend')" 'its last line gets an LF'
printf '\0' >nul.in
sentinel_case 0 'nothing but the NUL' '[0,0,0,0,0,0]' <nul.in
sentinel_case 74 'nothing at all' '[0,0,0,0,0,74]' </dev/null
printf 'idfa\ta\t1\t2\t3\n\0\nidfa\tb\t1\t2\t3\n' >middle.in
sentinel_case 74 'a NUL in the middle is none' '[3,0,0,1,2,74]' <middle.in
printf 'idfa\ta\0\t1\t2\t3\n\0' >inner.in
sentinel_case 0 'a NUL within a line stays' '[1,0,0,0,1,0]' <inner.in
printf 'idfa\ta\0\t1\t2\t3\n' >want
is_file read_idfa.out want 'where it is'
printf 'wrong\0' >unknown.in
sentinel_case 0 'an unknown last line' '[1,0,0,1,0,0]' <unknown.in
printf 'wrong\n' >want
is_file rs want 'is rejected without the NUL'

fault
note 'without --sentinel a NUL is a byte like any other'
fresh_fifos run
start_readers run idfa
status 0 'a last line of a NUL' -- "$route" --only idfa -d run -s stats.json <whole.in
finish_readers idfa
json stats.json '[.lines,.unknown,.routed.idfa]' '[3,1,2]' 'is an unknown line'

note 'zero bytes in a row'
fault 100
fresh_fifos run
holed() { # BYTES: two records, and so many zero bytes where a line should be
    printf 'idfa\ta\t1\t2\t3\n' && head -c "$1" /dev/zero && printf '\nidfa\tb\t1\t2\t3\n'
}
for case in 4095:0:0 4096:4096:74 1000000:1000000:74; do
    bytes=${case%%:*} code=${case##*:} told=${case#*:} told=${told%:*}
    holed "$bytes" >holed.in
    start_readers run idfa
    status "$code" "$bytes zero bytes" -- "$route" --only idfa -d run -s stats.json <holed.in
    finish_readers idfa
    json stats.json '[.lines,.routed.idfa,.zero_bytes,.exit]' "[3,2,$told,$code]" 'those of long runs are counted'
    [ "$code" = 0 ] || file_like err "damaged: $bytes zero bytes .* from line 2 on" 'and told'
done
{ holed 4000 && holed 4000; } >holed.in
start_readers run idfa
status 0 'two short runs' -- "$route" --only idfa -d run -s stats.json <holed.in
finish_readers idfa
json stats.json .zero_bytes 0 'are no long one'
fault

done_testing
