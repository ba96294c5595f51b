#!/bin/sh
# SPDX-License-Identifier: MIT
# extra/prometheus/memc_load.jq: the counters of a run as metrics, in Prometheus' own text format, held against its
# description and against promtool, where that is installed.
. "$(dirname "$0")/../lib/harness.sh"

program=$TOP/extra/prometheus/memc_load.jq

# https://prometheus.io/docs/instrumenting/exposition_formats/
check_metrics() { # FILE NAME
    label='[a-z]+="([^"\]|\\["\\n])*"'
    is "$(grep -vE "^(# HELP memc_load_[a-z_]+ [^\\]+|# TYPE memc_load_[a-z_]+ gauge|memc_load_[a-z_]+(\{$label(,$label)*\})? [0-9]+(\.[0-9]+)?)\$" "$1")" '' \
        "$2: each line is one of the format"
    is "$(sed -n 's/^# TYPE \([a-z_]*\) .*/\1/p' "$1" | sort | uniq -d)" '' 'each metric is told once'
    is "$(grep -v '^#' "$1" | sed 's/ [^ ]*$//' | sort | uniq -d)" '' 'and each of its samples'
    is "$(awk '/^# TYPE/ { name = $3; next } /^[^#]/ { split($0, part, /[{ ]/); if (part[1] != name) print }' "$1")" '' 'below its type'
    if command -v promtool >/dev/null; then
        findings=$(bounded promtool check metrics <"$1" 2>&1)
        is "$? $findings" '0 ' 'promtool has nothing to say'
    else
        skip 'promtool is not installed' 'promtool has nothing to say'
    fi
}

convert() { # STATUS FILE: writes ./prom
    bounded jq -rs --argjson status "$1" --rawfile before before -f "$program" "$2" >prom
}
value() { sed -n "s/^memc_load_$1 //p" "${2:-prom}"; }
: >before

note 'a run of two files, one of them with bad lines'
start_four
set -- --idfa "$(addr idfa)" --gaid "$(addr gaid)" --adid "$(addr adid)" --dvid "$(addr dvid)"
sample --seed 1 --lines 3000 | gzip >a.tsv.gz
{ sample --seed 2 --lines 2000 && printf 'idfa\tbad\nxxxx\tx\t1\t2\t3\n'; } | gzip >b.tsv.gz
since=$(date +%s)
status 65 'a load' -- "$BIN/memc_load" -q "$@" -e 0.0001 --stats load.json a.tsv.gz b.tsv.gz
convert 65 load.json
check_metrics prom 'what it left'
is "$(value exit_status)" 65 'its exit status'
is "$(value 'files{verdict="loaded"}') $(value 'files{verdict="failed"}') $(value 'files{verdict="skipped"}')" '1 1 0' 'files by verdict'
is "$(value 'failed_files{reason="error rate"}')" 1 'and by reason'
is "$(value 'lines{outcome="stored"}') $(value 'lines{outcome="invalid"}') $(value 'lines{outcome="unknown"}')" '5000 1 1' 'lines by outcome'
is "$(grep '^memc_load_records{type=".*",outcome="stored"} ' prom | awk '{ n += $NF } END { print NR, n }')" '4 5000' 'records of the four types'
is "$(value 'records{type="idfa",outcome="invalid"}')" 1 'a bad line of one of them'
is "$(grep -c 'tsv' prom)" 0 'no file is named'
is "$(value last_success_timestamp_seconds)" '' 'there was no success yet'
is "$([ "$(value last_run_timestamp_seconds)" -ge "$since" ] && echo now)" now 'but a run'

note 'a success, and a failure after it'
status 0 'the file again, without a limit' -- "$BIN/memc_load" -q "$@" -e none --stats load.json b.tsv.gz
convert 0 load.json
check_metrics prom 'the second run'
success=$(value last_success_timestamp_seconds)
is "$([ "$success" -ge "$since" ] && echo now)" now 'is the last success'
sed "s/^\(memc_load_last_success_timestamp_seconds\) .*/\1 1700000000/" prom >before
convert 69 /dev/null
check_metrics prom 'a run without counters'
is "$(value exit_status) $(value last_success_timestamp_seconds)" '69 1700000000' 'keeps the time of the success before'
is "$(value 'lines{outcome="stored"}') $(value 'records{type="gaid",outcome="stored"}')" '0 0' 'its series are there, as 0'
convert 0 /dev/null
is "$([ "$(value last_success_timestamp_seconds)" -ge "$since" ] && echo now)" now 'a success replaces the time'

note 'reasons and times'
cat >made.json <<'END_MADE'
{"verdict":"loaded","reason":null,"stored":3,"start":100,"end":105.5,"reasons":{"unknown device type":2},"parts":{"memc_route":{"reasons":{"unknown device type":2}},"idfa":null}}
{"verdict":"failed","reason":"corrupt","start":101,"end":109,"parts":{"memc_route":{"reasons":{"unknown device type":1}},"idfa":{"reasons":{"odd \"\\\n":4}},"gaid":{}}}
END_MADE
convert 74 made.json
check_metrics prom 'made counters'
is "$(value 'bad_lines{reason="unknown device type"}')" 3 "a file's own sums, and its parts' where it has none"
is "$(value 'bad_lines{reason="odd \\"\\\\\\n"}')" 4 'odd letters are escaped'
is "$(value duration_seconds)" 9 'from the first start to the last end'

done_testing
