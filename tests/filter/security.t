#!/bin/sh
# SPDX-License-Identifier: MIT
# Device ids stay private: nothing that is printed, logged, or shown of a running process holds one, and no one else can
# read, or turn aside, the files that do. And the programs are built with the compiler's and the linker's protections.
# shellcheck disable=SC2154 # ADDR_idfa and the like are set by start_four
. "$(dirname "$0")/../lib/harness.sh"

route=$BIN/memc_route
sink=$BIN/memc_sink
LINE_MAX=16384 # bytes, where a test needs lines that are too long

# Stands in every line that the programs get here; a test's own commands must not have it among their arguments.
MARK=$(printf 'dEaDb%s' EeF)

# ---- helpers

# One line of every way to be wrong, and some good ones. The mark is in every field that can be named in a message.
write_lines() { # ID
    awk -v mark="$MARK" -v id="$1" -v long="$LINE_MAX" -v types='idfa adid dvid gaid' 'BEGIN {
        count = split(types, type, " ")
        wide = mark; while (length(wide) <= long) wide = wide mark
        for (i = 1; i <= count; i++) {
            t = type[i]; k = mark id
            for (n = 0; n < 200; n++) print t "\t" k n "\t55.5\t-42.25\t1,22,333"
            print t "\t" k "\t" mark "\t-42.25\t1"                  # latitude
            print t "\t" k "\t55.5\t" mark "\t1"                    # longitude
            print t "\t" k "\tnan\t1e999\t" mark
            print t "\t" k "\t1\t2\t" mark ",5"                     # an app that is dropped
            print t "\t" k "\t1\t2"                                 # four fields, six fields
            print t "\t" k "\t1\t2\t3\t" mark
            print t "\t" k " " mark "\t1\t2\t3"                     # white space, control bytes
            print t "\t" k "\001" mark "\t1\t2\t3"
            printf "%s\t%s\tN%s\t2\t3\n", t, k, mark                # a NUL, below
            print t "\t" substr(wide, 1, 300) "\t1\t2\t3"           # a key that is too long
            print t "\t\t1\t2\t" mark                               # no id
            print t "\t" k "\t1\t2\t" wide                          # a line that is too long
            print t "\t" k "\t-\t" mark "\t3"
            apps = "4294967295"; for (n = 0; n < 1400; n++) apps = apps ",4294967295"
            print t "\t" k "large\t1\t2\t" apps                     # too large for a small server
        }
        print mark                                                  # unknown types
        print mark "\t" mark "\t1\t2\t3"
        print "IDFA\t" mark "\t1\t2\t3"
        print "\t" mark
        print "\357\273\277idfa\t" mark "\t1\t2\t3"
        print wide
    }' | sed "s/\tN$MARK/\tN\x00$MARK/"
}

# Files of everything that was printed and shown: in `seen`.
mkdir seen
keep() { # NAME FILE…: what a command printed
    keep_name=$1
    shift
    cat -- "$@" >"seen/$keep_name"
}

is_marked() { # TEXT FILE…
    marked_text=$1
    shift
    grep -aq -e "$MARK" -- "$@"
    verdict $? "$marked_text"
}

is_unmarked() { # TEXT FILE
    [ -r "$2" ] && ! grep -aq -e "$MARK" -- "$2"
    verdict $? "$1"
}

# Of a process and those below it: arguments, names, environment, all that others or ps(1) could see.
show_processes() { # PID
    for show_pid in $(descendants "$1"); do
        cat "/proc/$show_pid/cmdline" "/proc/$show_pid/comm" "/proc/$show_pid/environ" 2>/dev/null
    done
    ps -eww -o pid,comm,args
}

descendants() { # PID
    ps -e -o pid= -o ppid= | awk -v root="$1" '{ parent[$1] = $2 } END {
        for (pid in parent) for (up = pid; up; up = parent[up]) if (up == root) { print pid; break } }'
}

# MASK CMD…: with this umask, and as one to whom permissions apply: root would open its own files whatever their mode.
cat >masked <<'END'
#!/bin/sh
umask "$1"
shift
[ "$(id -u)" -ne 0 ] || set -- setpriv --bounding-set=-all "$@"
exec "$@"
END
chmod +x masked

modes_below() { # FOLDER: "type mode" of all in it
    find "$1" -mindepth 1 -printf '%y %m\n' | sort -u | tr '\n' ','
}

readers() { # FOLDER: a cat at each FIFO in it
    for reader in idfa gaid adid dvid; do background "reader_$reader" cat "$1/$reader"; done
}

finish_readers() {
    for reader in idfa gaid adid dvid; do finish 0 "reader_$reader" "the reader of $reader sees the end"; done
}

# A decompressor that says `held` and waits for `go` before its last 100 lines.
mkdir slow
cat >slow/igzip <<END
#!/bin/sh
[ ! -p /dev/stdin ] || exec gzip -dc # it is tried on two members first
gzip -dc >"$T/slow/text"
head -n -100 "$T/slow/text"
echo >"$T/held"
until [ -e "$T/go" ]; do sleep 0.02; done
tail -n 100 "$T/slow/text"
END
chmod +x slow/igzip

start_memcached idfa -I 8k -o "$(slab_chunk_max 4096)"
for name in gaid adid dvid; do start_memcached $name; done
make_load load --sink-option --retry-for=300ms

write_lines a >a.tsv
write_lines b >b.tsv
grep -a '^idfa' a.tsv >idfa.tsv
grep -a '^gaid' a.tsv >gaid.tsv
is_marked 'the mark stands in the lines' a.tsv b.tsv

# ---- what is printed and shown

note 'memc_sink and memc_route, each alone'
run_sink() { # STATUS NAME ARGUMENT…
    sink_status=$1 sink_name=$2
    shift 2
    status "$sink_status" "memc_sink: $sink_name" -- "$sink" "$@"
    keep "sink.$sink_name" out err
}
run_sink 65 bad -v -p --linger 0 --max-line $LINE_MAX -r sink.rejects -s seen/sink.bad.stats "$ADDR_idfa" idfa.tsv
is_marked 'its rejects hold lines' sink.rejects
keep sink.why sink.rejects.why
json seen/sink.bad.stats '[.invalid > 10, .refused > 0]' '[true,true]' 'invalid and refused ones'
run_sink 65 label -e 1% --label name -s seen/sink.label.stats "$ADDR_adid" a.tsv
run_sink 65 type -T gaid "$ADDR_gaid" idfa.tsv
run_sink 0 dry -n -e none "$ADDR_gaid" a.tsv
head -c -1 idfa.tsv >cut.tsv
run_sink 74 cut --whole-lines -e none "$ADDR_idfa" cut.tsv
run_sink 65 differing --verify -e none "$ADDR_dvid" gaid.tsv
run_sink 69 nobody -R 0 -u nobody.undelivered 127.0.0.1:1 gaid.tsv
is_marked 'its undelivered records hold lines' nobody.undelivered
for code in 05 82 20 86; do
    start_hostile hostile fake --after 20 --status $code
    bounded "$sink" -R 0 -v -e none "$ADDR_hostile" idfa.tsv >out 2>err
    ok "memc_sink: a server that answers $code from some record on" -- test $? -ne 0
    keep "sink.hostile.$code" out err
    send TERM hostile
done
start_hostile hostile fake --after 20 --status 00 --no-stats
run_sink 65 unproven -e none "$ADDR_hostile" gaid.tsv
send TERM hostile
run_sink 74 full -r /dev/full "$ADDR_idfa" idfa.tsv

mkdir fifos
status 73 'memc_route: FIFOs without readers' -- "$route" -m -d fifos --wait 300ms <a.tsv
keep route.alone out err
readers fifos
status 0 'memc_route: bad lines' -- "$route" -v -p --max-line $LINE_MAX -d fifos -r route.rejects -s seen/route.stats <a.tsv
keep route.bad out err
finish_readers
is_marked 'its rejects hold lines' route.rejects
keep route.why route.rejects.why
background dead head -c 1 fifos/idfa
# shellcheck disable=SC2016 # the inner shell expands these
status 75 'memc_route: a reader that dies' -- sh -c 'for i in 1 2 3 4 5 6 7 8 9; do cat idfa.tsv; done | "$0" -v -d fifos --only idfa' "$route"
keep route.dead out err
finish 0 dead 'it has gone'
background dead cat fifos/idfa
status 74 'memc_route: a cut input' -- "$route" -v -d fifos --only idfa --sentinel <idfa.tsv
keep route.cut out err
finish 0 dead 'its reader sees the end'

note 'memc_load, and a server that is killed meanwhile'
gzip -k a.tsv b.tsv
faulty_load() { # a.tsv.gz with all kinds of faults, its processes looked at half way
    rm -rf held go faulty.*
    background faulty "$@"
    until_true test -e held || bail 'the decompressor was not started'
    until_true has_key "$ADDR_gaid" "gaid:${MARK}a0" || bail 'nothing is stored'
    stop_memcached gaid
    show_processes "$(pid_of faulty)" >"seen/$faulty_name.processes"
    modes_below work >"$faulty_name.modes"
    find work -name 'memc_load.*' -printf '%f\n' >"$faulty_name.folders"
    : >go
}
faulty_name=load
faulty_load env PATH="$T/slow:$PATH" ./load -v -p --max-line $LINE_MAX --reports rep -s seen/load.stats a.tsv.gz
finish 75 faulty 'undelivered, and worse'
keep load faulty.out faulty.err
json seen/load.stats '[.invalid > 0, .unknown > 0, .refused > 0, .undelivered > 0]' '[true,true,true,true]' 'all kinds of faults'
file_like seen/load.processes 'memc_sink' 'the look at the processes has seen them'
keep load.reports rep/*.stats rep/*.why
is_marked 'rejects hold lines' rep/*.rejects
is_marked 'undelivered records hold lines' rep/*.undelivered
is "$(cat load.modes)" 'd 700,f 600,p 600,' 'while it runs, all in the work folder is private'
like "$(cat load.folders)" '^memc_load\.[A-Za-z0-9]{10}$' 'whose name is random'
mv load.folders first.folders
restart_memcached gaid
faulty_name=log
faulty_load env PATH="$T/slow:$PATH" ./load -k -v --log seen/log -s seen/log.stats a.tsv.gz
finish 75 faulty 'the same with --log'
keep log.err faulty.out faulty.err
ok 'the log tells of bad lines' -- grep -q 'line [0-9]*:' seen/log
not_ok 'another work folder has another name' -- cmp -s first.folders log.folders
restart_memcached gaid
bounded ./load -k --verify -e none b.tsv.gz >seen/verify 2>&1
bounded ./load -n b.tsv.gz >seen/dry 2>&1
head -c -20 b.tsv.gz >cut.tsv.gz
status 74 'a corrupt file' -- ./load cut.tsv.gz
keep corrupt out err

# Every program that is started, with its arguments and its environment, and every name that a process gives itself.
if command -v strace >/dev/null && strace -f -qq -o /dev/null true 2>/dev/null; then
    ASAN_OPTIONS=detect_leaks=0 bounded strace -f -qq -v -s 100000 -e trace=execve,prctl -o seen/execs \
        ./load -k -v --max-line $LINE_MAX --reports rep2 b.tsv.gz >seen/traced 2>&1
    file_like seen/execs 'execve\(.*memc_sink' 'every start of a program was seen'
else
    skip 'no strace(1), or not allowed' 'every start of a program'
fi

for file in seen/*; do
    is_unmarked "no mark in ${file#*/}" "$file"
done
printf 'a line with %s\n' "$MARK" >control
is_marked 'the mark would be found' control

# ---- who can read the files

note 'modes, whatever the umask'
sed 's/^idfa/wrong/' a.tsv >unknown.tsv
for mask in 000 022 777; do
    rm -rf held go made && mkdir made
    status 69 "memc_sink, umask $mask" -- ./masked $mask "$sink" -R 0 -r made/r -u made/u -s made/s 127.0.0.1:1 idfa.tsv
    status 0 "memc_sink --append, umask $mask" -- ./masked $mask "$sink" -e none --append -r made/a "$ADDR_idfa" idfa.tsv
    status 73 "memc_route, umask $mask" -- ./masked $mask "$route" -m -d made --wait 100ms -r made/rr -s made/rs <unknown.tsv
    is "$(modes_below made)" 'f 600,p 600,' 'files and FIFOs are private'
    is "$(find made -type f | wc -l)" 9 'all of them'
    rm -rf made
    background load ./masked $mask env PATH="$T/slow:$PATH" ./load -k --reports made --stats stats.$mask a.tsv.gz
    until_true test -e held || bail 'the decompressor was not started'
    is "$(modes_below work)" 'd 700,f 600,p 600,' "memc_load, umask $mask: its work folder is private"
    : >go
    finish 65 load 'and it ends as it would'
    is "$(stat -c %a made) $(modes_below made)" '700 f 600,' 'so are its reports'
    is "$(stat -c %a stats.$mask)" 600 'and its --stats'
    is "$(ls -A work)" '' 'the work folder is gone'
done

note 'links that others have put there'
echo precious >victim
plant() { # PATH…: a link to the victim at each
    for plant_path in "$@"; do rm -f "$plant_path" && ln -s "$T/victim" "$plant_path"; done
}
untouched() { # TEXT
    is "$(cat victim)" precious "$1"
}
mkdir links
plant links/r links/u links/s links/idfa
status 73 'memc_sink: rejects' -- "$sink" -e none -r links/r "$ADDR_idfa" idfa.tsv
status 73 'memc_sink: undelivered' -- "$sink" -e none -u links/u "$ADDR_idfa" idfa.tsv
status 0 'memc_sink: stats' -- "$sink" -e none -s links/s "$ADDR_idfa" idfa.tsv
is "$(stat -c '%F %a' links/s)" 'regular file 600' 'replace the link'
status 73 'memc_route: a FIFO' -- "$route" -d links --only idfa --wait 100ms <idfa.tsv
status 73 'memc_route: a FIFO to be made' -- "$route" -m -d links --only idfa --wait 100ms <idfa.tsv
status 73 'memc_route: rejects' -- "$route" -m -d links --only gaid --wait 100ms -r links/r <idfa.tsv
untouched 'the file that the links lead to is as it was'
mkfifo spy
ln -sf "$T/spy" links/idfa
background spy cat spy
status 73 'memc_route --mkfifo: a link to the FIFO of somebody else' -- "$route" -m -d links --only idfa --wait 100ms <idfa.tsv
: >spy
finish 0 spy 'who listens there'
is_file spy.out /dev/null 'hears nothing'
ln -s "$T/not-there" links/nowhere
status 73 'memc_sink: a link to nothing' -- "$sink" -e none -r links/nowhere "$ADDR_idfa" idfa.tsv
status 73 'memc_sink: a link to nothing, --append' -- "$sink" -e none --append -r links/nowhere "$ADDR_idfa" idfa.tsv
not_ok 'makes no file' -- test -e not-there

report=$(printf '%s' "$T/a.tsv.gz" | sed 's|/|%2F|g')
mkdir shared
plant "shared/$report.rejects" "shared/$report.undelivered" "shared/$report.stats" "shared/$report.idfa.rejects" links/stats
rm -f held go
background load env PATH="$T/slow:$PATH" ./load -k --reports shared --stats links/stats a.tsv.gz
until_true test -e held || bail 'the decompressor was not started'
not_ok 'memc_load: links among the reports are removed' -- test -L "shared/$report.rejects"
plant "shared/$report.rejects" "shared/$report.stats" "shared/$report.stats.new"
: >go
finish 74 load 'one that is put there meanwhile is told'
file_like load.err 'rejects' 'and named'
is_marked 'what the parts have rejected is still there' "shared/$report.idfa.rejects"
is "$(stat -c '%F %a' "shared/$report.stats" links/stats | sort -u)" 'regular file 600' 'counters replace links'
untouched 'memc_load: the file that the links lead to is as it was'
ln -s "$T/not-there" .a.tsv.gz
status 73 'memc_load: a link where the loaded file is to go' -- ./load -e none a.tsv.gz
not_ok 'makes no file' -- test -e not-there

# ---- how the programs are built

note 'hardening'
if [ "$BIN" != "$TOP" ]; then
    skip 'it is the released programs that have it' 'hardening'
else
    # shellcheck disable=SC2016 # the inner shell expands it
    for program in "$route" "$sink"; do
        name=${program##*/}
        readelf -Whdln "$program" >elf
        nm -D "$program" >symbols
        file_like elf '^ *Type: *DYN ' "$name: loads anywhere"
        file_like elf 'FLAGS_1.* PIE' 'position-independent'
        file_like elf '^ *GNU_RELRO ' 'its tables are read-only'
        file_like elf 'FLAGS_1.* NOW' 'all of them, since it binds at the start'
        file_like elf '^ *GNU_STACK .* RW ' 'its stack is no code'
        file_unlike elf ' RWE ' 'nor is anything else that is written'
        file_unlike elf 'R(UN)?PATH' "libraries come from the system's folders only"
        file_like symbols '__stack_chk_fail' 'stack canaries'
        file_like symbols '__[a-z]+_chk' 'checked lengths (_FORTIFY_SOURCE)'
        [ "$(uname -m)" != x86_64 ] || ok 'marked targets of jumps (-fcf-protection)' -- sh -c 'objdump -d "$0" | grep -q endbr64' "$program"
    done
fi

done_testing
