#!/bin/sh
# SPDX-License-Identifier: MIT
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
        # shellcheck disable=SC2016 # the inner shell expands it
        printf 'line\377.tsv' | xargs -0 sh -c 'cp ./-o.tsv "$0"'
        { good p && printf 'adid\tp4\t1\t2\t3'; } | gzip >unterminated.tsv.gz
        good q | gzip >q.gz && head -c 60 q.gz >cut.tsv.gz && rm q.gz
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
make_files made.alone && cp -a made.alone alone
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
    cp -a made.alone "dir$first"
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
mkdir many && for n in $(seq 16); do good "w$n" >"many/$n.tsv"; done
before=$(connections)
# shellcheck disable=SC2086 # words
status 0 'sixteen small files' -- "$BIN/memc_load" $addresses -k -w 1 many/*.tsv
grouped=$(($(connections) - before))
before=$(connections)
# shellcheck disable=SC2086 # words
status 0 'the same, each alone' -- "$BIN/memc_load" $addresses -k -w 16 many/*.tsv
ok 'a group shares its connections' -- test "$((grouped + 12))" -le "$(($(connections) - before))"

note 'what happens in the middle of a group: 1 and 2 are loaded, 3 and 4 are under way'
mkdir made slow
for n in 1 2 3 4 5 6 7 8; do good "y$n" | gzip >"made/$n.tsv.gz"; done
# A decompressor that tells which file it reads. In the first 3.tsv.gz it waits for `go` after four lines.
cat >slow/igzip <<END
#!/bin/sh
[ ! -p /dev/stdin ] || exec gzip -dc # it is tried on two members first
name=\$(readlink /proc/\$\$/fd/0)
echo "\$name" >>"$T/begun"
case \$name in */3.tsv.gz) ;; *) exec gzip -dc ;; esac
gzip -dc >"$T/text"
mkdir "$T/held" 2>/dev/null || exec cat "$T/text"
head -n 4 "$T/text"
until [ -e "$T/go" ]; do sleep 0.05; done
exec tail -n +5 "$T/text"
END
chmod +x slow/igzip
contents() { for each in idfa gaid adid dvid; do dump "$(addr $each)"; done; }
broken() { # STATUS NAME ACTION…
    broken_status=$1 broken_name=$2
    shift 2
    rm -rf held go begun g stats && cp -R made g && empty_four
    # shellcheck disable=SC2086 # words
    background run env PATH="$T/slow:$PATH" "$BIN/memc_load" $addresses -w 1 -s stats --sink-option=--retry-for=1 g/*.tsv.gz
    until_true test -d held || bail 'the decompressor was not started'
    "$@"
    : >go
    [ "$1" != stop_server ] || { until_true grep -q '/4\.tsv\.gz' begun && send CONT gaid; }
    finish "$broken_status" run "$broken_name"
}
kill_part() { kill -KILL "$(process "^$BIN/$1 .*--label g/3\.tsv\.gz.*$2")"; }
stop_server() { send STOP gaid; }
stop_run() { send TERM run; }
lose_server() { send KILL gaid; }
flush_server() { ask "$ADDR_gaid" flush_all >/dev/null; }
verdicts_of() { jq -r '"\(.verdict):\(.reason):\(.exit)"' stats | uniq -c | sed 's,^ *,,' | tr '\n' ' '; }

cp -R made g && empty_four
# shellcheck disable=SC2086 # words
status 0 'nothing happens' -- "$BIN/memc_load" $addresses -w 1 g/*.tsv.gz
contents >whole
for part in 'a sink:memc_sink:-T gaid' 'the router:memc_route:'; do
    what=${part#*:}
    broken 0 "${part%%:*} is killed" kill_part "${what%%:*}" "${what#*:}"
    is "$(verdicts_of)" '8 loaded:null:0 ' 'the group is loaded again, file by file'
    is "$(find g -name '.*.gz' | wc -l)" 8 'each has its dot'
    contents >got
    is_file got whole 'and all is there'
done
broken 0 'a server is stopped for a while' stop_server
contents >got
is_file got whole 'all is there'
broken 65 'a server is flushed' flush_server
is "$(verdicts_of)" '8 doubtful:flushed:65 ' 'every file is doubtful'
is "$(find g -name '.*.gz')" '' 'and has its name again'
broken 143 'TERM' stop_run
is "$(verdicts_of)" '2 loaded:null:0 2 failed:failed:143 4 not tried:null:null ' 'the first group is loaded, the second is not'
is "$(find g -name '.*.gz' | sort | tr '\n' ' ')" 'g/.1.tsv.gz g/.2.tsv.gz ' 'and the names say so'
broken 69 'a server is lost' lose_server
is "$(verdicts_of)" '2 doubtful:unproven:65 1 failed:unreachable:69 5 not tried:null:null ' 'no other file is tried'
is "$(find g -name '.*.gz')" '' 'none keeps its dot'

done_testing
