# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# Runs commands under test, in the foreground or background: status, signals, and waiting for a condition.
# Read by harness.sh.
#
# Checks; each prints one TAP line.
#   ok NAME -- CMD…                          CMD succeeds
#   not_ok NAME -- CMD…                      CMD ends, and with another status than 0
#   status N NAME -- CMD…                    CMD ends with status N; its output is in $T/out and $T/err (128+n: by signal n)
#   finish N NAME TEXT                       wait for a background command and check its status as `status` does
#   eventually NAME -- CMD…                  CMD (a function, too) succeeds sooner or later, tried until LIMIT
#
# Beside the checks:
#   bounded CMD…                             CMD under timeout(1)
#   background NAME CMD…                     start it; PID_NAME is its own pid (for signals), output in $T/NAME.out, $T/NAME.err;
#                                            to hold a FIFO open, use exec 5<>FIFO (never blocks) and bounded CMD >&5
#   send SIGNAL NAME                         a signal to a background command or a server
#   alive NAME                               is it still running?
#   took_signals NAME                        have all signals reached it that were sent to it?
#   rests NAME N                             wait until it has gone to sleep N more times: so it has polled N times since
#   pid_of NAME                              print PID_NAME
#   kill_at_exit PID…                        kill at the end a process that the test started in another way
#   forget PID…                              do not kill it at the end
#   until_true CMD…                          poll until CMD succeeds; false after LIMIT seconds
#   process PATTERN                          print the oldest pid of such a command line, once there is one
#   take_term N                              true if N filters of the test's loads are so far that they take TERM
#   watched                                  true under a sanitizer or valgrind, which need much memory and time
#   under_valgrind                           true under valgrind, which opens closed descriptors
#   sample [OPTION…]                         mksample to stdout; $MKSAMPLE, or it is compiled once for this test
#   model COMMAND FILE…                      model.py
#   make_load PROGRAM [ARG…]                 writes PROGRAM, which calls memc_load with the four servers and these options

# Pids to kill at exit.
children=

kill_at_exit() { children="$children $*"; } # PID…

# The pid of one that has ended may be that of a stranger now.
is_own() { [ "$(readlink "/proc/$1/cwd")" = "$T" ] || grep -qszxF "T=$T" "/proc/$1/environ"; } # PID

bounded() { timeout -k 5 "$LIMIT" "$@"; }

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
    # 124 and 137 come from timeout(1): the command did not fail, it hung.
    case $tap_status in
        0 | 124 | 137) fail "$tap_name" && show "status $tap_status of: $*" "$T/ok.log" ;;
        *) pass "$tap_name" ;;
    esac
}

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

# A shell gives background commands /dev/null as stdin and lets them ignore INT and QUIT; this undoes both.
# Descriptors 5 to 8 of the test are not inherited: a FIFO that the test holds open must end when the test closes it.
# timeout --foreground forwards no signals, so PID_NAME gets exactly those that the test sends.
background() { # NAME CMD…
    bg_name=$1
    shift
    rm -f "$T/$bg_name.pid"
    exec 9<&0
    # shellcheck disable=SC2016 # the inner shell is to expand these
    timeout --foreground -k 5 "$LIMIT" sh -c 'echo $$ >"$0.new" && mv "$0.new" "$0" && exec env --default-signal=INT,QUIT,HUP,TERM "$@"' \
        "$T/$bg_name.pid" "$@" <&9 9<&- 5>&- 6>&- 7>&- 8>&- >"$T/$bg_name.out" 2>"$T/$bg_name.err" &
    eval "WAIT_$bg_name=$!"
    kill_at_exit "$!"
    exec 9<&-
    until_true test -s "$T/$bg_name.pid" || bail "cannot start $1"
    read -r bg_pid <"$T/$bg_name.pid"
    eval "PID_$bg_name=$bg_pid"
    kill_at_exit "$bg_pid"
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

eventually() { # NAME -- CMD…
    eventually_name=$1
    shift 2
    until_true "$@"
    verdict $? "$eventually_name"
}

pid_of() { eval "echo \"\$PID_$1\""; }

# After STOP the other threads go on until one of them has taken it.
is_stopped() { ! cat "/proc/$(pid_of "$1")"/task/*/stat | sed 's/.*) //' | grep -qv '^T'; }

send() { # SIGNAL NAME
    kill -"$1" "$(pid_of "$2")" 2>/dev/null || return
    [ "$1" != STOP ] || until_true is_stopped "$2"
}

alive() { send 0 "$1"; }

took_signals() { ! grep -Eq '^(Sig|Shd)Pnd:.*[1-9a-f]' "/proc/$(pid_of "$1")/status"; }

times_asleep() { sed -n 's/^voluntary_ctxt_switches:[^0-9]*//p' "/proc/$(pid_of "$1")/status"; }

slept_until() { [ "$(times_asleep "$1")" -ge "$2" ]; } # NAME N

rests() { # NAME N
    until_true slept_until "$1" $(($(times_asleep "$1") + $2))
}

# The pid of an ended process may belong to another one later: do not kill it at exit.
forget() { # PID…
    for forget_pid in "$@"; do
        forget_rest=
        for forget_each in $children; do
            [ "$forget_each" = "$forget_pid" ] || forget_rest="$forget_rest $forget_each"
        done
        children=$forget_rest
    done
}

# By a clock: a command may need far longer than the pause.
until_true() { # CMD…
    read -r until_now _ </proc/uptime
    until_end=$((${until_now%.*} + LIMIT))
    until "$@" >/dev/null 2>&1; do
        read -r until_now _ </proc/uptime
        [ "${until_now%.*}" -lt "$until_end" ] || return 1
        sleep 0.02
    done
}

under_valgrind() { grep -aq '^exec valgrind' "$BUILT/memc_sink"; }

watched() { under_valgrind || grep -aq __asan_init "$BUILT/memc_sink"; }

# The parts of a pipeline begin in any order.
process() { until_true pgrep -of "$1" >/dev/null && pgrep -of "$1"; } # PATTERN

# Before its handler is there, a filter ends by TERM and leaves no counters. Its mask of signals caught has the bit 0x4000.
take_term() { # N
    [ "$(pgrep -f "/memc_(route|sink) .*--stats $T/[a-z]*/" | sed 's,.*,/proc/&/status,' |
        xargs -r grep -ls '^SigCgt:.*[4-7c-f]...$' | wc -l)" -eq "$1" ]
}

# A program, because timeout(1) cannot run a function. Work folders are made below ./work.
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

model() { bounded "$PYTHON" "$TESTS/lib/model.py" "$@"; }

sample() {
    if [ ! -x "${MKSAMPLE:-}" ]; then
        MKSAMPLE=$T/mksample
        [ -x "$MKSAMPLE" ] || bounded "${CC:-cc}" -O2 -o "$MKSAMPLE" "$TOP/tools/mksample.c" || bail 'unable to compile mksample.c'
    fi
    bounded "$MKSAMPLE" "$@"
}
