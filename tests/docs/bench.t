#!/bin/sh
# SPDX-License-Identifier: MIT
# The benchmark, small and once, so that it cannot rot: every loader's records are in the servers byte for byte, and its
# report is complete. No time is judged.
. "$(dirname "$0")/../lib/harness.sh"

LIMIT=600
TMPDIR=$T
export TMPDIR
sample -n 0 # so that there is an mksample

bench() { # OPTION…
    bounded "$TOP/bench/run" --bin "$BIN" --mksample "$MKSAMPLE" --records 4000 --rounds 1 "$@"
}

status 0 'the help' -- "$TOP/bench/run" --help
file_like out '--row NAME' 'names its options'
status 0 'the list of rows' -- "$TOP/bench/run" --list
cut -d ' ' -f 1 out >names
is "$(grep -cE '^(floor\.(zcat|pigz|igzip)(-cat)?|floor\.blast|pipeline\.(zcat|pigz|igzip)|load\.[124]|peer\.(plain|batched|noreply|counted))$' names)" \
    17 'has those of floor, pipeline and peers'
is "$(grep -cE '^(growth\.(0\.1|1|3\.4|10|1-hash|10-hash|10-blast)|apps\.(1|50|1000)|shape\.(one-type|sorted)|delay\.(64|256|1024)|distance\.(1|50))$' names)" \
    17 'and those of growing work'
status 1 'an unknown row is refused' -- "$TOP/bench/run" --row none

bench --check --row floor --row pipeline --row load --row peer --row many.load --row apps.1000 --row shape.sorted --row delay.256 \
    --data data --json report.json --svg report.svg >table 2>err
check_status $? 0 'all core rows, what the servers hold compared byte by byte' err
grep -E '^(floor|pipeline|load|peer)\.|^(many\.load|apps\.1000|shape\.sorted|delay\.256)$' names | sort >asked
jq -r '.rows[].name, .skipped[].name' report.json | sort >told
is_file told asked 'each row is measured, or said to be skipped'
json report.json '[.records, .rounds, .checked]' '[4000,1,true]' 'what was run'
json report.json '[.rows[] | select(.items != null and .items != .records) | .name]' '[]' 'each loader stored all its records'
json report.json '[.rows[] | select((.name | startswith("floor.") | not) and .items == null) | .name]' '[]' 'and was asked'
json report.json '[.rows[] | select(.wall <= 0 or .records_per_second <= 0 or (.rounds | length) != 1 or .foreign == null or .load == null) | .name]' \
    '[]' 'no row lacks a figure'
json report.json '[.rows[] | select(.name | test("^(pipeline|load)")) | .roles | [.decompressor, .router, .sinks, .servers] | map(.cpu > 0 and .peak_kib > 0) | all] | all' \
    true 'the CPU and the memory of each part of a pipeline'
json report.json '[.rows[] | select(.name == "load.2") | .roles | .router.processes, .decompressor.processes]' '[3,4]' \
    'memc_load is seen through: three files, three routers, a decompressor that is tried first'
json report.json '.targets | map(has("figure") and has("must") and has("goal") and .verdict != null) | [all, length]' '[true,14]' 'the targets'
file_like table '^row +records +wall s' 'a table'
file_like table '^peer.counted ' 'with its rows'
file_like table '^figure +must +goal +measured' 'and the targets'
if command -v gnuplot >/dev/null; then
    file_like report.svg '</svg>' 'a picture'
else
    skip 'gnuplot is missing' 'a picture'
fi
status 0 'the report can be told again' -- "$TOP/bench/run" --redraw report.json
is_file out table 'in the same words'
is "$(pgrep -c -f "memcached.*$T" || :)" 0 'no server is left'

# A file that holds other records than the servers.
cp "data/4000-1.tsv.gz" good.gz
rm -f data/*.requests
sample -n 4000 -S 9 | gzip >data/4000-1.tsv.gz
bench --row floor.blast --data data --json first.json >table 2>err
check_status $? 0 'other data' err
cp good.gz data/4000-1.tsv.gz
bench --check --row floor.blast --data data >table 2>err
check_status $? 1 'a wrong record is found' err
file_like err 'floor.blast: the servers do not hold what the files say' 'and named'

note 'two builds'
bench --row floor.zcat --row pipeline.zcat --against "$BIN" >table 2>err
check_status $? 0 'two builds in turn' err
is "$(grep -c ': pipeline.zcat: ' err)" 2 'each runs once a round'
like "$(sed -n 's/^pipeline.zcat  *//p' table)" '^wall [0-9.]+  ' 'and their ratios are told'

note 'the gets of a reader beside a load'
status 0 'kindness' -- "$TOP/bench/kindness" --bin "$BIN" --mksample "$MKSAMPLE" -n 20000 -r 1 --calm 0 --json gets.json
chrt -r 1 true 2>/dev/null && real='"servers in real time",' || real=
json gets.json 'map(.way)' '["no load","full speed","full speed, nice 19","full speed, --batch 64","nice 19 and --batch 64",'"$real"'"half of it, --rate","a quarter of it, --rate"]' 'its ways'
json gets.json 'map(select(.gets > 0 and .p50_us > 0 and .p50_us <= .p99_us)) | length' "$(jq length gets.json)" 'each with its gets'
status 0 'with another reader' -- "$TOP/bench/kindness" --bin "$BIN" --mksample "$MKSAMPLE" -n 5000 -r 1 --calm 0 --reader pymemcache --json other.json
json other.json 'map(.way)' "$(jq -c 'map(.way)' gets.json)" 'the same ways'
done_testing
