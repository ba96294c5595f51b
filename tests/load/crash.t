#!/bin/sh
# SPDX-License-Identifier: MIT
# Rounds of crash.py: a process of a load is killed, the load is run again, and the servers hold what they should.
#
# In a network of its own, where the system allows one: a server that was killed comes back to a port that another test's
# server, or another test's load that still looks for its own, must not have meanwhile.
if [ -z "${CRASH_NETWORK:-}" ] && unshare -rn ip link set lo up 2>/dev/null; then
    # shellcheck disable=SC2016 # the inner shell expands it
    CRASH_NETWORK=1 exec unshare -rn sh -c 'ip link set lo up && exec sh "$0"' "$0"
fi

. "$(dirname "$0")/../lib/harness.sh"

LIMIT=600
TMPDIR=$T
export TMPDIR
sample -n 0 # so that there is an mksample

# By a protocol that is named fewer, since only the sinks differ; of this seed they kill a sink and a server, too.
rounds=20 seed=21
[ -z "$PROTOCOL" ] || rounds=6 seed=14
bounded "$PYTHON" "$TESTS/lib/crash.py" --bin "$BUILT" --mksample "$MKSAMPLE" --protocol "${PROTOCOL:-auto}" \
    --seed $seed --rounds $rounds >told 2>err
check_status $? 0 'after a kill, the same command mends all, and no verdict was wrong' err
sed -n '/^killed/,$p' told >tally
while IFS= read -r line; do note "$line"; done <tally
[ "$tap_failed" -eq 0 ] || diag "$(grep -v ': ok$' told)"
is "$(grep -c ': ok$' told)" $rounds "$rounds rounds"
is "$(awk -v rounds=$rounds '/^all/ { print($2 + $3 > rounds - 6) }' tally)" 1 'most kills came before the end'
# shellcheck disable=SC2012 # to be read
is "$(ls -d "$T"/memc-crash.* 2>/dev/null)" '' 'nothing is left'
done_testing
