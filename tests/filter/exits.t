#!/bin/sh
# SPDX-License-Identifier: MIT
# The exit status of memc_route and memc_sink: every row of the table that can be had, and which wins where several apply.
# (70, a sum that does not add up, is a bug and cannot be provoked from outside; 76 and 77 are in server.t.)
# shellcheck disable=SC2016 # what stands in single quotes here is for an inner shell
. "$(dirname "$0")/../lib/harness.sh"

route=$BIN/memc_route
sink=$BIN/memc_sink

start_memcached m
A=$(addr m)
sample --types idfa --lines 2000 >good.tsv
sample --types idfa --lines 2000 --bad 0.5 >bad.tsv
mkfifo fifo idfa

# A router whose idfa lines go to a cat in the background.
status_routed() { # N TEXT ARGUMENT… < INPUT
    routed_n=$1 routed_text=$2
    shift 2
    background reader cat idfa
    status "$routed_n" "$routed_text" -- "$route" --only idfa "$@"
    finish 0 reader 'its reader sees the end'
}

note '0: help and version'
for program in "$route" "$sink"; do
    name=${program##*/}
    for option in -h --help -V --version; do
        status 0 "$name $option" -- "$program" $option
        file_like out "$name" 'on stdout'
        is_file err /dev/null 'and nowhere else'
    done
    status 74 "$name --help on a full device" -- sh -c '"$0" --help >/dev/full' "$program"
done

note '64: options'
usage_error() { # PROGRAM ARGUMENT…
    status 64 "${1##*/} $(shift && echo "$*")" -- "$@"
    is_file out /dev/null 'nothing on stdout'
    ok 'a message' -- test -s err
}
usage_error "$route" --no-such-option
usage_error "$route" operand
usage_error "$route" --only nothing
usage_error "$route" --only ''
usage_error "$route" --only idfa,
usage_error "$route" --wait
usage_error "$route" --wait never
usage_error "$route" --wait -1
usage_error "$route" --wait 99999999999999999999
usage_error "$route" --max-line 0
usage_error "$route" --max-line 1X
usage_error "$route" --linger x
usage_error "$sink"
usage_error "$sink" --no-such-option "$A"
usage_error "$sink" "$A" good.tsv good.tsv
for server in localhost localhost: :11211 127.0.0.1:0 127.0.0.1:65536 127.0.0.1:x 127.0.0.1:-1 '127.0.0.1: 1' ::1:11211 '[::1]' '[::1:11211' ''; do
    usage_error "$sink" "$server" good.tsv
done
usage_error "$sink" -T none "$A" good.tsv
usage_error "$sink" -T IDFA "$A" good.tsv
usage_error "$sink" -T idfa,gaid "$A" good.tsv
usage_error "$sink" -b 0 "$A" good.tsv
usage_error "$sink" -b 1025 "$A" good.tsv
usage_error "$sink" -b x "$A" good.tsv
usage_error "$sink" -t 299ms "$A" good.tsv
usage_error "$sink" -t 0 "$A" good.tsv
usage_error "$sink" -t 5x "$A" good.tsv
usage_error "$sink" -R x "$A" good.tsv
usage_error "$sink" -e x "$A" good.tsv
usage_error "$sink" -e -1 "$A" good.tsv
usage_error "$sink" -e 1%% "$A" good.tsv
usage_error "$sink" -e '' "$A" good.tsv
usage_error "$sink" -e nan "$A" good.tsv
usage_error "$sink" --max-line 0 "$A" good.tsv
usage_error "$sink" --ttl 0 "$A" good.tsv
is "$(stat_of "$A" cmd_set)" 0 'no record was sent with wrong options'

fault 63
if command -v script >/dev/null; then
    status 64 "memc_route on a terminal" -- script -qec "$route" /dev/null
    file_like out 'zcat|stdin|standard input|terminal' 'has a hint'
    status 64 "memc_sink on a terminal" -- script -qec "$sink $A" /dev/null
    file_like out 'stdin|standard input|terminal|FILE' 'has a hint'
    status 0 'memc_sink with a FILE on a terminal' -- script -qec "$sink $A good.tsv" /dev/null
    status 0 'memc_sink --progress on a terminal' -- script -qec "$sink -p $A good.tsv" /dev/null
else
    skip 'no script(1) here' 'a terminal'
fi

fault
note '65 and what comes before it'
status 65 'errors over the limit' -- "$sink" "$A" bad.tsv
status 0 'the router never fails for bad data' -- true
status_routed 0 'the router never fails for bad data' <bad.tsv

note '66: no input'
status 66 'no such file' -- "$sink" "$A" nowhere.tsv
file_like err 'nowhere.tsv' 'the message names it'
if under_valgrind; then
    skip 'valgrind opens its own file there' 'stdin is closed'
else
    status 66 'stdin is closed, memc_sink' -- sh -c 'exec "$0" "$1" <&-' "$sink" "$A"
    status 66 'stdin is closed, memc_route' -- sh -c 'exec "$0" --only idfa <&-' "$route"
fi

note '69: no server'
status 69 'nobody listens' -- "$sink" -R 300ms 127.0.0.1:1 good.tsv
file_like err '127\.0\.0\.1:1' 'the message names it'
status 69 '--counters of nobody' -- "$sink" -R 300ms --counters 127.0.0.1:1

fault 61
note '71: resources'
limited() { # TEXT ULIMIT-OPTION VALUE CMD…
    limited_text=$1 limited_option=$2 limited_value=$3
    shift 3
    empty "$A"
    rm -f limited.rejects
    bounded sh -c 'ulimit "$0" "$1" && shift && exec "$@"' "$limited_option" "$limited_value" "$@" >out 2>err
    limited_code=$?
    # 127: the loader itself had too little. 65: nothing was left for the last look at the counters.
    like "$limited_code" '^(0|65|71|127)$' "$limited_text $limited_value: done, unproven or 71 ($limited_code)"
    case $limited_code in
        0 | 65) eventually 'all is stored' -- holds "$A" 2000 ;;
        71) ok 'a message' -- test -s err ;;
        127) ;;
        *) show stderr err ;;
    esac
}
if watched; then
    skip 'what watches the programs has needs of its own' 'limits'
else
    codes=
    for count in 3 4 5 6 7 8 9 10 12; do
        limited descriptors -n $count "$sink" -r limited.rejects -s limited.json "$A" good.tsv
        codes="$codes $limited_code"
    done
    like "$codes" ' 71 ' 'too few descriptors are told'
    like "$codes" ' 0$' 'twelve are enough'
    codes=
    for kilobytes in 8000 12000 14000 16000 18000 20000 22000 24000 28000 100000; do
        limited memory -v $kilobytes "$sink" "$A" good.tsv
        codes="$codes $limited_code"
    done
    like "$codes" ' 0$' 'a hundred megabytes are enough'
    rm -f big.rejects
    status 74 'a limit of file size' -- sh -c 'ulimit -f 64; exec "$0" -e none -r big.rejects "$1" bad.tsv' "$sink" "$A"
    file_like err 'big.rejects' 'the message names the file'
fi

fault
note '73: what cannot be created'
status 73 'no writer for the FIFO' -- "$sink" --wait 300ms "$A" fifo
status 73 'no reader for the FIFO' -- "$route" --only idfa --wait 300ms
status 73 'no FIFO' -- "$route" --only gaid --wait 300ms
status 73 'statistics in no folder, memc_sink' -- "$sink" -s nowhere/s.json "$A" good.tsv
status 73 'statistics in no folder, memc_route' -- "$route" --only idfa -s nowhere/s.json
fault 58
status 73 'before 65' -- "$sink" -r good.tsv "$A" bad.tsv

fault
note '74: input and output errors'
bounded sh -c 'exec "$0" "$1" <.' "$sink" "$A" 2>err
like $? '^(66|74)$' 'stdin is a directory, memc_sink'
background reader cat idfa
status 74 'stdin is a directory, memc_route' -- sh -c 'exec "$0" --only idfa <.' "$route"
finish 0 reader 'its reader sees the end'
fault 57
status 74 'a full device, before 65' -- "$sink" -r /dev/full "$A" bad.tsv
fault 30
status 74 'a cut last line, before 65' -- sh -c 'head -c -1 bad.tsv | "$0" --whole-lines "$1"' "$sink" "$A"
fault 57
status 74 'statistics on a full device' -- "$sink" -s /dev/full "$A" good.tsv
status 74 'records on a full device' -- sh -c 'exec "$0" -n -v "$1" good.tsv >/dev/full' "$sink" "$A"
fault 30
status_routed 74 'a cut input' --sentinel <good.tsv

fault 19
note '75: undelivered'
background reader head -c 1 idfa
status 75 'a dead reader' -- sh -c 'cat good.tsv good.tsv good.tsv good.tsv good.tsv | "$0" --only idfa' "$route"
finish 0 reader 'its reader has gone'
background reader head -c 1 idfa
status 74 '74 before 75' -- sh -c 'cat good.tsv good.tsv good.tsv good.tsv good.tsv | "$0" --only idfa --sentinel' "$route"
finish 0 reader 'its reader has gone'

fault 59
note '128+n: signals'
for pair in INT:130 TERM:143 HUP:129; do
    signal=${pair%:*} code=${pair#*:}
    background waiting "$route" --only idfa
    send "$signal" waiting
    finish "$code" waiting "memc_route, $signal while it waits for a reader"
    background waiting "$sink" "$A" fifo
    send "$signal" waiting
    finish "$code" waiting "memc_sink, $signal while it waits for a writer"
    background waiting "$sink" -R 60 127.0.0.1:1 good.tsv
    send "$signal" waiting
    finish "$code" waiting "memc_sink, $signal while it waits for a server"

    exec 5<>fifo
    background reader cat idfa
    background routing "$route" --only idfa -s route.json <fifo
    bounded cat good.tsv >&5
    printf 'idfa\trest' >&5
    eventually 'a router has written all that is whole' -- cmp reader.out good.tsv
    send "$signal" routing
    finish "$code" routing "memc_route, $signal while it waits for input"
    finish 0 reader 'its reader sees the end'
    exec 5<&-
    is_file reader.out good.tsv 'the unterminated rest is not written'
    json route.json '[.lines,.routed.idfa,.exit]' "[2000,2000,$code]" 'and not counted'
done

note 'a second signal ends at once'
# The same signal again within 50 ms is no second one.
ends_by() { ! send "$1" "$2"; }
exec 5<>fifo 6<>idfa
background routing "$route" --only idfa <fifo
background feeder sh -c 'while cat good.tsv; do :; done >fifo'
# Nobody reads idfa.
is_full() { "$PYTHON" -c 'import select, sys; sys.exit(bool(select.select([], [6], [], 0)[1]))'; }
until_true is_full
send TERM routing
until_true ends_by TERM routing
finish 143 routing 'a router that is stuck in a full FIFO'
send KILL feeder
exec 5<&- 6<&-
start_memcached stuck
background sinking "$sink" -t 60 "$(addr stuck)" fifo
exec 5<>fifo
head -n 10 good.tsv >&5
eventually 'a sink has begun' -- holds "$(addr stuck)" 10
send STOP stuck
bounded head -n 100 good.tsv >&5
until_true has_unread "$(addr stuck)"
send TERM sinking
until_true ends_by TERM sinking
finish 143 sinking 'a sink that waits for a stopped server'
exec 5<&-
stop_memcached stuck

note 'a signal ignored at the start stays ignored'
for signal in INT HUP; do
    empty "$A"
    background deaf env --ignore-signal=$signal "$sink" "$A" fifo
    exec 5<>fifo
    head -n 10 good.tsv >&5
    eventually 'the sink has begun' -- holds "$A" 10
    send $signal deaf
    sed -n 11,20p good.tsv >&5
    eventually "$signal does nothing" -- holds "$A" 20
    exec 5<&-
    finish 0 deaf 'and the sink ends with its input'
done

fault 62
note 'closed descriptors'
set -- '<&-' '>&-' '2>&-' '<&- >&-' '<&- 2>&-' '>&- 2>&-' '<&- >&- 2>&-'
if under_valgrind; then
    skip 'valgrind opens its own file there' 'closed descriptors'
    set --
fi
for closed in "$@"; do
    empty "$A"
    rm -f closed.*
    status 0 "memc_sink $closed" -- sh -c "exec \"\$0\" -e none -s closed.json -r closed.rejects \"\$1\" bad.tsv $closed" "$sink" "$A"
    dump "$A" >got.items
    model items bad.tsv >want.items
    is_file got.items want.items 'all is stored'
    model rejects bad.tsv >want.rejects
    is_file closed.rejects want.rejects 'and rejected'
    json closed.json .exit 0 'and counted'
    case $closed in '<&-'*) continue ;; esac
    rm -f closed.*
    model route bad.tsv --type idfa >want.idfa
    model unknown bad.tsv >want.rejects
    background reader cat idfa
    status 0 "memc_route $closed" -- sh -c "exec \"\$0\" --only idfa -s closed.json -r closed.rejects <bad.tsv $closed" "$route"
    finish 0 reader 'its reader sees the end'
    is_file reader.out want.idfa 'all is routed'
    is_file closed.rejects want.rejects 'and rejected'
    json closed.json .exit 0 'and counted'
done

done_testing
