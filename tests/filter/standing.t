#!/bin/sh
# SPDX-License-Identifier: MIT
# Sinks that stay, and any number of routers that write their FIFOs at the same time.
. "$(dirname "$0")/../lib/harness.sh"

route=$BIN/memc_route
sink=$BIN/memc_sink
files=8

note 'GNU parallel over a list of files'
start_four
mkdir run
mkfifo run/idfa run/gaid run/adid run/dvid
for type in idfa gaid adid dvid; do
    background "sink_$type" "$sink" -k -T $type -e none -s $type.json -r $type.rejects "$(addr $type)" run/$type
done
i=0
while [ $i -lt $files ]; do
    i=$((i + 1))
    sample --seed $i --lines 4000 --bad 0.02 --odd 0.02 >"part $i.tsv"
    gzip -1 -k "part $i.tsv"
    printf 'part %s.tsv.gz\n' $i >>list
done
cat part*.tsv >whole.tsv
# shellcheck disable=SC2016 # parallel's shell expands these
status 0 'eight files, four at a time' -- parallel --plain --will-cite -j 4 'zcat {} | "$BIN/memc_route" -q -d run -s {}.json' :::: list
for type in idfa gaid adid dvid; do
    model items whole.tsv --type $type >"want.$type"
    eventually "$type: everything is stored while the sink stands" -- holds "$(addr $type)" "$(wc -l <"want.$type")"
done

note 'one more file, much later'
sample --seed 99 --lines 1000 >late.tsv
status 0 'through the same sinks' -- "$route" -d run <late.tsv
cat late.tsv >>whole.tsv
for type in idfa gaid adid dvid; do
    send TERM "sink_$type"
    finish 0 "sink_$type" "$type's sink ends by TERM as at the end of its input"
    dump "$(addr $type)" >got.items
    model items whole.tsv --type $type >want.items
    is_file got.items want.items "$type's server holds exactly these bytes"
done
model counts whole.tsv >want.json
for type in idfa gaid adid dvid; do
    is "$(jq -cS '{lines,blank,invalid,apps_dropped,ok:.stored}' $type.json)" \
        "$(jq -cS ".sinks.$type | {lines,blank,invalid,apps_dropped,ok}" want.json)" "$type's counters are those of all files"
done
is "$(cat part*.json | jq -s '[.[].lines] | add')" $((files * 4000)) "the routers' lines"
for type in idfa gaid adid dvid; do
    model route whole.tsv --type $type >routed
    model rejects routed --type $type | sort >want.rejects
    sort $type.rejects >got.rejects
    is_file got.rejects want.rejects "$type's rejects are those of all files"
done

note 'a sink that stands sees no end between two writers'
rm -f k.fifo
mkfifo k.fifo
background stands "$sink" -k -s k.json "$(addr idfa)" k.fifo
for word in first second third; do
    printf 'idfa\t%s\t1\t2\t3\n' $word >word.tsv
    background writer dd if=word.tsv of=k.fifo status=none
    finish 0 writer "the $word writer"
    eventually "$word is stored" -- has_key "$(addr idfa)" "idfa:$word"
done
ok 'it still stands' -- kill -0 "$(pid_of stands)"
send TERM stands
finish 0 stands 'until TERM'
json k.json '[.lines,.stored]' '[3,3]' 'with all three'

note '-k on TERM: the line that has begun is read to its LF'
background stands "$sink" -k -t 30 -s k.json "$(addr idfa)" k.fifo
exec 5<>k.fifo
printf 'idfa\twhole\t1\t2\t3\nidfa\tbegun\t1\t' >&5
eventually 'the line before it is stored' -- has_key "$(addr idfa)" idfa:whole
send TERM stands
ok 'it waits for the rest' -- kill -0 "$(pid_of stands)"
printf '2\t3\nidfa\tnext\t1\t2\t3\n' >&5
finish 0 stands 'and ends'
json k.json '[.lines,.stored]' '[2,2]' 'with the line that had begun and none after it'
ok 'which is stored' -- "$TESTS/lib/ask.pl" "$(addr idfa)" "get idfa:begun"
exec 5<&- # what is left in the FIFO goes with it

background stands "$sink" -k -t 30 -s k.json "$(addr idfa)" k.fifo
exec 5<>k.fifo
printf 'idfa\tbefore\t1\t2\t3\nidfa\topened\t1\t' >&5
eventually 'the next one stores too' -- has_key "$(addr idfa)" idfa:before
# Idle, on the core of the one that writes, it runs only when both are there: the signal, and the bytes that came after it.
cores=$(taskset -cp $$ | sed 's/.*: //') # say, 0-3,6
core=${cores%%[!0-9]*}
# shellcheck disable=SC2016 # the inner shell is to expand these
together='taskset -cp "$1" "$2" && chrt -i -p 0 "$2"; chrt -p "$2"; kill -TERM "$2"; printf "$3" >&5; taskset -cp "$4" "$2"; chrt -o -p 0 "$2"'
taskset -c "$core" sh -c "$together" sh "$core" "$(pid_of stands)" '2\t3\nidfa\tnext\t1\t2\t3\n' "$cores" >together.log 2>&1
if grep -q SCHED_IDLE together.log; then
    pass 'both came at once'
else
    skip 'no idle scheduling here' 'both came at once'
fi
finish 0 stands 'it ends, though more came with the signal'
json k.json '[.lines,.stored]' '[2,2]' 'again with the line that had begun and none after it'
ok 'which is stored, too' -- "$TESTS/lib/ask.pl" "$(addr idfa)" "get idfa:opened"
exec 5<&-

fault 24
note 'two routers on one FIFO, lines of up to 200 kB'
sample --types idfa --seed 1 --lines 60 --min-apps 1 --max-apps 41000 >long1.tsv
sample --types idfa --seed 2 --lines 60 --min-apps 1 --max-apps 41000 >long2.tsv
sample --types idfa --seed 3 --lines 30000 --max-apps 3 >short3.tsv
sample --types idfa --seed 4 --lines 3000 --max-apps 1500 >middle4.tsv
cat long1.tsv long2.tsv short3.tsv middle4.tsv | sort >want.sorted
mkfifo shared
background reader dd if=shared of=got.all bs=1000 status=none
exec 5<>shared # so that the reader does not see an end before all four have come
for each in long1 long2 short3 middle4; do background $each "$route" -q --only idfa --idfa shared <$each.tsv; done
for each in long1 long2 short3 middle4; do finish 0 $each "router of $each.tsv"; done
exec 5<&-
finish 0 reader 'the reader'
sort got.all >got.sorted
is_file got.sorted want.sorted 'no line is torn'
for each in long1 long2 short3 middle4; do
    cut -f 2 $each.tsv >want.ids
    cut -f 2 got.all | awk 'NR == FNR { own[$0] = 1; next } $0 in own' want.ids - >got.ids
    is_file got.ids want.ids "the lines of $each.tsv are in their order"
done

done_testing
