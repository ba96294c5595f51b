#!/bin/sh
# SPDX-License-Identifier: MIT
# memc_load when something goes wrong: the file, the server, another load, the folder.
# shellcheck disable=SC2154 # ADDR_idfa and the like are set by start_four
. "$(dirname "$0")/../lib/harness.sh"

start_four
make_load load

# A decompressor that says `held` after 100 lines and waits for `go`; for the Nth file only, counted from 1.
mkdir slow
cat >slow/igzip <<END
#!/bin/sh
[ ! -p /dev/stdin ] || exec gzip -dc # it is tried on two members first
number=1
until mkdir "$T/slow/\$number" 2>/dev/null; do number=\$((number + 1)); done
[ "\$number" = "\$(cat "$T/slow/which")" ] || exec gzip -dc
gzip -dc >"$T/slow/text"
head -n 100 "$T/slow/text"
echo >"$T/held"
until [ -e "$T/go" ]; do sleep 0.02; done
tail -n +101 "$T/slow/text"
END
chmod +x slow/igzip

hold() { # N NAME ARG…: a load in the background whose Nth file does not end
    rm -rf held go slow/[0-9]*
    echo "$1" >slow/which
    hold_name=$2
    shift 2
    background "$hold_name" env PATH="$T/slow:$PATH" ./load "$@"
    until_true test -e held || bail 'the decompressor was not started'
}

records() { # N PREFIX: so many of each type
    for each in idfa gaid adid dvid; do seq -f "$each	$2%.0f	55.5	-42.25	1,22,333" "$1"; done
}

fresh() {
    rm -rf d && mkdir d
    for each_file in a b c; do records 100 $each_file | gzip >d/$each_file.tsv.gz; done
}

# shellcheck disable=SC2012 # to be read, not to be worked on
names() { (cd "${1:-d}" && ls -A | tr '\n' ' '); }
verdicts() { jq -c '[.verdict,.reason,.exit]' "${1:-stats}" | tr '\n' ' '; }

note 'compressed files'
mkdir d
records 3000 r >d/t.tsv
gzip -k d/t.tsv && zstd -q d/t.tsv && bzip2 -k d/t.tsv && xz -k d/t.tsv && lz4 -q d/t.tsv d/t.tsv.lz4
for ending in tsv tsv.gz tsv.zst tsv.bz2 tsv.xz tsv.lz4; do
    status 0 ".$ending" -- ./load -k -s stats "d/t.$ending"
    json stats '[.lines,.stored]' '[12000,12000]' 'whole'
done
for tool in igzip pigz gzip; do
    rm -rf path && mkdir path
    for each in /usr/bin/*; do
        case ${each##*/} in igzip | pigz | gzip) ;; *) ln -s "$each" path/ ;; esac
    done
    ln -sf "/usr/bin/$tool" /usr/bin/gzip path/
    fault 32
    cat d/t.tsv.gz d/t.tsv.gz >d/two.tsv.gz
    status 0 "$tool: two members" -- env PATH="$T/path" ./load -k -s stats d/two.tsv.gz
    json stats '.stored' '24000' 'both'
    fault 30
    head -c 20000 d/t.tsv.gz >d/cut.tsv.gz
    status 74 "$tool: truncated" -- env PATH="$T/path" ./load -s stats d/cut.tsv.gz
    is "$(verdicts)" '["failed","corrupt",74] ' 'is corrupt'
    head -c -8 d/t.tsv.gz >d/cut.tsv.gz
    status 74 "$tool: without its checksum" -- env PATH="$T/path" ./load -s stats d/cut.tsv.gz
    is "$(verdicts)" '["failed","corrupt",74] ' 'is corrupt'
    fault 31
    (head -c -8 d/t.tsv.gz && printf '\1\2\3\4' && tail -c 4 d/t.tsv.gz) >d/cut.tsv.gz
    status 74 "$tool: a wrong checksum" -- env PATH="$T/path" ./load -s stats d/cut.tsv.gz
    is "$(verdicts)" '["failed","corrupt",74] ' 'is corrupt'
    fault 33
    : >d/cut.tsv.gz
    status 74 "$tool: no byte" -- env PATH="$T/path" ./load -s stats d/cut.tsv.gz
    is "$(verdicts)" '["failed","corrupt",74] ' 'is corrupt'
    gzip </dev/null >d/cut.tsv.gz
    status 0 "$tool: gzip of nothing" -- env PATH="$T/path" ./load -s stats d/cut.tsv.gz
    json stats '[.verdict,.lines]' '["loaded",0]' 'is loaded, with no record'
    rm d/.cut.tsv.gz
    fault 32
    (cat d/t.tsv.gz && echo garbage) >d/cut.tsv.gz
    status 74 "$tool: trailing garbage" -- env PATH="$T/path" ./load -s stats d/cut.tsv.gz
    json stats '[.verdict,.reason,.stored]' '["failed","corrupt",12000]' 'is corrupt'
    file_like err 'd/cut\.tsv\.gz: corrupt: .*trailing garbage' 'and why is told'
done
fault 30 33
for ending in zst bz2 xz lz4; do
    : >d/zero.tsv.$ending
    head -c 1000 d/t.tsv.$ending >d/cut.tsv.$ending
    status 74 "truncated and empty .$ending" -- ./load -s stats d/zero.tsv.$ending d/cut.tsv.$ending
    is "$(verdicts)" '["failed","corrupt",74] ["failed","corrupt",74] ' 'are corrupt'
done
fault 26
: >d/zero.tsv
status 0 'an empty .tsv has no record' -- ./load -k d/zero.tsv
fault 41
printf 'idfa\tlast\t1\t2\t3' >d/open.tsv
status 0 'a .tsv whose last line has no LF' -- ./load -s stats d/open.tsv
json stats .stored 1 'is whole'
fault 30
ask "$ADDR_idfa" flush_all >/dev/null
sample --lines 2000 --types idfa | gzip >x.gz
size=3000 # such that what comes of the cut line would be a record
while
    head -c $size x.gz >d/cut.tsv.gz
    igzip -dc d/cut.tsv.gz 2>/dev/null >whole
    ! tail -n 1 whole | grep -Eq '^idfa(	[^	]+){3}	[0-9]+,[0-9,]*[0-9]$'
do
    size=$((size + 1))
    [ $size -lt 9000 ] || bail 'no cut line looks like a record'
done
status 74 'a truncated file' -- ./load d/cut.tsv.gz d/zero.tsv
file_like err 'Failed load d/cut\.tsv\.gz: corrupt: .*stays there until' 'says that what it stored stays'
file_like err 'Successful load d/zero\.tsv' 'stops no other file'
dump "$ADDR_idfa" >got
model items whole --type idfa >whole.items
sed '$d' whole >lines
model items lines --type idfa >want
is "$(wc -l <whole.items)" $(($(wc -l <want) + 1)) 'a cut line that looks like a record'
is_file got want 'is not stored, all others are'

fault 1
note 'unreachable servers'
fresh
status 69 'nobody listens' -- ./load -w 1 --gaid 127.0.0.1:1 --sink-option --retry-for=1s -s stats d/*
is "$(names)" 'a.tsv.gz b.tsv.gz c.tsv.gz ' 'every file keeps its name'
is "$(verdicts)" '["failed","unreachable",69] ["not tried",null,null] ["not tried",null,null] ' 'no second file is started'
file_like err 'Failed load d/a\.tsv\.gz: unreachable' 'the verdict'
file_like err 'not tried.*d/c\.tsv\.gz' 'and that of the others'
fault 14
start_hostile web http
status 76 'not memcached' -- ./load -w 1 --dvid "$ADDR_web" --sink-option --retry-for=1s -s stats d/*
is "$(verdicts)" '["failed","unreachable",76] ["not tried",null,null] ["not tried",null,null] ' 'the same'
is "$(names)" 'a.tsv.gz b.tsv.gz c.tsv.gz ' 'every file keeps its name'
fault 2
# The sink must have been connected: else it is 69. So this file begins with adid, and goes on with it.
records 200 late | sort | gzip >d/a.tsv.gz
hold 1 late --sink-option --retry-for=1s -s stats d/a.tsv.gz
until_true has_key "$ADDR_adid" adid:late1 || bail 'nothing is stored'
stop_memcached adid
touch go
finish 75 late 'a server that goes away'
is "$(verdicts)" '["failed","undelivered",75] ' 'leaves records undelivered'
ok 'the file keeps its name' -- test -e d/a.tsv.gz
is "$(jq -s '.[0] | .lines == .blank + .invalid + .unknown + .skipped + .stored + .refused + .undelivered' stats)" true \
    'each line has one outcome'
restart_memcached adid

fault 9 85
note 'evictions'
start_memcached tiny -m 2
fresh
seq -f 'idfa	big%.0f	1	2' 30000 | awk '{ for (n = 0; n < 60; n++) $0 = $0 (n ? "," : "\t") 1000000000 + n; print }' | gzip >d/b.tsv.gz
status 65 'a file that makes the server evict' -- ./load -w 1 --idfa "$ADDR_tiny" -s stats --reports rep d/a.tsv.gz d/b.tsv.gz
is "$(names)" 'a.tsv.gz b.tsv.gz c.tsv.gz ' 'takes the dot of an earlier one back'
is "$(verdicts)" '["doubtful","evicted",65] ["failed","evicted",65] ' 'which is doubtful'
file_like err 'Successful load d/a\.tsv\.gz' 'that was called loaded'
file_like err "doubtful: d/a\.tsv\.gz: evicted on $ADDR_tiny" 'is named, and the server'
file_like err 'Failed load d/b\.tsv\.gz: evicted' 'the file itself failed'
json rep/*a.tsv.gz.stats .verdict '"doubtful"' 'its report knows it too'
status 0 '--allow-evictions' -- ./load -w 1 --idfa "$ADDR_tiny" --allow-evictions d/a.tsv.gz d/b.tsv.gz
is "$(names)" '.a.tsv.gz .b.tsv.gz c.tsv.gz ' 'excuses it'
fresh
cp d/a.tsv.gz d/.dotted.tsv.gz
seq -f 'idfa	big%.0f	1	2' 30000 | awk '{ for (n = 0; n < 60; n++) $0 = $0 (n ? "," : "\t") 1000000000 + n; print }' | gzip >d/b.tsv.gz
status 65 'a dotted file that turns doubtful' -- ./load -w 1 --idfa "$ADDR_tiny" d/.dotted.tsv.gz d/b.tsv.gz
is "$(names)" '.dotted.tsv.gz a.tsv.gz b.tsv.gz c.tsv.gz ' 'keeps its name'
stop_memcached tiny

fault 11
note 'flush and restart'
fresh
ask "$ADDR_idfa" flush_all >/dev/null
hold 2 flush -w 1 -s stats d/a.tsv.gz d/b.tsv.gz
ok 'the first file is loaded' -- test -e d/.a.tsv.gz
eventually 'and some of the second' -- has_key "$ADDR_idfa" idfa:b1
ask "$ADDR_idfa" flush_all >/dev/null
touch go
finish 65 flush 'a flush'
is "$(names)" 'a.tsv.gz b.tsv.gz c.tsv.gz ' 'no file keeps a dot'
is "$(verdicts)" '["doubtful","flushed",65] ["failed","flushed",65] ' 'doubtful, and failed'
fault 3
fresh
hold 2 again -w 1 --allow-evictions --sink-option --retry-for=180s -s stats d/a.tsv.gz d/b.tsv.gz
restart_memcached dvid
touch go
finish 65 again 'a restart, for which --allow-evictions is no excuse'
is "$(names)" 'a.tsv.gz b.tsv.gz c.tsv.gz ' 'no file keeps a dot'
is "$(verdicts | cut -d ' ' -f 1)" '["doubtful","restarted",65]' 'doubtful'
fresh
ask "$ADDR_gaid" flush_all >/dev/null # a counter that can fall
hold 2 reset -w 1 -s stats d/a.tsv.gz d/b.tsv.gz
ask "$ADDR_gaid" flush_all >/dev/null
ask "$ADDR_gaid" 'stats reset' >/dev/null
touch go
finish 65 reset 'counters that went back'
like "$(verdicts)" '^\["doubtful","(unproven|flushed)",65\]' 'prove nothing'
status 0 'the same command once more' -- ./load d/a.tsv.gz d/b.tsv.gz
is "$(names)" '.a.tsv.gz .b.tsv.gz c.tsv.gz ' 'mends it'

fault 38
note 'two loads'
fresh
hold 1 first -s stats d/a.tsv.gz
status 75 'a file that another load has' -- ./load -s stats2 d/a.tsv.gz d/b.tsv.gz
is "$(verdicts stats2)" '["skipped",null,75] ["loaded",null,0] ' 'is skipped'
file_like err 'skipped: d/a\.tsv\.gz' 'and said'
touch go
finish 0 first 'the other load'
is "$(names)" '.a.tsv.gz .b.tsv.gz c.tsv.gz ' 'has it'
fault 29
fresh
hold 1 crash d/a.tsv.gz
send KILL crash
finish 137 crash 'memc_load'
eventually 'all its jobs end' -- flock -n d/a.tsv.gz true
touch go
status 0 'nothing blocks the next run' -- ./load d/a.tsv.gz
rm -rf work/*

fault 34
note 'a file that changes meanwhile'
for how in 'touch -d 2001-01-01 d/a.tsv.gz' 'truncate -s +5 d/a.tsv.gz' 'cp d/b.tsv.gz new && mv new d/a.tsv.gz' 'rm d/a.tsv.gz'; do
    fresh
    hold 1 change -s stats d/a.tsv.gz
    sh -c "$how"
    touch go
    finish 65 change "$how"
    is "$(verdicts)" '["failed","changed",65] ' 'is seen'
    not_ok 'and not renamed' -- test -e d/.a.tsv.gz
done

fault 35
note 'the rename'
fresh
hold 1 taken -s stats d/a.tsv.gz
echo kept >d/.a.tsv.gz
touch go
finish 73 taken 'a dotted name that comes up meanwhile'
is "$(cat d/.a.tsv.gz)" kept 'is not written over'
is "$(verdicts)" '["failed","failed",73] ' 'the verdict'
ok 'the file keeps its name' -- test -e d/a.tsv.gz
fault 36
if [ "$(id -u)" -ne 0 ]; then
    fresh
    chmod 555 d
    status 73 'a folder that cannot be written' -- ./load -s stats d/a.tsv.gz
elif chmod 711 . && chmod 777 work && setpriv --reuid 65534 --regid 65534 --clear-groups test -x "$BIN/memc_sink"; then
    fresh
    touch stats && chmod 666 stats && chmod 755 . load
    status 73 'a folder that cannot be written' -- setpriv --reuid 65534 --regid 65534 --clear-groups ./load -s - d/a.tsv.gz
    cp out stats
    chmod 000 d/b.tsv.gz
    status 66 'a file that cannot be read' -- setpriv --reuid 65534 --regid 65534 --clear-groups ./load -k d/b.tsv.gz
else
    rm -f stats
    skip 'root may write anywhere, and others do not reach the programs' 'a folder that cannot be written'
fi
[ ! -s stats ] || json stats '[.lines,.exit]' '[0,73]' 'is found before loading'
fault
is "$(names work)" '' 'nothing is left in the work folder'

done_testing
