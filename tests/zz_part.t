#!/bin/sh
# memc_load when something goes wrong: the file, the server, another load, the folder.
# shellcheck disable=SC2154 # ADDR_idfa and the like are set by start_four
. "$(dirname "$0")/harness.sh"

start_four
mkdir work
TMPDIR=$T/work
export TMPDIR

cat >load <<END
#!/bin/sh
exec "$BIN/memc_load" --idfa "$ADDR_idfa" --gaid "$ADDR_gaid" --adid "$ADDR_adid" --dvid "$ADDR_dvid" "\$@"
END
chmod +x load

# A decompressor that says `held` after 100 lines and waits for `go`; for the Nth file only, counted from 1.
mkdir slow
cat >slow/igzip <<END
#!/bin/sh
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
    ln -s "/usr/bin/$tool" path/
    cat d/t.tsv.gz d/t.tsv.gz >d/two.tsv.gz
    status 0 "$tool: two members" -- env PATH="$T/path" ./load -k -s stats d/two.tsv.gz
    json stats '.stored' '24000' 'both'
    head -c 20000 d/t.tsv.gz >d/cut.tsv.gz
    status 74 "$tool: truncated" -- env PATH="$T/path" ./load -s stats d/cut.tsv.gz
    is "$(verdicts)" '["failed","corrupt",74] ' 'is corrupt'
    head -c -8 d/t.tsv.gz >d/cut.tsv.gz
    status 74 "$tool: without its checksum" -- env PATH="$T/path" ./load -s stats d/cut.tsv.gz
    is "$(verdicts)" '["failed","corrupt",74] ' 'is corrupt'
    (head -c -8 d/t.tsv.gz && printf '\1\2\3\4' && tail -c 4 d/t.tsv.gz) >d/cut.tsv.gz
    status 74 "$tool: a wrong checksum" -- env PATH="$T/path" ./load -s stats d/cut.tsv.gz
    is "$(verdicts)" '["failed","corrupt",74] ' 'is corrupt'
    : >d/cut.tsv.gz
    status 74 "$tool: no byte" -- env PATH="$T/path" ./load -s stats d/cut.tsv.gz
    is "$(verdicts)" '["failed","corrupt",74] ' 'is corrupt'
    gzip </dev/null >d/cut.tsv.gz
    status 0 "$tool: gzip of nothing" -- env PATH="$T/path" ./load -s stats d/cut.tsv.gz
    json stats '[.verdict,.lines]' '["loaded",0]' 'is loaded, with no record'
    rm d/.cut.tsv.gz
    (cat d/t.tsv.gz && echo garbage) >d/cut.tsv.gz
    status 0 "$tool: trailing garbage" -- env PATH="$T/path" ./load -s stats d/cut.tsv.gz
    json stats '[.verdict,.stored]' '["loaded",12000]' 'is loaded'
    [ $tool != gzip ] || file_like err 'd/cut\.tsv\.gz: gzip: .*trailing garbage' 'with a warning'
    rm -f d/.cut.tsv.gz
done
for ending in zst bz2 xz lz4; do
    : >d/zero.tsv.$ending
    head -c 1000 d/t.tsv.$ending >d/cut.tsv.$ending
    status 74 "truncated and empty .$ending" -- ./load -s stats d/zero.tsv.$ending d/cut.tsv.$ending
    is "$(verdicts)" '["failed","corrupt",74] ["failed","corrupt",74] ' 'are corrupt'
done
: >d/zero.tsv
status 0 'an empty .tsv has no record' -- ./load d/zero.tsv
printf 'idfa\tlast\t1\t2\t3' >d/open.tsv
status 0 'a .tsv whose last line has no LF' -- ./load -s stats d/open.tsv
json stats .stored 1 'is whole'
dump "$ADDR_idfa" --command flush_all >/dev/null
seq -f 'idfa	cut%.0f	1	2	1234567,2345678,3456789' 2000 | gzip >x.gz
size=3000 # such that what comes of the cut line would be a record
while
    head -c $size x.gz >d/cut.tsv.gz
    igzip -dc d/cut.tsv.gz 2>/dev/null >whole
    ! tail -n 1 whole | grep -Eq '	[0-9]+,[0-9]+$'
do size=$((size + 1)); done
status 74 'a truncated file' -- ./load d/cut.tsv.gz d/t.tsv
file_like err 'Failed load d/cut\.tsv\.gz: corrupt: .*stays there until' 'says that what it stored stays'
file_like err 'Successful load d/t\.tsv' 'stops no other file'
dump "$ADDR_idfa" | grep "^$(printf idfa:cut | od -An -tx1 | tr -d ' \n')" >got
model items whole --type idfa >cut
sed '$d' whole >lines
model items lines --type idfa >want
is "$(wc -l <cut)" $(($(wc -l <want) + 1)) 'a cut line that looks like a record'
is_file got want 'is not stored, all others are'

done_testing
