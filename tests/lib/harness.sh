# SPDX-License-Identifier: MIT
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
# Variables that a script can use after it has read this file:
#   BIN      where the programs are (default: the folder above tests/)
#   TESTS    the folder of the tests;  TOP  the folder above it
#   T        a temporary folder of its own, which is also the working directory; removed at exit, but kept (and named)
#            if a check failed and KEEP=1 is set
#   PYTHON   the system's Python, which has Debian's python3-pymemcache and python3-protobuf
#   PROTOCOL the --protocol of every memc_sink that the test starts as $BIN/memc_sink and gives no other; empty: what it
#            finds. From the environment; in tests/binary, which has links to tests that run a second time, it is binary
#   LIMIT    seconds that any one command may take (default 180)
#   Also: stdin is /dev/null, LC_ALL is C, set -u is on
#
# The helpers stand in three files, each with a list of its own at its head:
#   tap.sh       results: is, like, json, fault, done_testing …
#   commands.sh  commands: status, ok, background, finish, eventually …
#   servers.sh   servers: start_memcached, start_hostile, stop_within …
#
# POSIX sh. In addition: GNU coreutils, grep -a and sed -i, pgrep of procps, and of util-linux chrt, flock,
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
BUILT=$BIN
PROTOCOL=${PROTOCOL:-}
case $0 in */binary/*) PROTOCOL=binary ;; esac
PYTHON=${PYTHON:-/usr/bin/python3}
LIMIT=${LIMIT:-180}
export TESTS TOP BIN BUILT PYTHON LIMIT

# shellcheck source-path=SCRIPTDIR source=tap.sh
. "$TESTS/lib/tap.sh"
# shellcheck source-path=SCRIPTDIR source=commands.sh
. "$TESTS/lib/commands.sh"
# shellcheck source-path=SCRIPTDIR source=servers.sh
. "$TESTS/lib/servers.sh"

T=$(mktemp -d "${TMPDIR:-/tmp}/memc.XXXXXX") || exit 1
export T
cd "$T" || exit 1

# Without memc_load: it would find its own memc_sink.
if [ -n "$PROTOCOL" ]; then
    mkdir bin
    ln -s "$BUILT/memc_route" bin
    printf '#!/bin/sh\nexec "%s" --protocol "%s" "$@"\n' "$BUILT/memc_sink" "$PROTOCOL" >bin/memc_sink
    chmod +x bin/memc_sink
    BIN=$T/bin
fi

harness_exit() {
    harness_status=$?
    trap - EXIT HUP INT TERM
    for harness_pid in $children; do
        ! is_own "$harness_pid" || kill -KILL "$harness_pid" 2>/dev/null
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
