#!/bin/sh
# SPDX-License-Identifier: MIT
# memc_load on several hosts: the same results as on one machine, and what becomes of files whose host dies.
#
# A host is a network, a list of processes and a name of its own (unshare), with an sshd as its first process: killing that
# kills the host. They share the file system with the main run, whose own network, also private, has the servers:
#
#     one 10.77.1.2 ── 10.77.1.1 ┐
#                                ├ main run, servers on 10.77.0.1
#     two 10.77.2.2 ── 10.77.2.1 ┘
#
# shellcheck disable=SC2154 # PID_one and the like are set by `background`
if [ -z "${HOSTS_NETWORK:-}" ] && [ "$(id -u)" -eq 0 ] && unshare -n ip link set lo up 2>/dev/null; then
    HOSTS_NETWORK=1 exec unshare -n sh "$0"
fi

. "$(dirname "$0")/../lib/harness.sh"

[ -n "${HOSTS_NETWORK:-}" ] || skip_all 'it needs root, and networks of its own (unshare -n)'
SSHD=$(PATH=$PATH:/usr/sbin:/sbin command -v sshd) || skip_all 'sshd is not installed (tools/setup all)'
command -v ssh >/dev/null || skip_all 'ssh is not installed'
unshare --net --uts --pid --fork --mount-proc true 2>/dev/null || skip_all 'no namespaces for hosts (unshare)'
! watched || skip_all 'sanitizers and valgrind have nothing to find here'

# ---- two hosts

ip link set lo up
ip addr add 10.77.0.1/32 dev lo
mkdir ssh private remote
ssh-keygen -q -t ed25519 -N '' -f ssh/host
ssh-keygen -q -t ed25519 -N '' -f ssh/user
cp ssh/user.pub ssh/authorized
printf '10.77.1.2,10.77.2.2 %s\n' "$(cut -d ' ' -f 1,2 ssh/host.pub)" >ssh/known
cat >ssh/sshd_config <<END_CONFIG
HostKey $T/ssh/host
AuthorizedKeysFile $T/ssh/authorized
PidFile none
PermitRootLogin yes
PasswordAuthentication no
StrictModes no
UsePAM no
MaxStartups 100
SetEnv TMPDIR=$T/remote
END_CONFIG
printf 'Host one\nHostName 10.77.1.2\nHost two\nHostName 10.77.2.2\nHost nowhere\nHostName 10.77.3.2\n' >ssh/config
cat >>ssh/config <<END_CONFIG
Host *
HostKeyAlias 10.77.1.2
IdentityFile $T/ssh/user
IdentitiesOnly yes
UserKnownHostsFile $T/ssh/known
StrictHostKeyChecking yes
LogLevel ERROR
BatchMode yes
ConnectTimeout 60
ServerAliveInterval 1
ServerAliveCountMax 3
END_CONFIG
chmod 600 ssh/user ssh/host
PARALLEL_SSH="ssh -F $T/ssh/config"
export PARALLEL_SSH
# sshd wants its folder there, though it is never written; it is private to the host. What the user's shell reads at its
# start is not the test's.
cat >host <<END_HOST
#!/bin/sh
hostname "\$1"
ip link set lo up
until ip link show eth0 >/dev/null 2>&1; do sleep 0.02; done
ip addr add "\$2.2/24" dev eth0
ip link set eth0 up
ip route add default via "\$2.1"
mount -t tmpfs tmpfs "$T/private" || exit
mount -t tmpfs tmpfs /run || exit
mkdir -m 755 /run/sshd
for each in .bashrc .bash_profile .profile .zshenv; do
    [ ! -e "\$HOME/\$each" ] || mount --bind /dev/null "\$HOME/\$each" || exit
done
exec "$SSHD" -D -e -f "$T/ssh/sshd_config"
END_HOST
chmod +x host

# The host's first process, as it is known here.
first_of() { pgrep -P "$(pid_of "$1")"; }

# shellcheck disable=SC2317 # called by until_true
reachable() { ssh -n -F ssh/config "$1" true; }

start_host() { # NAME NETWORK
    unshare --net --uts --pid --fork --kill-child --mount-proc "$T/host" "$1" "$2" >"$1.err" 2>&1 &
    eval "PID_$1=$!"
    kill_at_exit "$!"
    until_true first_of "$1" || bail "host $1 does not start"
    ip link add "to_$1" type veth peer name eth0 netns "$(first_of "$1")" || bail "no link to host $1"
    ip addr add "$2.1/24" dev "to_$1"
    ip link set "to_$1" up
    until_true reachable "$1" || { show "sshd of $1" "$1.err" && bail "host $1 cannot be reached"; }
}

start_named() { # NAME
    case $1 in
        one) start_host one 10.77.1 ;;
        two) start_host two 10.77.2 ;;
    esac
}

kill_host() { # NAME
    kill -KILL "$(first_of "$1")"
    wait "$(pid_of "$1")" 2>/dev/null
    forget "$(pid_of "$1")"
    ip link del "to_$1" 2>/dev/null
}

start_named one
start_named two
port=11210
for type in idfa gaid adid dvid; do
    port=$((port + 1))
    launch_memcached $type -l 10.77.0.1 -U 0 -p $port
    eval "ADDR_$type=10.77.0.1:$port"
done
for type in idfa gaid adid dvid; do await_memcached $type || bail 'memcached does not start'; done

# ---- files, and a decompressor that notes its host

make_load load
mkdir slow made
cat >slow/igzip <<END_SLOW
#!/bin/sh
[ ! -p /dev/stdin ] || exec gzip -dc # it is tried on two members first
uname -n >>"$T/where"
text=$T/slow/text.\$(uname -n).\$\$
gzip -dc >"\$text" || exit
# One holds in the middle of the file that it is told to, once.
if grep -q "\$(cat "$T/slow/which")" "\$text" && mkdir "$T/slow/once" 2>/dev/null; then
    head -n 300 "\$text"
    uname -n >"$T/held.new"
    mv "$T/held.new" "$T/held"
    sleep 1000
fi
exec cat "\$text"
END_SLOW
chmod +x slow/igzip
PATH=$T/slow:$PATH
export PATH
nothing='no such text'
records() { for each in idfa gaid adid dvid; do seq -f "$each	$1%.0f	55.5	-42.25	1,22,333" 300; done; }
for name in a b c d; do
    records $name >text
    printf 'idfa\t%s\t1\n' $name >>text # one bad line
    gzip -c text >made/$name.tsv.gz
done
{ records bad && yes 'what is this' | head -n 100; } | gzip >made/high.tsv.gz
head -c 2000 made/a.tsv.gz >made/cut.tsv.gz
cp made/d.tsv.gz "made/odd \$name, it's.tsv.gz"

fresh() {
    rm -rf d reports stats log held slow/once where
    cp -R made d
    echo "${1:-$nothing}" >slow/which
    empty_four
}
contents() { for each in idfa gaid adid dvid; do dump "$(addr $each)"; done; }
# shellcheck disable=SC2012 # to be read, not to be worked on
names() { (cd "$1" && ls -A | tr '\n' ' '); }
hosts_used() { sort -u where | tr '\n' ' '; }
# What no two runs have in common: times, and the server's name for itself is the same.
# shellcheck disable=SC2317 # called by run
# A group of files has one sample, and a file on another host one of its own.
timeless() { jq -cS 'del(.. | .seconds?, .start?, .end?, .sampled?, .sample_missing?)' "$@"; }

run() { # RESULT STATUS ARG…: all that a run tells and leaves
    run_result=$1
    shift
    mkdir "$run_result"
    status "$1" "it ends by $1" -- ./load --reports reports -s stats "$@"
    sort err >"$run_result/err"
    timeless stats >"$run_result/stats"
    contents >"$run_result/contents"
    names d >"$run_result/names"
    mkdir "$run_result/reports"
    for run_report in reports/*; do
        case $run_report in
            *.stats) timeless "$run_report" ;;
            *) cat "$run_report" ;;
        esac >"$run_result/$run_report"
    done
}
same() { # RESULT NAME
    for same_part in err stats contents names; do is_file "$1/$same_part" "here/$same_part" "$2: $same_part"; done
    is "$(diff -r here/reports "$1/reports")" '' "$2: reports"
}
verdicts() { jq -c '[.verdict,.exit]' stats | sort | uniq -c | tr '\n' ' ' | sed 's/^ *//; s/   */ /g; s/ $//'; }
all_loaded() { # NAME: a to d
    is "$(verdicts)" '4 ["loaded",0]' "$1: the verdicts"
    is "$(names d)" "$loaded_names" "$1: the names"
    contents >got
    is_file got all "$1: the servers hold all"
}
four='d/a.tsv.gz d/b.tsv.gz d/c.tsv.gz d/d.tsv.gz'
# shellcheck disable=SC2317 # called by `eventually`
no_process() { ! pgrep -f "$T/(work|slow)/" >/dev/null; }
# shellcheck disable=SC2317 # called by until_true
no_job() { ! pgrep -f "memc_load_file --idfa $ADDR_idfa" >/dev/null; } # the address is this test's alone

note 'as on one machine'
fresh
run here 74 -w 2 d/* d/missing.tsv.gz
is "$(hosts_used)" "$(uname -n) " 'all on this machine'
like "$(cat here/err)" 'High error rate.*high' 'a file is bad'
like "$(cat here/err)" 'corrupt.*unexpected end' 'a file is cut'
fresh
run there 74 -w 2 -S one,two d/* d/missing.tsv.gz
is "$(hosts_used)" 'one two ' 'both hosts'
same there 'one,two'
fresh
printf '# hosts\none\n:\n' >list
run mixed 74 -w 1 --sshloginfile list d/* d/missing.tsv.gz
is "$(hosts_used)" "$(printf 'one\n%s\n' "$(uname -n)" | sort | tr '\n' ' ')" 'one, and this machine'
same mixed '--sshloginfile'
rm -rf work/* # nothing is there
fresh
bounded ./load -S one -S two -l log d/* 2>err
fresh_log() { sed -E 's/^\[[^]]*\] //; /^[EI] /!d' "$1" | sort; }
fresh_log log >got
cp log there/log
fresh
bounded ./load -l log d/* 2>err.here
fresh_log log >expected
is_file got expected 'the log'
is "$(grep -Evc '^\[[0-9. :]*\] [EI] ' there/log)" 0 'with nothing else in it'
sort err >got
sort err.here >expected
is_file got expected 'and stderr beside it'

note 'other modes'
rm -rf here one
fresh
run here 69 -w 1 --idfa 10.77.0.1:1 d/[abc].tsv.gz
fresh
run one 69 -w 1 --idfa 10.77.0.1:1 -S one d/[abc].tsv.gz
like "$(cat one/err)" 'not tried: d/c.tsv.gz: a server is missing' 'no other file is begun'
same one 'a server is missing'
# shellcheck disable=SC2086 # words
bounded ./load -n -v $four 2>err | sort >expected
# shellcheck disable=SC2086 # words
status 0 'a dry run on two hosts' -- ./load -n -v -S one,two $four
sort out >got
is_file got expected 'prints the same records'
# shellcheck disable=SC2086 # words
status 0 'with --progress' -- ./load -p -s stats -S one,two $four
is "$(grep -ac 'memc_load: Acceptable error rate' err)" 4 'all verdicts are told'
is "$(grep -Ec '^d/[a-d].*  loaded$' err)" 4 'and stand in the table'
for each in d/.?.tsv.gz; do mv "$each" "d/${each#d/.}"; done
# shellcheck disable=SC2086 # words
status 0 '--verify' -- ./load --verify -S one,two $four
fresh
# shellcheck disable=SC2086 # words
bounded ./load -s stats $four 2>err
contents >all
loaded_names=$(names d)

note 'a host that dies'
# NAME ARG…: a run that holds in the middle of b, on the host `holder`
start_held() {
    start_name=$1
    shift
    fresh 'idfa	b1	'
    # shellcheck disable=SC2086 # words
    background "$start_name" env "$@" ./load -s stats -w 1 -S one,two $four
    until_true test -e held || bail 'no host has begun'
    holder=$(cat held)
}
start_held dying
dead=$holder
kill_host "$dead"
finish 0 dying "all is loaded, though $dead has died"
all_loaded "$dead dead"
ok 'b was begun twice' -- test "$(wc -l <where)" -eq 5
eventually 'no process is left' -- no_process

start_named "$dead"

note 'a host that cannot be heard, but goes on'
start_held mute
ip link set "to_$holder" down
finish 0 mute "all is loaded, though the link to $holder is down"
all_loaded "$holder away"
eventually 'no process is left there' -- no_process
is "$(names d)" "$loaded_names" 'nothing is renamed later'
ip link set "to_$holder" up
eventually 'it is there again' -- reachable "$holder"

note "a job's shell that is killed"
until_true no_job || bail 'a job of the run before goes on'
start_held shell
kill -KILL "$(pgrep -of "^[^ ]*bash -p $BIN/memc_load_file --idfa $ADDR_idfa .*d/b.tsv.gz\$")"
finish 0 shell 'its file is loaded by another job'
all_loaded 'a job killed'

note 'hosts that are of no use'
fresh
# shellcheck disable=SC2086 # words
status 0 'a host that cannot be reached' -- ./load -s stats -S nowhere,two $four
file_like err 'host nowhere is not used: ssh: connect' 'is named'
all_loaded 'the others do the work'
is "$(hosts_used)" 'two ' 'that is, two'
fresh
# shellcheck disable=SC2086 # words
status 69 'none but such' -- ./load -s stats -S nowhere $four
file_like err 'no host can do the work' 'is said'
is "$(names d)" "$(names made)" 'nothing is done'
status 0 'a work folder that is on this machine only' -- env TMPDIR="$T/private" ./load -k -S one d/a.tsv.gz
cp made/a.tsv.gz private
status 69 'a file that is on this machine only' -- ./load -S one private/a.tsv.gz
file_like err 'host one is not used: memc_load: it cannot see private/a.tsv.gz' 'is said'
is "$(names private)" 'a.tsv.gz ' 'and the file keeps its name'
launch_memcached local -l 127.0.0.1 -U 0 -p 11220
await_memcached local || bail 'memcached does not start'
status 69 'a server that is on this machine only' -- ./load --idfa 127.0.0.1:11220 -S one d/a.tsv.gz
file_like err 'host one is not used: .*127.0.0.1:11220 is not the idfa server' 'is said'
status 64 'a host with an ssh of its own' -- ./load -S "$PARALLEL_SSH one" d/a.tsv.gz
status 66 'a list that is not there' -- ./load --sshloginfile none d/a.tsv.gz

note 'signals'
for signal in INT:130 TERM:143 HUP:129; do
    start_held signal
    until_true take_term 5 || bail 'the parts are not there'
    send "${signal%:*}" signal
    finish "${signal#*:}" signal "${signal%:*} ends it"
    ok 'no process is left' -- sh -c "! pgrep -f '$T/(work|slow)/'"
    is "$(names work)" '' 'nor a folder'
    ok 'the file that was under way keeps its name' -- test -e d/b.tsv.gz
    for name in a c d; do
        [ -e "d/$name.tsv.gz" ] || printf 'd/%s.tsv.gz\n' $name
    done >got
    jq -r 'select(.verdict == "loaded").file' stats >expected
    is_file got expected 'what is renamed, and nothing else, is called loaded'
    is "$(jq -c 'select(.file == "d/b.tsv.gz") | [.verdict, .exit, ([.parts[].exit] | unique)]' stats)" '["failed",143,[143]]' \
        'each part ended by the signal, cleanly'
    contents >got
    is "$(jq -s 'map(.stored) | add' stats)" "$(wc -l <got)" 'what is called stored is there'
done
start_held again
send STOP idfa
send TERM again
send TERM again
finish 143 again 'a second TERM'
send CONT idfa
eventually 'no process is left' -- no_process
is "$(names work)" '' 'nor a folder'
start_held killed
send KILL killed
finish 137 killed 'the main run is killed'
eventually 'everything ends' -- no_process
ok 'the file that was under way keeps its name' -- test -e d/b.tsv.gz
rm -rf work/*
start_held parallel
kill -KILL "$(pgrep -P "$(pid_of parallel)" -f 'parallel --plain')"
finish 143 parallel 'parallel is killed'
ok 'no process is left' -- sh -c "! pgrep -f '$T/(work|slow)/'"
ok 'the file that was under way keeps its name' -- test -e d/b.tsv.gz

note 'all hosts die'
start_held lost
kill_host one
kill_host two
finish 137 lost 'the run ends'
is "$(jq -r 'select(.file == "d/b.tsv.gz").verdict' stats)" failed 'what was under way has failed'
eventually 'no process is left' -- no_process

done_testing
