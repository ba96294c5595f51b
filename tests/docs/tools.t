#!/bin/sh
# SPDX-License-Identifier: MIT
# The tests' own tools: the generator against the model (two programs that share nothing), and the small scripts.
. "$(dirname "$0")/../lib/harness.sh"

note 'mksample'
sha() { sha256sum | cut -c 1-16; }
is "$(sample --lines 1000 | sha)" a81a80252362fff8 'the same bytes anywhere'
is "$(sample --lines 1000 --seed 2 --bad 0.1 --odd 0.1 --digits 17 --app-limit 4294967296 --keys 50 | sha)" 7a311b3d23c62c13 'with many options, too'
sample --lines 5000 >5000.tsv
sample --lines 500 >500.tsv
head -n 500 5000.tsv >head.tsv
is_file head.tsv 500.tsv 'a line does not depend on how many follow'
sample --lines 5000 --bad 0.2 --odd 0.2 --expect expect.json >twisted.tsv
comm -12 5000.tsv twisted.tsv 2>/dev/null | wc -l >same
diff 5000.tsv twisted.tsv | grep -ac '^<' >changed
ok 'about two lines in five are replaced, the others are as they were' -- test "$(cat changed)" -gt 1800 -a "$(cat changed)" -lt 2200
model counts twisted.tsv >model.json
is "$(jq -cS . expect.json)" "$(jq -cS '{lines,blank,unknown,overlong:.invalid,routed,invalid:(.sinks|map_values(.invalid)),
    good:(.sinks|map_values(.ok)),apps_dropped:([.sinks[].apps_dropped]|add)}' model.json)" 'what it expects is what the model says'
model counts 5000.tsv >model.json
json model.json '[.blank,.invalid,.unknown,.skipped]' '[0,0,0,0]' 'nothing is wrong unless asked for'
awk -F '\t' 'NF != 5 || $2 !~ /^[0-9a-f]+$/ || length($2) != 32 || $3 < -180 || $3 > 180 || $4 < -180 || $4 > 180 { bad++ } END { print bad + 0 }' 5000.tsv >bad
is "$(cat bad)" 0 'five fields, ids of 32 digits, coordinates within ±180'
cut -f 5 5000.tsv | awk -F , '{ n[NF]++; for (i = 1; i <= NF; i++) if ($i > 9999 || $i !~ /^[0-9]+$/) bad++ } END { print length(n), bad + 0 }' >apps
is "$(cat apps)" '100 0' '1 to 100 apps below 10000'
cut -f 1 5000.tsv | sort | uniq -c | awk '$1 < 1100 || $1 > 1400 { bad++ } END { print NR, bad + 0 }' >types
is "$(cat types)" '4 0' 'four types, equally often'
is "$(sample --lines 1000 --keys 7 | cut -f 2 | sort -u | wc -l)" 7 '--keys'
is "$(sample --lines 9 --types dvid,adid --sorted | cut -f 1 | tr '\n' ' ')" 'dvid dvid dvid dvid adid adid adid adid adid ' '--types --sorted'
is "$(sample --lines 0 | wc -c)" 0 'no line'
for wrong in '--lines x' '--types none' '--min-apps 5 --max-apps 4' '--bad 2' '--digits 18' operand; do
    # shellcheck disable=SC2086 # words
    status 64 "$wrong is refused" -- "$MKSAMPLE" $wrong
done

note 'cut_sample'
gzip -c 5000.tsv >day.tsv.gz
head -n 1024 5000.tsv >want
status 0 'the default' -- "$TOP/tools/cut_sample" day.tsv.gz
gzip -dc h1024_day.tsv.gz >got
is_file got want 'the first 1024 lines'
mkdir samples
cp 500.tsv '.a b.tsv'
gzip '.a b.tsv'
status 0 'options' -- "$TOP/tools/cut_sample" -n 600 -d samples '.a b.tsv.gz' day.tsv.gz
gzip -dc 'samples/h600_a b.tsv.gz' >got
is_file got 500.tsv 'a short file as a whole, without its dot'
is "$(gzip -dc samples/h600_day.tsv.gz | wc -l)" 600 'N lines of a long one'
head -c 1000 day.tsv.gz >cut.tsv.gz
status 74 'a corrupt file' -- "$TOP/tools/cut_sample" cut.tsv.gz
not_ok 'makes no sample' -- test -e h1024_cut.tsv.gz

note 'reset_servers'
sockets="$T/one.sock $T/two.sock"
mkdir files
touch files/.loaded.tsv.gz files/.both.tsv.gz files/both.tsv.gz files/.other
printf x >files/both.tsv.gz
# shellcheck disable=SC2086 # words
status 73 'servers and files' -- "$TOP/tools/reset_servers" -r run -d files $sockets
is "$(cd files && find . -name '*.gz' -o -name '.o*' | sort | tr '\n' ' ')" './.both.tsv.gz ./.other ./both.tsv.gz ./loaded.tsv.gz ' 'dots are taken off, but never over another file'
is "$(cat files/both.tsv.gz)" x 'which stays'
file_like err 'both' 'and is named'
for name in one two; do
    read -r pid <"run/$(echo "$T/$name.sock" | tr / %).pid"
    kill_at_exit "$pid"
    echo value | dump "$T/$name.sock" --set key
done
# shellcheck disable=SC2086 # words
status 0 'again' -- "$TOP/tools/reset_servers" -r run $sockets
for name in one two; do
    is "$(stat_of "$T/$name.sock" curr_items)" 0 "$name is empty"
done
# shellcheck disable=SC2086 # words
status 0 'stop' -- "$TOP/tools/reset_servers" -s -r run $sockets
not_ok 'they are stopped' -- "$TESTS/lib/ask.pl" "$T/one.sock" stats pid

note 'setup, with a package manager that only writes down what it is asked'
mkdir fake
cat >fake/dpkg-query <<'END'
#!/bin/sh
for package; do :; done
grep -qx "$package" absent || printf installed
END
cat >fake/apt-get <<'END'
#!/bin/sh
echo "$@" >>calls
[ "$DEBIAN_FRONTEND" = noninteractive ] || echo asks >>calls
END
printf '#!/bin/sh\nexec "$@"\n' >fake/sudo
chmod +x fake/*
: >absent
for set in run check; do
    status 0 "setup $set, all there" -- env PATH="$T/fake:$PATH" "$TOP/tools/setup" $set
    cat out err >said
    is_file said /dev/null 'says nothing'
done
not_ok 'and asks for nothing' -- test -e calls
printf 'pigz\nshellcheck\n' >absent
status 0 'something missing' -- env PATH="$T/fake:$PATH" "$TOP/tools/setup" run
is "$(sed 's/.* install/install/' calls | tail -n 1)" 'install pigz' 'is installed, and nothing else'
like "$(head -n 1 calls)" 'update$' 'after an update'
file_unlike calls asks 'without a question'
status 0 'setup check' -- env PATH="$T/fake:$PATH" "$TOP/tools/setup" check
is "$(sed 's/.* install/install/' calls | tail -n 1)" 'install pigz shellcheck' "takes the checks' packages as well"
printf '#!/bin/sh\nexit 100\n' >fake/apt-get
status 69 'apt-get fails' -- env PATH="$T/fake:$PATH" "$TOP/tools/setup" run
mkdir bare
for tool in sh cat env printf id dirname; do ln -s "$(command -v $tool)" bare/; done
status 69 'no apt-get' -- env PATH="$T/bare" "$TOP/tools/setup" run
file_like out '^libmemcached-dev$' 'prints the list'
status 64 'setup of something else' -- "$TOP/tools/setup" everything

note 'make, with what is missing and with another compiler'
needs() { status 2 "$1" -- make -s -C "$TOP" "B=$T/needed" "$T/needed/needs" "$2"; }
needs 'no protoc' PROTOC=no-such-protoc
file_like err '^make: no-such-protoc .* is missing; tools/setup installs' 'names what is missing and who installs it'
needs 'no compiler' CC=no-such-cc
file_like err '^make: the compiler no-such-cc is missing' 'so, too'
needs 'no libmemcached' MEMCACHED=-lno-such-library
file_like err '^make: libmemcached is missing' 'so, too'
cat >fake/cc <<'END'
#!/bin/sh
case " $* " in *" -fcf-protection "*) exit 1 ;; esac
exec gcc "$@"
END
chmod +x fake/cc
make -n -C "$TOP" "B=$T/unbuilt" "CC=$T/fake/cc" "$T/unbuilt/lib/bytes/slice.o" >commands
fault 83
file_unlike commands 'fcf-protection' 'a flag that the compiler does not take is left out'
file_like commands 'D_FORTIFY_SOURCE=3 -fstack-protector-strong' 'the others are used'
fault

done_testing
