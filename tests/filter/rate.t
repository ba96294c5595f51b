#!/bin/sh
# SPDX-License-Identifier: MIT
# memc_route --rate: the same lines as without it, but not all at once. How many in which time is arithmetic: it is tested
# in tests/unit/route/pace.c, by a clock of its own. At one line a second, 5,000 lines need longer than any test may take.
. "$(dirname "$0")/../lib/harness.sh"

route() { # ARG…: into one pipe
    bounded "$BIN/memc_route" -q --idfa /dev/fd/1 --gaid /dev/fd/1 --adid /dev/fd/1 --dvid /dev/fd/1 "$@" | cat
}

note 'the lines'
sample --lines 3000 --bad 0.01 >lines.tsv
route <lines.tsv >want 2>/dev/null
for rate in 100K 1M 1000000000000; do
    route --rate "$rate" -s stats.json <lines.tsv >got 2>/dev/null
    is_file got want "--rate $rate: the same"
    json stats.json '[.lines, .exit]' '[3000,0]' 'all of them'
done
printf 'idfa\tend\t1\t2\t3' | route --rate 1 >got
is "$(cat got)" "$(printf 'idfa\tend\t1\t2\t3')" 'an unterminated last line, too'
: | route --rate 1 >got
is_file got /dev/null 'no line at all'

note 'not all at once'
sample --seed 2 --lines 5000 | sed 's/^[a-z]*/idfa/' >many.tsv
mkfifo fifo
exec 5<>fifo
background router "$BIN/memc_route" --rate 1 -o idfa --idfa fifo -s stats.json <many.tsv
bounded head -n 1 <&5 >first
is_file first "$(head -n 1 many.tsv >one && echo one)" 'the first line comes at once'
# shellcheck disable=SC2317 # called by eventually
told() { send USR1 router && grep -q '^memc_route: [0-9]* lines' router.err; }
eventually 'it tells its counters while it waits' -- told
like "$(head -n 1 router.err)" '^memc_route: [0-9]{1,3} lines: ' 'which are of few lines'
send TERM router
finish 143 router 'a signal ends the wait'
exec 5>&-
json stats.json '.lines == .routed.idfa and .lines > 1' true 'what was read by then is written'

note 'options'
for rate in 0 -1 x 1.5 1G 1k '' 18446744073709551616 1000000000001; do
    status 64 "--rate '$rate'" -- "$BIN/memc_route" --rate "$rate"
    file_like err 'rate: .* is no number of lines a second' 'is no rate'
done

done_testing
