#!/bin/sh
# SPDX-License-Identifier: MIT
# A service manager is told how a standing sink is, by the protocol of sd_notify(3): its socket is the test's own, one with a
# name in a folder, and an abstract one.
. "$(dirname "$0")/../lib/harness.sh"

sink=$BIN/memc_sink

cat >manager.pl <<'END_MANAGER'
use Socket; $| = 1;
socket(my $at, PF_UNIX, SOCK_DGRAM, 0) or die;
bind($at, pack_sockaddr_un($ARGV[0] =~ s/^@/\0/r)) or die;
print "listens\n";
while (defined recv($at, my $text, 4096, 0)) { print "$text\n" }
END_MANAGER
start_memcached u
mkfifo one
line() { printf '%s\t%s\t1\t2\t3\n' "$1" "$2"; } # TYPE ID
for name in "$T/notify" "@memc-$$-notify"; do
    background manager perl manager.pl "$name"
    until_true grep -q listens manager.out || bail 'no socket'
    background told env NOTIFY_SOCKET="$name" WATCHDOG_USEC=2000000 "$sink" -k -q -T idfa "$(addr u)" one
    exec 5<>one
    eventually 'it is ready' -- grep -qx 'READY=1' manager.out
    # shellcheck disable=SC2016 # the inner shell is to expand it
    eventually 'it feeds the watchdog while nothing comes' -- sh -c '[ "$(grep -cx WATCHDOG=1 manager.out)" -ge 3 ]'
    line idfa told >&5
    eventually 'the status has the counters' -- grep -q "^STATUS=idfa -> $(addr u): 1 lines: 1 stored, 0 refused, 0 invalid" manager.out
    exec 5>&-
    send TERM told
    finish 0 told 'it ends'
    eventually 'which it says before' -- grep -qx 'STOPPING=1' manager.out
    is "$(sed -n '2p;$p' manager.out | tr '\n' ' ')" 'READY=1 STOPPING=1 ' 'first and last'
    send TERM manager
    finish 143 manager 'the manager'
done
background manager perl manager.pl "@memc-$$-none"
until_true grep -q listens manager.out || bail 'no socket'
line idfa other >other.tsv
status 0 'a sink that does not stay' -- env NOTIFY_SOCKET="@memc-$$-none" "$sink" -q "$(addr u)" other.tsv
is "$(cat manager.out)" listens 'tells nothing'

done_testing
