#!/bin/sh
# SPDX-License-Identifier: MIT
# Bad and odd lines, case by case: each gets the outcome that was worked out by hand, what is stored is held byte for byte,
# and what is not comes back as it was. (tests/filter/record.t has all of them together, through the whole pipeline.)
. "$(dirname "$0")/../lib/harness.sh"

sink=$BIN/memc_sink
asan=$(grep -aq __asan_init "$sink" && echo yes)

start_memcached m
A=$(addr m)

sum_of() { # ERE: the outcomes that match it
    grep -cE "^[0-9]+ ($1)" case.outcomes
}

lines_of_case() { # N
    fault "$1"
    bounded "$PYTHON" "$TESTS/lib/record_lines.py" case.tsv case.outcomes "$1" || bail 'no lines'
    rm -f rejects
    empty "$A"
    status 0 'all its lines' -- "$sink" -v -e none --max-line 2M -s stats.json -r rejects "$A" case.tsv
    dropped=$(awk '$2 == "ok" { sum += $4 } END { print sum + 0 }' case.outcomes)
    json stats.json '[.blank,.stored,.invalid,.apps_dropped]' \
        "[$(sum_of blank),$(sum_of ok),$(sum_of 'invalid|unknown'),$dropped]" 'the outcomes worked out by hand'
    conserved stats.json case.tsv
    awk 'NR == FNR { bad[$1] = $2 ~ /^(invalid|unknown)$/; next } bad[FNR]' case.outcomes case.tsv >want.rejects
    is_file rejects want.rejects 'what is rejected comes back as it was'
    model items case.tsv >want.items
    dump "$A" >got.items
    is_file got.items want.items 'what is stored is held, byte for byte'
    is "$(grep -cE 'line [0-9]+: ' err)" "$(sum_of 'invalid|unknown')" 'each has its reason'
    file_unlike err 'two words|again|high|thousand' 'which is not the record'
}

for number in 39 40 44 45 46 47 48 49 50 51 52 53 54 55 56; do
    note "case $number"
    lines_of_case $number
    [ $number -ne 39 ] || file_like err 'byte order mark' 'the reason names the byte order mark'
done

note 'long lines in little memory'
if [ -n "$asan" ]; then
    fault 42 43
    skip 'the sanitizer takes more address space' 'memory does not grow with a line'
else
    fault 42
    rm -f rejects
    # shellcheck disable=SC2016 # the inner shell expands these
    status 0 'a line of 100 MB, and a good one' -- sh -c '{ head -c 100000000 /dev/zero | tr "\0" 1; printf "\nidfa\tnext\t1\t2\t3\n"; } |
        { ulimit -v 60000; exec "$0" -e none -s stats.json "$1"; }' "$sink" "$A"
    json stats.json '[.lines,.invalid,.stored,.bytes_in]' '[2,1,1,100000017]' 'one reject, and the next line is read'
    fault 43
    # shellcheck disable=SC2016 # the inner shell expands these
    status 0 'a million apps, ten times, with --max-line 8M' -- sh -c 'for i in 0 1 2 3 4 5 6 7 8 9; do printf "idfa\t$i\t1\t2\t"; seq -s , 1000000; done |
        { ulimit -v 150000; exec "$0" -e none --max-line 8M -s stats.json "$1"; }' "$sink" "$A"
    json stats.json '[.lines,.refused,.stored]' '[10,10,0]' 'are refused by their size'
fi

note 'rejects, replayed'
fault 65
"$PYTHON" "$TESTS/lib/record_lines.py" all.tsv all.outcomes
reasons() { sed -n 's/.*line [0-9]*: //p' err; }
rm -f rejects
status 0 'all lines' -- "$sink" -v -e none -s stats.json -r rejects "$A" all.tsv
reasons >first.reasons
conserved stats.json all.tsv
status 65 'their rejects' -- "$sink" -v -s stats.json -r again "$A" rejects
reasons >second.reasons
is_file again rejects 'are rejected again, byte for byte'
is_file second.reasons first.reasons 'each for the same reason'
json stats.json .stored 0 'all of them'
lost "$(($(wc -l <rejects) - $(wc -l <again)))" 'replayed rejects'

done_testing
