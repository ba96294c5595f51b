#!/bin/sh
# SPDX-License-Identifier: MIT
# memc_load when a part of its pipeline is killed, or has nothing to do for long.
# shellcheck disable=SC2154 # ADDR_idfa and the like are set by start_four
. "$(dirname "$0")/../lib/harness.sh"

start_four
mkdir slow
make_load load
# A decompressor that says `held` after 1000 whole lines and the first half of a line that would be a record itself, and
# waits for `go`.
cat >slow/igzip <<END
#!/bin/sh
[ ! -p /dev/stdin ] || exec gzip -dc # it is tried on two members first
gzip -dc >"$T/slow/text"
head -n 1000 "$T/slow/text"
printf 'idfa\thalf\t1\t2\t3'
echo >"$T/held"
until [ -e "$T/go" ]; do sleep 0.02; done
printf ',4\n'
tail -n +1001 "$T/slow/text"
END
chmod +x slow/igzip

records() { # TYPE…
    for each in "$@"; do seq -f "$each	$each%.0f	55.5	-42.25	1,22,333" 2000; done
}

fresh() { # TYPE…: d/a.tsv.gz, and empty servers
    rm -rf d held go && mkdir d
    records "$@" | sort -R | gzip >d/a.tsv.gz
    empty_four
}

held() { # ARG…: a load in the background whose file does not end
    background load env PATH="$T/slow:$PATH" ./load -s stats "$@" d/a.tsv.gz
    until_true test -e held || bail 'the decompressor was not started'
}

# SIGKILL for one part of this load, known by the folder that is this test's alone; none if it is not exactly one.
kill_part() { # NAME ARGUMENT
    kill_pid=$(process "$1 .*$2.*${T:?}/work" >/dev/null && pgrep -f "$1 .*$2.*${T:?}/work")
    case $kill_pid in
        '' | *[!0-9]*) bail "not one $1: $kill_pid" ;;
    esac
    kill -KILL "$kill_pid"
}

in_all_servers() {
    all_items=0
    for each in idfa gaid adid dvid; do all_items=$((all_items + $(dump "$(addr $each)" | wc -l))); done
    echo $all_items
}

# shellcheck disable=SC2012 # to be read, not to be worked on
names() { (cd "$1" && ls -A | tr '\n' ' '); }

note 'memc_route is killed within a line'
fault 20
fresh idfa gaid adid dvid
held
# The half line is the last that the router was given.
whole=$(head -n 1000 slow/text | grep -c '^idfa')
eventually 'what was read is stored' -- holds "$ADDR_idfa" "$whole"
kill_part memc_route -E
touch go
finish 137 load 'memc_load ends by its status'
is "$(jq -c '[.verdict,.reason,.exit]' stats)" '["failed","failed",137]' 'the file is not loaded'
is "$(names d)" 'a.tsv.gz ' 'and keeps its name'
not_ok 'half a line is no record' -- "$TESTS/lib/ask.pl" "$ADDR_idfa" "get idfa:half"
lost "$(($(jq .stored stats) - $(in_all_servers)))" 'what is called stored is held'
is "$(names work)" '' 'nothing is left'
status 0 'the same file again' -- ./load -s stats d/a.tsv.gz
is "$(in_all_servers)" 8000 'all is there'

note 'a memc_sink is killed'
fault 29
fresh idfa gaid adid dvid
held
kill_part memc_sink '-T gaid'
touch go
finish 137 load 'memc_load ends by its status'
is "$(jq -c '[.verdict,.exit]' stats)" '["failed",137]' 'the file is not loaded'
is "$(names d)" 'a.tsv.gz ' 'and keeps its name'
is "$(jq -c '[.parts.idfa.exit,.parts.adid.exit,.parts.dvid.exit]' stats)" '[0,0,0]' 'the other sinks end well'
is "$(names work)" '' 'nothing is left'
status 0 'the same file again' -- ./load -s stats d/a.tsv.gz
# The line that the decompressor had halved came whole in the first run: one more than the file has.
lost "$((8001 - $(in_all_servers)))" 'all is there'

note 'types that do not occur'
fault 26
fresh idfa
status 0 'one type only' -- ./load -s stats d/a.tsv.gz
json stats '[.verdict,.stored,.parts.gaid.lines,.parts.gaid.exit]' '["loaded",2000,0,0]' 'is loaded; the other sinks had nothing to do'
fresh
status 0 'no record at all' -- ./load -s stats d/a.tsv.gz
json stats '[.verdict,.lines]' '["loaded",0]' 'is loaded'

note 'one type only, slowly'
fault 27
fresh gaid
held --sink-option --timeout=300ms --sink-option --retry-for=300ms --sink-option --wait=300ms
sleep 2 # longer than any limit
touch go
finish 0 load 'is no reason to give up'
json stats '[.verdict,.stored,.parts.idfa.stored,.parts.adid.exit]' '["loaded",2001,1,0]' 'all is stored'
lost "$((2001 - $(in_all_servers)))" 'all is there'

done_testing
