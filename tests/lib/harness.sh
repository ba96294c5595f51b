# shellcheck shell=sh
# Helpers for the shell tests (tests/*.t). A test is a POSIX sh script for prove(1):
#
#     #!/bin/sh
#     . "$(dirname "$0")/../lib/harness.sh"
#     start_four
#     status 0 'an empty input is fine' -- "$BIN/memc_sink" "$ADDR_idfa" </dev/null
#     is "$(cat err)" '' 'it says nothing'
#     done_testing
#
# What a script finds when this file has been read:
#   BIN      where the programs are (default: the folder above tests/)
#   TESTS    the folder of the tests;  TOP  the folder above it
#   T        a temporary folder of its own, which is also the working directory; removed at exit, but kept (and named)
#            if a check failed and KEEP=1 is set
#   PYTHON   the system's Python: another one in PATH lacks Debian's python3-pymemcache and python3-protobuf
#   LIMIT    seconds that any one command may take (default 180)
#   stdin is /dev/null, LC_ALL is C, set -u holds
#
# Checks; each prints one TAP line. Never call them in a pipeline or in (…): the count would be lost.
#   pass NAME · fail NAME                    the plain ones
#   ok NAME -- CMD…                          CMD succeeds
#   not_ok NAME -- CMD…                      CMD ends, and with another status than 0
#   is GOT EXPECTED NAME                     two texts are equal
#   is_file GOT EXPECTED NAME                two files are equal byte for byte
#   like TEXT ERE NAME · unlike TEXT ERE NAME
#   file_like FILE ERE NAME · file_unlike FILE ERE NAME
#   status N NAME -- CMD…                    CMD ends with status N; its output is in $T/out and $T/err (128+n: by signal n)
#   json FILE FILTER EXPECTED NAME           jq -c FILTER of FILE prints EXPECTED
#   eventually NAME -- CMD…                  CMD (a function, too) succeeds sooner or later, tried until LIMIT
#   conserved STATS FILE                     every line of FILE has one outcome in a sink's counters
#   lost N NAME                              N, the records that nobody accounts for, is 0
#   skip REASON NAME · skip_all REASON · bail REASON · note TEXT…
#   done_testing                             the last line of every test
#
# Cases of the catalogue of faults (tests/faults/cases):
#   fault N…                                 the checks from here on prove case N; without a number: none
#   FAULTS_ALL                               set and not empty by `make faults`: slow sweeps go through all they can
#
# Commands beside the checks:
#   bounded CMD…                             CMD under timeout(1)
#   background NAME CMD…                     start it; PID_NAME is its own pid (for signals), output in $T/NAME.out, $T/NAME.err;
#                                            to hold a FIFO open, use exec 5<>FIFO (never blocks) and bounded CMD >&5
#   finish N NAME TEXT                       wait for it and check its status as `status` does
#   send SIGNAL NAME                         a signal to a background command or a server
#   alive NAME                               is it still running?
#   until_true CMD…                          poll until CMD succeeds; false after LIMIT seconds
#   watched                                  do a sanitizer or valgrind watch the programs? They take much memory and time
#   under_valgrind                           does valgrind? It opens descriptors that were closed
#   sample [OPTION…]                         mksample to stdout; $MKSAMPLE, or it is compiled once for this test
#   model COMMAND FILE… · dump ADDR…         model.py and dump.py
#
# Servers: real ones, on loopback ports that the kernel chose or on Unix sockets in $T.
#   start_memcached NAME [ARG…]              sets ADDR_NAME (127.0.0.1:PORT) and PID_NAME
#   start_memcached_unix NAME [ARG…]         the same, ADDR_NAME is the socket's path
#   start_four · start_four_with ARG…        idfa gaid adid dvid
#   stop_memcached NAME…                     SIGKILL, and wait; stop_four
#   restart_memcached NAME                   empty again, same address, same arguments
#   stop_within FILE N NAME                  feeds FILE to a background sink by ./fifo; after N lines are stored, the server is
#                                            sent STOP, and the rest follows (one check)
#   start_hostile NAME MODE [ARG…]           hostile.py instead of a server; sets ADDR_NAME
#   addr NAME · pid_of NAME                  print ADDR_NAME, PID_NAME
#   stat_of ADDR STAT                        one value of `stats`
#   holds ADDR N                             are there N items?
#   has_key ADDR KEY                         is there that one?
#
# POSIX sh, but for GNU coreutils, grep -a and sed -i, procps' pgrep, and util-linux's chrt, flock,
# setpriv, taskset and unshare.

set -u
exec </dev/null
LC_ALL=C PYTHONDONTWRITEBYTECODE=1
export LC_ALL PYTHONDONTWRITEBYTECODE
unset POSIXLY_CORRECT PARALLEL 2>/dev/null
ulimit -f 4194304 # blocks of 512 bytes: a program that writes without end gets SIGXFSZ before the disk is full

TESTS=$(cd "$(dirname "$0")/.." && pwd) || exit 1
TOP=${TESTS%/*}
BIN=$(cd "${BIN:-$TOP}" && pwd) || exit 1
PYTHON=${PYTHON:-/usr/bin/python3}
LIMIT=${LIMIT:-180}
export TESTS TOP BIN PYTHON LIMIT

tap_count=0
tap_failed=0
tap_children=
tap_faults= # numbers of the cases that the checks prove, each with a blank behind it
tap_script=$(cd "$(dirname "$0")" && pwd)/${0##*/}
tap_script=${tap_script#"$TOP/"}

T=$(mktemp -d "${TMPDIR:-/tmp}/memc.XXXXXX") || exit 1
export T
cd "$T" || exit 1

harness_exit() {
    harness_status=$?
    trap - EXIT HUP INT TERM
    for harness_pid in $tap_children; do
        kill -KILL "$harness_pid" 2>/dev/null
    done
    wait 2>/dev/null
    cd / || exit 1
    if [ "$tap_failed" -gt 0 ] && [ "${KEEP:-0}" = 1 ]; then
        echo "# kept: $T"
    else
        chmod -R u+rwX "$T" 2>/dev/null
        rm -rf "$T"
    fi
    exit "$harness_status"
}
trap harness_exit EXIT
trap 'exit 1' HUP INT TERM XFSZ

# ---- TAP

note() { printf '%s\n' "$*" | sed 's/^/# /'; }

# What a failed check has to say: on stderr, which prove(1) passes through.
diag() { note "$@" >&2; }

# A case's number stands behind the names of its checks.
fault() { # N…
    tap_faults=
    for fault_each in "$@"; do tap_faults="$tap_faults$fault_each "; done
}

tap_suffix() {
    tap_marks=
    for tap_each in $tap_faults; do tap_marks="$tap_marks [F$tap_each]"; done
}

# For tests/faults/table, a line a case: script, number, kind, text. Tests that run at the same time append to one file.
record() { # KIND TEXT
    [ -n "${FAULTS_LOG:-}" ] || return 0
    for tap_each in ${tap_faults:-0}; do
        printf '%s\t%s\t%s\t%s\n' "$tap_script" "$tap_each" "$1" "$2" >>"$FAULTS_LOG"
    done
}

pass() {
    tap_count=$((tap_count + 1))
    tap_suffix
    printf 'ok %d - %s\n' "$tap_count" "$1$tap_marks"
    record ok "$1"
}

fail() {
    tap_count=$((tap_count + 1))
    tap_failed=$((tap_failed + 1))
    tap_suffix
    printf 'not ok %d - %s\n' "$tap_count" "$1$tap_marks"
    diag "${0##*/}: not ok $tap_count - $1"
    record failed "$1"
}

verdict() { # STATUS NAME
    if [ "$1" -eq 0 ]; then pass "$2"; else fail "$2"; fi
}

skip() {
    tap_count=$((tap_count + 1))
    tap_suffix
    printf 'ok %d - %s # skip %s\n' "$tap_count" "$2$tap_marks" "$1"
    record skipped "$2: $1"
}

skip_all() {
    echo "1..0 # SKIP $1"
    record 'done' "skipped: $1"
    exit 0
}

bail() {
    echo "Bail out! $1"
    exit 1
}

done_testing() {
    echo "1..$tap_count"
    tap_faults=
    record 'done' "$tap_count checks"
    [ "$tap_failed" -eq 0 ]
    exit
}

# The head of a file as TAP comments, unprintable bytes made visible: a record must not garble the report.
show() { # TITLE FILE
    diag "$1:"
    [ -r "$2" ] && head -n 15 "$2" | cut -c 1-300 | cat -v | sed 's/^/#   /' >&2
}

ok() { # NAME -- CMD…
    tap_name=$1
    shift 2
    bounded "$@" >"$T/ok.log" 2>&1
    tap_status=$?
    verdict "$tap_status" "$tap_name"
    [ "$tap_status" -eq 0 ] || show "status $tap_status of: $*" "$T/ok.log"
}

not_ok() { # NAME -- CMD…
    tap_name=$1
    shift 2
    bounded "$@" >"$T/ok.log" 2>&1
    tap_status=$?
    # 124 and 137 are timeout(1)'s: a command that had to be ended did not refuse anything.
    case $tap_status in
        0 | 124 | 137) fail "$tap_name" && show "status $tap_status of: $*" "$T/ok.log" ;;
        *) pass "$tap_name" ;;
    esac
}

is() { # GOT EXPECTED NAME
    if [ "$1" = "$2" ]; then
        pass "$3"
        return
    fi
    fail "$3"
    diag "     got: $1"
    diag "expected: $2"
}

is_file() { # GOT EXPECTED NAME
    if cmp "$1" "$2" >"$T/cmp.log" 2>&1; then
        pass "$3"
        return
    fi
    fail "$3"
    show cmp "$T/cmp.log"
    diff -a "$2" "$1" >"$T/diff.log" 2>&1
    show 'diff (< expected, > got)' "$T/diff.log"
}

file_like() { # FILE ERE NAME
    if grep -aEq -e "$2" "$1"; then
        pass "$3"
        return
    fi
    fail "$3"
    show "nothing like /$2/ in" "$1"
}

file_unlike() { # FILE ERE NAME
    if [ -r "$1" ] && ! grep -aEq -e "$2" "$1"; then
        pass "$3"
        return
    fi
    fail "$3"
    show "should not match /$2/" "$1"
}

like() { # TEXT ERE NAME
    printf '%s\n' "$1" >"$T/text.log"
    file_like "$T/text.log" "$2" "$3"
}

unlike() { # TEXT ERE NAME
    printf '%s\n' "$1" >"$T/text.log"
    file_unlike "$T/text.log" "$2" "$3"
}

eventually() { # NAME -- CMD…
    eventually_name=$1
    shift 2
    until_true "$@"
    verdict $? "$eventually_name"
}

json() { # FILE FILTER EXPECTED NAME
    is "$(jq -c "$2" "$1" 2>&1)" "$3" "$4"
}

lost() { # N NAME
    record lost "$1"
    is "$1" 0 "$2: lost records: $1"
}

conserved() { # STATS FILE
    # shellcheck disable=SC2016 # jq's own
    conserved_sum=$(jq '.blank + .invalid + .stored + .refused + .undelivered' "$1")
    conserved_lines=$(wc -l <"$2")
    lost $((conserved_lines - ${conserved_sum:-0})) "$conserved_lines lines, each with one outcome"
}

# ---- commands

bounded() { timeout -k 5 "$LIMIT" "$@"; }

check_status() { # GOT EXPECTED NAME ERRFILE
    record exit "$1"
    if [ "$1" -eq "$2" ]; then
        pass "$3"
        return
    fi
    fail "$3"
    diag "status $1, expected $2"
    show stderr "$4"
}

status() { # N NAME -- CMD…
    tap_expected=$1
    tap_name=$2
    shift 3
    bounded "$@" >"$T/out" 2>"$T/err"
    check_status $? "$tap_expected" "$tap_name" "$T/err"
}

# A shell gives its background commands /dev/null for stdin and makes them ignore INT and QUIT; neither is wanted here.
# A test's own descriptors 5 to 8 are not passed on: a FIFO that it holds open must end when the test closes it.
# timeout --foreground hands no signal on by itself, so that PID_NAME gets exactly those that a test sends.
background() { # NAME CMD…
    bg_name=$1
    shift
    rm -f "$T/$bg_name.pid"
    exec 9<&0
    # shellcheck disable=SC2016 # the inner shell is to expand these
    timeout --foreground -k 5 "$LIMIT" sh -c 'echo $$ >"$0.new" && mv "$0.new" "$0" && exec env --default-signal=INT,QUIT,HUP,TERM "$@"' \
        "$T/$bg_name.pid" "$@" <&9 9<&- 5>&- 6>&- 7>&- 8>&- >"$T/$bg_name.out" 2>"$T/$bg_name.err" &
    eval "WAIT_$bg_name=$!"
    tap_children="$tap_children $!"
    exec 9<&-
    until_true test -s "$T/$bg_name.pid" || bail "cannot start $1"
    read -r bg_pid <"$T/$bg_name.pid"
    eval "PID_$bg_name=$bg_pid"
    tap_children="$tap_children $bg_pid"
}

finish() { # N NAME TEXT
    eval "finish_wait=\$WAIT_$2 finish_pid=\$PID_$2"
    # shellcheck disable=SC2154 # set by the eval above
    wait "$finish_wait" 2>/dev/null
    finish_status=$?
    # shellcheck disable=SC2154 # likewise
    forget "$finish_wait" "$finish_pid"
    check_status "$finish_status" "$1" "$3" "$T/$2.err"
}

pid_of() { eval "echo \"\$PID_$1\""; }

send() { # SIGNAL NAME
    kill -"$1" "$(pid_of "$2")" 2>/dev/null
}

alive() { send 0 "$1"; }

# A pid that has ended may be another process's by now: it must not be killed at exit.
forget() { # PID…
    for forget_pid in "$@"; do
        forget_rest=
        for forget_each in $tap_children; do
            [ "$forget_each" = "$forget_pid" ] || forget_rest="$forget_rest $forget_each"
        done
        tap_children=$forget_rest
    done
}

until_true() { # CMD…
    until_left=$((LIMIT * 50))
    until "$@" >/dev/null 2>&1; do
        until_left=$((until_left - 1))
        [ "$until_left" -gt 0 ] || return 1
        sleep 0.02
    done
}

under_valgrind() { grep -aq '^exec valgrind' "$BIN/memc_sink"; }

watched() { under_valgrind || grep -aq __asan_init "$BIN/memc_sink"; }

# ---- servers

memcached_argument_file() { echo "$T/$1.args"; }

# memcached writes its pid file only after it listens, so that file is the sign that a client gets through.
memcached_is_up() { # NAME PID
    [ -s "$T/$1.pidfile" ] || ! kill -0 "$2" 2>/dev/null
}

launch_memcached() { # NAME ARG…
    launch_name=$1
    shift
    rm -f "$T/$launch_name.pidfile" "$T/$launch_name.port"
    [ "$(id -u)" -ne 0 ] || set -- -u root "$@"
    MEMCACHED_PORT_FILENAME="$T/$launch_name.port" memcached -P "$T/$launch_name.pidfile" -t 2 -m 256 "$@" \
        >"$T/$launch_name.log" 2>&1 5>&- 6>&- 7>&- 8>&- &
    eval "PID_$launch_name=$!"
    tap_children="$tap_children $!"
}

await_memcached() { # NAME
    eval "await_pid=\$PID_$1"
    # shellcheck disable=SC2154 # set by the eval above
    until_true memcached_is_up "$1" "$await_pid"
    [ -s "$T/$1.pidfile" ] || {
        show "memcached $1 did not start" "$T/$1.log"
        return 1
    }
}

save_arguments() { # NAME ARG…
    save_name=$1
    shift
    printf '%s\n' "$@" >"$(memcached_argument_file "$save_name")"
}

launch_tcp() { # NAME ARG…
    save_arguments "$@"
    tcp_name=$1
    shift
    launch_memcached "$tcp_name" -l 127.0.0.1 -U 0 -p -1 "$@"
}

await_tcp() { # NAME
    await_memcached "$1" || bail "memcached $1 does not start"
    tcp_port=$(sed -n 's/^TCP INET: //p' "$T/$1.port")
    eval "ADDR_$1=127.0.0.1:$tcp_port"
}

start_memcached() { # NAME ARG…
    launch_tcp "$@"
    await_tcp "$1"
}

start_memcached_unix() { # NAME ARG…
    save_arguments "$@"
    unix_name=$1
    shift
    launch_memcached "$unix_name" -s "$T/$unix_name.sock" "$@"
    await_memcached "$unix_name" || bail "memcached $unix_name does not start"
    eval "ADDR_$unix_name=\$T/$unix_name.sock"
}

start_four() { start_four_with -m 256; }

start_four_with() { # ARG…
    for four in idfa gaid adid dvid; do launch_tcp $four "$@"; done
    for four in idfa gaid adid dvid; do await_tcp $four; done
}

# A program beside the test: memc_load with the four servers and these options. No function, since timeout(1) runs none.
# Work folders are made below ./work.
make_load() { # PROGRAM [ARG…]
    make_load_program=$1
    shift
    mkdir -p work
    TMPDIR=$T/work
    export TMPDIR
    # shellcheck disable=SC2154 # set by start_four
    cat >"$make_load_program" <<END
#!/bin/sh
exec "$BIN/memc_load" --idfa "$ADDR_idfa" --gaid "$ADDR_gaid" --adid "$ADDR_adid" --dvid "$ADDR_dvid" $* "\$@"
END
    chmod +x "$make_load_program"
}

# KILL, since a stopped server takes no other signal; it has nothing to save.
stop_memcached() { # NAME…
    for stop_name in "$@"; do
        eval "stop_pid=\$PID_$stop_name"
        # shellcheck disable=SC2154 # set by the eval above
        kill -KILL "$stop_pid" 2>/dev/null
        wait "$stop_pid" 2>/dev/null
        forget "$stop_pid"
    done
}

stop_four() { stop_memcached idfa gaid adid dvid; }

# The port was ours a moment ago; if something took it meanwhile, it is tried again for a while.
restart_memcached() { # NAME
    stop_memcached "$1"
    restart_name=$1
    eval "restart_addr=\$ADDR_$1"
    shift
    while IFS= read -r restart_arg; do
        [ -z "$restart_arg" ] || set -- "$@" "$restart_arg"
    done <"$(memcached_argument_file "$restart_name")"
    # shellcheck disable=SC2154 # set by the eval above
    case $restart_addr in
        */*) set -- -s "$restart_addr" "$@" ;;
        *) set -- -l 127.0.0.1 -U 0 -p "${restart_addr##*:}" "$@" ;;
    esac
    for restart_try in 1 2 3 4 5 6 7 8 9 10; do
        launch_memcached "$restart_name" "$@"
        await_memcached "$restart_name" && return
        sleep 0.$restart_try
    done
    bail "memcached $restart_name does not start again"
}

stop_within() { # FILE N NAME
    exec 5<>fifo
    head -n "$2" "$1" >&5
    eventually 'it has begun' -- holds "$(addr "$3")" "$2"
    send STOP "$3"
    bounded tail -n +$(($2 + 1)) "$1" >&5
    exec 5<&-
}

start_hostile() { # NAME MODE [ARG…]
    hostile_name=$1
    shift
    background "$hostile_name" "$PYTHON" "$TESTS/lib/hostile.py" "$@"
    until_true test -s "$T/$hostile_name.out" || bail "hostile.py $* does not start"
    hostile_port=$(head -n 1 "$T/$hostile_name.out")
    eval "ADDR_$hostile_name=127.0.0.1:$hostile_port"
}

# ---- tools of the tests

model() { bounded "$PYTHON" "$TESTS/lib/model.py" "$@"; }

dump() { bounded "$PYTHON" "$TESTS/lib/dump.py" "$@"; }

addr() { eval "echo \"\$ADDR_$1\""; }

stat_of() { dump "$1" --stat "$2"; }

holds() { [ "$(stat_of "$1" curr_items)" -eq "$2" ]; }

has_key() { dump "$1" --get "$2"; }

sample() {
    if [ ! -x "${MKSAMPLE:-}" ]; then
        MKSAMPLE=$T/mksample
        [ -x "$MKSAMPLE" ] || bounded "${CC:-cc}" -O2 -o "$MKSAMPLE" "$TOP/tools/mksample.c" || bail 'unable to compile mksample.c'
    fi
    bounded "$MKSAMPLE" "$@"
}
