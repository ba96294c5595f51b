#!/bin/sh
# SPDX-License-Identifier: MIT
# What is said when something is wrong: the object, the reason and what to do, so that a stranger can go on.
# Each case compares all of stderr, so a word too many is found, too.
# shellcheck disable=SC2154,SC2094,SC2016 # ADDR_idfa is set by start_four; the input named twice; an inner shell expands
. "$(dirname "$0")/../lib/harness.sh"

route=$BIN/memc_route
sink=$BIN/memc_sink
load=$BIN/memc_load

# STATUS TEXT CMD…: ends so, and says just that, whatever the summary is.
says() {
    says_status=$1 says_text=$2
    shift 2
    status "$says_status" "$(basename "$1") ends with $says_status" -- "$@"
    is "$(grep -av ' lines: ' err)" "$says_text" "and says: $(echo "$says_text" | tail -n 1)"
}

records() { # N PREFIX: so many of each type
    for each in idfa gaid adid dvid; do seq -f "$each	$2%.0f	55.5	-42.25	1,22,333" "$1"; done
}

records 10 r >good.tsv
grep -a '^idfa' good.tsv >idfa.tsv
mkdir run work

note 'wrong words on the command line'
help='try: memc_sink --help'
says 64 "memc_sink: server '127.0.0.1': the port is missing: HOST:PORT; $help" "$sink" 127.0.0.1 idfa.tsv
says 64 "memc_sink: server '127.0.0.1:65536': the port is a number from 1 to 65535; $help" "$sink" 127.0.0.1:65536 idfa.tsv
says 64 "memc_sink: server '127.0.0.1:0': the port is a number from 1 to 65535; $help" "$sink" 127.0.0.1:0 idfa.tsv
says 64 "memc_sink: server '::1:11211': an IPv6 address stands in brackets: [V6]:PORT; $help" "$sink" ::1:11211 idfa.tsv
says 64 "memc_sink: the server is missing: HOST:PORT, [V6]:PORT or /SOCKET; $help" "$sink"
says 64 "memc_sink: --type: 'none' is not one of idfa, gaid, adid, dvid; $help" "$sink" -T none 127.0.0.1:1 idfa.tsv
says 64 "memc_sink: --timeout: 1ms is less than 300ms; $help" "$sink" -t 1ms 127.0.0.1:1 idfa.tsv
says 64 "memc_route: --only: 'idfa,none' is not a list of idfa, gaid, adid, dvid; try: memc_route --help" "$route" -o idfa,none
says 64 "memc_load: --only: unknown type 'none'; there are idfa gaid adid dvid" "$load" -o idfa,none good.tsv
says 64 "memc_load: --workers: a whole number from 1, not '0'" "$load" -w 0 good.tsv
says 64 "memc_load: unrecognized option '--none'
memc_load: wrong options; try: memc_load --help" "$load" --none
start_four
cat >load <<END
#!/bin/sh
TMPDIR=\${WORK:-$T/work} exec "$load" -q --idfa "$ADDR_idfa" --gaid "$ADDR_gaid" --adid "$ADDR_adid" --dvid "$ADDR_dvid" "\$@"
END
chmod +x load
wrong='memc_load: wrong server address (--idfa and the like), -e, --sink-option, --max-line or --nice, see above'
says 64 "memc_sink: server 'nowhere': the port is missing: HOST:PORT; $help
$wrong" ./load --idfa nowhere good.tsv
says 64 "memc_sink: --batch: 'x' is not a number from 1 to 1024; $help
$wrong" ./load --sink-option --batch=x good.tsv

note 'FIFOs'
left='is neither a FIFO nor a pipe, and was left unchanged: name another path, or make a FIFO with mkfifo'
cp good.tsv run/idfa
says 73 "memc_route: run/idfa: $left" "$route" -d run -o idfa <good.tsv
rm run/idfa
mkfifo run/idfa
says 73 'memc_route: run/idfa: no reader came within 300ms: is its memc_sink running?' "$route" -d run -o idfa -w 300ms <good.tsv
says 73 'memc_route: run/gaid: No such file or directory: --mkfifo makes missing FIFOs' "$route" -d run -o gaid <good.tsv
says 73 'memc_route: none/gaid: No such file or directory: make its folder first' "$route" -m -d none -o gaid <good.tsv
says 75 'memc_route: idfa: its reader has gone; what it did not take is undelivered: run this input again when it is back' \
    bash -c 'exec {out}> >(:); wait $!; exec "$0" -o idfa --idfa "/dev/fd/$out" <idfa.tsv' "$route"
says 73 'memc_sink: run/idfa: no writer came within 1s: is its memc_route running?' "$sink" -w 1 "$ADDR_idfa" run/idfa
says 73 'memc_sink: good.tsv: is not a FIFO, and --keep-open needs one: mkfifo makes it' "$sink" -k "$ADDR_idfa" good.tsv
exec 5<>run/idfa
flock -n 5
says 73 'memc_sink: run/idfa: another process reads it already, and two would split its lines' \
    "$sink" "$ADDR_idfa" run/idfa
says 73 'memc_sink: idfa.tsv: another process reads it already, and two would split its lines' \
    flock idfa.tsv "$sink" -s idfa.tsv "$ADDR_idfa" idfa.tsv
is "$(wc -l <idfa.tsv)" 10 'nor is it written over'
exec 5<&-

note 'files'
says 66 'memc_sink: none.tsv: No such file or directory' "$sink" "$ADDR_idfa" none.tsv
says 66 'memc_sink: run: Is a directory' "$sink" "$ADDR_idfa" run
echo precious >taken
says 73 'memc_sink: taken: exists already: --append adds to it, or name another file' "$sink" -r taken "$ADDR_idfa" idfa.tsv
says 73 'memc_sink: idfa.tsv: is the input or a report itself: name another file for --stats' "$sink" -s idfa.tsv "$ADDR_idfa" idfa.tsv
is "$(wc -l <idfa.tsv)" 10 'the input is still there'
says 73 'memc_route: idfa.tsv: is the input or a report itself: name another file for --stats' "$route" -d run -s idfa.tsv <idfa.tsv
is "$(wc -l <idfa.tsv)" 10 'and here'
is "$(cat taken)" precious 'what stood there stands there'
says 74 'memc_sink: /dev/full: unable to write the counters: No space left on device' "$sink" -s /dev/full "$ADDR_idfa" idfa.tsv
says 74 'memc_sink: line 1: not five TAB-separated fields
memc_sink: /dev/full: unable to write: No space left on device; the file is incomplete
memc_sink: error rate too high: 1 bad lines to 0 good ones; --rejects keeps the bad ones, --max-error-rate is the limit' \
    sh -c 'echo idfa | "$0" -r /dev/full "$1"' "$sink" "$ADDR_idfa"

note 'servers'
says 69 'memc_sink: 127.0.0.1:1: given up after 300ms: Connection refused: is memcached running there?' \
    "$sink" -R 300ms 127.0.0.1:1 idfa.tsv
says 69 'memc_sink: 127.0.0.1:1: Connection refused: is memcached running there?' "$sink" -R 0 --counters 127.0.0.1:1
says 69 "memc_sink: $T/none.sock: No such file or directory: is memcached listening on that socket (memcached -s)?" \
    "$sink" -R 0 "$T/none.sock" idfa.tsv
status 69 'a name that does not resolve' -- "$sink" -R 0 -q no-such-host.invalid:11211 idfa.tsv
like "$(cat err)" '^memc_sink: no-such-host\.invalid:11211: (no such host: is the name right\?|the name could not be resolved now)$' 'it is named'
start_hostile stranger http
says 76 "memc_sink: $(addr stranger): is not a memcached server: is the port right?" "$sink" "$(addr stranger)" idfa.tsv
send KILL stranger
start_hostile stranger silent
says 69 "memc_sink: $(addr stranger): no answer in time: is it overloaded, stopped, or at its connection limit (memcached -c)?" \
    "$sink" -R 0 -t 300ms "$(addr stranger)" idfa.tsv
send KILL stranger

note 'a server that goes away and comes back'
start_memcached m
A=$(addr m)
# What the sink says of it.
told() { grep -av ' lines: ' half.err | grep -a "^memc_sink: $A: " | sed "s/^memc_sink: $A: //"; }
# shellcheck disable=SC2317 # called by its name
is_told() { told | grep -q "$1"; }
background half "$sink" -R 1h "$A" run/idfa
exec 5<>run/idfa
bounded head -n 5 idfa.tsv >&5
eventually 'it has begun' -- holds "$A" 5
stop_memcached m
bounded sed -n '6,8p' idfa.tsv >&5
eventually 'it tells' -- is_told 'trying again'
rests half 5 # some tries more, which are not worth a word
restart_memcached m
eventually 'and tells of the end' -- is_told back
bounded tail -n 2 idfa.tsv >&5
exec 5<&-
finish 65 half 'the server was restarted'
is "$(told)" 'Connection refused; trying again for 1h
was restarted: what was stored before is gone
is back
of 10 keys that it stored, a sample of all, 5 are not there; --verify finds them all
was restarted meanwhile: what was stored before is gone; load it again' 'one line each'
stop_memcached m
background never "$sink" -q -R 600ms "$A" idfa.tsv
finish 69 never 'one that was never there'
is "$(cat never.err)" "memc_sink: $A: given up after 600ms: Connection refused: is memcached running there?" 'is told of at the end only'

note 'memc_load'
# With -q: what failed, and the summary of a run that failed.
summary() { echo "memc_load: $1; $2 lines, $2 stored, 0 errors, 0 undelivered"; }
says 66 "$(echo 'memc_load: Failed load none.tsv: failed (66): no such file' && summary '2 files: 1 failed, 1 loaded' 40)" ./load -k none.tsv good.tsv
cp good.tsv a.tsv && mkdir b.tsv && cp good.tsv c.tsv
says 66 "$(echo 'memc_load: Failed load b.tsv: failed (66): it is no regular file' && summary '3 files: 1 failed, 2 loaded' 80)" \
    ./load -k -w 1 a.tsv b.tsv c.tsv
rmdir b.tsv
if [ "$(id -u)" -eq 0 ] && chmod 711 "$T" && setpriv --reuid 65534 --clear-groups test -x "$load" 2>/dev/null; then
    mkdir theirs && chown 65534 theirs
    cp good.tsv b.tsv && chmod 600 b.tsv
    WORK=$T/theirs
    export WORK
    says 66 "$(echo 'memc_load: Failed load b.tsv: failed (66): it cannot be opened: may this user read it?' && summary '3 files: 1 failed, 2 loaded' 80)" \
        setpriv --reuid 65534 --clear-groups ./load -k -w 1 a.tsv b.tsv c.tsv
    unset WORK
else
    skip 'cannot become another user here' 'a file that cannot be read'
fi
cp good.tsv .c.tsv
says 73 "$(echo 'memc_load: Failed load ./c.tsv: failed (73): ./.c.tsv exists, and is never replaced; move it away, or load with --keep' && summary '1 file: 1 failed' 0)" \
    ./load ./c.tsv
says 75 "$(echo 'memc_load: Load skipped: a.tsv: locked by another process, as another load: run again when that has ended' && summary '1 file: 1 skipped' 0)" flock a.tsv ./load a.tsv
says 73 'memc_load: --log: cannot append to none/log: is its folder there, and writable?' "$load" -l none/log a.tsv
says 73 'memc_load: --stats: cannot write none/stats: is its folder there, and writable?' "$load" -s none/stats a.tsv
says 66 'memc_load: --files-from: no such file: none.list' "$load" -a none.list
says 0 'memc_load: no file to load: none*.tsv.gz matches none' "$load" --pattern 'none*.tsv.gz'
mkdir 'done' && gzip -c good.tsv >done/.one.tsv.gz && cp done/.one.tsv.gz done/.two.tsv.gz
says 0 'memc_load: no file to load: done/*.tsv.gz matches none; with a leading dot it matches 2, loaded already: name them to load them again' \
    "$load" --pattern 'done/*.tsv.gz'
sed 's/ -q / /' load >loud && chmod +x loud
says 0 '' ./load --dry-run good.tsv
status 0 'a dry run' -- ./loud --dry-run good.tsv
is "$(head -n 1 err)" 'memc_load: Acceptable error rate (0). Would load good.tsv (40 lines, 40 encoded, 0 errors, 0 undelivered)' 'says what a load would do'
printf 'idfa\n' | cat - good.tsv >bad.tsv
says 0 'memc_load: Acceptable error rate (0.025). Successful load bad.tsv (41 lines, 40 stored, 1 errors, 0 undelivered) (no limit: -e none)
memc_load: bad.tsv: 1 bad line: 1 not five TAB-separated fields
memc_load: 1 file: 1 loaded; 41 lines, 40 stored, 1 errors, 0 undelivered' \
    ./loud -k -e none bad.tsv
fault 97
printf 'dev_type\tdev_id\tlat\tlon\tapps\n' | cat - good.tsv >header.tsv
tr '\t' , <good.tsv >commas.tsv
iconv -f UTF-8 -t UTF-16 good.tsv >utf16.tsv
seq 20000 | gzip -nc | gzip -c >twice.tsv.gz
bounded ./loud -k -e none header.tsv commas.tsv utf16.tsv twice.tsv.gz 2>looks.err
file_like looks.err '^memc_load: header\.tsv: 1 bad line: 1 unknown device type, and words for numbers: a header\?$' 'a header'
file_like looks.err '^memc_load: commas\.tsv: 40 bad lines: 40 commas where TABs are expected$' 'a CSV file'
file_like looks.err '^memc_load: utf16\.tsv: [0-9]* bad lines: 40 UTF-16 text: only UTF-8 is read' 'UTF-16'
file_like looks.err '^memc_load: twice\.tsv\.gz: [0-9]* bad lines:.* 1 gzip data: compressed twice\?' 'gzip within gzip'
fault
# Whether the router still meets the sink that has ended is a matter of time.
status 69 'a missing server' -- ./load -k -w 1 --gaid 127.0.0.1:1 --sink-option --retry-for=0 a.tsv c.tsv
file_like err '^memc_sink: a\.tsv: 127\.0\.0\.1:1: Connection refused: is memcached running there\?$' 'the sink says so'
file_like err '^memc_load: Failed load a\.tsv: unreachable: .*gaid ended with 69 \(--gaid 127\.0\.0\.1:1\)' 'the verdict names it'
file_like err '^memc_load: Load not tried: c\.tsv: a server is missing, see above; run again when it is there$' 'so for the next file'

note 'privacy'
cat ./*.err err >all.err
file_unlike all.err '(^|[^a-z])r[0-9]+([^0-9]|$)' 'no device id in any message'

done_testing
