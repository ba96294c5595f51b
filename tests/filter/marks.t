#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154 # ADDR_idfa and the like are set by start_four
# Several inputs behind each other in one pipeline (memc_route --mark, memc_sink --marks): each has the counters, messages
# and rejects that it has alone, where by hand or by a load of its own is told what that is.
. "$(dirname "$0")/../lib/harness.sh"

token=7a1e4d2c-0b1f-4c52-9d0e-3f2a6b8c9d10
types='idfa gaid adid dvid'
start_four

# name, lines by type (idfa gaid adid dvid), unknown, invalid of the router, invalid of all sinks
good() { printf 'idfa\t%s1\t1\t2\t1,2\ngaid\t%s2\t1\t2\t1\ngaid\t%s3\t1\t2\t3\n' "$1" "$1" "$1"; }
good a >a.tsv
{ good b && printf 'dvid\tb4\t1\t2\t5'; } >unterminated.tsv       # its last line is one, in a whole input
{ good c && printf 'adid\tc4\t1\t2\t5'; } >cut.tsv                # the same in one that was cut: no record
: >empty.tsv
printf 'nobody\tx\t1\t2\t3\nidfa\td1\tx\t2\t3\n\n' >bad.tsv
printf 'dvid\te1\t1\t2\t3\0\n\0\nidfa\0\te2\t1\t2\t3\n' >nul.tsv  # a line that ends in NUL, a line of one, a NUL within
printf 'gaid\tf1\t1\t2\t3\n\0%s+x\n\0%s-\n' "$token" "11111111-2222-3333-4444-555555555555" >foreign.tsv
{ printf 'idfa\tg1\t1\t2\t' && printf '%02000d' 7; } >long.tsv    # longer than --max-line, and unterminated
{ good i && head -c 5000 /dev/zero && printf '\n'; } >hole.tsv       # what a power cut leaves: damage of this input alone
good h >h.tsv
names='a unterminated cut empty bad nul foreign long hole h'

labels() { for name in $names; do printf -- '--label\n%s.tsv\n' "$name"; done; }

feed() {
    for name in $names; do
        sign=+ && [ "$name" != cut ] || sign=-
        cat "$name.tsv" && printf '\0%s%s\n' "$token" "$sign"
    done
}

mkdir group && for type in $types; do mkfifo "group/$type"; done
feed >stream
# shellcheck disable=SC2046 # words
set -- $(labels)
for type in $types; do
    eval "address=\$ADDR_$type"
    background "$type" "$BIN/memc_sink" --marks "$@" -T "$type" -e none --whole-lines --max-line 1K -s "group/$type.json" \
        -r "group/$type.rejects" "$address" "group/$type"
done
status 0 'the router of a group' -- "$BIN/memc_route" --mark "$token" "$@" -d group --max-line 1K -s group/route.json \
    -r group/route.rejects <stream
cp err group/route.err
for type in $types; do finish 0 "$type" "the sink of $type"; done

inputs=$(echo "$names" | wc -w)
for part in route $types; do
    is "$(wc -l <"group/$part.json")" $((inputs + 1)) "$part: a row an input, and one more"
    is "$(jq -r .label "group/$part.json" | head -n "$inputs" | tr '\n' ' ')" "$(for n in $names; do printf '%s.tsv ' "$n"; done)" \
        "$part: by their names, in order"
    is "$(tail -n 1 "group/$part.json" | jq -c '[.lines, .exit]')" '[0,0]' "$part: nothing behind the last mark"
done

by_hand() { # NAME ROUTER SINKS: [lines, blank, invalid, unknown, exit] and [lines, stored, invalid] of all sinks
    is "$(jq -c "select(.label == \"$1.tsv\") | [.lines, .blank, .invalid, .unknown, .exit]" group/route.json)" "$2" \
        "$1: the router's counters"
    is "$(for type in $types; do jq -c "select(.label == \"$1.tsv\")" "group/$type.json"; done |
        jq -sc 'map([.lines, .stored, .invalid]) | transpose | map(add)')" "$3" "$1: the sinks' counters"
}
by_hand a '[3,0,0,0,0]' '[3,3,0]'
by_hand unterminated '[4,0,0,0,0]' '[4,4,0]'
by_hand cut '[4,0,1,0,74]' '[3,3,0]'
by_hand empty '[0,0,0,0,0]' '[0,0,0]'
by_hand bad '[3,1,0,1,0]' '[1,0,1]'
by_hand nul '[3,0,0,2,0]' '[1,0,1]'
by_hand foreign '[3,0,0,2,0]' '[1,1,0]'
by_hand long '[1,0,1,0,0]' '[0,0,0]'
by_hand hole '[4,0,1,0,74]' '[3,3,0]'
by_hand h '[3,0,0,0,0]' '[3,3,0]'

# Alone each has the same counters, but for the time; the exit of a cut one is the sentinel's.
for name in $names; do
    mkdir "$name" && for type in $types; do mkfifo "$name/$type"; done
    for type in $types; do
        eval "address=\$ADDR_$type"
        background "$type" "$BIN/memc_sink" -T "$type" -e none --whole-lines --max-line 1K -s "$name/$type.json" --label "$name.tsv" \
            -r "$name/$type.rejects" "$address" "$name/$type"
    done
    sentinel='\0' && [ "$name" != cut ] || sentinel=
    # shellcheck disable=SC2059 # an escape
    { cat "$name.tsv" && printf "$sentinel"; } >alone
    "$BIN/memc_route" -E -d "$name" --max-line 1K -s "$name/route.json" --label "$name.tsv" -r "$name/route.rejects" <alone 2>"$name/route.err"
    for type in $types; do finish 0 "$type" "$name alone: $type"; done
    for part in route $types; do
        same='del(.seconds, .start, .end, .evictions, .timeout_ms, .sampled, .sample_missing)'
        is "$(jq -c "select(.label == \"$name.tsv\") | $same" "group/$part.json")" "$(jq -c "$same" "$name/$part.json")" \
            "$name: $part counts as alone"
    done
done

for part in route $types; do
    for name in $names; do cat "$name/$part.rejects"; done >expected
    is_file "group/$part.rejects" expected "$part: the rejects of each, in order"
    for name in $names; do cat "$name/$part.rejects.why"; done >expected
    is_file "group/$part.rejects.why" expected "$part: with their own line numbers"
done
file_like group/route.err 'bad.tsv: line 1: unknown device type' 'a message names the input, and counts its lines'
file_unlike group/route.err 'd1|e1|x1' 'and no id'
fault 100
is "$(jq -c .zero_bytes group/route.json | tr '\n' ' ')" '0 0 0 0 0 0 0 0 5000 0 0 ' 'zero bytes count for their own input'
fault

# A reader that dies: what it did not take is undelivered, and no later input's counters go below zero.
mkfifo one && { head -n 1 >/dev/null; } <one &
{ for n in 1 2 3; do yes "$(printf 'idfa\tk\t1\t2\t3')" | head -n 100000 && printf '\0%s+\n' "$token"; done; } >many
status 75 'a reader that dies' -- "$BIN/memc_route" --mark "$token" --label x --label y --label z --idfa one -o idfa -q -s dead.json <many
is "$(jq -s 'map(.lines) | add' dead.json)" 300000 'every line is counted'
is "$(jq -s 'map(.routed.idfa + .undelivered) | add' dead.json)" 300000 'and has one outcome'

status 64 'a token too long' -- "$BIN/memc_route" --mark "$(printf %065d 0)" </dev/null
status 64 'an empty token' -- "$BIN/memc_route" --mark '' </dev/null
status 64 'marks in a dry run' -- "$BIN/memc_sink" -n --marks "$ADDR_idfa"
status 64 'marks and standing' -- "$BIN/memc_sink" -k --marks "$ADDR_idfa" one
done_testing
