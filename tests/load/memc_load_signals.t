#!/bin/sh
# SPDX-License-Identifier: MIT
# memc_load and signals: it ends by the one it got, what was read is settled, nothing is left behind.
# shellcheck disable=SC2154 # ADDR_idfa and the like are set by start_four
. "$(dirname "$0")/../lib/harness.sh"

start_four
make_load load
# A decompressor that says `held` after 1000 whole lines and a half, and waits for ever, if the file has slow/which in it.
mkdir slow
cat >slow/igzip <<END
#!/bin/sh
[ ! -p /dev/stdin ] || exec gzip -dc # it is tried on two members first
gzip -dc >"$T/slow/text.\$\$"
grep -q "\$(cat "$T/slow/which")" "$T/slow/text.\$\$" || exec cat "$T/slow/text.\$\$"
head -n 1000 "$T/slow/text.\$\$"
printf 'idfa\thalf\t1\t2\t3,4'
echo >"$T/held"
exec sleep 1000
END
chmod +x slow/igzip
echo idfa >slow/which

records() { for each in idfa gaid adid dvid; do seq -f "$each	$1%.0f	55.5	-42.25	1,22,333" 500; done; }
fresh() {
    rm -rf d held && mkdir d
    for each_file in a b c; do records $each_file | sort -R | gzip >d/$each_file.tsv.gz; done
    empty_four
}
# shellcheck disable=SC2012 # to be read, not to be worked on
names() { (cd "$1" && ls -A | tr '\n' ' '); }
# shellcheck disable=SC2317 # called by `eventually`
no_process() { ! pgrep -f "$T/(work|slow)/" >/dev/null; }
items() {
    total=0
    for each in idfa gaid adid dvid; do total=$((total + $(dump "$(addr $each)" | wc -l))); done
    echo $total
}
start() { # NAME ARG…
    start_name=$1
    shift
    background "$start_name" env PATH="$T/slow:$PATH" ./load -s stats "$@"
}
# shellcheck disable=SC2317 # these two, too
has_some() { [ "$(stat_of "$1" curr_items)" -gt 0 ]; }
# shellcheck disable=SC2317
no_sink() { ! pgrep -f "$BIN/memc_sink .*-- $1\$"; }
held() { until_true test -e held || bail 'the decompressor was not started'; }

fault 59
for signal in INT:130 TERM:143 HUP:129; do
    fresh
    start one -w 2 d/a.tsv.gz d/b.tsv.gz d/c.tsv.gz
    held
    until_true take_term 10 || bail 'the parts of both files are not there'
    until_true has_some "$ADDR_dvid"
    send "${signal%:*}" one
    finish "${signal#*:}" one "${signal%:*} ends it"
    is "$(names d)" 'a.tsv.gz b.tsv.gz c.tsv.gz ' 'no file is renamed'
    is "$(names work)" '' 'no FIFO is left'
    ok 'nor a process' -- sh -c "! pgrep -f '$T/(work|slow)/'"
    is "$(jq -c '[.verdict,.exit]' stats | sort | tr '\n' ' ')" '["failed",143] ["failed",143] ["not tried",null] ' 'the verdicts'
    is "$(jq -s 'map(.stored) | add' stats)" "$(items)" 'every record called stored is there'
    ok 'and it is some' -- test "$(items)" -gt 0
    not_ok 'but not the half one' -- "$TESTS/lib/ask.pl" "$ADDR_idfa" "get idfa:half"
    is "$(jq -sc '[.[] | select(.verdict == "failed") | .parts[].exit] | unique' stats)" '[143]' 'each part ended by the signal, cleanly: its counters are there'
done

note 'at any time'
for wait in 0 0.05 0.1 0.15 0.2 0.25 0.3 0.35 0.4 0.45 0.5 0.6 0.7; do
    fresh
    start early d/a.tsv.gz
    sleep $wait
    send TERM early
    finish 143 early "TERM after $wait s"
    is "$(names d) $(names work)" 'a.tsv.gz b.tsv.gz c.tsv.gz  ' 'nothing is left'
    eventually 'no process either' -- no_process
done

fresh
cat >slow/mktemp <<END
#!/bin/sh
/usr/bin/mktemp "\$@"
echo >"$T/made"
until [ -e "$T/sent" ]; do sleep 0.02; done
END
chmod +x slow/mktemp
rm -f made sent
start early d/a.tsv.gz
until_true test -e made
send TERM early
: >sent
finish 143 early 'TERM while the work folder is made'
rm slow/mktemp
is "$(names d) $(names work)" 'a.tsv.gz b.tsv.gz c.tsv.gz  ' 'nothing is left'

note 'Ctrl-C: INT for the whole process group'
fresh
background group setsid -w env --default-signal=INT PATH="$T/slow:$PATH" ./load -s stats d/a.tsv.gz
held
until_true take_term 5 || bail 'the parts are not there'
# shellcheck disable=SC2154 # set by start_four
group=$(pgrep -of "$BIN/memc_load --idfa $ADDR_idfa .*d/a.tsv.gz") # of this test: others run at the same time
kill -INT "-$(ps -o pgid= -p "$group" | tr -d ' ')"
finish 130 group 'it ends by INT'
is "$(jq -c '[.parts[].exit] | unique' stats)" '[143]' 'the parts get one signal, not two'
is "$(names work)" '' 'nothing is left'
ok 'nor a process' -- sh -c "! pgrep -f '$T/(work|slow)/'"

note 'the second signal ends it at once'
fresh
start twice --sink-option --timeout=300s d/a.tsv.gz
held
until_true has_some "$ADDR_idfa"
send STOP idfa
send TERM twice
for each in gaid adid dvid; do eventually "the sink of $each ends" -- no_sink "$(addr $each)"; done
ok 'after the first it waits for the server' -- kill -0 "$(pid_of twice)"
# shellcheck disable=SC2034 # read by took_signals
PID_waiting=$(pgrep -of "^$BIN/memc_sink .*-- $ADDR_idfa\$") # two signals that are not taken yet are one
until_true took_signals waiting
send TERM twice
finish 143 twice 'after the second no more'
is "$(names d) $(names work)" 'a.tsv.gz b.tsv.gz c.tsv.gz  ' 'nothing is left'
eventually 'no process either' -- no_process
send CONT idfa

note 'while a server is waited for'
fresh
start waiting --idfa 127.0.0.1:1 --sink-option --retry-for=300s d/a.tsv.gz
eventually 'the counters are asked for' -- pgrep -f "$BIN/memc_sink .*--retry-for=300s .*--counters"
send INT waiting
finish 130 waiting 'INT ends it'
is "$(jq -c .verdict stats)" '"not tried"' 'no file was begun'
eventually 'no process is left' -- no_process

note 'a signal that was ignored at start'
fresh
background nohup sh -c "trap '' HUP; exec env PATH='$T/slow:$PATH' ./load -s stats d/a.tsv.gz"
held
# The kernel drops a signal that is ignored.
# shellcheck disable=SC2016 # the inner shell expands it
ok 'HUP stays ignored' -- sh -c 'grep -q "^SigIgn:.*[13579bdf]$" "/proc/$0/status" && kill -HUP "$0"' "$(pid_of nohup)"
ok 'it does not end by it' -- kill -0 "$(pid_of nohup)"
send TERM nohup
finish 143 nohup 'TERM does not'

fault 29
note 'kill -9'
fresh
start killed d/a.tsv.gz
held
send KILL killed
finish 137 killed 'memc_load'
eventually 'everything ends' -- no_process
status 0 'and it can be run again' -- ./load d/a.tsv.gz
rm -rf work/memc_load.* # nobody was left to remove it
fresh
start headless -w 1 d/a.tsv.gz d/b.tsv.gz
held
kill -KILL "$(pgrep -P "$(pid_of headless)" -f parallel)"
finish 143 headless 'parallel'
ok 'its jobs have ended, too' -- sh -c "! pgrep -f '$T/(work|slow)/'"
is "$(names d) $(names work)" 'a.tsv.gz b.tsv.gz c.tsv.gz  ' 'nothing is left, nothing renamed'
is "$(jq -c '[.verdict,.exit]' stats | tr '\n' ' ')" '["failed",143] ["not tried",null] ' 'the verdicts'
fresh
start orphans -w 1 d/a.tsv.gz
held
kill -KILL "$(pgrep -P "$(pgrep -P "$(pid_of orphans)" -f parallel)" -f memc_load_file)"
finish 137 orphans "a job's shell"
ok 'its parts have ended, too' -- sh -c "! pgrep -f '$T/(work|slow)/'"
is "$(names d) $(names work)" 'a.tsv.gz b.tsv.gz c.tsv.gz  ' 'nothing is left'
fresh
cp slow/igzip kept
cat >slow/igzip <<'END'
#!/bin/sh
[ ! -p /dev/stdin ] || exec gzip -dc # it is tried on two members first
exec kill -KILL "$PPID"
END
status 137 'the shell above the decompressor' -- env PATH="$T/slow:$PATH" ./load -s stats d/a.tsv.gz
is "$(jq -c '[.verdict,.reason,.exit]' stats)" '["failed","failed",137]' 'does not make the file corrupt'
cp kept slow/igzip
fresh
cat >slow/mv <<'END'
#!/bin/sh
[ "$1" != -nT ] || exec kill -KILL "$PPID"
exec /bin/mv "$@"
END
chmod +x slow/mv
echo nothing >slow/which
status 137 "a job's shell before its rename" -- env PATH="$T/slow:$PATH" ./load -s stats d/a.tsv.gz
rm slow/mv
echo idfa >slow/which
is "$(names d) $(names work)" 'a.tsv.gz b.tsv.gz c.tsv.gz  ' 'the file keeps its name'
is "$(jq -c '[.verdict,.exit]' stats)" '["failed",137]' 'and is not called loaded'

fault 59
note 'a file loaded before the signal'
fresh
background some env PATH="$T/slow:$PATH" ./load -s stats -w 1 d/none d/a.tsv.gz
held
send TERM some
finish 143 some '128+n comes before any other status'
fresh
echo b77 >slow/which
start kept -w 1 d/a.tsv.gz d/b.tsv.gz
held
send TERM kept
finish 143 kept 'TERM during the second file'
is "$(names d)" '.a.tsv.gz b.tsv.gz c.tsv.gz ' 'the first stays loaded'
is "$(jq -c '[.verdict,.exit]' stats | tr '\n' ' ')" '["loaded",0] ["failed",143] ' 'the verdicts'
status 0 'run again' -- ./load d/b.tsv.gz d/c.tsv.gz
is "$(items)" 6000 'all is there'

done_testing
