#!/bin/sh
# SPDX-License-Identifier: MIT
# memc_load over stand-ins of its parts: what it makes of every way in which they can end, and of what they count.
. "$(dirname "$0")/../lib/harness.sh"

# What it is asked about the options, by a dry run or --test without -T, the real one answers. STUB/TYPE.exit, .extra, .bad, .doubt tell a sink how to end, how many lines to count too many, to call invalid, to doubt;
# with .asked its counters are those of a sink that still ran.
mkdir stub work
STUB=$T/stub
TMPDIR=$T/work
export STUB TMPDIR
ln -s "$BIN/memc_load" "$T/memc_load"
cat >memc_sink <<'END'
#!/usr/bin/python3
import json, os, sys
def told(name, default):
    try:
        return open(os.path.join(os.environ["STUB"], name)).read().strip()
    except OSError:
        return default
words = dict(zip(sys.argv, sys.argv[1:]))
if {"--dry-run", "--test"} & set(sys.argv) and "-T" not in sys.argv:
    os.execv(os.environ["REAL"] + "/memc_sink", sys.argv)
if "--counters" in sys.argv:
    counters = {"server": "s", "pid": 1, "start": 2, "item_size_max": 5}
    if "--since" in sys.argv:
        open(os.environ["STUB"] + "/words", "w").write(" ".join(sys.argv[1:]) + "\n" + open(words["--since"]).read())
        counters["doubt"] = told("later", "") or None
    print(json.dumps(counters, separators=(",", ":")))
    sys.exit(0)
kind = words["-T"]
lines = len(sys.stdin.buffer.readlines())
end, bad = int(told(kind + ".exit", "0")), int(told(kind + ".bad", "0"))
asked = told(kind + ".asked", None)
if end != 137 or asked:
    json.dump({"tool": "memc_sink", "type": kind, "server": "s", "lines": lines + int(told(kind + ".extra", "0")), "blank": 0,
               "stored": lines - bad, "invalid": bad, "refused": 0, "undelivered": 0, "doubt": told(kind + ".doubt", None),
               "exit": None if asked else end}, open(words["--stats"], "w"))
if end != 137:
    sys.exit(end)
os.kill(os.getpid(), 9)
END
cat >memc_route <<'END'
#!/bin/sh
"$REAL/memc_route" "$@"
end=$?
[ ! -e "$STUB/route.exit" ] || read -r end <"$STUB/route.exit"
exit "$end"
END
REAL=$BIN
export REAL
chmod +x memc_sink memc_route

fresh() {
    rm -rf d stub
    mkdir d stub
    for each in a b; do
        for type in idfa gaid adid dvid; do seq -f "$type	$each%.0f	1	2	3" 100; done >d/$each.tsv
    done
}
load() { bounded ./memc_load -w 1 -s stats "$@" >out 2>err; }
first() { jq -c '[.verdict,.reason,.exit]' stats | sed -n "${1:-1}p"; }

fresh
load d/a.tsv d/b.tsv
is "$? $(first) $(first 2)" '0 ["loaded",null,0] ["loaded",null,0]' 'all is well'

note 'each status of a sink, of the router'
while read -r end reason; do
    fresh
    echo "$end" >stub/adid.exit
    load d/a.tsv
    is "$? $(first)" "$end [\"failed\",\"$reason\",$end]" "a sink ends with $end"
    ok 'the file keeps its name' -- test -e d/a.tsv
    fresh
    echo "$end" >stub/route.exit
    load d/a.tsv
    is "$? $(first)" "$end [\"failed\",\"$reason\",$end]" "the router ends with $end"
    ok 'the file keeps its name' -- test -e d/a.tsv
done <<'END'
64 failed
66 failed
69 unreachable
70 failed
71 failed
73 failed
74 failed
75 undelivered
76 unreachable
77 unreachable
139 failed
1 failed
END
file_like err 'Failed load d/a\.tsv: failed \(1\)' 'any other status, as a number'
fault 29
fresh
echo 137 >stub/gaid.exit
load d/a.tsv d/b.tsv
is "$? $(first) $(first 2)" '137 ["failed","failed",137] ["failed","failed",137]' 'a sink is killed'
fault
for end in 137:137:failed 0:70:mismatch; do
    fresh
    echo "${end%%:*}" >stub/gaid.exit
    echo yes >stub/gaid.asked
    expected=${end%:*}
    load d/a.tsv
    is "$? $(first)" "${expected#*:} [\"failed\",\"${end##*:}\",${expected#*:}]" "counters without an exit, then ${end%%:*}"
    json stats '[.stored,.undelivered,.parts.gaid,.parts.idfa.stored]' '[300,100,null,100]' 'they do not count'
done
for doubt in evicted flushed restarted unproven; do
    fresh
    echo 65 >stub/gaid.exit
    echo $doubt >stub/gaid.doubt
    load d/a.tsv
    is "$? $(first)" "65 [\"failed\",\"$doubt\",65]" "a sink calls it $doubt"
done

note 'of two, the first of the list, whoever said it'
set -- 139 64 70 71 73 74 77 76 69 66 75 65
while [ $# -gt 1 ]; do
    fresh
    echo "$1" >stub/dvid.exit
    echo "$2" >stub/idfa.exit
    load d/a.tsv
    is "$?" "$1" "$1 before $2"
    shift
done

note 'sums'
fresh
echo 1 >stub/dvid.extra
load d/a.tsv
is "$? $(first)" '70 ["failed","mismatch",70]' 'a sink read what was not routed'
fresh
echo -1 >stub/dvid.extra
load d/a.tsv
is "$? $(first)" '70 ["failed","mismatch",70]' 'a sink did not read all'
fresh
echo -1 >stub/dvid.extra
echo 75 >stub/dvid.exit
load d/a.tsv
is "$? $(first)" '75 ["failed","undelivered",75]' 'one that gave up need not'
json stats .undelivered 1 'what it did not read is undelivered'

note 'the error rate, in integers'
while read -r bad rate expected; do
    fresh
    echo "$bad" >stub/idfa.bad
    load -k -e "$rate" d/a.tsv
    is $? "$expected" "$bad of 400 against $rate"
done <<'END'
3 0.01 0
4 0.01 65
4 1% 65
4 1.01% 65
4 1.02% 0
4 0.010101011 0
4 0.01010101 65
80 .25 65
79 .25 0
80 25.000% 65
80 00.2500000001 64
80 0.250000001 0
200 1 65
199 1 0
200 1.5 0
400 none 0
400 9 65
0 0 0
1 0 65
END

note 'counters that cannot be summed'
fresh
mkdir broken
cat >broken/jq <<'END'
#!/bin/sh
for word; do # the facts come through a pipe
    shift
    case $word in
        /dev/fd/*)
            cat "$word" >"$STUB/facts"
            word=$STUB/facts
            ! grep -qa 'd/a.tsv' "$word" || exit 5
            ;;
    esac
    set -- "$@" "$word"
done
exec /usr/bin/jq "$@"
END
chmod +x broken/jq
status 74 'jq fails for one file' -- env PATH="$T/broken:$PATH" ./memc_load -k -w 1 -s stats d/a.tsv d/b.tsv
is "$(first 1)" '["failed","failed",74]' 'which has failed'
is "$(jq -c .verdict stats | wc -l)" 2 'and every file has its row'

fault 3 9 11
note "what memc_sink says of the servers in the end"
while read -r later; do
    fresh
    echo "$later" >stub/later
    load d/a.tsv
    is "$? $(first)" "65 [\"doubtful\",\"$later\",65]" "$later"
    ok 'the file keeps its name' -- test -e d/a.tsv
    file_like stub/words '"stored":100}' 'it is asked with what was stored meanwhile'
    file_unlike stub/words allow-evictions 'and nothing is excused'
done <<'END'
evicted
lost
flushed
restarted
unproven
END
fresh
load --allow-evictions d/a.tsv
is "$? $(first)" '0 ["loaded",null,0]' 'no doubt'
file_like stub/words allow-evictions '--allow-evictions is handed on'
fresh
echo evicted >stub/later
touch d/.keep
load -k d/a.tsv
is "$? $(first)" '65 ["doubtful","evicted",65]' 'a kept file can be doubtful too'
fresh
echo evicted >stub/later
load -n d/a.tsv
is "$? $(first)" '0 ["loaded",null,0]' 'of a dry run there is nothing to lose'

fault
note 'over the files'
fresh
echo 65 >stub/gaid.exit
rm d/b.tsv
load d/b.tsv d/a.tsv
is $? 66 '66 before 65'
fresh
echo 74 >stub/route.exit
touch d/.b.tsv
load d/a.tsv d/b.tsv
is $? 73 '73 before 74'
fresh
rm memc_sink
bounded ./memc_load -n d/a.tsv >out 2>err
is $? 0 'a program that is not beside the link is looked for beside the script'
cp -R "$BIN/memc_load" "$BIN/memc_load_file" "$BIN/load" d/
status 69 'no memc_route' -- env PATH=/usr/bin:/bin d/memc_load d/a.tsv
file_like err 'memc_route' 'is named'

done_testing
