#!/bin/sh
# SPDX-License-Identifier: MIT
# What surrounds a load and must not change it, or be blamed for it: the environment, other programs of the same names,
# full disks, FIFOs that nobody reads, outputs that are inputs, damage that a decompressor passes over.
# shellcheck disable=SC2154 # ADDR_idfa and the like are set by start_four
. "$(dirname "$0")/../lib/harness.sh"

start_four
make_load load
records() { for each in idfa gaid adid dvid; do seq -f "$each	$1%.0f	55.5	-42.25	1,22,333" "${2:-100}"; done; }
fresh() {
    rm -rf d && mkdir d
    for each_file in a b c; do records $each_file | gzip >d/$each_file.tsv.gz; done
}
# shellcheck disable=SC2012 # to be read, not to be worked on
names() { (cd "$1" && ls -A | tr '\n' ' '); }
verdicts() { jq -c '[.verdict,.reason,.exit]' stats | tr '\n' ' '; }
well='["loaded",null,0] '
same() { # NAME CMD…: a load as any other
    same_name=$1
    shift
    rm -f stats
    status 0 "$same_name" -- "$@" -k -s stats d/a.tsv.gz
    is "$(verdicts)$(jq .stored stats)" "${well}400" 'nothing is changed by it'
}

note 'the environment'
fresh
fault 80
for option in errexit noglob noexec onecmd; do
    same "SHELLOPTS=$option" env SHELLOPTS=$option ./load
done
echo 'set -e; exit 3' >hook
same BASH_ENV env BASH_ENV="$T/hook" ./load
fault 107
for name in cat jq exec; do
    same "an exported function $name" env "BASH_FUNC_$name%%=() { return 1; }" ./load
done
mkdir home
for text in 'def broken (' 'def add: 0;' 'def first(f): null;'; do
    echo "$text" >home/.jq
    same "a .jq at home: $text" env HOME="$T/home" ./load
done
fault 106
records x >two.tsv
{ xz -c two.tsv; xz -c two.tsv; } >d/two.tsv.xz
for each in XZ_OPT=--single-stream XZ_DEFAULTS=--memlimit-decompress=100KiB GZIP=/usr/bin/gzip; do
    rm -f stats
    status 0 "$each" -- env $each ./load -k -s stats d/two.tsv.xz
    is "$(jq .stored stats)" 800 'both streams are loaded'
done
fault 111
same 'OMP_NUM_THREADS=none' env OMP_NUM_THREADS=none OMP_THREAD_LIMIT=1 ./load
same 'MEMC_LOAD_JOB' env MEMC_LOAD_JOB=7 MEMC_LOAD_HERE=/nowhere ./load
fault

note 'other programs of the same names'
other() { # NAME TEXT: a program before all others in PATH
    rm -rf other && mkdir other
    printf '#!/bin/sh\n%s\n' "$2" >"other/$1"
    chmod +x "other/$1"
}
fault 81
other igzip 'gzip -dc | head -c 1'
same 'an igzip that reads one member' env PATH="$T/other:$PATH" ./load
fault 84
other parallel 'echo "GNU parallel 20161222"'
status 69 'an old parallel' -- env PATH="$T/other:$PATH" ./load d/a.tsv.gz
file_like err 'parallel 20161222 is too old: [0-9]{8} is needed' 'is named, with the version that is needed'
fault 91
if command -v busybox >/dev/null; then
    for name in stat flock sed; do
        rm -rf other && mkdir other && ln -s "$(command -v busybox)" other/$name
        bounded env PATH="$T/other:$PATH" ./load -k -s stats d/a.tsv.gz >out 2>err
        check_status $? 69 "the $name of busybox" err
        file_like err "^memc_load: $name .*other/$name.* lacks .* package" 'is named, with what it lacks'
    done
    rm -rf other && mkdir other && ln -s "$(command -v busybox)" other/env
    same 'the env of busybox' env PATH="$T/other:$PATH" ./load
else
    skip 'busybox is not installed' 'programs of busybox'
fi
rm -rf other && mkdir other
printf '#!/bin/sh\n"%s" "$@" | sed -E "s/([.][0-9]{9} [0-9]+)[.][0-9]{9}/\\1/g"\n' "$(command -v stat)" >other/stat
chmod +x other/stat
same 'a stat that tells the time of change in whole seconds, as that of coreutils in Rust' env PATH="$T/other:$PATH" ./load
rust=/usr/lib/cargo/bin/coreutils
if "$rust/stat" --printf=%.9Y / 2>&1 | grep -qx '[0-9]*[.][0-9]\{9\}'; then
    same 'coreutils in Rust' env PATH="$rust:$PATH" ./load
else
    skip 'there are none, or they are too old' 'coreutils in Rust'
fi
rm -rf other
fault

note 'unread bytes'
records p >./p && records qq 120 >./q && records r 90 >./r # of three sizes: two of one would pass, see BUGS
damage() { # ENDING PROGRAM: files of three members, the second of which is damaged
    for each in p q r; do $2 -c <"$each" >"$each.z"; done
    { cat p.z && tr '\000-\377' '\001-\377\000' <q.z && cat r.z; } >"d/junk.tsv.$1"
    size=$(stat -c %s q.z)
    { cat p.z && head -c $((size / 4 * 4 + 400)) /dev/zero && cat r.z && cat r.z; } >"d/gap.tsv.$1"
    { cat p.z && head -c 80000 /dev/zero; } >"d/hole.tsv.$1"
    { cat p.z && echo x; } >"d/byte.tsv.$1"
    { cat p.z && head -c 512 /dev/zero; } >"d/padding.tsv.$1"
    cat p.z q.z r.z >"d/whole.tsv.$1"
}
judged() { # NAME STORED FILE…: all in one load; those named whole or padding are well, and hold so many records
    rm -f stats
    judged_name=$1 judged_stored=$2
    shift 2
    status 74 "$judged_name" -- env PATH="${path:-$PATH}" ./load -k -s stats "$@"
    for each; do
        case $each in
            d/whole.* | d/padding.*) echo "$each loaded null 0" ;;
            *) echo "$each failed corrupt 74" ;;
        esac
    done >expected
    jq -r '"\(.file) \(.verdict) \(.reason) \(.exit)"' stats >got
    is_file got expected "$judged_name: the verdicts"
    is "$(jq -s 'map(select(.verdict == "loaded").stored) | add' stats)" "$judged_stored" 'all that is well is loaded'
}
fault 32 92 99
for tool in igzip pigz gzip; do
    rm -rf path && mkdir path
    for each in /usr/bin/*; do
        case ${each##*/} in igzip | pigz | gzip) ;; *) ln -s "$each" path/ ;; esac
    done
    ln -sf "/usr/bin/$tool" /usr/bin/gzip path/
    damage gz gzip
    path=$T/path
    judged "$tool" $((1240 + 400)) d/junk.tsv.gz d/whole.tsv.gz d/gap.tsv.gz d/padding.tsv.gz d/hole.tsv.gz d/byte.tsv.gz
    file_like err '51[0-9] zero bytes in it are padding' 'padding is told'
done
path=
for format in bz2:bzip2 xz:xz zst:zstd lz4:lz4; do
    damage "${format%:*}" "${format#*:}"
    ending=${format%:*}
    padding='' stored=1240
    case $ending in bz2 | xz) padding=d/padding.tsv.$ending stored=$((1240 + 400)) ;; esac
    judged "$ending" "$stored" "d/junk.tsv.$ending" "d/whole.tsv.$ending" "d/hole.tsv.$ending" ${padding:+"$padding"} "d/byte.tsv.$ending"
    file_unlike err 'corrupt: ;' 'and why is told'
done
fault

note 'files'
fault 93
status 64 'FILE -' -- ./load -
file_like err 'memc_load_file --label' 'with a hint'
(cd d && records x 1 >- && bounded ../load ./-) >out 2>err
check_status $? 0 './- is a file' err
fault 101
fresh
exec 7>>d/a.tsv.gz
status 75 'a file that is still being written' -- ./load -s stats d/a.tsv.gz d/b.tsv.gz
is "$(verdicts)" '["skipped",null,75] ["loaded",null,0] ' 'is skipped'
exec 7>&-
status 0 'when it is closed' -- ./load d/a.tsv.gz
fault 109
fresh
{ echo d/a.tsv.gz && head -c 200000 /dev/zero | tr '\0' x && echo && echo d/b.tsv.gz; } >list
status 66 'a list with a line of 200,000 bytes' -- ./load -s stats -a list
is "$(verdicts)" '["loaded",null,0] ["failed","failed",66] ["loaded",null,0] ' 'that name fails, the others are loaded'
fault 113
printf 'd/c.tsv.gz\r\n' >list
status 66 'a list with CRLF' -- ./load -a list
file_like err 'CRLF' 'is told'
mkfifo endless
exec 5<>endless
background 'endless' ./load -k -a - <./endless
echo d/c.tsv.gz >&5
eventually 'a list that does not end' -- grep -q 'the list of files has not ended yet' endless.err
send TERM endless
finish 143 endless 'TERM ends the wait'
exec 5>&-
ln -s nowhere d/link
status 66 'a link to nothing' -- ./load d/link
file_like err 'd/link: failed \(66\): it is a link that leads to no file' 'is told'
background holder flock -o d/c.tsv.gz sh -c ": >'$T/locked'; sleep 100"
until_true test -e locked
status 75 'a lock of anybody' -- ./load d/c.tsv.gz
file_like err 'locked by another process' 'is told as such'
kill "$(pgrep -P "$(pid_of holder)")"
status 73 'TMPDIR=-x' -- env TMPDIR=-x ./load d/c.tsv.gz
file_like err 'work folder in -x' 'is named'

fault 102
fresh
cp d/a.tsv.gz same.gz && touch -r d/a.tsv.gz same.gz
mkdir slow
cat >slow/igzip <<END
#!/bin/sh
[ ! -p /dev/stdin ] || exec gzip -dc # it is tried on two members first
gzip -dc
[ ! -e "$T/same.gz" ] || { cat "$T/same.gz" >"$T/d/a.tsv.gz" && touch -r "$T/same.gz" "$T/d/a.tsv.gz" && rm "$T/same.gz"; }
END
chmod +x slow/igzip
# shellcheck disable=SC2016 # the inner shell expands it
until_true sh -c '[ "$(stat -c %Z d/a.tsv.gz)" -lt "$(date +%s)" ]'
status 65 'a file that is written anew, its time set back' -- env PATH="$T/slow:$PATH" ./load -s stats d/a.tsv.gz
is "$(verdicts)" '["failed","changed",65] ' 'has changed'

note 'outputs'
fault 103
fresh
cp d/a.tsv.gz first
for option in -s -l --ledger; do
    status 73 "$option whose value was forgotten" -- ./load $option d/*.gz
    is_file d/a.tsv.gz first 'no file is touched'
    is "$(names d)" 'a.tsv.gz b.tsv.gz c.tsv.gz ' 'nothing is loaded'
done
echo text >d/x && cp d/x x
for option in -s -l --ledger; do
    status 73 "$option that is among the files" -- ./load -k $option d/x d/x
    is_file d/x x 'it is not touched'
done
status 73 '--stats over something else' -- ./load -k -s x d/a.tsv.gz
fault 105
status 74 'a log on a full device' -- ./load -q -k -l /dev/full d/a.tsv.gz
file_like err '^memc_load: Acceptable error rate .* d/a\.tsv\.gz' 'the verdicts are on stderr'
file_like err '^memc_load: --log: cannot write to /dev/full$' 'and the reason'
mkfifo fifo
background reader cat fifo
status 0 'a FIFO with a reader' -- ./load -k -l fifo d/a.tsv.gz
finish 0 reader 'the reader'
file_like reader.out 'I Acceptable' 'has the log'
background unread_log ./load -k -l fifo d/a.tsv.gz
background unread_stats ./load -k -s fifo d/a.tsv.gz
finish 73 unread_log 'a log that nobody reads'
file_like unread_log.err 'nobody reads the FIFO fifo' 'is named'
finish 73 unread_stats 'nor the counters'
fault 104
if [ "$(id -u)" -eq 0 ] && unshare -m true 2>/dev/null; then
    for size in 4k 64k 200k; do
        mkdir -p full
        # shellcheck disable=SC2016 # the inner shell expands it
        unshare -m sh -c 'mount -t tmpfs -o size='$size' t full && TMPDIR=$PWD/full exec ./load -s stats d/a.tsv.gz' >out 2>err
        like $? '^7[134]$' "a TMPDIR of $size"
        file_like err 'full; TMPDIR names another' 'is named'
        is "$(names d)" 'a.tsv.gz b.tsv.gz c.tsv.gz x ' 'nothing is renamed'
    done
    mkdir -p fills
    printf '#!/bin/sh\nhead -c 1M /dev/zero >"%s"\nexec cat\n' "$T/full/x" >fills/xz
    chmod +x fills/xz
    records a >d/a.xz
    records b >d/b.xz
    # shellcheck disable=SC2016 # the inner shell expands it
    PATH=$T/fills:$PATH unshare -m sh -c 'mount -t tmpfs -o size=1m t full && TMPDIR=$PWD/full exec ./load -w 1 -s stats d/?.xz' >out 2>err
    is $? 71 'a TMPDIR that is full later'
    is "$(grep -c 'full; TMPDIR names another' err)" 1 'is named once'
    file_unlike err '\.bash: line|0 files' 'the shell itself says nothing'
    file_like err 'Failed load d/a\.xz: failed \(74\): no space for the work folder \(' 'nor is it a signal, or the file'
    # shellcheck disable=SC2016 # the inner shell expands it
    PATH=$T/fills:$PATH unshare -m sh -c 'mount -t tmpfs -o size=1m t full && TMPDIR=$PWD/full exec "$0"/memc_load_file -n d/a.xz' "$BIN" >out 2>err
    is "$(jq -c '[.file,.verdict,.reason,.exit]' out)" '["d/a.xz","failed","failed",74]' 'memc_load_file: a row all the same'
    file_like err 'Failed load d/a\.xz: failed \(74\): no space for the work folder in .*full; TMPDIR names another' 'and the reason'
    is "$(names d)" 'a.tsv.gz a.xz b.tsv.gz b.xz c.tsv.gz x ' 'nothing is renamed'
else
    skip 'it needs root' 'a full TMPDIR'
fi
fault

note 'a job that is killed'
fault 108
fresh
cat >slow/igzip <<END
#!/bin/sh
[ ! -p /dev/stdin ] || exec gzip -dc # it is tried on two members first
[ ! -e "$T/kill" ] || { rm "$T/kill" && kill -KILL \$(pgrep -f "^[^ ]*bash -p $BIN/memc_load_file --idfa $ADDR_idfa .*d/b.tsv.gz\\$"); sleep 0.2; }
exec gzip -dc
END
chmod +x slow/igzip
status 0 'a' -- ./load d/a.tsv.gz
: >./kill
status 137 "the second of three files' jobs" -- env PATH="$T/slow:$PATH" ./load -w 1 -s stats d/b.tsv.gz d/c.tsv.gz
is "$(verdicts)" '["failed","failed",137] ["loaded",null,0] ' 'that file has failed, the other is loaded'
fault

note 'what forbids a rename'
fault 110
fresh
if [ "$(id -u)" -eq 0 ] && unshare -m true 2>/dev/null; then
    before=$(stat_of "$ADDR_idfa" cmd_set)
    # shellcheck disable=SC2016 # the inner shell expands it
    unshare -m sh -c 'mount --bind d/b.tsv.gz d/a.tsv.gz && exec ./load -s stats d/a.tsv.gz' >out 2>err
    check_status $? 73 'a mount point' err
    file_like err 'it is a mount point.*--keep' 'is told, with the way out'
    is "$(stat_of "$ADDR_idfa" cmd_set)" "$before" 'before anything is sent'
else
    skip 'it needs root' 'a mount point'
fi
# shellcheck disable=SC2016 # the stand-in expands it
other lsattr 'shift 2
for each; do
    case $each in *fixed*) echo "----i--------- $each" ;; *) echo "-------------- $each" ;; esac
done'
set -- ' fixed' 'fixed ' "$(printf 'fixed\nby name')"
for each; do records x >"$each"; done
before=$(stat_of "$ADDR_idfa" cmd_set)
status 73 'immutable files with odd names' -- env PATH="$T/other:$PATH" ./load -w 1 -s stats "$@"
is "$(jq -c '[.file,.exit]' stats | tr '\n' ' ')" '[" fixed",73] ["fixed ",73] ["fixed\nby name",73] ' 'are found'
is "$(stat_of "$ADDR_idfa" cmd_set)" "$before" 'before anything is sent'
rm -rf other
fault

note 'a hole of zero bytes in the text'
fresh
fault 100
{ records x && head -c 10000 /dev/zero && records y; } >d/b1.tsv
gzip -c d/b1.tsv >d/b2.tsv.gz
rm -f stats
status 74 'text and its gzip, among good files' -- ./load -w 1 -s stats d/a.tsv.gz d/b1.tsv d/b2.tsv.gz d/c.tsv.gz
is "$(verdicts)" "$well"'["failed","corrupt",74] ["failed","corrupt",74] '"$well" 'are corrupt'
is "$(jq -c .zero_bytes stats | tr '\n' ' ')" '0 10000 10000 0 ' 'with the number'
file_like err 'b1.tsv: corrupt: 10000 zero bytes where lines should be' 'which is told'
fault

note 'USR1 and other signals'
fresh
cat >slow/igzip <<END
#!/bin/sh
[ ! -p /dev/stdin ] || exec gzip -dc # it is tried on two members first
gzip -dc
: >"$T/held"
exec sleep 1000
END
for signal in USR2 ALRM QUIT; do
    rm -f held
    background standing env PATH="$T/slow:$PATH" ./load -w 1 -s stats d/a.tsv.gz d/b.tsv.gz
    until_true test -e held
    if [ $signal = USR2 ]; then
        send USR1 standing
        eventually 'USR1: where the load stands' -- grep -Eq '^memc_load: [0-9]+%, [0-9]+ records/s, 0 errors, 0/2 files, .* left$' standing.err
    fi
    send $signal standing
    finish 143 standing "$signal is taken as TERM"
    is "$(verdicts)" '["failed","failed",143] ["not tried",null,null] ' 'the verdicts'
    is "$(names work)" '' 'nothing is left'
done

done_testing
