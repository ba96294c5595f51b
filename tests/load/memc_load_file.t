#!/bin/sh
# SPDX-License-Identifier: MIT
# memc_load_file by itself: one JSON line a file on stdout, its exit status, signals, standard input, other programs that
# start it.
# shellcheck disable=SC2154 # ADDR_idfa and the like are set by start_four
. "$(dirname "$0")/../lib/harness.sh"

start_four
mkdir d slow work
TMPDIR=$T/work
export TMPDIR
cat >file <<END
#!/bin/sh
exec "$BIN/memc_load_file" --idfa "$ADDR_idfa" --gaid "$ADDR_gaid" --adid "$ADDR_adid" --dvid "$ADDR_dvid" "\$@"
END
# A decompressor that says \`held\` after 100 lines, if there is slow/hold, and waits for ever.
cat >slow/igzip <<END
#!/bin/sh
[ ! -p /dev/stdin ] || exec gzip -dc # it is tried on two members first
[ -e "$T/slow/hold" ] || exec gzip -dc
gzip -dc | head -n 100
echo >"$T/held"
exec sleep 1000
END
chmod +x file slow/igzip
records() { for each in idfa gaid adid dvid; do seq -f "$each	$1%.0f	55.5	-42.25	1,22,333" 100; done; }
fresh() {
    rm -rf d held slow/hold && mkdir d
    for each_file in a b c; do records $each_file | gzip >d/$each_file.tsv.gz; done
}
# shellcheck disable=SC2012 # to be read, not to be worked on
names() { (cd "$1" && ls -A | tr '\n' ' '); }
told() { jq -c '[.file, .verdict, .reason, .exit]' "${1:-out}" | tr '\n' ' '; }
# shellcheck disable=SC2317 # called by `eventually`
no_process() { ! pgrep -f "$T/(work|slow|file)" >/dev/null; }

note 'files'
fresh
status 0 'three files' -- ./file d/a.tsv.gz d/b.tsv.gz d/c.tsv.gz
is "$(told)" '["d/a.tsv.gz","loaded",null,0] ["d/b.tsv.gz","loaded",null,0] ["d/c.tsv.gz","loaded",null,0] ' 'a line each on stdout'
is "$(jq -c '[.lines, .stored]' out | sort -u)" '[400,400]' 'with the counters'
is "$(grep -c '^memc_load_file: Acceptable error rate (0). Successful load d/.\.tsv\.gz' err)" 3 'the verdicts are on stderr'
is "$(names d)" '.a.tsv.gz .b.tsv.gz .c.tsv.gz ' 'all have a dot'
is "$(names work)" '' 'nothing is left'
status 66 'one of them again, by its old name' -- ./file d/a.tsv.gz
file_like err 'no such file: it was loaded already, d/\.a\.tsv\.gz is there' 'why it is not there'
fresh
head -c 100 d/b.tsv.gz >d/cut && mv d/cut d/b.tsv.gz
status 74 'the second one is cut' -- ./file d/a.tsv.gz d/b.tsv.gz d/c.tsv.gz d/none
is "$(told)" '["d/a.tsv.gz","loaded",null,0] ["d/b.tsv.gz","failed","corrupt",74] ["d/c.tsv.gz","loaded",null,0] ["d/none","failed","failed",66] ' 'the others are loaded; the status is the first in order'
fresh
status 69 'a server is missing' -- ./file --idfa 127.0.0.1:1 --sink-option --retry-for=0 d/a.tsv.gz d/b.tsv.gz
is "$(told)" '["d/a.tsv.gz","failed","unreachable",69] ' 'no other file is begun'
file_like err 'not tried: d/b' 'which is said'
status 0 'a ledger' -- ./file --ledger ledger d/a.tsv.gz
status 0 'again' -- ./file --ledger ledger d/a.tsv.gz d/b.tsv.gz
is "$(told)" '["d/a.tsv.gz","already loaded",null,0] ["d/b.tsv.gz","loaded",null,0] ' 'what is recorded is not loaded again'
status 0 '--stats' -- ./file -k -s stats d/a.tsv.gz d/b.tsv.gz
is "$(cat out) $(wc -l <stats)" ' 2' 'takes the lines'
./file -k d/a.tsv.gz >/dev/full 2>err
is "$?" 74 'a full standard output'
is "$(sed 1d err)" 'memc_load_file: d/a.tsv.gz: its result cannot be written' 'is an error'
status 0 'a dry run that prints' -- ./file -n -v d/a.tsv.gz
is "$(grep -c ' - idfa:a[0-9]* -> ' out) $(grep -c '^{' out)" '100 0' 'has the records on stdout, and no JSON'
status 0 'with --log' -- ./file -k -l log d/a.tsv.gz
is "$(cat err)$(grep -c 'I Acceptable' log)" 1 'the verdict is in it'
for wrong in '' --bogus '-p d/a.tsv.gz' '-w 1 d/a.tsv.gz' '--reports= d/a.tsv.gz' '--rate= d/a.tsv.gz' \
    '--sink-option=-n d/a.tsv.gz' '--sink-option=--verify d/a.tsv.gz'; do
    # shellcheck disable=SC2086 # words
    status 64 "wrong options: $wrong" -- ./file $wrong
done

note 'standard input'
records in >text
bounded ./file --label words - <text >out 2>err
check_status $? 0 'plain text' err
is "$(told) $(jq .stored out)" '["words","loaded",null,0]  400' 'is loaded under its label'
gzip <text >text.gz
bounded ./file --label zip - <text.gz >out 2>err
check_status $? 0 'gzip' err
is "$(told) $(jq .stored out)" '["zip","loaded",null,0]  400' 'is known by its first bytes'
head -c 300 text.gz | bounded ./file --label cut - >out 2>err
is "$(told)" '["cut","failed","corrupt",74] ' 'a cut one is corrupt'
: | bounded ./file --label nothing - >out 2>err
is "$(told)" '["nothing","loaded",null,0] ' 'no byte is plain text without a record'
status 64 'without a label' -- ./file -

note 'by other programs'
fresh
head -c 100 d/b.tsv.gz >d/cut && mv d/cut d/b.tsv.gz
bounded parallel --will-cite -j 2 ./file ::: d/a.tsv.gz d/b.tsv.gz d/c.tsv.gz >out 2>err
is "$? $(names d)" '1 .a.tsv.gz .c.tsv.gz b.tsv.gz ' 'parallel: one job of three fails'
is "$(jq -r .verdict out | sort | tr '\n' ' ')" 'failed loaded loaded ' 'the lines of all'
fresh
printf '%s\0' d/*.gz | bounded xargs -0 -n 1 -P 2 ./file >out 2>err
is "$? $(names d)" '0 .a.tsv.gz .b.tsv.gz .c.tsv.gz ' 'xargs'

note 'signals'
for signal in INT:130 TERM:143 HUP:129 USR2:143 QUIT:143; do
    fresh
    : >slow/hold
    background one env PATH="$T/slow:$PATH" ./file d/a.tsv.gz d/b.tsv.gz
    until_true test -e held || bail 'the decompressor was not started'
    until_true take_term 5 || bail 'the parts are not there'
    if [ "${signal%:*}" = USR2 ]; then
        send USR1 one
        eventually 'USR1: how far it is' -- grep -Eqx 'memc_load_file: [0-9]+%, 0/2 files' one.err
    fi
    send "${signal%:*}" one
    finish "${signal#*:}" one "${signal%:*} ends it"
    is "$(told one.out)" '["d/a.tsv.gz","failed","failed",143] ' 'the file failed, the other one was not begun'
    is "$(jq -c '[.parts[].exit] | unique' one.out)" '[143]' 'each part ended by it, cleanly'
    is "$(names d)$(names work)" 'a.tsv.gz b.tsv.gz c.tsv.gz ' 'nothing is renamed, nothing left'
    eventually 'nor a process' -- no_process
done
for signal in INT TERM; do
    fresh
    : >slow/hold
    background group setsid -w env --default-signal=INT PATH="$T/slow:$PATH" ./file d/a.tsv.gz
    until_true test -e held || bail 'the decompressor was not started'
    until_true take_term 5 || bail 'the parts are not there'
    kill -$signal "-$(pgrep -of "$BIN/memc_load_file --idfa $ADDR_idfa .*d/a.tsv.gz")"
    finish "$([ $signal = INT ] && echo 130 || echo 143)" group "$signal for the whole group"
    is "$(jq -c '[.parts[].exit] | unique' group.out)" '[143]' 'the parts get one signal, not two'
    eventually 'no process is left' -- no_process
done

done_testing
