#!/bin/sh
# SPDX-License-Identifier: MIT
# memc_sink and a server that means harm once it has been taken for a memcached: silence, slowness, too few answers, too
# many, others, huge lengths. Whatever it does: an end within the limits, by an exit status and not by a crash, and no
# record counted as stored without an answer that said so. By classic text, whose answers have no name, one too many is found
# after the count: STORED-AT-MOST is `lie` there.
. "$(dirname "$0")/../lib/harness.sh"

sink=$BIN/memc_sink
LIMIT=60

sample --types idfa --lines 200 >in.tsv

# Not by a crash, and not by the limit.
ended() { # STATUSES NAME
    record exit "$code"
    like "$code" "^($1)\$" "$2: an end ($code)"
}

# The sink's options are such that it should be gone after some seconds; LIMIT is what it may not reach.
hostile() { # WAY STATUSES STORED-AT-MOST -- FAKE OPTION…
    hostile_way=$1 hostile_expected=$2 hostile_most=$3
    shift 4
    rm -f undelivered refused stats.json
    start_hostile fake fake "$@"
    bounded "$sink" -e none -R 500ms -t 300ms -s stats.json -u undelivered -r refused "$(addr fake)" in.tsv 2>err
    code=$?
    ended "$hostile_expected" "$hostile_way"
    conserved stats.json in.tsv
    stored=$(jq .stored stats.json)
    [ "$hostile_most" != acknowledged ] || hostile_most=$(stat_of "$(addr fake)" acknowledged)
    [ "$hostile_most" = lie ] || ok "$hostile_way: $stored stored, of at most $hostile_most" -- test "$stored" -le "$hostile_most"
    cat refused undelivered | sort >got
    comm -23 got in.sorted >strange
    is_file strange /dev/null 'what comes back is input'
    is "$(wc -l <undelivered)" "$(jq .undelivered stats.json)" 'undelivered records are in their file'
    file_unlike err '[0-9a-f]{32}' 'no device id in any message'
    send KILL fake
}
sort in.tsv >in.sorted

note 'silence'
fault 66
hostile 'no answer to any store' 75 0 -- --sets silence
hostile 'no answer from store 100 on' 75 99 -- --sets silence --after 100
hostile 'half an answer, then silence' 75 0 -- --sets half
hostile 'half an answer, then the end' 75 49 -- --sets end --after 50

note 'slowness'
fault 67
head -n 3 in.tsv >three.tsv
# The slowest only under `make faults`.
for delay in 0.01 ${FAULTS_ALL:+0.05 1}; do
    rm -f undelivered
    start_hostile fake fake --sets drip --delay "$delay"
    bounded "$sink" -R 500ms -t 300ms -s stats.json -u undelivered "$(addr fake)" three.tsv 2>err
    code=$?
    # A server that does answer, a byte at a time, may be waited for.
    if [ "$delay" = 1 ]; then ended 75 'a byte a second'; else ended '0|75' "a byte every $delay s"; fi
    conserved stats.json three.tsv
    ok 'no more stored than answered' -- test "$(jq .stored stats.json)" -le "$(stat_of "$(addr fake)" acknowledged)"
    send KILL fake
done

note 'nonsense'
fault 68
for way in garbage zeros text http request other; do
    [ -z "${FAULTS_ALL:-}" ] || hostile "$way" 76 0 -- --sets $way
    hostile "$way, from store 100 on" 76 99 -- --sets $way --after 100
done

note 'too little, too much'
fault 69
hostile 'every other store is answered' '0|75' acknowledged -- --sets few
fault 70
hostile 'every store is answered twice' 76 acknowledged -- --sets twice
hostile 'the last store is answered twice' 76 acknowledged -- --sets twice --after 200

note 'another order'
fault 71
hostile 'a refusal changes places with the success before it' 0 acknowledged -- --sets swapped

note 'huge lengths'
fault 72
hostile 'a success of 4 GiB' '0|75|76' acknowledged -- --sets huge_success --after 100
for way in huge_refusal huge_error huge_key; do
    hostile "$way" '75|76' acknowledged -- --sets $way --after 100
done

note 'in meta: sets are quiet, and the answer to a barrier is the only yes'
fault 66
hostile 'meta: no answer to any barrier' 75 0 -- --meta --sets silence
hostile 'meta: no answer from store 100 on' 75 99 -- --meta --sets silence --after 100
hostile 'meta: half an answer, then silence' 75 0 -- --meta --sets half
hostile 'meta: half an answer, then the end' 75 49 -- --meta --sets end --after 50
fault 67
# Where it can be asked by meta, a sample of the keys is read back: this server holds none.
hostile 'meta: a byte every 10 ms, from store 150 on' '65|75' acknowledged -- --meta --sets drip --delay 0.01 --after 150
fault 68
for way in garbage zeros text http other key endless long; do
    [ -z "${FAULTS_ALL:-}" ] || hostile "meta: $way" 76 0 -- --meta --sets $way
    hostile "meta: $way, from store 100 on" 76 99 -- --meta --sets $way --after 100
done
fault 69
hostile 'meta: every other barrier is answered' '65|75|76' acknowledged -- --meta --sets few
fault 70
# Barriers have two words by turns: what stands for another one's answer is known at once.
hostile 'meta: every barrier is answered twice' 76 acknowledged -- --meta --sets twice
hostile 'meta: barriers are answered before they come' 76 1 -- --meta --sets early
hostile 'meta: the last barrier is answered twice' 76 acknowledged -- --meta --sets twice --after 200
fault 71
hostile "meta: a refusal changes places with a barrier's answer" '75|76' 0 -- --meta --sets swapped
hostile 'meta, each set answered: a refusal changes places with a success' 76 0 -- --meta --proxied --sets swapped
fault 72
hostile 'meta, each set answered: a key of 100,000 bytes' 76 99 -- --meta --proxied --sets huge_key --after 100
start_hostile fake fake --meta --gets huge
status '75' 'a value of 4 GiB is read back' -- "$sink" --verify -R 500ms -t 300ms -s stats.json "$(addr fake)" in.tsv
json stats.json '[.protocol,.verified,.missing]' '["meta",0,0]' 'nothing is taken for verified, or missing'
send KILL fake

note 'in classic text: an answer has no name'
# A sample is read back, too, and this server holds none (65).
fault 66
hostile 'text: no answer from store 100 on' 75 99 -- --text --sets silence --after 100
hostile 'text: half an answer, then the end' 75 49 -- --text --sets end --after 50
fault 67
hostile 'text: a byte every 10 ms, from store 190 on' '65|75' acknowledged -- --text --sets drip --delay 0.01 --after 190
fault 68
for way in garbage key ${FAULTS_ALL:+zeros http other endless long}; do
    hostile "text: $way, from store 100 on" 76 99 -- --text --sets "$way" --after 100
done
fault 69
hostile 'text: every other store is answered' '65|75' acknowledged -- --text --sets few
fault 70
# What is one too many stands for the next one's, and is left in the end.
hostile 'text: every store is answered twice' 76 lie -- --text --sets twice
hostile 'text: the last store is answered twice' 76 acknowledged -- --text --sets twice --after 200
fault 71
hostile 'text: a refusal changes places with the success before it' 65 acknowledged -- --text --sets swapped

note 'statistics'
fault 73
for way in silence endless long drip cut garbage numbers; do
    rm -f undelivered
    start_hostile fake fake --stats $way --delay 0.05
    status 65 "statistics: $way" -- "$sink" -R 500ms -t 300ms -s stats.json -u undelivered "$(addr fake)" in.tsv
    json stats.json '[.stored,.doubt]' '[200,"unproven"]' 'what was acknowledged is stored, but unproven'
    conserved stats.json in.tsv
    send KILL fake
done

done_testing
