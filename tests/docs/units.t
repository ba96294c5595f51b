#!/bin/sh
# SPDX-License-Identifier: MIT
# The units of systemd in extra/systemd: systemd has nothing against them, and their commands, run by hand, do what they
# are for: the sink is started anew while routers wait, and no line is lost. And the example for logrotate, by logrotate.
. "$(dirname "$0")/../lib/harness.sh"

command -v systemd-analyze >/dev/null || skip_all 'systemd is not installed'
units=$TOP/extra/systemd

note 'systemd-analyze'
for unit in memc_sink memc_fifo; do
    # Wherever systemd looks for programs: here they are beside the test.
    sed "s|^ExecStart=memc_sink|ExecStart=$BIN/memc_sink|" "$units/$unit@.service" >"$unit@.service"
done
for type in idfa gaid adid dvid; do
    status 0 "verify, $type" -- env SYSTEMD_LOG_LEVEL=info systemd-analyze verify --man=no "./memc_sink@$type.service" "./memc_fifo@$type.service"
    is "$(cat out err)" '' 'it has nothing to say'
done
sed -i 's/^Restart=on-failure/Restart=on-failures/' memc_fifo@.service
systemd-analyze verify --man=no ./memc_fifo@idfa.service >out 2>&1
file_like out 'on-failures' 'it would have'
for unit in memc_sink memc_fifo; do
    status 0 "$unit: little is left open" -- systemd-analyze security --offline=true --no-pager --threshold=25 "$units/$unit@.service"
done

sed "s|^ExecStart=memc_load|ExecStart=$BIN/memc_load|; s|^#OnFailure|OnFailure|; s|memc_sink@|&|" "$units/memc_load.service" >memc_load.service
cp "$units/memc_load.timer" .
printf '[Service]\nType=oneshot\nExecStart=/bin/true\n' >mail@.service
status 0 'verify, the nightly load and its timer' -- env SYSTEMD_LOG_LEVEL=info systemd-analyze verify --man=no ./memc_load.service ./memc_load.timer
is "$(cat out err)" '' 'it has nothing to say'
# The lines that stand as comments are units' lines, too: with them, systemd has nothing to say either.
sed -i '/^#ExecStopPost/,/[^\\]$/s/^#//' memc_load.service
file_like memc_load.service '^ExecStopPost=sh -c' 'the command for metrics is there'
status 0 'verify, with what is a comment' -- env SYSTEMD_LOG_LEVEL=info systemd-analyze verify --man=no ./memc_load.service ./memc_load.timer
is "$(cat out err)" '' 'it has nothing to say'
status 0 'memc_load: little is left open' -- systemd-analyze security --offline=true --no-pager --threshold=25 "$units/memc_load.service"

note 'the commands'
# shellcheck disable=SC2016 # systemd's, and the shell's in the end
# SETTING of UNIT for idfa, with the folders below the test's. What systemd splits into words is that for a shell, too.
command_of() { # UNIT SETTING
    sed -n -e ':more' -e '/\\$/{N;s/\\\n *//;b more' -e '}' -e "s/^$2=//p" "$units/$1.service" |
        sed -e "s|%t|$T/run|g; s|%S|$T/state|g; s|%i|idfa|g; s|^memc_|$BIN/memc_|; s|systemd-notify --ready|touch $T/ready|" -e 's|\${SERVER}|"&"|'
}
mkdir -p run/memc_sink state/memc_sink
start_memcached idfa
for try in first second; do
    status 0 "the FIFO is made: $try time" -- sh -c "$(command_of memc_fifo@ ExecStartPre)"
done
is "$(stat -c '%F %a' run/memc_sink/idfa)" 'fifo 660' 'it is one, for the group'
command_of memc_fifo@ ExecStart >holds
background holder sh -c "exec $(cat holds)"
until_true test -e ready || bail 'the holder is not ready'
command_of memc_sink@ ExecStart >starts
start() { # as systemd does, with an environment
    # shellcheck disable=SC2154 # set by start_memcached
    background "$1" env "SERVER=$ADDR_idfa" 'OPTIONS=--batch 7' sh -c "exec $(cat starts)"
}
start life1
printf 'idfa\tone\t1\t2\t3\n' >run/memc_sink/idfa
eventually 'a line is stored' -- has_key "$ADDR_idfa" idfa:one
send TERM life1 # systemctl restart
finish 0 life1 'the sink ends by TERM'
printf 'idfa\ttwo\t1\t2\t3\nidfa\tbad\n' >run/memc_sink/idfa # no reader is missed
start life2
eventually 'what came meanwhile is stored by the next one' -- has_key "$ADDR_idfa" idfa:two
send TERM holder # systemctl stop memc_fifo@idfa, then the sink
finish 143 holder 'the FIFO is let go'
# shellcheck disable=SC2016 # the inner shell's
background writer sh -c 'for n in $(seq 1000); do printf "idfa\tlast%s\t1\t2\t3\n" $n; done >run/memc_sink/idfa'
finish 0 writer 'lines come until the end'
send TERM life2
finish 0 life2 'the sink reads them all'
is "$(stat_of "$ADDR_idfa" curr_items)" 1002 'all is stored'
is "$(cat life1.out life2.out | jq -c '[.type,.stored,.invalid,.exit]' | tr '\n' ' ')" '["idfa",1,0,0] ["idfa",1001,1,0] ' "the journal has each life's counters"
is "$(cat state/memc_sink/idfa.rejects)" "$(printf 'idfa\tbad')" 'and the state folder the bad lines'
background wrong env SERVER= OPTIONS= sh -c "exec $(cat starts)"
finish 64 wrong 'without an address it ends by 64'
file_like "$units/memc_sink@.service" '^RestartPreventExitStatus=.*64' 'which no restart mends'

names() { (cd "$1" && find . -type f -printf '%P\n' | LC_ALL=C sort | tr '\n' ' '); }

note 'the nightly load'
for type in gaid adid dvid; do start_memcached "$type"; done
mkdir -p data state/memc_load
sample --lines 400 | gzip >data/day1.tsv.gz
: >data/.day0.tsv.gz
command_of memc_load ExecStart >loads
# As systemd does it: hardly any environment, no terminal, a folder as HOME.
background load env -i "PATH=$PATH" "HOME=$T/state/memc_load" \
    "OPTIONS=--idfa $ADDR_idfa --gaid $(addr gaid) --adid $(addr adid) --dvid $(addr dvid) --pattern $T/data/*.tsv.gz" \
    bash -fc "$(cat loads)"
finish 0 load 'it loads what waits'
is "$(names data)" '.day0.tsv.gz .day1.tsv.gz ' 'and renames it'
json state/memc_load/stats.json '[.verdict, .stored]' '["loaded",400]' 'its counters are in the state folder'
# systemd's own: $$ is a dollar, and EXIT_STATUS the unit's.
sed -n '/^ExecStopPost=/,/[^\\]$/p' memc_load.service | sed -e ':more' -e '/\\$/{N;s/\\\n *//;b more' -e '}' |
    sed "s/^ExecStopPost=//; s/\\$\\$/\$/g; s|%S|$T/state|g; s|/usr/local/share/memc-load/|$TOP/extra/prometheus/|" >metrics
status 0 'the command for metrics' -- env EXIT_STATUS=0 sh -c "$(cat metrics)"
file_like state/memc_load/memc_load.prom '^memc_load_exit_status 0$' 'writes them'
file_like state/memc_load/memc_load.prom '^memc_load_lines\{outcome="stored"\} 400$' 'all of them'

note 'logrotate'
logrotate=$(PATH=$PATH:/usr/sbin:/sbin command -v logrotate) || {
    skip 'logrotate is not installed' 'the example for logrotate'
    done_testing
}
mkdir -p log/memc_load stubs
printf '#!/bin/sh\necho "$@" >>"%s/systemctl.calls"\n' "$T" >stubs/systemctl
chmod +x stubs/systemctl
# Files of this test's user, in its folders; otherwise as it is.
sed "s|/var/log|$T/log|g; s|/var/lib|$T/state|g; s|^    su .*|    su $(id -un) $(id -gn)|" "$TOP/extra/logrotate/memc_load" >logrotate.conf
status 0 'a load with a log' -- "$BIN/memc_load" --idfa "$(addr idfa)" -o idfa -l log/memc_load/load.log data/.day1.tsv.gz
status 0 'a sink with a bad line' -- sh -c "printf 'idfa\tbad\n' | $BIN/memc_sink -q -e none --append -r state/memc_sink/idfa.rejects $ADDR_idfa"
status 0 'logrotate takes it' -- env "PATH=$T/stubs:$PATH" "$logrotate" --force --state "$T/logrotate.state" logrotate.conf
is "$(cat out err)" '' 'it has nothing to say'
is "$(names log/memc_load)" 'load.log.1 ' 'the log is rotated'
is "$(names state/memc_sink)" 'idfa.rejects.1 idfa.rejects.why.1 idfa.undelivered ' 'and the files of the sinks; an empty one is not'
is "$(stat -c %a state/memc_sink/idfa.rejects.1)" 600 'which stay private'
is "$(cat systemctl.calls)" 'try-restart memc_sink@*.service' 'the sinks are started anew, once'
status 0 'the next load' -- "$BIN/memc_load" --idfa "$(addr idfa)" -o idfa -l log/memc_load/load.log data/.day1.tsv.gz
ok 'writes a new log' -- test -s log/memc_load/load.log

done_testing
