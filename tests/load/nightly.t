#!/bin/sh
# SPDX-License-Identifier: MIT
# memc_load as cron runs it, every night: what stands in the mail, what is told of a rate, of a night without files, of bad
# lines by their reasons, and by a dry run.
# shellcheck disable=SC2154 # ADDR_idfa and the like are set by start_four
. "$(dirname "$0")/../lib/harness.sh"

start_four
mkdir d
A="--idfa $ADDR_idfa --gaid $ADDR_gaid --adid $ADDR_adid --dvid $ADDR_dvid"
# No terminal, hardly any environment, and one file for stdout and stderr, as the mail has them.
cron() { # STATUS NAME ARG…
    cron_status=$1 cron_name=$2
    shift 2
    # shellcheck disable=SC2086 # words
    status "$cron_status" "$cron_name" -- env -i "PATH=$PATH" "HOME=$T" $cron_set "$BIN/memc_load" $A "$@"
    cat out err >mail
}
cron_set=
fresh() { # NAME…
    rm -rf d && mkdir d
    for fresh_each in "$@"; do sample --seed "$fresh_each" --lines 300 | gzip >"d/$fresh_each.tsv.gz"; done
}
bad_file() { { sample --seed 7 --lines 200 && printf 'IDFA\tx\t1\t2\t3\nidfa\tx\t1\n\ngaid\ty\tnorth\t2\t3\nidfa\tz\t1\t2\n'; } | gzip >d/bad.tsv.gz; }

note 'quiet'
fresh 1 2
bad_file
cron 0 'a good day, with bad lines below the limit' -q -e 0.5 --pattern 'd/*.gz'
is_file mail /dev/null 'no mail'
is "$(find d -name '.*.gz' | wc -l)" 3 'all is loaded'
fresh 1
bad_file
cron 65 'a bad file' -q -e 0.001 --pattern 'd/*.gz'
is "$(grep -c . mail)" 2 'two lines'
file_like mail '^memc_load: High error rate \(0\.0[0-9]+ > 0\.001\)\. Failed load d/bad\.tsv\.gz' 'its verdict'
file_like mail '^memc_load: 2 files: 1 failed, 1 loaded; ' 'and the summary'
fresh 1
set -- "$A"
A="--idfa 127.0.0.1:1 --gaid $ADDR_gaid --adid $ADDR_adid --dvid $ADDR_dvid"
cron 69 'a dead server' -q --sink-option --retry-for=0 -l log d/1.tsv.gz
file_like mail '^memc_load: memc_sink: .*127\.0\.0\.1:1' 'the server is named'
file_like mail '^memc_load: Failed load d/1\.tsv\.gz: unreachable: ' 'so is the file'
file_like mail '^memc_load: 1 file: 1 failed; ' 'and the summary comes'
file_like log 'E Failed load d/1\.tsv\.gz: unreachable: ' 'the log has it, too'
A=$1
fresh 1
cron 0 'a good day with a log' -q -l log2 d/1.tsv.gz
is_file mail /dev/null 'no mail'
file_like log2 'I Acceptable error rate \(0\)\. Successful load d/1\.tsv\.gz' 'the log tells'
fresh
cron 0 'no file' -q --pattern 'd/*.gz'
is_file mail /dev/null 'is no mail'

note 'bad lines by reason'
fresh
bad_file
cron 0 'without -q' -e 0.5 --stats stats d/bad.tsv.gz
file_like mail '^memc_load: d/bad\.tsv\.gz: 4 bad lines: 2 not five TAB-separated fields, 1 .*, 1 unknown device type' 'a line a file, the most frequent first'
file_unlike mail 'line [0-9]+: ' 'not one by one'
json stats '[(.reasons | add), .reasons["unknown device type"], .end >= .start, .start > 1600000000]' '[4,1,true,true]' 'the sums are in the counters'
json stats '[.parts[].reasons | to_entries[]] | map(.value) | add' 4 'and the parts have theirs'
cron 0 'with -v' -v -k -e 0.5 d/.bad.tsv.gz
file_like mail 'memc_sink: d/\.bad\.tsv\.gz: idfa line [0-9]+: ' 'one by one'

fault 90
note 'lists of apps with elements that are no numbers'
fresh 1
printf 'idfa\tq1\t1\t2\t"7830,7983,9115"\nidfa\tq2\t1\t2\t5\nidfa\tq3\t1\t2\t7830;7983\n' | gzip >d/quoted.tsv.gz
cron 0 'quoted by a spreadsheet' -k -s stats d/quoted.tsv.gz
file_like mail ' 0 undelivered, 3 elements of app lists left out in 2 records\)$' 'the verdict tells'
file_like mail '^memc_load: 1 file: .*, 3 elements of app lists left out$' 'and the summary'
json stats '[.apps_dropped, .apps_dropped_records, .parts.idfa.apps_dropped_records]' '[3,2,2]' 'and the counters'
cron 0 'a dry run' -n d/quoted.tsv.gz
file_like mail 'Would load .* 3 elements of app lists left out in 2 records\)$' 'tells, too'
cron 0 'with -v' -v -k d/quoted.tsv.gz
file_like mail '3 elements of the lists of apps, in 2 records, .* idfa lines 1, 3$' 'and the lines'
cron 0 'with -q' -q -k d/quoted.tsv.gz
is_file mail /dev/null 'it is no mail'
fault

note 'nothing arrived'
fresh
cron 66 'no file' -q --at-least 1 --pattern 'd/*.gz'
is "$(cat mail)" 'memc_load: only 0 new files to load: --at-least 1' 'is told'
fresh 1
cron 66 'one of two' -q --at-least 2 --pattern 'd/*.gz'
file_like mail '^memc_load: only 1 new file to load: --at-least 2$' 'is told'
ok 'and it is loaded' -- test -e d/.1.tsv.gz
fresh 1 2
cron 0 'two of two' -q --at-least 2 --ledger ledger --pattern 'd/*.gz'
is_file mail /dev/null 'are enough'
cron 66 'the same again, by the ledger' -q --at-least 1 --ledger ledger --pattern 'd/*.gz'
file_like mail 'only 0 new files' 'are none that are new'
cron 64 'no number' --at-least x
file_like mail 'at-least: a whole number' 'is told'

note 'a rate'
fresh 1 2
cron 0 '2K a second' -q --rate 2K --stats stats --pattern 'd/*.gz'
json stats '[.verdict, .stored]' '["loaded",300]
["loaded",300]' 'loads all'
mkdir tools
printf '#!/bin/sh\necho "$@" >>"%s/routers"\nexec "%s/memc_route" "$@"\n' "$T" "$BIN" >tools/memc_route
chmod +x tools/memc_route
ln -s "$BIN/memc_load" "$BIN/memc_load_file" "$BIN/memc_sink" "$TOP/load" tools/
BIN_kept=$BIN BIN=$T/tools
fresh 1 2 3
cron 0 'by two workers' -q -w 2 --rate 1M --pattern 'd/*.gz'
is "$(grep -o -e '--rate=[0-9]*' routers | sort | uniq -c | tr -s ' ')" ' 3 --rate=500000' 'each has half of it'
rm routers
fresh 1
cron 0 'one file by two workers' -q -w 2 --rate 1M --pattern 'd/*.gz'
is "$(grep -o -e '--rate=[0-9]*' routers)" '--rate=1000000' 'has all of it'
BIN=$BIN_kept
cron 64 'no rate' --rate 1G
file_like mail 'rate: a whole number from 1' 'is told'

note 'servers by the environment'
fresh 1
A_kept=$A A=
cron_set="MEMC_IDFA=$ADDR_idfa MEMC_GAID=$ADDR_gaid MEMC_ADID=$ADDR_adid MEMC_DVID=$ADDR_dvid"
cron 0 'MEMC_IDFA and the others' -v d/1.tsv.gz
file_like mail "^memc_load: idfa: $ADDR_idfa, by MEMC_IDFA\$" 'are told by -v'
cron 0 'a dry run' -n d/.1.tsv.gz
file_like mail "^memc_load: gaid: .* $ADDR_gaid \(by MEMC_GAID\) needs" 'tells them, too'
cron 69 'an option goes before' -q --idfa 127.0.0.1:1 --sink-option --retry-for=0 -k d/.1.tsv.gz
file_like mail '127\.0\.0\.1:1' 'to another server'
A=$A_kept cron_set=

note 'a dry run tells what a load would do'
fresh 1 2
cron 0 'a ledger with one of two' -q --ledger ledger2 d/1.tsv.gz
cp ledger2 ledger2.before
cron 0 'a dry run with it' -n --ledger ledger2 --pattern 'd/*.gz'
file_like mail '^memc_load: Would skip d/1\.tsv\.gz: already loaded$' 'what it would skip'
file_like mail '^memc_load: Acceptable error rate \(0\)\. Would load d/2\.tsv\.gz \(300 lines' 'what it would load'
file_unlike mail 'Successful' 'nothing is called loaded'
is_file ledger2 ledger2.before 'the ledger is as it was'
cron 0 'a ledger that is not there' -n -q --ledger none d/1.tsv.gz
not_ok 'is not made' -- test -e none

note 'progress in a log'
fresh 1 2
cron 0 'a line a second' --progress=1s --rate 200 -w 1 --pattern 'd/*.gz'
file_like mail '^memc_load: [0-9]+%, [0-9]+ records/s, 0 errors, [01]/2 files, ' 'stands between the others'
not_ok 'no carriage return' -- grep -q "$(printf '\r')" mail
fresh 1
cron 0 'into a log' -q --progress=1s --rate 100 -l log3 d/1.tsv.gz
is_file mail /dev/null 'nothing on stderr'
file_like log3 '\] I [0-9]+%, [0-9]+ records/s' 'it is in the log'
cron 64 'no duration' --progress=x
file_like mail 'progress: a whole number of s, m or h' 'is told'

done_testing
