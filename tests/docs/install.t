#!/bin/sh
# SPDX-License-Identifier: MIT
# make install and make uninstall; what is installed works from where it is.
. "$(dirname "$0")/../lib/harness.sh"

# A make that runs the tests must not meddle with the one that is tested. The programs under test are installed as they
# are: this is no test of the build.
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES PREFIX DESTDIR
[ "$BIN" = "$TOP" ] && variant=release || variant=${BIN##*/}
make_in() { # TARGET DESTDIR [VARIABLE=…]
    make_target=$1
    make_dest=$2
    shift 2
    status 0 "make $make_target $*" -- make -C "$TOP" --no-print-directory -o all VARIANT="$variant" "$make_target" \
        DESTDIR="$make_dest" "$@"
}

tree() { # DIR: everything in it with its mode
    (cd "$1" && find . -mindepth 1 -printf '%y %m %P%l\n' | sed 's/^l 777/l/' | LC_ALL=C sort -k 3)
}

cat >want.usr <<'END_WANT'
d 755 usr
d 755 usr/bin
f 755 usr/bin/memc_load
f 755 usr/bin/memc_load_file
f 755 usr/bin/memc_route
f 755 usr/bin/memc_sink
d 755 usr/share
d 755 usr/share/bash-completion
d 755 usr/share/bash-completion/completions
f 644 usr/share/bash-completion/completions/memc_load
l usr/share/bash-completion/completions/memc_load_filememc_load
l usr/share/bash-completion/completions/memc_routememc_load
l usr/share/bash-completion/completions/memc_sinkmemc_load
d 755 usr/share/doc
d 755 usr/share/doc/memc-load
d 755 usr/share/doc/memc-load/examples
f 644 usr/share/doc/memc-load/examples/memc_fifo@.service
f 644 usr/share/doc/memc-load/examples/memc_load.logrotate
f 644 usr/share/doc/memc-load/examples/memc_load.service
f 644 usr/share/doc/memc-load/examples/memc_load.timer
f 644 usr/share/doc/memc-load/examples/memc_sink@.service
d 755 usr/share/fish
d 755 usr/share/fish/vendor_completions.d
f 644 usr/share/fish/vendor_completions.d/memc_load.fish
f 644 usr/share/fish/vendor_completions.d/memc_load_file.fish
f 644 usr/share/fish/vendor_completions.d/memc_route.fish
f 644 usr/share/fish/vendor_completions.d/memc_sink.fish
d 755 usr/share/man
d 755 usr/share/man/man1
f 644 usr/share/man/man1/memc_load.1
f 644 usr/share/man/man1/memc_load_file.1
f 644 usr/share/man/man1/memc_route.1
f 644 usr/share/man/man1/memc_sink.1
d 755 usr/share/memc-load
f 644 usr/share/memc-load/appsinstalled.proto
f 644 usr/share/memc-load/memc_load.jq
d 755 usr/share/zsh
d 755 usr/share/zsh/site-functions
f 644 usr/share/zsh/site-functions/_memc_load
END_WANT
(cd "$TOP/load" && printf 'f 644 usr/share/memc-load/%s\n' *) >>want.usr
LC_ALL=C sort -k 3 -o want.usr want.usr

note 'below DESTDIR'
umask 077
make_in install "$T/de st" PREFIX=/usr
umask 022
tree 'de st' >got.usr
is_file got.usr want.usr 'the files, with modes that do not depend on the umask'
for name in memc_route memc_sink memc_load memc_load_file; do
    is_file "de st/usr/bin/$name" "$BIN/$name" "$name is the one that was built"
    status 0 'and runs' -- "de st/usr/bin/$name" --version
done
if command -v mandoc >/dev/null; then
    mandoc "de st/usr/share/man/man1/memc_sink.1" >page 2>&1
    file_like page 'MEMC_SINK\(1\)' 'a page is one'
fi

note 'a load with the installed programs only'
start_four
sample --lines 500 | gzip >day.tsv.gz
mkdir elsewhere
# Those in PATH fail.
for name in memc_route memc_sink; do
    printf '#!/bin/sh\necho "%s of PATH" >&2\nexit 1\n' "$name" >elsewhere/$name
    chmod +x elsewhere/$name
done
set -- --idfa "$(addr idfa)" --gaid "$(addr gaid)" --adid "$(addr adid)" --dvid "$(addr dvid)"
status 0 'memc_load finds the programs beside it' -- env PATH="$T/elsewhere:$PATH" \
    'de st/usr/bin/memc_load' "$@" --stats load.json day.tsv.gz
json load.json '[.verdict, .lines, .stored]' '["loaded",500,500]' 'and loads all'
ln -s "$T/de st/usr/bin/memc_load" elsewhere/link
rm elsewhere/memc_route elsewhere/memc_sink
status 0 'also by a link to it' -- elsewhere/link "$@" --verify .day.tsv.gz
bash -c '. "$1" && complete -p memc_sink' - 'de st/usr/share/bash-completion/completions/memc_sink' >spec
file_like spec '^complete -F [a-z_]+ memc_sink$' 'the installed completion is one'
grep -v '^#' 'de st/usr/share/fish/vendor_completions.d/memc_sink.fish' >spec
is "$(grep -cv '^complete -c memc_sink ' spec) $(grep -c 'undelivered' spec)" '0 1' "fish's, too"
head -n 1 'de st/usr/share/zsh/site-functions/_memc_load' >spec
file_like spec '^#compdef memc_load memc_load_file memc_route memc_sink$' "and zsh's"
if command -v protoc >/dev/null; then
    printf '\010\007' | bounded protoc --decode=UserApps -I 'de st/usr/share/memc-load' appsinstalled.proto >value
    is "$(cat value)" 'apps: 7' 'the installed .proto decodes a value'
fi

note 'uninstall'
make_in install "$T/de st" PREFIX=/usr
touch 'de st/usr/bin/other'
mkdir -p 'de st/var/empty'
make_in uninstall "$T/de st" PREFIX=/usr
is "$(cd 'de st' && find . -mindepth 1 | LC_ALL=C sort | tr '\n' ' ')" './usr ./usr/bin ./usr/bin/other ./var ./var/empty ' \
    'takes its files and its empty folders, nothing else'
rm -r 'de st'
make_in install "$T/de st"
ok '/usr/local is the default' -- test -x "de st/usr/local/bin/memc_load"
make_in uninstall "$T/de st"
is "$(ls -A 'de st')" '' 'leaves nothing in DESTDIR'
make_in uninstall "$T/de st"

note 'without DESTDIR'
make_in install '' PREFIX="$T/opt"
tree opt | sed 's,^\([dfl][ 0-9]*\) ,\1 usr/,' >got
grep -v '^d 755 usr$' want.usr >want
is_file got want 'the same files'
make_in uninstall '' PREFIX="$T/opt"
is "$(find opt ! -type d)" '' 'leaves no file'
is "$(cd opt && find . -type d | LC_ALL=C sort | tr '\n' ' ')" \
    '. ./bin ./share ./share/bash-completion ./share/bash-completion/completions ./share/doc ./share/doc/memc-load ./share/doc/memc-load/examples ./share/fish ./share/fish/vendor_completions.d ./share/man ./share/man/man1 ./share/memc-load ./share/zsh ./share/zsh/site-functions ' \
    'but the folders, which may be the system'"'"'s own'

done_testing
