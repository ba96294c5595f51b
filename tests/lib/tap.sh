# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# Prints the results of a shell test in the Test Anything Protocol for prove(1); checks on texts and files.
# Read by harness.sh. Checks that run a command are in commands.sh.
#
# Each check prints one TAP line. Never call a check in a pipeline or in (…): the count would be lost.
#   pass NAME · fail NAME                    the plain ones
#   verdict STATUS NAME                      a status of 0 passes
#   is GOT EXPECTED NAME                     two texts are equal
#   is_file GOT EXPECTED NAME                two files are equal byte for byte
#   like TEXT ERE NAME · unlike TEXT ERE NAME
#   file_like FILE ERE NAME · file_unlike FILE ERE NAME
#   json FILE FILTER EXPECTED NAME           jq -c FILTER of FILE prints EXPECTED
#   conserved STATS FILE                     every line of FILE has one outcome in a sink's counters
#   lost N NAME                              N, the number of records without an outcome, is 0
#   skip REASON NAME · skip_all REASON · bail REASON · note TEXT…
#   done_testing                             the last line of every test
#
# Cases of the catalogue of faults (tests/faults/cases):
#   fault N…                                 the checks from here on prove case N; without a number: none
#   FAULTS_ALL                               `make faults` sets it: slow sweeps then try every value

tap_count=0
tap_failed=0
tap_faults= # numbers of the cases that the checks prove, each with a blank behind it
tap_script=$(cd "$(dirname "$0")" && pwd)/${0##*/}
tap_script=${tap_script#"$TOP/"}

note() { printf '%s\n' "$*" | sed 's/^/# /'; }

# Shows why a check failed, on stderr, which prove(1) passes through.
diag() { note "$@" >&2; }

# The number of the case is appended to the names of its checks.
fault() { # N…
    tap_faults=
    for fault_each in "$@"; do tap_faults="$tap_faults$fault_each "; done
}

tap_suffix() {
    tap_marks=
    for tap_each in $tap_faults; do tap_marks="$tap_marks [F$tap_each]"; done
}

# For tests/faults/table, one line a case: script, number, kind, text. Tests that run at the same time share the file.
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

# Ends this test file as failed. TAP's "Bail out!" would end the whole run.
bail() {
    fail "the test cannot go on: $1"
    exit 1
}

done_testing() {
    echo "1..$tap_count"
    tap_faults=
    record 'done' "$tap_count checks"
    [ "$tap_failed" -eq 0 ]
    exit
}

# Prints the head of a file as TAP comments, with unprintable bytes made visible.
show() { # TITLE FILE
    diag "$1:"
    [ -r "$2" ] && head -n 15 "$2" | cut -c 1-300 | cat -v | sed 's/^/#   /' >&2
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

