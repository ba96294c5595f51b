#!/bin/sh
# SPDX-License-Identifier: MIT
# Each jq program of load/ by itself: rows written by hand, and what they must become, worked out by hand.
. "$(dirname "$0")/../lib/harness.sh"

run_jq() { # PROGRAM ARG…: stdin to `got`
    program=$1
    shift
    bounded jq -f "$BIN/load/$program.jq" "$@" >got 2>err || show "$program" err
}

# Two results as --stats has them, and a third of a file that was not tried.
sink() { echo '{"tool":"memc_sink","type":"'"$1"'","server":"s-'"$1"'","stored":'"$2"',"evictions":'"$3"',"sampled":'"$4"',"reasons":'"$5"'}'; }
counts='"undelivered":0,"apps_dropped":0,"invalid":0'
cat >rows <<END
{"tool":"memc_load","mode":"load","file":"d/one.gz","verdict":"loaded","seconds":2,"lines":12,"stored":9,"unknown":2,"refused":1,$counts,"sampled":3,"sample_missing":0,"parts":{"memc_route":{"unknown":3,"invalid":1,"reasons":{"2 commas where TABs are expected":1,"unknown device type":2,"longer than --max-line":1}},"idfa":$(sink idfa 9 0 3 '{"no id":1}'),"gaid":null,"adid":null,"dvid":null}}
{"tool":"memc_load","mode":"load","file":"d/two.gz","verdict":"failed","seconds":0.25,"lines":7,"stored":4,"unknown":0,"refused":0,$counts,"sampled":2,"sample_missing":0,"parts":{"memc_route":null,"idfa":$(sink idfa 3 null 2 '{"no id":2}'),"gaid":$(sink gaid 1 0 0 null),"adid":null,"dvid":null}}
END

note 'stored.jq'
run_jq stored -nr <rows
printf 'idfa 12 5\ngaid 1 0\n' >want
is_file got want 'records and keys read back, by type; 0 where a sink read none'

note 'reasons.jq'
run_jq reasons -rs <rows
is "$(cat got)" '7 bad lines: 3 no id, 2 unknown device type, 1 2 commas where TABs are expected, 1 longer than --max-line' 'of all files, the most frequent first'
head -n 0 rows | jq -rsf "$BIN/load/reasons.jq" >got
is "$(cat got)" '' 'of nothing nothing'

note 'summary.jq'
run_jq summary -nr --arg word stored <rows
is "$(cat got)" '2 files: 1 failed, 1 loaded; 19 lines, 13 stored, 3 errors, 0 undelivered; s-idfa: no counters, samples were read back' 'one line'
sed 's/"evictions":null/&,"doubt":"restarted"/' rows | jq -nr --arg word stored -f "$BIN/load/summary.jq" >got
is "$(cat got)" '2 files: 1 failed, 1 loaded; 19 lines, 13 stored, 3 errors, 0 undelivered' 'a restarted server has counters, but none that count'
head -n 1 rows | jq -nr --arg word encoded -f "$BIN/load/summary.jq" >got
is "$(cat got)" '1 file: 1 would be loaded; 12 lines, 9 encoded, 3 errors, 0 undelivered' 'of a dry run'

note 'table.jq'
run_jq table -rs --argjson width 60 <rows
cat >want <<'END'
file      records  errors  records/s  seconds  verdict
d/one.gz        9       3          4      2.0  loaded
d/two.gz        4       0         16      0.3  failed
END
is_file got want 'rates, and seconds in tenths'
jq -c '.sample_missing = 1 | .file = "\u0001long \u00e9\u00e9\u00e9\u00e9 name of a file"' rows | jq -rs --argjson width 30 -f "$BIN/load/table.jq" >got
cat >want <<'END'
file      records  errors  records/s  seconds  kept  verdict
?l...ile        9       3          4      2.0   2/3  loaded
?l...ile        4       0         16      0.3   1/2  failed
END
is_file got want 'with keys that are missing; a name has 8 columns at least, and no control byte'

note 'progress.jq'
{ cat rows && echo '{"tool":"memc_route","unknown":5,"invalid":1}{"tool":"memc_sink","stored":70,"invalid":2}'; } | jq -rsf "$BIN/load/progress.jq" >got
is "$(cat got)" '13 3 70 8' 'of files that are done, then of the parts of the others'

note 'results.jq'
printf 'a\0b\0c\n\0' >named
{ echo '{"file":"a","verdict":"loaded","exit":0}' && echo '{"row":1,"verdict":"not tried","exit":71}' && echo '{"row":2,"verdict":"failed","exit":137}'; } >rows.each
run_jq results -cn --rawfile names named --arg doubt '' --arg version 7 --arg mode load <rows.each
is "$(jq -c '[.file,.verdict,.reason,.exit,.lines,.parts.idfa]' got)" '["a","loaded",null,0,null,null]
["b","not tried",null,null,0,null]
["c\n","failed","failed",137,0,null]' 'files without a row get one'
run_jq results -cn --rawfile names named --arg doubt evicted --arg version 7 --arg mode load <rows.each
is "$(head -n 1 got)" '{"file":"a","verdict":"doubtful","exit":65,"reason":"evicted"}' 'a doubt is of each that was loaded'

note 'forecast.jq'
# memcached -vv: chunks of 96 (10922 a page), 120 (8738), 152 (6898), ... 524288 (2)
echo '{"parts":{"idfa":{"stored":8741,"bytes_out":70,"items":{"96":1,"100":8739,"600000":1}}}}' >dry
echo '{"item_size_max":500000,"settings":{"maxbytes":"3145728"},"stats":{"hash_power_level":"12","bytes":"0"}}' >asked
: >none
forecast() { run_jq forecast -nr --arg mode "$1" --arg type idfa --arg server s --slurpfile asked "$2" <dry; }
forecast dry-run none
is "$(cat got)" 'idfa: 8741 records, 70 bytes encoded; s needs 4 MiB for them; its limit is not known' 'a page of 96, two of 120, one of 524288'
forecast dry-run asked
grown='its hash table has 2^12 buckets, for these records it grows to 2^13: start it with -o hashpower=13'
is "$(cat got)" "idfa: 8741 records, 70 bytes encoded; s needs 4 MiB for them; it has 3: they do not fit; start it with -m 5 or more; 1 exceed its item_size_max; $grown" 'a server that is too small'
forecast load asked
is "$(cat got)" "idfa: 8741 records; s: before the load $grown" 'after a load: 1.5 items a bucket'

note 'verdict.jq'
route() { echo '{"tool":"memc_route","lines":'"$1"',"blank":0,"invalid":0,"unknown":'"$2"',"routed":{"idfa":'"$3"'},"undelivered":0,"bytes_in":80,"exit":0}'; }
store() { echo '{"tool":"memc_sink","type":"idfa","server":"s","lines":'"$1"',"stored":'"$2"',"invalid":'"$3"',"refused":0,"undelivered":0,"evictions":0,"doubt":null,"sampled":0,"exit":'"${4:-0}"',"reasons":{"no id":'"$3"'}}'; }
judge() { # ENDS ENDED FACT…: the counters are in `counters`
    ends=$1
    ended=$2
    shift 2
    printf '%s\0' "$@" >facts
    run_jq verdict -rs --rawfile facts facts --argjson ends "$ends" --arg ended "$ended" --arg mode load --arg word stored --arg signal '' <counters
}
{ route 10 1 9 && store 9 7 2; } >counters
judge '[0,0]' '' d/a 1 0 '' 0 ''
sed -n 2,7p got >first.lines
cat >want <<'END'
7 3 0.42857142857142855
(10 lines, 7 stored, 3 errors, 0 undelivered)
0 loaded 

2 bad lines: 2 no id
route=0 idfa=2
END
is_file first.lines want 'good, errors and rate; counts; status and verdict; bad lines'
is "$(sed -n 8p got) $(sed -n 9p got | jq -c '[.lines,.stored,.unknown,.invalid,.routed,.bytes_in,.parts.idfa.stored]')" '"d/a" [10,7,1,2,9,80,7]' 'the sums'
judged() { sed -n '4,5p' got | tr '\n' '|'; }
judge '[0,0]' '' d/a 1 0 changed 0 ''
is "$(judged)" '65 failed changed|it changed while it was loaded; load it again when it is whole|' 'a file that changed'
judge '[0,0]' '' d/a 1 0 '' 0 'bytes are unread'
is "$(judged)" '74 failed corrupt|bytes are unread; what it put into the servers stays there until it is loaded again, repaired|' 'a text that is not whole'
{ route 10 1 9 && store 8 8 0; } >counters
judge '[0,0]' '' d/a 1 0 '' 0 ''
is "$(judged)" '70 failed mismatch|idfa: 9 routed, 8 read|' 'a sum that does not add up'
{ for n in 1 2 0; do route $n 0 $n && store $n $n 0; done; } >counters
judge '[0,0]' '' d/a 1 0 '' 0 '' d/b 1 0 '' 0 ''
is "$(sed -n '1p;3p;11p;18,$p' got | tr '\n' '|')" 'clean|(1 lines, 1 stored, 0 errors, 0 undelivered)|(2 lines, 2 stored, 0 errors, 0 undelivered)|' 'a group: each file by its own row'
sed -i '$s/"doubt":null/"doubt":"evicted"/' counters
judge '[0,65]' 'idfa ended with 65' d/a 1 0 '' 0 '' d/b 1 0 '' 0 ''
is "$(head -n 1 got)" '' 'a group in doubt is not clean'

done_testing
