#!/bin/sh
# SPDX-License-Identifier: MIT
# memc_load with real servers: which files it takes, what it stores, how it judges, names and reports a file.
# shellcheck disable=SC2154 # ADDR_idfa and the like are set by start_four
. "$(dirname "$0")/../lib/harness.sh"

start_four
mkdir d
make_load load

# N good records of each type (or of those named), each with an id of its own
records() { # N [TYPE…]
    records_n=$1
    shift
    for records_type in "${@:-idfa gaid adid dvid}"; do
        # shellcheck disable=SC2086 # four words
        for records_each in $records_type; do
            seq -f "$records_each	id%.0f	55.5	-42.25	1,22,333" "$records_n"
        done
    done
}

fresh() { # two files of 40 records each
    rm -rf d && mkdir d
    records 10 | gzip >d/a.tsv.gz
    records 10 | sed 's/\tid/\tjd/' | gzip >d/b.tsv.gz
}

# shellcheck disable=SC2012 # to be read, not to be worked on
names() { (cd "${1:-d}" && ls -A | tr '\n' ' '); }

note 'what is stored is what the files hold'
sample --lines 20000 --bad 0.001 --odd 0.05 >d/all.tsv
gzip -k d/all.tsv
status 0 'a sample of every kind of record' -- ./load -s stats d/all.tsv.gz
is "$(names)" '.all.tsv.gz all.tsv ' 'the file got its dot'
file_like err '^memc_load: Acceptable error rate \(0?[0-9.e-]+\)\. Successful load d/all\.tsv\.gz' 'the verdict'
for type in idfa gaid adid dvid; do
    dump "$(addr $type)" >got
    model items d/all.tsv --type $type >want
    is_file got want "$type holds exactly these records"
done
model counts d/all.tsv >want
is "$(jq -c '[.lines,.blank,.unknown,.skipped,.routed,.invalid,.stored]' stats)" \
    "$(jq -c '[.lines, .blank, .unknown, .skipped, ([.routed[]]|add), .invalid + ([.sinks[].invalid]|add), ([.sinks[].ok]|add)]' want)" 'the sums are the model'"'"'s'
json stats '[.parts|keys[]]' '["adid","dvid","gaid","idfa","memc_route"]' 'five parts'
json stats '[.tool,.file,.verdict,.reason,.exit,.parts.gaid.type]' '["memc_load","d/all.tsv.gz","loaded",null,0,"gaid"]' 'what stats says'
json stats '[has("error_rate","seconds")]|all' true 'and more'
is "$(names work)" '' 'nothing is left in the work folder'
status 0 'it can be verified' -- ./load --verify d/all.tsv
is "$(names)" '.all.tsv.gz all.tsv ' 'and --verify renames nothing'

note 'ways to give files'
fresh
empty_four
status 0 'arguments' -- ./load d/a.tsv.gz d/b.tsv.gz
is "$(names)" '.a.tsv.gz .b.tsv.gz ' 'both'
ok 'the first file is there' -- "$TESTS/lib/ask.pl" "$ADDR_idfa" "get idfa:id10"
ok 'the second too' -- "$TESTS/lib/ask.pl" "$ADDR_dvid" "get dvid:jd1"
fresh
printf 'd/a.tsv.gz\n\nd/b.tsv.gz' >list
status 0 '-a LIST' -- ./load -a list
is "$(names)" '.a.tsv.gz .b.tsv.gz ' 'both'
fresh
printf 'd/a.tsv.gz\0d/b.tsv.gz\0' >list
bounded ./load -0 -a - <list >out 2>err
is $? 0 '-0 -a -'
is "$(names)" '.a.tsv.gz .b.tsv.gz ' 'both'
fresh
cp d/a.tsv.gz d/.hidden.tsv.gz
status 0 '--pattern' -- ./load --pattern "$T/d/*.tsv.gz"
is "$(names)" '.a.tsv.gz .b.tsv.gz .hidden.tsv.gz ' 'both, and not the dotted one'
file_unlike err hidden 'which is not mentioned'
status 0 'a pattern of nothing' -- ./load --pattern "$T/d/*.tsv.gz"
file_like err 'no file to load' 'is said'
status 0 'nor does a pattern that begins with a dot match dotted names' -- ./load --pattern "$T/d/.*.tsv.gz"
file_like err 'no file to load' 'is said'
status 0 'an empty list' -- ./load -a /dev/null
file_like err 'no file to load' 'is said'
status 66 'a list that is missing' -- ./load -a nolist
status 66 'a list that is a folder' -- ./load -a d
bounded ./load -a - <&- >out 2>err
is $? 66 'a list on a closed stdin'
fresh
status 66 'a missing file, and no server' -- ./load --idfa 127.0.0.1:1 --sink-option=--retry-for=1h d/none.tsv.gz
status 66 'a missing file' -- ./load -w 1 -s stats d/none.tsv.gz d/a.tsv.gz
is "$(names)" '.a.tsv.gz b.tsv.gz ' 'stops no other'
is "$(jq -c '[.file,.verdict,.exit]' stats | tr '\n' ' ')" '["d/none.tsv.gz","failed",66] ["d/a.tsv.gz","loaded",0] ' 'one object a file, in order'
status 66 'a folder is no file' -- ./load d
fresh
ln -s b.tsv.gz d/link.tsv.gz
fault 38
status 0 'a file that is mentioned twice' -- ./load -v d/a.tsv.gz d/a.tsv.gz "$T/d/a.tsv.gz" d/b.tsv.gz d/link.tsv.gz
is "$(grep -c Successful err)" 2 'is loaded once'
file_like err 'link.tsv.gz: listed more than once' 'under -v it is said'
fault

fault 35
note 'dots'
fresh
cp d/a.tsv.gz d/.a.tsv.gz
echo kept >d/.b.tsv.gz
empty_four
status 73 'a dotted name that is taken' -- ./load d/b.tsv.gz
is "$(names)" '.a.tsv.gz .b.tsv.gz a.tsv.gz b.tsv.gz ' 'forbids the rename'
is "$(cat d/.b.tsv.gz)" kept 'is left alone'
file_like err 'Failed load d/b\.tsv\.gz: failed \(73\).*d/\.b\.tsv\.gz exists' 'and said'
is "$(stat_of "$ADDR_idfa" curr_items)" 0 'before anything was sent'
ln -s /nowhere d/.c.tsv
records 1 >d/c.tsv
status 73 'also if it is a dangling link' -- ./load d/c.tsv
fault
status 0 'with --keep it does not matter' -- ./load --keep d/b.tsv.gz
is "$(stat_of "$ADDR_idfa" curr_items)" 10 'and the file is loaded'
empty_four
status 0 'a dotted file by its name' -- ./load d/.a.tsv.gz
is "$(names)" '.a.tsv.gz .b.tsv.gz .c.tsv a.tsv.gz b.tsv.gz c.tsv ' 'is loaded and not renamed'
is "$(stat_of "$ADDR_idfa" curr_items)" 10 'loaded, that is'
fault 37
long=$(printf '%0250d' 0)
records 1 >"d/$long.tsv"
mv "d/$long.tsv" "d/${long}x.tsv"
status 73 'a name of 255 bytes has no room for a dot' -- ./load "d/${long}x.tsv"
mv "d/${long}x.tsv" "d/$long.tsv"
status 0 'one of 254 has' -- ./load "d/$long.tsv"
is "$(find d -name ".$long.tsv" | wc -l)" 1 'and gets it'

fault
note 'options that keep the name'
fresh
for option in --keep -n --dry --dry-run '--only idfa' '-o idfa,dvid'; do
    # shellcheck disable=SC2086 # two words
    status 0 "$option" -- ./load $option d/a.tsv.gz
    is "$(names)" 'a.tsv.gz b.tsv.gz ' 'no rename'
done
empty_four
status 0 '--dry-run' -- ./load -n -v -s stats d/a.tsv.gz
is "$(stat_of "$ADDR_idfa" curr_items)" 0 'stores nothing'
is "$(grep -c ' - idfa:id[0-9]* -> apps: 1 apps: 22 apps: 333 lat: 55.5 lon: -42.25$' out)" 10 'with -v the records are on stdout'
json stats '[.mode,.verdict,.stored]' '["dry-run","loaded",40]' 'and encoded is counted as stored'
mkdir many
for n in 1 2 3; do sample --seed $n --lines 20000 >many/$n.tsv; done
cat many/*.tsv >whole.tsv
for type in idfa gaid adid dvid; do "$BIN/memc_sink" -n -v -q -e none -T $type "$(addr $type)" whole.tsv 2>err; done | LC_ALL=C sort >want.lines
{ ./load -n -v -q -w 3 many/*.tsv 2>err; } | LC_ALL=C sort >got.lines
is_file got.lines want.lines 'records of several files, printed to one pipe, do not mix'
./load -n -v -q -w 3 many/*.tsv 2>err >got.file
LC_ALL=C sort got.file >got.lines
is_file got.lines want.lines 'nor do they in one file'
apps=$(printf '%09000d' 0 | sed 's/0/1,/g')
for each in idfa gaid adid dvid; do seq -f "$each	long%.0f	1	2	${apps}1" 50; done | shuf --random-source="$BIN/memc_load" >long.tsv
./load -n -v -q long.tsv 2>err >got.file
is "$(grep -cE '^[0-9.:]+ - [a-z]{4}:long[0-9]+ -> (apps: 1 )+lat: 1 lon: 2$' got.file)" 200 'nor do those of more than 64 KiB'
status 0 '--dry-run needs no server' -- "$BIN/memc_load" -n --idfa 127.0.0.1:1 --gaid 127.0.0.1:1 --adid 127.0.0.1:1 --dvid 127.0.0.1:1 d/a.tsv.gz
status 0 '--only' -- ./load -o gaid,idfa -s stats d/a.tsv.gz
is "$(stat_of "$ADDR_gaid" curr_items) $(stat_of "$ADDR_adid" curr_items)" '10 0' 'loads these types only'
json stats '[.skipped,.routed,.stored,.parts.adid]' '[20,20,20,null]' 'the others are skipped'
status 65 '--verify' -- ./load --verify -s stats --reports which d/a.tsv.gz
file_like err 'Failed load d/a\.tsv\.gz: differing: 20 missing' 'finds what is missing'
json stats '[.mode,.verdict,.reason,.verified,.missing,.differing,.exit]' '["verify","failed","differing",20,20,0,65]' 'and counts'
is "$(stat_of "$ADDR_adid" curr_items)" 0 'and stores nothing'
zcat d/a.tsv.gz | grep -aE '^(adid|dvid)' | LC_ALL=C sort >want
LC_ALL=C sort which/*.undelivered >got
is_file got want 'and the report of undelivered lines has them'
is "$(cut -f 1,4 which/*.undelivered.why | uniq -c | tr -s ' \t\n' ' ')" ' 10 adid missing: the server has no such key 10 dvid missing: the server has no such key ' 'with the reasons'

note 'the error rate'
rate_file() { # GOOD BAD
    rm -f r.tsv .r.tsv
    records "$1" idfa >r.tsv
    seq "$2" | sed 's/^/bad\t/' >>r.tsv
}
rate_file 300 2
status 0 'below the default of 0.01' -- ./load r.tsv
file_like err '^memc_load: Acceptable error rate \(0\.00666667\)\. Successful load r\.tsv' 'R as %.6g'
rate_file 300 3
status 65 'at it' -- ./load -s stats r.tsv
file_like err '^memc_load: High error rate \(0\.01 > 0\.01\)\. Failed load r\.tsv' 'R and LIMIT'
ok 'no rename' -- test -e r.tsv
json stats '[.verdict,.reason,.error_rate,.exit]' '["failed","error rate",0.01,65]' 'stats'
rate_file 300 4
status 65 'above it' -- ./load r.tsv
file_like err 'High error rate \(0\.0133333 > 0\.01\)' 'R as %.6g'
status 0 '-e 2%' -- ./load -k -e 2% r.tsv
status 65 '-e .0133' -- ./load -k --max-error-rate .0133 r.tsv
status 0 '-e .01334' -- ./load -k --max-error-rate=.01334 r.tsv
status 65 '-e 0' -- ./load -k -e 0 r.tsv
status 0 '-e none' -- ./load -k -e none r.tsv
rate_file 300 0
status 0 'no error passes at -e 0' -- ./load -k -e 0 r.tsv
rate_file 0 1
status 65 'nothing but errors' -- ./load -s stats r.tsv
file_like err 'High error rate \(inf > 0\.01\)\. Failed load r\.tsv' 'is a rate of inf'
json stats .error_rate null 'which is no JSON number'
printf 'idfa\tbad id\t1\t2\t3\ngaid\tx\t1\t2\t3\nidfa\tx\tnan\t2\t3\n' >r.tsv
status 65 "a sink's errors count" -- ./load -s stats r.tsv
json stats '[.invalid,.stored,.error_rate]' '[2,1,2]' 'in the same way'
for rate in '' x -1 1e-3 0.1.2 '%' 1%% 1234567890; do
    status 64 "-e '$rate'" -- ./load -e "$rate" r.tsv
done

note 'usage'
status 64 'an unknown option' -- ./load --bogus
for workers in 0 -1 x 1.5 ''; do status 64 "-w '$workers'" -- ./load -w "$workers" r.tsv; done
status 64 'an unknown type' -- ./load -o idfa,foo r.tsv
status 64 'no type' -- ./load -o '' r.tsv
status 64 'an option that memc_sink does not take' -- ./load --sink-option --bogus r.tsv
status 64 'the same when dry' -- ./load -n --sink-option --bogus r.tsv
status 64 'a server without a port' -- ./load --idfa localhost r.tsv
status 0 --test -- ./load --test
status 0 -t -- ./load -t
status 0 --help -- ./load --help
file_like out '^Usage: memc_load ' 'on stdout'
is "$(cat err)" '' 'alone'
status 0 -V -- ./load -V
is "$(cut -d ' ' -f 2 out)" "$("$BIN/memc_sink" -V | cut -d ' ' -f 2)" 'one version for all'
fresh
status 0 '--sink-option' -- ./load --sink-option --ttl=1d --sink-option -b7 d/a.tsv.gz
like "$(dump "$ADDR_idfa" --flags | head -n 1 | cut -d ' ' -f 4)" '^[0-9]{10}$' 'reached the sinks'
fault 86
mkdir spy
# shellcheck disable=SC2016 # its version stands in it
printf '#!/bin/sh\necho "$*" >"%s"\nexec %s "$@"\n$Global::version = 20240222;\n' "$T/parallel.args" "$(command -v parallel)" >spy/parallel
chmod +x spy/parallel
for words in '-t --sink-option=60s' '--timeout --sink-option=60s' -qt60s --timeo=60s; do
    # shellcheck disable=SC2086 # words
    status 0 "--sink-option=$words" -- env PATH="$T/spy:$PATH" ./load -k --sink-option=$words d/.a.tsv.gz
    is "$(grep -o 'TERM,[0-9]*,KILL' parallel.args)" TERM,65000,KILL 'parallel gives the sinks that time, and 5 s, to settle'
done
fault
fresh
(records 2 && seq -s , -f '%.0f' 1000 | sed 's/^/idfa\tlong\t1\t2\t/') >d/l.tsv
status 65 '--max-line' -- ./load -k --max-line 1K -s stats d/l.tsv
json stats .parts.memc_route.invalid 1 'reached the router'

note 'stats, reports, log'
fresh
status 0 '--stats -' -- ./load -q -s - d/a.tsv.gz d/b.tsv.gz
is "$(jq -r .file out | sort | tr '\n' ' ')" 'd/a.tsv.gz d/b.tsv.gz ' 'on stdout'
is "$(grep -vc Successful err)" 0 '-q: nothing but the verdicts'
fresh
ln -f stats stats.link
cp stats before
status 0 '--stats FILE' -- ./load -s stats d/a.tsv.gz
is_file stats.link before 'is replaced by rename'
status 73 'a stats file that cannot be' -- ./load -s none/stats d/b.tsv.gz
ok 'is found before loading' -- test -e d/b.tsv.gz
fault 57
status 74 'a full device' -- ./load -k -s /dev/full d/b.tsv.gz
fault
mkdir -p 'r%d/x y'
printf 'foo\ta\t1\t2\t3\nidfa\tb c\t1\t2\t3\nidfa\tb\t1\t2\t3\n' >'r%d/x y/bad.tsv'
path=$(printf '%s' "$T/r%d/x y/bad.tsv" | sed 's/%/%25/g; s|/|%2F|g')
status 65 '--reports' -- ./load --reports rep 'r%d/x y/bad.tsv'
is "$(names rep)" "$path.rejects $path.rejects.why $path.stats $path.undelivered " 'a report of each kind, named by the path'
is_file "rep/$path.undelivered" /dev/null 'nothing undelivered'
printf 'foo\ta\t1\t2\t3\nidfa\tb c\t1\t2\t3\n' >want
is_file "rep/$path.rejects" want "the router's rejects and the sinks'"
printf 'route\t1\t0\tunknown device type\nidfa\t1\t0\twhite space or control byte in the device id\n' >want
is_file "rep/$path.rejects.why" want 'and why'
is "$(stat -c %a "rep/$path.rejects" "rep/$path.rejects.why" "rep/$path.undelivered" | sort -u)" 600 'private'
json "rep/$path.stats" '[.verdict,.unknown,.invalid,.stored]' '["failed",1,1,1]' 'stats'
printf 'idfa\tb\t1\t2\t3\n' >'r%d/x y/bad.tsv'
status 0 'once more' -- ./load --reports rep 'r%d/x y/bad.tsv'
is_file "rep/$path.rejects" /dev/null 'reports of an earlier run are replaced'
cp 'r%d/x y/.bad.tsv' one && cp one two
mkdir -p "rep/$(printf '%s' "$T/one" | sed 's|/|%2F|g').stats"
status 74 'a report that cannot be written' -- ./load -k -w 1 -s stats --reports rep one two
is "$(jq -c '[.file,.verdict,.exit]' stats | tr '\n' ' ')" '["one","failed",74] ["two","loaded",0] ' 'each file has its row'
printf 'foo\ta\t1\t2\t3\nidfa\tb c\t1\t2\t3\n' >want
status 65 'rejects are input' -- ./load -k --reports rep2 want
fresh
echo 'an older line' >log
status 65 '--log' -- ./load -q -l log d/a.tsv.gz 'r%d/x y/.bad.tsv' want
file_unlike err 'Successful' 'what is loaded is told in the log only'
file_like err '^memc_load: High error rate \(inf > 0\.01\)\. Failed load want' 'what is not, on stderr, too'
is "$(head -n 1 log)" 'an older line' 'appended'
file_like log '^\[[0-9]{4}\.[0-9]{2}\.[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}\] I Acceptable error rate \(0\)\. Successful load d/a\.tsv\.gz' 'the format of old'
file_like log '\] E High error rate \(inf > 0\.01\)\. Failed load want' 'E of a failure'
file_like log '\] I want: 2 bad lines: 1 ' 'and the bad lines by reason'
status 73 'a log that cannot be' -- ./load -l none/log d/b.tsv.gz

fault 37
note 'odd names'
mkdir odd
# shellcheck disable=SC2016 # that is the point
for name in 'a b' "$(printf 'a\nb')" "quote's\"" '{} {.} {#}' '$(touch pwned)`x`' '*' '@' -dash "$(printf '\377\376')" "$(printf 'bell\007')" '%'; do
    records 1 >"odd/$name.tsv"
done
(cd odd && find . -name '*.tsv' -printf '%P\0') >list
number=$(tr -dc '\0' <list | wc -c)
is "$number" 11 'eleven names'
(cd odd && bounded ../load --reports ../oddrep -0 -a ../list -s ../stats) >out 2>err
is $? 0 'names with spaces, newlines, quotes, bytes that are no text'
is "$(find odd -name '.*.tsv' -printf . | wc -c)" 11 'all loaded'
is "$(jq -s length stats)" 11 'all in the stats'
is "$(find oddrep -name '*.stats' -printf . | wc -c)" 11 'all reported'
file_like err 'Successful load a\?b\.tsv' 'control bytes are not printed'
file_like err 'Successful load bell\?\.tsv' 'nor rung'
not_ok 'and no name was run' -- test -e odd/pwned
cd odd || exit 1
records 1 >-k.tsv
status 0 'a name that looks like an option' -- ../load -- -k.tsv
ok 'is a name' -- test -e .-k.tsv
cd ..

fault
note 'surroundings'
fresh
status 0 'no HOME' -- env -u HOME ./load d/a.tsv.gz
status 0 'a HOME that cannot be written, and options for parallel in the environment' -- env HOME=/proc PARALLEL=--bogus ./load d/b.tsv.gz
fresh
(cd d && ln -s "$BIN/memc_load" . && PATH=$PATH bounded ./memc_load -n a.tsv.gz) >out 2>err
is $? 0 'a symbolic link finds the programs'
status 73 'no folder for the work' -- env TMPDIR=/nowhere ./load d/a.tsv.gz
bin_without() { # NAME: a PATH of all but that
    rm -rf path && mkdir path
    for each in /usr/bin/*; do [ "${each##*/}" = "$1" ] || ln -s "$each" path/; done
}
bin_without jq
status 69 'no jq' -- env PATH="$T/path" ./load d/a.tsv.gz
file_like err 'jq.*package jq' 'is named, with its package'
bin_without parallel
status 69 'no parallel' -- env PATH="$T/path" ./load d/a.tsv.gz
printf '#!/bin/sh\necho "parallel: unrecognized option"; exit 1\n' >path/parallel
chmod +x path/parallel
status 69 "moreutils' parallel" -- env PATH="$T/path" ./load d/a.tsv.gz
file_like err 'not GNU parallel' 'is told apart'
bin_without zstd
records 1 >d/z.tsv.zst
status 69 'no zstd for a .zst' -- env PATH="$T/path" ./load d/a.tsv.gz d/z.tsv.zst
file_like err 'zstd.*package zstd' 'is named'
ok 'before anything is loaded' -- test -e d/a.tsv.gz
fault 61
for program in memc_load memc_load_file; do
    status 71 "$program: too few descriptors" -- sh -c 'ulimit -n 16; exec "$@"' sh "$BIN/$program" -n d/a.tsv.gz
    is "$(cat err)" "$program: only 16 descriptors (ulimit -n): 30 are needed" 'is the reason'
done
status 0 'a small stack of descriptors' -- sh -c 'ulimit -n 64; exec ./load d/a.tsv.gz'
fault 62
bounded ./load d/b.tsv.gz >&- 2>&- <&-
is $? 0 'descriptors 0 to 2 closed'
ok 'and it is loaded' -- test -e d/.b.tsv.gz
is "$(names work)" '' 'nothing is left in the work folder'

done_testing
