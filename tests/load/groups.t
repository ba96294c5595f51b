#!/bin/sh
# Small files go through one pipeline together. Each has the verdict, counters, reports and messages that it has alone: the
# same files are loaded by as many workers as there are files, so that each is alone, and then by one worker.
# shellcheck disable=SC2154 # ADDR_idfa and the like are set by start_four
. "$(dirname "$0")/../lib/harness.sh"

start_four
addresses="--idfa $ADDR_idfa --gaid $ADDR_gaid --adid $ADDR_adid --dvid $ADDR_dvid"
load() { # shellcheck disable=SC2086 # words
    bounded "$BIN/memc_load" $addresses "$@"
}

line() { printf '%s\t%s\t1.5\t-2\t7,8\n' "$1" "$2"; }
good() { # NAME: nine lines
    for n in 1 2 3; do line idfa "$1$n" && line gaid "$1$n" && line dvid "$1$n"; done
}

# What a file may be. In a name with a newline the file goes alone.
make_files() { # DIR
    mkdir "$1" && (
        cd "$1" || exit
        for n in a b c d e f g h i j k l; do good "$n" | gzip >"$n.tsv.gz"; done
        good m >'with blank.tsv'
        good n >'new
line.tsv'
        good o >-o.tsv
        printf 'line\377.tsv' | xargs -0 sh -c 'cp ./-o.tsv "$0"'
        { good p && printf 'adid\tp4\t1\t2\t3'; } | gzip >unterminated.tsv.gz
        good q | gzip >q && head -c 60 q >cut.tsv.gz && rm q
        : >nothing.tsv.gz
        : | gzip >empty.tsv.gz
        printf 'idfa\tr1\tx\t2\t3\nnobody\tr2\t1\t2\t3\n\n' | gzip >bad.tsv.gz
        { good s && printf 'idfa\ts4\t1\t2\t3\0\n\0\nidfa\0x\ts5\t1\t2\t3\n'; } >nul.tsv
        { good t && printf 'idfa\tt4\t1\t2\t3,x\n\0%s+\nidfa\tt5\t1\t2\t3\n' 7a1e4d2c-0b1f-4c52-9d0e-3f2a6b8c9d10; } >foreign.tsv
        { good u && printf 'idfa\tu4\t1\t2\t' && printf '%01500d' 1; } >long.tsv
        good v >.dotted.tsv
    )
}

# The counters of each file, without what differs from run to run.
counters() { # STATS
    jq -cS 'del(.. | .seconds?, .start?, .end?, .retries?, .sampled?, .sample_missing?)' "$1" | sort
}

verdicts() { sed -n 's/^memc_load: //p' "$1" | grep -aE '^(Acceptable|High|Failed|Load)' | sort; }
others() { grep -aE '^memc_(route|sink): ' "$1" | sort; }

# In ALONE there are as many workers as files, so no file shares its pipeline; below, one worker makes groups.
make_files alone
(cd alone && find . -type f -print0 | LC_ALL=C sort -z) >names
count=$(tr -cd '\0' <names | wc -c)
from_name() { tail -z -n "+$1" names && head -z -n "$(($1 - 1))" names; } # NUMBER: all names, beginning with that one

run_in() { # STATUS NAME DIR OPTION…
    run_in_status=$1 run_in_name=$2 run_in_dir=$3
    shift 3
    # shellcheck disable=SC2086,SC2016 # words; the inner shell's
    status "$run_in_status" "$run_in_name" -- sh -c 'cd "$1" && shift && exec "$@"' sh "$run_in_dir" "$BIN/memc_load" $addresses \
        -e 0.5 --max-line 1K -0 --files-from - "$@"
}

run_in 74 'each file alone' alone -w "$count" --reports ../alone.reports --stats ../alone.json <names
cp err alone.err
is "$(grep -c . alone.json)" "$count" 'each has its counters'
for wanted in '"./cut.tsv.gz","failed","corrupt",74' '"./nothing.tsv.gz","failed","corrupt",74' '"./bad.tsv.gz","failed","error rate",65' \
    '"./unterminated.tsv.gz","loaded",null,0' '"./empty.tsv.gz","loaded",null,0' '"./nul.tsv","loaded",null,0'; do
    is "$(jq -c '[.file, .verdict, .reason, .exit]' alone.json | grep -cxF "[$wanted]")" 1 "$wanted"
done
counters alone.json >alone.counters
verdicts alone.err >alone.verdicts
others alone.err >alone.others
(cd alone.reports && ls) >alone.ls

for first in 1 8 15; do
    make_files "dir$first"
    from_name "$first" >order
    run_in 74 "in groups, from file $first" "dir$first" -w 1 --reports "../$first.reports" --stats "../$first.json" <order
    cp err "$first.err"
    counters "$first.json" >"$first.counters"
    is_file "$first.counters" alone.counters 'the counters of each'
    verdicts "$first.err" >"$first.verdicts"
    is_file "$first.verdicts" alone.verdicts 'the verdicts'
    others "$first.err" >"$first.others"
    is_file "$first.others" alone.others 'the messages of the parts'
    is "$(cd "dir$first" && find . | sort)" "$(cd alone && find . | sort)" 'the names'
    (cd "$first.reports" && ls) | sed "s/dir$first%/alone%/" >"$first.ls"
    is_file "$first.ls" alone.ls 'the names of the reports'
    for report in alone.reports/*rejects* alone.reports/*undelivered; do
        other=$(printf '%s\n' "${report##*/}" | sed "s/alone%/dir$first%/")
        case $report in *'
'*) continue ;; esac
        cmp -s "$report" "$first.reports/$other" || fail "${report##*/} differs"
    done
    pass 'the reports are compared'
done

# How many pipelines there were, by how often the first server was connected to.
connections() { ask "$ADDR_idfa" stats total_connections; }
mkdir many && for n in $(seq 40); do good "w$n" >"many/$n.tsv"; done
before=$(connections)
# shellcheck disable=SC2086 # words
status 0 'forty small files' -- "$BIN/memc_load" $addresses -k -w 1 many/*.tsv
grouped=$(($(connections) - before))
before=$(connections)
# shellcheck disable=SC2086 # words
status 0 'the same, each alone' -- "$BIN/memc_load" $addresses -k -w 40 many/*.tsv
ok 'a group shares its connections' -- test "$((4 * grouped))" -lt "$(($(connections) - before))"

done_testing
