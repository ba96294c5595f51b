#!/bin/sh
# SPDX-License-Identifier: MIT
# memc_load --ledger with real servers: what is recorded is skipped, what has changed or was cut off is loaded again.
# shellcheck disable=SC2154 # ADDR_idfa and the like are set by start_four
. "$(dirname "$0")/../lib/harness.sh"

start_four
make_load load
tab=$(printf '\t')

# N good records of each type, whose ids begin with WORD
records() { # WORD N
    for records_type in idfa gaid adid dvid; do seq -f "$records_type	$1%.0f	55.5	-42.25	1,22,333" "$2"; done
}

fresh() { # NAME…: a file each of 20 records, an empty ledger
    rm -rf d ledger stats && mkdir d
    for fresh_each in "$@"; do records "$fresh_each" 5 | gzip >"d/$fresh_each.tsv.gz"; done
}

# shellcheck disable=SC2012 # to be read, not to be worked on
names() { (cd "${1:-d}" && ls -A | tr '\n' ' '); }
verdicts() { jq -r '"\(.file | sub(".*/"; "")) \(.verdict) \(.exit)"' stats | tr '\n' ,; }
# What the servers were asked to store so far.
sets() {
    sets_sum=0
    for each in idfa gaid adid dvid; do sets_sum=$((sets_sum + $(stat_of "$(addr $each)" cmd_set))); done
    echo $sets_sum
}
run() { # STATUS NAME [ARG…]: of d/*.gz, with the ledger; `stored` is what went to the servers
    run_status=$1 run_name=$2
    shift 2
    run_before=$(sets)
    status "$run_status" "$run_name" -- ./load -s stats --ledger ledger "$@" --pattern 'd/*.gz'
    stored=$(($(sets) - run_before))
}
# shellcheck disable=SC2317 # called by `eventually`
no_process() { ! pgrep -f "$T/(work|slow)/" >/dev/null; }

note 'twice'
fresh a b
run 0 'the first run'
is "$stored" 40 'stores all'
is "$(names)" 'a.tsv.gz b.tsv.gz ' 'and renames nothing'
(cd d && stat --printf="$T/d/%n\t%s\t%.9Y\t%i\tloaded\n" a.tsv.gz b.tsv.gz) >want
LC_ALL=C sort ledger >got
is_file got want 'a line a file: path, size, mtime, inode, loaded'
run 0 'the second'
is "$stored" 0 'stores nothing'
is "$(verdicts)" 'a.tsv.gz already loaded 0,b.tsv.gz already loaded 0,' 'the verdicts'
is "$(cat err)" 'memc_load: 2 files: 2 already loaded; 0 lines, 0 stored, 0 errors, 0 undelivered' 'nothing but a word in the summary'
is "$(wc -l <ledger)" 2 'and adds no line'
status 0 'with -v' -- ./load -v --ledger ledger d/a.tsv.gz
file_like err '^memc_load: Already loaded: d/a\.tsv\.gz$' 'each is told'
status 0 'the servers are not needed for that' -- "$BIN/memc_load" --idfa 127.0.0.1:1 --gaid 127.0.0.1:1 --adid 127.0.0.1:1 \
    --dvid 127.0.0.1:1 --ledger ledger d/a.tsv.gz d/b.tsv.gz
status 0 'by other names' -- ./load -s stats --ledger "$T/d/../ledger" "$T/d/a.tsv.gz" ./d//b.tsv.gz
is "$(verdicts)" 'a.tsv.gz already loaded 0,b.tsv.gz already loaded 0,' 'they are the same files'
ln -s d e
ln -s d/a.tsv.gz link.tsv.gz
status 0 'by links' -- ./load -s stats --ledger ledger link.tsv.gz e/b.tsv.gz
is "$(verdicts)" 'link.tsv.gz already loaded 0,b.tsv.gz already loaded 0,' 'likewise'
rm e link.tsv.gz
records c 5 >c.tsv
status 0 'with a progress line' -- ./load -p --ledger ledger d/a.tsv.gz c.tsv d/b.tsv.gz
file_like err '[23]/3 files' 'what is known is done at once'
file_like err '^d/a\.tsv\.gz  .* already loaded$' 'the table says so'

note 'what is no longer as it was'
again() { # NAME WHAT: d/a.tsv.gz is loaded again, and then no more
    run 0 "$1"
    is "$stored $(verdicts)" "$2 a.tsv.gz loaded 0,b.tsv.gz already loaded 0," 'is loaded again'
    run 0 'once more'
    is "$stored" 0 'no more'
}
touch -d '2001-01-01 00:00:00.000000001' d/a.tsv.gz
again 'another mtime' 20
touch -d '2001-01-01 00:00:00.000000002' d/a.tsv.gz
again 'by a nanosecond' 20
records x 1 | gzip >>d/a.tsv.gz
touch -d '2001-01-01 00:00:00.000000002' d/a.tsv.gz
again 'another size' 24
cp -p d/a.tsv.gz d/a.new && mv d/a.new d/a.tsv.gz
again 'another inode' 24
is "$(wc -l <ledger) $(awk -F '\t' '$5 == "again"' ledger | wc -l)" '11 4' 'what was recorded before is taken back first'
grep -v '/a\.tsv\.gz' ledger >edited && cp edited ledger
again 'a line that somebody took out' 24

note 'a list that grew'
records c 5 | gzip >d/0.tsv.gz
records d 5 | gzip >d/ab.tsv.gz
records e 5 | gzip >d/z.tsv.gz
run 0 'at its beginning, in the middle, at its end'
is "$stored" 60 'only the new ones are loaded'
is "$(verdicts)" '0.tsv.gz loaded 0,a.tsv.gz already loaded 0,ab.tsv.gz loaded 0,b.tsv.gz already loaded 0,z.tsv.gz loaded 0,' 'the verdicts'
rm d/0.tsv.gz
run 0 'one that is gone'
is "$stored" 0 'moves no other'

note 'what is not loaded is not recorded'
fresh a b
head -c 60 d/a.tsv.gz >d/cut.gz
printf 'idfa\tx\tbad\n' | gzip >d/bad.gz
run 74 'a cut file, one that is nothing but errors'
is "$(cut -f 1 ledger | LC_ALL=C sort | tr '\n' ' ')" "$T/d/a.tsv.gz $T/d/b.tsv.gz " 'only the others are recorded'
run 74 'again'
is "$(verdicts)" 'a.tsv.gz already loaded 0,b.tsv.gz already loaded 0,bad.gz failed 65,cut.gz failed 74,' 'and tried no more'
status 66 'a missing file' -- ./load --ledger ledger d/none.gz d/a.tsv.gz
fresh a
run 0 'a file is recorded'
cp -p d/a.tsv.gz d/kept && ln d/a.tsv.gz whole
head -c 60 d/kept >d/cut && mv d/cut d/a.tsv.gz
run 74 'then one that is cut takes its place'
ln -f whole d/a.tsv.gz
run 0 'and goes again'
is "$stored" 20 'the first is loaded again, though it is as it was: the servers hold something of the other'

note 'doubt'
fresh a b
ask "$ADDR_adid" flush_all >/dev/null
mkdir -p slow
# The second file's flush comes when some of it is stored, so that its own sink sees it.
cat >slow/igzip <<END
#!/bin/sh
[ ! -p /dev/stdin ] || exec gzip -dc # it is tried on two members first
gzip -dc
if [ -e "$T/second" ]; then
    until "$TESTS/lib/ask.pl" "$ADDR_adid" "get adid:b1" >/dev/null; do sleep 0.1; done
    "$TESTS/lib/ask.pl" "$ADDR_adid" flush_all >>"$T/second"
fi
: >"$T/second"
END
chmod +x slow/igzip
status 65 'a server is flushed while the second file is loaded' -- env PATH="$T/slow:$PATH" ./load -w 1 -s stats --ledger ledger d/a.tsv.gz d/b.tsv.gz
is "$(verdicts)" 'a.tsv.gz doubtful 65,b.tsv.gz failed 65,' 'the first is doubtful'
awk -F '\t' '{ print $5 }' ledger | tr '\n' ' ' >words
is "$(cat words)" 'loaded again ' 'and its line is taken back'
run 0 'the next run'
is "$stored" 40 'loads both'
run 0 'and the one after it'
is "$stored" 0 'none'

note 'a ledger that is cut at each byte'
fresh a
run 0 'a whole one'
cp ledger whole.ledger
bytes=$(wc -c <whole.ledger)
# The part's own reading and appending for each of them; a load for some.
cat >cuts <<END
set -u
export LC_ALL=C
. "$BIN/load/ledger.bash"
declare -A opt=([ledger]=ledger)
wrong=0
believed() { read_ledger "\${1-}"; for path in "\${!recorded[@]}"; do [[ ! \${recorded[\$path]} ]] || printf '%s ' "\$path"; done; }
for ((n = 0; n < $bytes; n++)); do
    head -c \$n whole.ledger >ledger
    got=\$(believed)
    [[ ! \$got && ! \$(believed "$T/d/a.tsv.gz") ]] || { echo "cut at \$n: \$got"; wrong=1; }
    append_to_ledger '/other	1	2	3' loaded || echo "cut at \$n: no append"
    got=\$(believed)
    [[ \$got == //other\  || \$n == $((bytes - 1)) ]] || { echo "cut at \$n, then an append: \$got"; wrong=1; }
    [[ \$(tail -n 1 ledger) == '/other	1	2	3	loaded' ]] || { echo "cut at \$n: spoilt"; wrong=1; }
done
exit \$wrong
END
ok 'a cut line is not believed, and spoils no other' -- bash cuts
for n in $((bytes / 2)) $((bytes - 2)) $((bytes - 1)); do
    head -c "$n" whole.ledger >ledger
    run 0 "cut after $n of $bytes bytes"
    is "$stored" 20 'the file is loaded again'
    run 0 'and then'
    is "$stored" 0 'no more'
done
for junk in '# a remark' "$tab$tab$tab$tab" "/x${tab}1" '[@]' "@${tab}1${tab}2${tab}3${tab}loaded" "\$(touch pwned)${tab}1${tab}2${tab}3${tab}loaded" "$(printf '\377')"; do printf '%s\n' "$junk"; done >ledger
cat whole.ledger >>ledger
run 0 'other lines'
is "$stored" 0 'are passed over'
sed 's/$/\r/' whole.ledger >ledger
run 0 'a line that is not quite one'
is "$stored" 20 'does not count'
not_ok 'nothing in it was run' -- test -e pwned

note 'odd names'
rm -rf d ledger && mkdir d
# shellcheck disable=SC2016 # that is the point
for name in 'a b' "$(printf 'a\nb')" "$(printf 'a\tb')" 'back\slash' "$(printf 'bell\007\177')" "$(printf '\377\376')" 'naïve' '%' '%0A' '$(touch pwned)`x`' '*' '@' -dash '[x]' ' ' "quote's\""; do
    records 'n' 1 | gzip >"d/$name.gz"
done
printf 'idfa\tnl\t1\t2\t3\n' | gzip >"$(printf 'd/end.gz\nx')" && mv "$(printf 'd/end.gz\nx')" "$(printf 'd/end\n.gz')"
run 0 'names with spaces, TABs, newlines, bytes that are no text'
is "$stored $(jq -s length stats)" '65 17' 'all are loaded'
is "$(wc -l <ledger) $(cut -f 5 ledger | sort -u)" '17 loaded' 'a line each'
is "$(tr -d ' -~\n\t' <ledger | wc -c)" 0 'of printable ASCII'
ok 'and each can be found' -- grep -q "^$T/d/a b\.gz$tab" ledger
ok 'control bytes are escaped' -- grep -q "^$T/d/a%0Ab\.gz$tab" ledger
ok 'so is the escape' -- grep -q "^$T/d/%250A\.gz$tab" ledger
ok 'and what is no ASCII' -- grep -q "^$T/d/%FF%FE\.gz$tab" ledger
run 0 'again'
is "$stored $(jq -s 'map(.verdict) | unique[]' stats)" '0 "already loaded"' 'each is known'
not_ok 'no name was run' -- test -e pwned

note 'two loads at once'
fresh a b c d e f g h
background one ./load -w 2 --ledger ledger d/a.tsv.gz d/b.tsv.gz d/c.tsv.gz d/d.tsv.gz
background two ./load -w 2 --ledger ledger d/e.tsv.gz d/f.tsv.gz d/g.tsv.gz d/h.tsv.gz
finish 0 one 'one'
finish 0 two 'and another, of other files'
is "$(awk -F '\t' 'NF == 5 && $5 == "loaded"' ledger | wc -l) $(wc -l <ledger)" '8 8' 'all lines are whole'
run 0 'afterwards'
is "$stored" 0 'everything is known'
fresh a b
# The first holds its file until the second has looked at the ledger.
cat >slow/igzip <<END
#!/bin/sh
[ ! -p /dev/stdin ] || exec gzip -dc # it is tried on two members first
: >"$T/held"
while [ ! -e "$T/go" ]; do sleep 0.02; done
exec gzip -dc
END
rm -f held go
background one env PATH="$T/slow:$PATH" ./load -w 1 --ledger ledger d/a.tsv.gz d/b.tsv.gz
until_true test -e held || bail 'the decompressor was not started'
run 75 'a file that another load works on'
is "$(verdicts)" 'a.tsv.gz skipped 75,b.tsv.gz loaded 0,' 'is skipped, as ever; the other one is loaded'
: >go
finish 0 one 'the first load'
file_like one.err '2 files: 1 already loaded, 1 loaded' 'finds that the second has loaded the other one meanwhile'
is "$(wc -l <ledger)" 2 'and each is recorded once'
run 0 'afterwards'
is "$stored" 0 'everything is known'
# Appends of many writers at once.
# shellcheck disable=SC2016 # the script's own
sed 's/^for ((n.*/for n in {1..100}; do append_to_ledger "$1 $n	1	2	3" loaded; done; exit/' cuts >writers
rm -f ledger
for n in 1 2 3 4 5 6 7 8; do background "writer$n" bash writers "/writer $n"; done
for n in 1 2 3 4 5 6 7 8; do finish 0 "writer$n" "writer $n"; done
is "$(grep -cE "^/writer [1-8] [0-9]+	1	2	3	loaded\$" ledger) $(sort -u ledger | wc -l)" '800 800' 'each line of each is there and whole'
background locked flock --no-fork ledger sh -c ': >ledger.locked; exec sleep 1000'
until_true test -e ledger.locked
background waiting bash writers /waiting
cp ledger ledger.new && mv ledger.new ledger # as an editor does it
send KILL locked
finish 0 waiting 'a ledger that is replaced while a writer waits for it'
finish 137 locked 'its lock is gone'
is "$(grep -c '^/waiting' ledger)" 100 'the lines are in the new one'

note 'kill -9'
fresh a b c d
for name in a b c d; do zcat d/$name.tsv.gz; done >whole.tsv
equal() { # the servers hold what a clean run leaves
    for each in idfa gaid adid dvid; do
        dump "$(addr $each)" >got
        model items whole.tsv --type $each >want
        is_file got want "$each holds exactly these records"
    done
}
# The third file's decompressor is the one that waits.
cat >slow/igzip <<END
#!/bin/sh
[ ! -p /dev/stdin ] || exec gzip -dc # it is tried on two members first
gzip -dc >"$T/slow/text.\$\$"
grep -q "\${SLOW:-c1}" "$T/slow/text.\$\$" || exec cat "$T/slow/text.\$\$"
head -n 7 "$T/slow/text.\$\$"
: >"$T/held"
exec sleep 1000
END
killed() { # WHAT STATUS: the run whose third file is held, WHAT of it is killed
    empty_four
    rm -f ledger held
    background killed env PATH="$T/slow:$PATH" ./load -w 1 --ledger ledger d/a.tsv.gz d/b.tsv.gz d/c.tsv.gz d/d.tsv.gz
    until_true test -e held || bail 'the decompressor was not started'
    case $1 in
        memc_load) send KILL killed ;;
        parallel) kill -KILL "$(pgrep -P "$(pid_of killed)" -f parallel)" ;;
        job) kill -KILL "$(pgrep -P "$(pgrep -P "$(pid_of killed)" -f parallel)" -f memc_load_file)" ;;
    esac
    finish "$2" killed "$1 is killed"
    eventually 'everything ends' -- no_process
    others='' rest=40
    [ "$1" != job ] || { others="$T/d/d.tsv.gz loaded," rest=20; } # the other files of the run are loaded all the same
    is "$(cut -f 1,5 ledger | tr '\t\n' ' ,')" "$T/d/a.tsv.gz loaded,$T/d/b.tsv.gz loaded,$others" 'what was loaded is recorded'
    run 0 'run again'
    is "$stored" "$rest" 'it loads the rest'
    equal
}
killed memc_load 137
killed parallel 143
killed job 137
rm -rf work/memc_load.* # nobody was left to remove them
fresh a b
cat >slow/flock <<END
#!/bin/sh
# Once, since the main run takes the record back.
case \$* in '-w 60 '[0-9]*) [ -e "$T/shot" ] || { : >"$T/shot" && exec kill -KILL "\$PPID"; } ;; esac
exec /usr/bin/flock "\$@"
END
chmod +x slow/flock
status 137 "a job's shell before it records" -- env SLOW=none PATH="$T/slow:$PATH" ./load -w 1 -s stats --ledger ledger d/a.tsv.gz
rm slow/flock
is "$(awk -F '\t' '$5 == "loaded"' ledger | wc -l)" 0 'nothing is recorded'
is "$(names work)" '' 'nothing is left'

note 'hosts that are lost'
# In the place of ssh: the command runs here, and the connection breaks when the first file is recorded.
cat >lost <<END
#!/bin/sh
while case \$1 in -*) ;; *) false ;; esac do shift; done
shift
[ "\$1" != -- ] || shift
env -u MEMC_LOAD_HERE bash -c "\$*" || exit
[ -s "$T/ledger" ] && mkdir "$T/broken" 2>/dev/null || exit 0
[ ! -e "$T/flush" ] || "$TESTS/lib/ask.pl" "$ADDR_adid" flush_all >"$T/flush"
exit 255
END
chmod +x lost
on_hosts() { # STATUS NAME
    rm -rf broken
    status "$1" "$2" -- env PARALLEL_SSH="$T/lost" ./load -S one,two -w 1 -s stats --ledger ledger d/a.tsv.gz d/b.tsv.gz
    ok 'the connection was broken' -- test -d broken
}
fresh a b
on_hosts 0 'a host that is lost when its file is recorded'
is "$(verdicts)" 'a.tsv.gz loaded 0,b.tsv.gz loaded 0,' 'the file is loaded by this run'
is "$(jq .stored stats | tr '\n' ' ')" '20 20 ' 'and counted'
is "$(cut -f 5 ledger | tr '\n' ' ')" 'loaded loaded ' 'and recorded once'
fresh a
: >flush
rm -rf broken
status 65 'and then a server is flushed' -- env PARALLEL_SSH="$T/lost" ./load -S one,two -s stats --ledger ledger d/a.tsv.gz
rm flush
is "$(verdicts)" 'a.tsv.gz doubtful 65,' 'the file is doubtful'
is "$(tail -n 1 ledger | cut -f 5)" 'again' 'and its line is taken back'
# The file is given to another host in the moment before it is recorded.
cat >slow/igzip <<END
#!/bin/sh
[ ! -p /dev/stdin ] || exec gzip -dc # it is tried on two members first
gzip -dc
mkdir "$T/given" 2>/dev/null || exit 0
mkdir "$T/elsewhere"
for each in "$TMPDIR"/memc_load.*/0; do ln -sfn "$T/elsewhere" "\$each"; done
END
chmod +x slow/igzip
fresh a
mkdir -p broken # none more
status 0 'a host whose file was given to another one' -- env PARALLEL_SSH="$T/lost" PATH="$T/slow:$PATH" ./load -S one,two -s stats --ledger ledger d/a.tsv.gz
ok 'it was given away' -- test -d elsewhere
is "$(verdicts)" 'a.tsv.gz loaded 0,' 'is loaded there'
is "$(cut -f 5 ledger | tr '\n' ' ')" 'loaded ' 'and recorded by that one only'

note 'a folder that cannot be written'
fresh a b
chmod 555 d
unprivileged() { [ "$(id -u)" -ne 0 ] || set -- setpriv --bounding-set=-all --inh-caps=-all "$@"; bounded "$@"; }
unprivileged ./load -s stats --ledger ledger d/a.tsv.gz d/b.tsv.gz >out 2>err
is "$? $(verdicts)" '0 a.tsv.gz loaded 0,b.tsv.gz loaded 0,' 'its files are loaded'
run 0 'and recorded'
is "$stored" 0 'elsewhere'
chmod 755 d

note 'ledgers that cannot be'
fresh a
mkfifo fifo
ln -s nowhere dangling
for each in d none/ledger /dev/full /dev/null fifo dangling; do
    before=$(sets)
    status 73 "$each" -- ./load --ledger $each d/a.tsv.gz
    is "$(($(sets) - before))" 0 'nothing is sent'
    file_like err "^memc_load: --ledger: .*$each" 'and it is named'
done
not_ok 'a link makes no file' -- test -e nowhere
status 64 'none' -- ./load --ledger '' d/a.tsv.gz
status 73 'one that is itself to be loaded' -- ./load --ledger d/a.tsv.gz d/a.tsv.gz
ln -s real link.ledger && : >real
status 0 'a link to one' -- ./load --ledger link.ledger d/a.tsv.gz
is "$(wc -l <real)" 1 'is followed'
rm -f ledger
(umask 027 && ./load --ledger ledger d/a.tsv.gz) >out 2>err
is "$(stat -c %a ledger)" 640 'a new one is as the umask has it, like a log'

note 'what is no load of the whole file'
fresh a b
run 0 'a ledger with a file' # of both
grep '/a\.tsv' ledger >one && cp one ledger && cp ledger want
for option in --dry-run --verify '--only idfa' '--only idfa,gaid,adid'; do
    first=loaded && [ "$option" != --dry-run ] || first='already loaded' # a dry run tells what a load would do
    # shellcheck disable=SC2086 # two words
    status 0 "$option" -- ./load $option -s stats --ledger ledger d/a.tsv.gz d/b.tsv.gz
    is "$(verdicts)" "a.tsv.gz $first 0,b.tsv.gz loaded 0," "$option: a.tsv.gz is $first"
    is_file ledger want 'and records nothing'
done
status 0 'all types are the whole file' -- ./load -o dvid,idfa,gaid,adid -s stats --ledger ledger d/a.tsv.gz d/b.tsv.gz
is "$(verdicts)" 'a.tsv.gz already loaded 0,b.tsv.gz loaded 0,' 'which counts'
cp d/a.tsv.gz d/.dotted.gz
status 0 'a dotted name' -- ./load --ledger ledger d/.dotted.gz
file_like ledger "/d/\.dotted\.gz$tab" 'is recorded, too'

note 'with the rest'
fresh a b
run 0 'reports' --reports rep --log log
file_like log 'I Acceptable error rate .* d/a\.tsv\.gz' 'a log'
cp "rep/$(names rep | tr ' ' '\n' | grep -m 1 'a\.tsv\.gz\.stats')" before
run 0 'a file that is known' --reports rep
is_file "rep/$(names rep | tr ' ' '\n' | grep -m 1 'a\.tsv\.gz\.stats')" before 'keeps its reports'

done_testing
