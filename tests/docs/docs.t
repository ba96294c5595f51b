#!/bin/sh
# SPDX-License-Identifier: MIT
# The documents tell the truth: --help and the manual pages name the options that there are, and every example runs as it
# stands.
#
# The examples name the default servers, 127.0.0.1:33013 to 33016. So that they meet none that is in use, this test runs in
# a network of its own, where the system allows one.
if [ -z "${DOCS_NETWORK:-}" ] && unshare -rn ip link set lo up 2>/dev/null; then
    # shellcheck disable=SC2016 # the inner shell expands it
    DOCS_NETWORK=1 exec unshare -rn sh -c 'ip link set lo up && exec sh "$0"' "$0"
fi

. "$(dirname "$0")/../lib/harness.sh"

# ---- what the documents say

page() { echo "$TOP/man/$1.1"; }

rendered() { # PROGRAM: its manual page as a reader sees it
    mandoc -Tascii -Owidth=78 "$(page "$1")" 2>/dev/null | sed "s/.$(printf '\b')//g"
}

section() { # NAME
    awk -v name="$1" '/^[A-Z]/ { inside = $0 == name; next } inside'
}

# The options in a text, one a line; -abc in a synopsis is three.
option_words() {
    tr -s '][,|();.= ' '\n' | grep -E '^--?[A-Za-z][A-Za-z-]*$' |
        awk '/^-[A-Za-z][A-Za-z]/ { for (i = 2; i <= length($0); i++) print "-" substr($0, i, 1); next } 1' | LC_ALL=C sort -u
}

# The items of OPTIONS stand where its text stands.
heads() { rendered "$1" | section OPTIONS | sed -n 's/^     \(-.*\)/\1/p' | sed 's/  .*//'; }

# Those that a synopsis must have: an option by its letter, or by its name if it has no letter.
needed_in_synopsis() {
    while IFS= read -r head; do
        words=$(printf '%s\n' "$head" | option_words)
        letter=$(printf '%s\n' "$words" | grep -E '^-[A-Za-z]$')
        printf '%s\n' "${letter:-$words}"
    done | LC_ALL=C sort -u
}

# Every --name of an item and whether it takes a value: the item names it in capitals.
names_with_values() {
    while IFS= read -r head; do
        value=none
        case $head in *'[='*) continue ;; esac # a value that may be left out is right either way
        case $(printf '%s\n' "$head" | sed 's/--*[A-Za-z][A-Za-z-]*//g') in *[A-Z]*) value=value ;; esac
        printf '%s\n' "$head" | option_words | sed -n "s/^\(--.*\)/\1 $value/p"
    done
}

compare() { # GOT EXPECTED NAME: two lists in files
    is "$(comm -23 "$1" "$2" | tr '\n' ' ')/$(comm -13 "$1" "$2" | tr '\n' ' ')" / "$3"
}

# ---- help and manual pages

check_help() { # PROGRAM
    status 0 "$1 --help" -- "$BIN/$1" --help
    is_file err /dev/null 'nothing on stderr'
    cp out help
    is "$(awk 'length($0) > 80' help | wc -l)" 0 'it fits into 80 columns'
    is "$([ "$(wc -l <help)" -le 50 ] && echo fits)" fits 'and 50 lines'
    # An option without a text behind it or on the line below is not explained.
    is "$(awk '
        /^ +-/ { if (option) print option; option = /[^ ]   *[^ -]/ || / [A-Z]+ [a-z]/ ? "" : $0; next }
        /^         / { option = ""; next }
        { if (option) print option; option = "" }' help)" '' 'it has a word on each option'
}

check_page() { # PROGRAM
    mandoc -Tlint -Wwarning "$(page "$1")" >lint 2>&1
    is_file lint /dev/null 'mandoc has nothing to say'
    groff -man -ww -Tutf8 -mdoc "$(page "$1")" 2>lint >/dev/null
    is_file lint /dev/null 'groff, too'
}

check_names() { # PROGRAM
    heads "$1" >head.lines
    option_words <help >help.options
    option_words <head.lines >page.options
    compare page.options help.options 'OPTIONS has the options of --help'
    rendered "$1" | section SYNOPSIS | option_words >synopsis.options
    needed_in_synopsis <head.lines >needed
    is "$(comm -13 synopsis.options needed | tr '\n' ' ')" '' 'SYNOPSIS has all of them'
    is "$(comm -23 synopsis.options page.options | tr '\n' ' ')" '' 'and no others'
}

# An option that takes a value is wrong without one, and the other way round: so nothing is begun here.
check_values() { # PROGRAM
    wrong=
    names_with_values <head.lines >names
    while read -r name value; do
        [ "$value" = value ] || name=$name=x
        bounded "$BIN/$1" "$name" >/dev/null 2>message </dev/null
        given=$?
        case $value in
            value) grep -Eq 'needs a value|requires an argument' message ;;
            *) grep -Eq "takes no value|doesn't allow an argument" message ;;
        esac && [ "$given" -eq 64 ] || wrong="$wrong $name"
    done <names
    is "$wrong" '' 'the program takes each of them, with a value where the page names one'
}

check_source() { # PROGRAM SOURCE…
    shift
    (cd "$TOP/lib" && grep -ho '"[a-z-]*", [a-z]*_argument' "$@") | sed 's/"\(.*\)".*/--\1/' | LC_ALL=C sort -u >source.options
    grep -e '^--' page.options >long
    compare long source.options 'the page has the options of the source'
}

check_program() { # PROGRAM [SOURCE…]
    note "$1"
    check_help "$1"
    [ -e "$(page "$1")" ] || {
        fail "$(page "$1") is there"
        return
    }
    check_page "$1"
    check_names "$1"
    check_values "$1"
    [ $# -eq 1 ] || check_source "$@"
}

# ---- counters

# The first column of the table below .Ss Counters.
members() { # PROGRAM
    sed -n '/^\.Ss Counters/,/^\.El/s/^\.It \([a-z_]*\) Ta .*/\1/p' "$(page "$1")" | LC_ALL=C sort
}

check_members() { # PROGRAM FILE…
    members "$1" >page.members
    check_members_of=$1
    shift
    jq -r 'keys[]' "$@" | LC_ALL=C sort -u >got.members
    compare page.members got.members "the page of $check_members_of has the members of its counters"
}

# ---- links

# The pages of the project: those for readers of the source, all in Markdown.
pages() { (cd "$TOP" && find . -maxdepth 2 -name '*.md' ! -path './build/*' | sed 's,^\./,,' | LC_ALL=C sort); }

# Every [text](target) outside of code, one target a line.
link_targets() { # FILE
    awk '/^```/ { code = !code } !code' "$1" | grep -o '\]([^)]*)' | sed 's/^](//; s/)$//'
}

# The names of a page's headings as GitHub makes them: lower case, no punctuation, a hyphen for each space.
anchors() { # FILE
    awk '/^```/ { code = !code } !code' "$1" | sed -n 's/^##* //p' | tr '[:upper:]' '[:lower:]' |
        sed 's/[^a-z0-9_ -]//g; s/ /-/g'
}

check_links() { # PAGE
    broken=
    for target in $(link_targets "$TOP/$1"); do
        case $target in *://*) continue ;; esac
        file=${target%%#*}
        [ -n "$file" ] && file=$(dirname "$1")/$file || file=$1
        [ -e "$TOP/$file" ] || broken="$broken $target"
        case $target in
            *#*) anchors "$TOP/$file" 2>/dev/null | grep -qxF -- "${target#*#}" || broken="$broken $target" ;;
        esac
    done
    is "$broken" '' "each link of $1 leads somewhere"
}

# `lib/io/linebuf.c` in a text is a file or folder of the project. What has a placeholder or a pattern is no path, and
# build/ is made.
check_paths() { # PAGE
    missing=
    # shellcheck disable=SC2016 # the backquotes are Markdown's
    for path in $(awk '/^```/ { code = !code } !code' "$TOP/$1" | grep -oE '`[^` ]+`' | tr -d '`' |
        grep -E '^(\.ci|bench|debian|docs|extra|lib|load|man|proto|tests|tools)/[A-Za-z0-9_./@-]*$' | grep -vE '[A-Z]{2}' | sort -u); do
        [ -e "$TOP/$path" ] || missing="$missing $path"
    done
    is "$missing" '' "each path in $1 is there"
}

# ---- examples

# Splits standard input into files NAME.1, NAME.2, ...: blocks between lines of ```sh and ```.
fenced_blocks() { # NAME
    awk -v name="$1" '
        /^```/ && inside { inside = 0; close(file); next }
        /^```sh$/ { inside = 1; file = name "." ++n; next }
        inside { print >file }'
}

# The same for a rendered page: what is indented more than its text.
indented_blocks() { # NAME
    awk -v name="$1" '
        /^           / { if (!inside) file = name "." ++n; inside = 1; print substr($0, 12) >file; next }
        inside { inside = 0; close(file) }'
}

count_blocks() { # NAME
    set -- "$1".*
    [ -e "$1" ] && echo $# || echo 0
}

# As one who reads along has it: a folder with some files, beside the project's tests/, tools/ and extra/.
run_block() { # FILE TITLE
    folder=$T/run.$(basename "$1")
    mkdir -p "$folder/try" && ln -s "$TESTS" "$TOP/tools" "$TOP/extra" "$folder/" && cp "$T/files/"* "$folder/try/"
    (cd "$folder/try" && PATH=$T/stubs:$BIN:$PATH HOME=$T bounded bash -e "$1") >block.out 2>block.err
    block_status=$?
    check_status "$block_status" 0 "$2" block.err
    [ "$block_status" -eq 0 ] || show "$1" "$1"
    file_unlike block.err 'not found|No such file|try:|no (reader|writer) came' 'it says nothing of failures'
}

run_blocks() { # NAME LEAST: at least so many must be found
    note "$1: examples"
    is "$([ "$(count_blocks "$1")" -ge "$2" ] && echo enough)" enough 'they are found'
    n=0
    while [ -e "$1.$((n += 1))" ]; do
        run_block "$T/$1.$n" "$1, example $n: $(head -n 1 "$1.$n")"
    done
}

# Without a network of its own: only if nobody listens there.
ports_are_free() {
    ! awk '$4 == "0A" { print $2 }' /proc/net/tcp /proc/net/tcp6 2>/dev/null | grep -Eq ':80F[5678]$'
}

start_default_servers() {
    port=33013
    for type in idfa gaid adid dvid; do
        launch_memcached $type -l 127.0.0.1 -U 0 -p $port
        port=$((port + 1))
    done
    for type in idfa gaid adid dvid; do await_memcached $type || bail "memcached $type does not start"; done
}

command -v mandoc >/dev/null || skip_all 'mandoc is not installed'
check_program memc_route filter/options.h route/route_options.c
check_program memc_sink filter/options.h sink/sink_options.c
check_program memc_load
check_program memc_load_file

note 'links'
is "$([ "$(pages | wc -l)" -ge 6 ] && echo enough)" enough 'there are pages'
for name in $(pages); do
    check_links "$name"
    check_paths "$name"
done

if [ -z "${DOCS_NETWORK:-}" ] && ! ports_are_free; then
    skip 'no network of its own, and the ports 33013 to 33016 are taken' 'the examples'
    done_testing
fi
start_default_servers

note 'counters'
mkfifo idfa
exec 5<>idfa
status 0 'a router' -- "$BIN/memc_route" -q -s stats.json -o idfa
exec 5>&-
check_members memc_route stats.json
status 0 'a sink that compares' -- "$BIN/memc_sink" -q --verify -s stats.json 127.0.0.1:33013
status 0 'a dry run' -- "$BIN/memc_sink" -q -n -s dry.json 127.0.0.1:33013
check_members memc_sink stats.json dry.json
"$BIN/memc_sink" --counters 127.0.0.1:33013 >stats.json
for name in $(jq -r 'keys[]' stats.json); do
    [ "$name" = server ] || file_like "$(page memc_sink)" "(^|[ ,])$name([;, ]|\$)" "the page names $name of --counters"
done

mkdir files
for n in 1 2; do
    sample --seed $n --lines 5000 --bad 0.001 | gzip >files/day$n.tsv.gz
done
sample --seed 3 --lines 5000 | gzip >files/f.tsv.gz
sample --seed 4 --lines 5000 | gzip >files/g.tsv.gz

rendered memc_route | section EXAMPLES | indented_blocks memc_route
rendered memc_sink | section EXAMPLES | indented_blocks memc_sink
fenced_blocks readme <"$TOP/README.md"
fenced_blocks cookbook <"$TOP/docs/cookbook.md"
fenced_blocks faq <"$TOP/docs/faq.md"

# The cookbook's other hosts: one that is reached by ssh, which is played here, and a web server.
mkdir stubs host
ln -s ../files host/logs
cat >stubs/ssh <<END
#!/bin/sh
cd "$T/host" && shift && exec sh -c "\$*"
END
chmod +x stubs/ssh

run_blocks memc_route 5
run_blocks memc_sink 7
run_blocks readme 7
run_blocks faq 6
background web "$PYTHON" -u -m http.server --bind 127.0.0.1 --directory files 0
until_true grep -q port web.out || bail 'no web server'
URL=http://127.0.0.1:$(sed -n 's/.* port \([0-9]*\) .*/\1/p' web.out)
export URL
run_blocks cookbook 38

note 'counters for Prometheus'
folder=run.$(grep -l '^mv memc_load.prom.new' cookbook.*)/try
sample_of() { sed -n "s/^memc_load_$1 //p" "$folder/memc_load.prom"; }
is "$(sample_of 'files{verdict="loaded"}')" 2 'two files are loaded'
is "$(sample_of 'lines{outcome="stored"}')" "$(jq -s 'map(.stored) | add' "$folder/load.json")" 'with so many records'
is "$(sample_of exit_status)" 0 'and that is a success'

done_testing
