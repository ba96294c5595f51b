#!/bin/sh
# SPDX-License-Identifier: MIT
# Reloads of a part: one type, a range of lines, the rejects of yesterday, one file, by pipes that a person would type.
. "$(dirname "$0")/../lib/harness.sh"

route=$BIN/memc_route
sink=$BIN/memc_sink

start_four

check_server() { # TYPE FILE NAME
    dump "$(addr "$1")" >got.items
    model items "$2" --type "$1" >want.items
    is_file got.items want.items "$3"
}

start_sinks() { # TYPE…
    rm -rf run
    mkdir run
    for type in "$@"; do
        mkfifo "run/$type"
        background "sink_$type" "$sink" -T "$type" -e none -r "run/$type.rejects" "$(addr "$type")" "run/$type"
    done
}

finish_sinks() { # TYPE…
    for type in "$@"; do finish 0 "sink_$type" "$type's sink ends with the input"; done
}

sample --lines 8000 --odd 0.02 | gzip >old.tsv.gz
sample --lines 8000 --odd 0.02 --app-limit 100 >new.tsv # the same ids with other apps
gzip -dc old.tsv.gz >old.tsv

note 'the whole file, as a pipeline'
start_sinks idfa gaid adid dvid
# shellcheck disable=SC2016 # the inner shell expands these
status 0 'zcat into a router' -- sh -c 'zcat old.tsv.gz | "$0" -d run' "$route"
finish_sinks idfa gaid adid dvid
for type in idfa gaid adid dvid; do check_server $type old.tsv "$type is loaded"; done

note 'one type again'
start_sinks gaid
status 0 '--only gaid needs only its FIFO' -- "$route" -d run --only gaid <new.tsv
finish_sinks gaid
check_server gaid new.tsv 'gaid has the new values'
check_server idfa old.tsv 'idfa has the old ones'
# shellcheck disable=SC2016 # the inner shell expands these
status 0 'the same by grep and one sink' -- sh -c 'grep -a "^[[:space:]]*idfa" new.tsv | "$0" -T idfa "$1"' "$sink" "$(addr idfa)"
check_server idfa new.tsv 'idfa has the new values'

note 'a range of lines'
sed -n '3001,4000p' new.tsv >range.tsv
cat old.tsv range.tsv >both.tsv
start_sinks adid dvid
# shellcheck disable=SC2016 # the inner shell expands these
status 0 'by sed' -- sh -c 'sed -n "3001,4000p" new.tsv | "$0" -d run -o adid,dvid' "$route"
finish_sinks adid dvid
check_server adid both.tsv 'adid has new values in the range, old ones elsewhere'
check_server dvid both.tsv 'dvid, too'

note 'the rejects of yesterday'
empty_four
sample --lines 3000 --seed 7 >good.tsv
# Every fifth line is spoilt in a way that a person can see and repair: an upper-case type, a decimal comma.
awk 'BEGIN { FS = OFS = "\t" } NR % 10 == 0 { $1 = toupper($1) } NR % 10 == 5 { sub(/\./, ",", $3) } { print }' good.tsv >spoilt.tsv
start_sinks idfa gaid adid dvid
status 0 'a file with errors' -- "$route" -d run -r route.rejects <spoilt.tsv
finish_sinks idfa gaid adid dvid
awk 'NR % 10 == 0' spoilt.tsv >want
is_file route.rejects want "the router's rejects"
cat run/*.rejects | sort >got
awk -F '\t' 'NR % 10 == 5 && $3 ~ /,/' spoilt.tsv | sort >want
is_file got want "the sinks' rejects"
cat run/*.rejects >sink.rejects
sed 's/^IDFA/idfa/; s/^GAID/gaid/; s/^ADID/adid/; s/^DVID/dvid/' route.rejects >repaired.tsv
awk 'BEGIN { FS = OFS = "\t" } { sub(/,/, ".", $3); print }' sink.rejects >>repaired.tsv
start_sinks idfa gaid adid dvid
status 0 'repaired' -- "$route" -d run <repaired.tsv
finish_sinks idfa gaid adid dvid
for type in idfa gaid adid dvid; do check_server $type good.tsv "$type is as if nothing had been wrong"; done

note 'one file into one server'
start_memcached one
status 0 'every type' -- "$sink" "$(addr one)" old.tsv
dump "$(addr one)" >got.items
model items old.tsv >want.items
is_file got.items want.items 'all four types are there'

note 'sinks in process substitutions'
empty_four
cat >load.bash <<'END'
route=$1 sink=$2
shift 2
exec 3> >(cat >sinks.done) # bash waits for none of them: they all hold this open until they end
"$route" --idfa >("$sink" -T idfa "$1") --gaid >("$sink" -T gaid "$2") --adid >("$sink" -T adid "$3") --dvid >("$sink" -T dvid "$4")
END
status 0 'of bash' -- bash load.bash "$route" "$sink" "$(addr idfa)" "$(addr gaid)" "$(addr adid)" "$(addr dvid)" <old.tsv
for type in idfa gaid adid dvid; do
    model items old.tsv --type $type >want.items
    eventually "$type's sink has all its records" -- holds "$(addr $type)" "$(wc -l <want.items)"
    check_server $type old.tsv "$type is loaded"
done

note 'interrupted and run again'
empty_four
rm -rf run
mkdir run
for type in idfa gaid adid dvid; do mkfifo run/$type; done
for type in idfa gaid adid dvid; do background "sink_$type" "$sink" -T $type "$(addr $type)" run/$type; done
mkfifo feed
exec 5<>feed
background router "$route" -d run --rejects run/rejects <feed
bounded head -n 5000 old.tsv >&5
eventually 'a part is stored' -- has_key "$(addr idfa)" "$(grep -a '^idfa' old.tsv | head -n 1 | cut -f 1,2 | tr '\t' :)"
send KILL router
for type in idfa gaid adid dvid; do send KILL "sink_$type"; done
exec 5>&-
start_sinks idfa gaid adid dvid
status 0 'the same file once more' -- "$route" -d run <old.tsv
finish_sinks idfa gaid adid dvid
for type in idfa gaid adid dvid; do check_server $type old.tsv "$type is as after one clean run"; done

done_testing
