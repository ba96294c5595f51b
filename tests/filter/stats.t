#!/bin/sh
# SPDX-License-Identifier: MIT
# docs/stats.schema.json: what --stats writes keeps to it, in every mode and after every kind of end, and nothing else
# would pass.
# shellcheck disable=SC2154 # ADDR_idfa and the like are set by start_four
. "$(dirname "$0")/../lib/harness.sh"

LIMIT=600 # for the schema, which is much work on a busy machine
"$PYTHON" -c 'import jsonschema' 2>/dev/null || skip_all 'python3-jsonschema is not installed'
start_four
mkdir tools
make_load load

schema() { bounded "$PYTHON" "$TESTS/lib/schema.py" "$@"; }

# Each line is collected for later, too.
keeps() { # FILE FILTER EXPECTED: what was wanted has happened, and the schema takes it
    is "$(jq -c "$2" "$1" 2>&1 | tr '\n' ' ')" "$3 " "it tells $2"
    cat "$1" >>all.json
    schema "$TOP/docs/stats.schema.json" "$1" >refused 2>&1
    is "$(LC_ALL=C sort -u refused)" ok 'as the schema has it'
    rm -f "$1"
}

note 'memc_route'
sample --lines 2000 --bad 0.1 >bad.tsv
sample --lines 200 --seed 2 >good.tsv
route() { # ARG…: into a pipe that is read
    bounded "$BIN/memc_route" -q -s stats --idfa /dev/fd/1 --gaid /dev/fd/1 --adid /dev/fd/1 --dvid /dev/fd/1 "$@" | cat >/dev/null
}
since=$(date +%s.%3N)
route <bad.tsv 2>err
json stats '(.reasons | add) == .unknown + .invalid and (.reasons["unknown device type"] > 0)' true 'its bad lines have reasons'
json stats ".start >= $since and .end >= .start and .end - .start - .seconds < 1 and .end <= $(date +%s.%3N)" true 'and it has times'
keeps stats '[.tool, .lines, .unknown > 0, .exit]' '["memc_route",2000,true,0]'
route -o gaid --label 'a "b"
c' <good.tsv
keeps stats '[.label, .skipped > 0]' '["a \"b\"\nc",true]'
route </dev/null
keeps stats '[.label, .lines]' '[null,0]'
route -E <good.tsv 2>err
keeps stats .exit 74
# shellcheck disable=SC2317 # called by until_true
has_open() { # NAME FILE: then its signal handlers are there, too
    find "/proc/$(pid_of "$1")/fd" -lname "*/$2" | grep -q .
}
mkfifo input idfa
# shellcheck disable=SC2094 # a FIFO
exec 5<>input 6<>idfa 7<idfa
background router "$BIN/memc_route" -q -s stats -o idfa --linger 0 <input
until_true has_open router idfa
exec 6<&- 7<&-
bounded cat good.tsv >&5
exec 5>&-
finish 75 router 'a reader that goes'
keeps stats '[.undelivered > 0, .exit]' '[true,75]'
exec 5<>input 6<>idfa
background router "$BIN/memc_route" -q -s stats -o idfa <input
until_true has_open router idfa
send TERM router
finish 143 router 'a signal'
exec 5>&- 6<&-
keeps stats .exit 143

note 'memc_sink'
sink() { # STATUS ARG…
    sink_status=$1
    shift
    status "$sink_status" "memc_sink $*" -- "$BIN/memc_sink" -q -s stats "$@"
}
sink 0 -T idfa --label 'day 1' -e none "$ADDR_idfa" good.tsv
json stats '(.reasons | add) == .invalid' true 'another type is a reason'
keeps stats '[.mode, .type, .label, .stored > 0, .invalid > 0, .exit]' '["load","idfa","day 1",true,true,0]'
sink 65 "$ADDR_idfa" bad.tsv
json stats '(.reasons | add) == .invalid + .refused and .end >= .start' true 'bad lines have reasons'
keeps stats '[.type, .exit]' '[null,65]'
sink 0 "$ADDR_idfa" good.tsv
keeps stats '[.stored, .evictions, .doubt]' '[200,0,null]'
sink 0 --verify "$ADDR_idfa" good.tsv
keeps stats '[.mode, .stored, .verified, .exit]' '["verify",0,200,0]'
sink 65 --verify "$ADDR_gaid" good.tsv
keeps stats '[.missing, .exit]' '[200,65]'
sink 0 --dry-run 127.0.0.1:1 good.tsv
keeps stats '[.mode, .stored, .evictions]' '["dry-run",200,null]'
sink 69 --retry-for 0 -u late.tsv 127.0.0.1:1 good.tsv
keeps stats '[.undelivered, .evictions, .exit]' '[200,null,69]'
sink 66 "$ADDR_idfa" none.tsv
keeps stats '[.lines, .exit]' '[0,66]'
mkfifo held
exec 5<>held
background sink "$BIN/memc_sink" -q -s stats --linger 0 -k "$ADDR_dvid" held
bounded cat good.tsv >&5
until_true holds "$ADDR_dvid" 200
ask "$ADDR_dvid" flush_all >/dev/null
exec 5>&-
send TERM sink
finish 65 sink 'a flush meanwhile'
keeps stats '[.doubt, .exit]' '["flushed",65]'

note 'memc_load'
fresh() {
    rm -rf d && mkdir d
    for n in 1 2 3; do sample --seed $n --lines 200 | gzip >d/$n.tsv.gz; done
}
fresh
status 0 'memc_load' -- ./load -s stats d/1.tsv.gz d/2.tsv.gz
keeps stats '[.tool, .mode, .verdict, .stored]' '["memc_load","load","loaded",200] ["memc_load","load","loaded",200]'
status 0 '--verify' -- ./load --verify -s stats d/.1.tsv.gz
keeps stats '[.mode, .verified]' '["verify",200]'
fresh
sample --seed 9 --lines 50 >d/9.tsv
status 65 '--verify of what is not there' -- ./load --verify -s stats d/9.tsv
keeps stats '[.verdict, .reason, .missing]' '["failed","differing",50]'
status 0 '--dry-run' -- ./load --dry-run -s stats d/1.tsv.gz
keeps stats '[.mode, .stored, .parts.idfa.mode]' '["dry-run",200,"dry-run"]'
status 0 '--only' -- ./load --only idfa,dvid -s stats d/1.tsv.gz
keeps stats '[.skipped > 0, .parts.gaid]' '[true,null]'
cp bad.tsv d/
status 65 'bad lines' -- ./load -s stats d/bad.tsv
keeps stats '[.verdict, .reason]' '["failed","error rate"]'
head -n 1 good.tsv | tr '[:lower:]' '[:upper:]' >d/worst.tsv
status 65 'nothing but bad lines' -- ./load -s stats d/worst.tsv
keeps stats .error_rate null
head -c 500 d/1.tsv.gz >d/cut.tsv.gz
status 74 'a cut file' -- ./load -s stats d/cut.tsv.gz
keeps stats '[.verdict, .reason]' '["failed","corrupt"]'
status 66 'a missing one' -- ./load -s stats d/none.tsv.gz
keeps stats '[.verdict, .reason, .exit, .parts.idfa]' '["failed","failed",66,null]'
touch d/.1.tsv.gz
status 73 'a name that is taken' -- ./load -s stats d/1.tsv.gz
keeps stats '[.reason, .exit]' '["failed",73]'
rm d/.1.tsv.gz
status 75 'a file that is locked' -- flock d/1.tsv.gz ./load -s stats d/1.tsv.gz
keeps stats '[.verdict, .reason, .exit]' '["skipped",null,75]'
status 0 'a ledger' -- ./load --ledger ledger d/2.tsv.gz
cp -p d/2.tsv.gz d/other.tsv.gz
status 0 'a file that is in it' -- ./load --ledger ledger -s stats d/2.tsv.gz d/other.tsv.gz
keeps stats '[.verdict, .reason, .exit, .lines]' '["already loaded",null,0,0] ["loaded",null,0,200]'
status 69 'a server that is not there' -- ./load -w 1 --gaid 127.0.0.1:1 --sink-option --retry-for=0 -s stats d/1.tsv.gz d/2.tsv.gz
keeps stats '[.verdict, .reason, .exit]' '["failed","unreachable",69] ["not tried",null,null]'
# The second file's flush comes when some of it is stored, so that its own sink sees it.
ask "$ADDR_adid" flush_all >/dev/null
key=adid:$(zcat d/2.tsv.gz | grep '^adid' | cut -f 2 | head -n 1)
cat >tools/igzip <<END
#!/bin/sh
[ ! -p /dev/stdin ] || exec gzip -dc # it is tried on two members first
gzip -dc
if [ -e "$T/second" ]; then
    until "$TESTS/lib/ask.pl" "$ADDR_adid" "get $key" >/dev/null; do sleep 0.1; done
    "$TESTS/lib/ask.pl" "$ADDR_adid" flush_all >"$T/second"
fi
: >"$T/second"
END
chmod +x tools/igzip
status 65 'a flush' -- env PATH="$T/tools:$PATH" ./load -w 1 -s stats --reports reports d/1.tsv.gz d/2.tsv.gz
cp reports/*1.tsv.gz.stats report
keeps report '[.verdict, .reason]' '["doubtful","flushed"]'
json stats .verdict '"doubtful"
"failed"' 'the first is doubtful, the second has failed'
keeps stats '.reason == "flushed"' 'true true'
printf '#!/bin/sh\nkill -KILL $$\n' >tools/memc_route
cp "$BIN/memc_load" tools/ && ln -s "$BIN/memc_sink" "$BIN/memc_load_file" "$BIN/load" tools/ && chmod +x tools/memc_route
status 137 'a router that is killed' -- tools/memc_load --idfa "$ADDR_idfa" --gaid "$ADDR_gaid" --adid "$ADDR_adid" \
    --dvid "$ADDR_dvid" -s stats d/bad.tsv
keeps stats '[.verdict, .parts.memc_route]' '["failed",null]'

note 'what is no document of ours'
is "$(jq -r '.tool + " " + (.mode // "")' all.json | LC_ALL=C sort -u | tr '\n' ,)" \
    'memc_load dry-run,memc_load load,memc_load verify,memc_route ,memc_sink dry-run,memc_sink load,memc_sink verify,' \
    'all tools in all modes have been seen'
# One of each tool and mode, spoilt in every way; a dry run has the form of a load.
jq -cs 'map(select(.mode != "dry-run")) | group_by([.tool, .mode]) | map(.[0])[]' all.json >some.json
bounded "$PYTHON" "$TESTS/lib/schema.py" --spoil some.json >spoilt
cut -f 2- spoilt >documents
schema "$TOP/docs/stats.schema.json" documents >answers 2>&1
ok 'they are many' -- test "$(wc -l <spoilt)" -gt 300
is "$(wc -l <answers)" "$(wc -l <spoilt)" 'and each is judged'
paste answers spoilt | grep -v '^refused: ' | cut -f 2 >accepted
is_file accepted /dev/null 'a member too many, left out, or of another kind is refused'
refuses() { # FILTER TOOL NAME
    jq -c "select(.tool == \"$2\" and .exit == 0) | $1" all.json >wrong
    schema "$TOP/docs/stats.schema.json" wrong >answers 2>&1
    is "$(sed 's/:.*//' answers | LC_ALL=C sort -u)" refused "$2: $3"
}
refuses '.doubt = "mislaid"' memc_sink 'a doubt of another name'
refuses 'select(.mode == "verify") | .stored = 1' memc_sink 'stored by --verify'
refuses 'select(.mode == "load") | .verified = 1 | .missing = 0 | .differing = 0' memc_sink 'verified by a load'
refuses '.exit = 1' memc_sink 'a status of no table'
refuses '.routed.IDFA = 1' memc_route 'a fifth type'
refuses '.reason = "failed"' memc_load 'loaded for a reason'
refuses 'select(.lines > 0) | .verdict = "already loaded"' memc_load 'loaded before, with lines'
refuses '.verdict = "failed"' memc_load 'failed without one'
refuses '.reason = "tired" | .verdict = "failed" | .exit = 75' memc_load 'a reason of another name'
refuses '.parts.idfa.surplus = 1' memc_load 'a part with a member too many'
refuses '.parts.memc_route.lines = -1' memc_load 'a part with a wrong one'
refuses '.parts.idfa.type = "gaid"' memc_load 'the wrong part'
refuses 'select(.mode == "verify") | del(.missing)' memc_load 'one of three'
refuses '[.]' memc_load 'a list'
echo '{' >wrong
like "$(schema "$TOP/docs/stats.schema.json" wrong)" '^refused' 'no JSON at all'

done_testing
