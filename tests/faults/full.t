#!/bin/sh
# SPDX-License-Identifier: MIT
# Files on a file system that becomes full: what was written is whole as far as it goes, the program says which file, and
# nothing counts as loaded. The file system is a small tmpfs, mounted where only this test sees it.

if [ -z "${FULL_MOUNTS:-}" ]; then
    FULL_MOUNTS=own
    export FULL_MOUNTS
    # An ordinary user is root in a user namespace of its own, where that is allowed.
    for way in -m -Urm; do
        # shellcheck disable=SC2016 # the inner shell expands it
        unshare $way sh -c 'd=$(mktemp -d) && mount -t tmpfs -o size=64k none "$d" && umount "$d" && rmdir "$d"' 2>/dev/null &&
            exec unshare $way "$0"
    done
    FULL_MOUNTS=none
fi
. "$(dirname "$0")/../lib/harness.sh"

sink=$BIN/memc_sink
route=$BIN/memc_route

fault 74 75
[ "$FULL_MOUNTS" = own ] || {
    skip 'no tmpfs can be mounted here' 'files on a full tmpfs'
    done_testing
}

start_four
A=$(addr idfa)
sample --types idfa --lines 3000 --bad 0.5 >bad.tsv
sample --types idfa --lines 3000 >good.tsv
mkfifo idfa

small() { # an empty tmpfs of 64 KiB
    mkdir -p small
    umount small 2>/dev/null
    mount -t tmpfs -o size=64k none small || bail 'mount'
}

# The first lines of WANT, perhaps the last of them cut short: nothing else, nothing between.
is_beginning() { # GOT WANT NAME
    ok "$3" -- cmp -n "$(stat -c %s "$1")" "$1" "$2"
    ok 'some of it' -- test -s "$1"
}

note 'rejects'
fault 74
model rejects bad.tsv --type idfa >want.rejects
small
status 74 'memc_sink' -- "$sink" -e none -s stats.json -r small/rejects "$A" bad.tsv
file_like err 'small/rejects: .*No space left' 'names the file'
is_beginning small/rejects want.rejects 'what is there is the beginning of the rejects'
conserved stats.json bad.tsv
small
sed 's/^/x/' bad.tsv >unknown.tsv
background reader cat idfa
status 74 'memc_route' -- "$route" --only idfa -s stats.json -r small/rejects <unknown.tsv
finish 0 reader 'its reader sees the end'
file_like err 'small/rejects: .*No space left' 'names the file'
is_beginning small/rejects unknown.tsv 'what is there is the beginning of the rejects'
lost "$((3000 - $(jq '.blank + .invalid + .unknown + .routed.idfa + .undelivered' stats.json)))" 'each line has one outcome'

note 'undelivered'
small
status 74 'a server that is away' -- "$sink" -R 300ms -t 300ms -s stats.json -u small/undelivered 127.0.0.1:1 good.tsv
file_like err 'small/undelivered: .*No space left' 'names the file'
is_beginning small/undelivered good.tsv 'what is there is the beginning'
conserved stats.json good.tsv

note 'statistics'
small
echo old >small/stats
head -c 100000 /dev/zero >small/fill 2>/dev/null
status 74 'memc_sink' -- "$sink" -s small/stats "$A" good.tsv
file_like err 'small/.*No space left' 'names the file'
is "$(cat small/stats)" old 'the old ones are still there'
is "$(find small -mindepth 1 -printf '%f\n' | sort | tr '\n' ' ')" 'fill stats ' 'and nothing else'
background reader cat idfa
status 74 'memc_route' -- "$route" --only idfa -s small/stats <good.tsv
finish 0 reader 'its reader sees the end'
is "$(cat small/stats)" old 'the old ones are still there'
is "$(find small -mindepth 1 -printf '%f\n' | sort | tr '\n' ' ')" 'fill stats ' 'and nothing else'

note 'memc_load'
fault 75
load() { # N NAME ENVIRONMENT… ARG…
    load_n=$1 load_name=$2
    shift 2
    status "$load_n" "$load_name" -- env "$@" --idfa "$A" --gaid "$(addr gaid)" --adid "$(addr adid)" --dvid "$(addr dvid)" -e none bad.tsv
    ok 'the file keeps its name' -- test -e bad.tsv -a ! -e .bad.tsv
    ok 'it says why' -- grep -qi 'no space' err
}
small
load 74 'reports' "$BIN/memc_load" --reports small/rep
umount small
small
head -c 100000 /dev/zero >small/fill 2>/dev/null
load 71 'a work folder' TMPDIR="$T/small" "$BIN/memc_load"
is "$(find small -mindepth 1 -printf '%f ')" 'fill ' 'nothing is left'
small
head -c 100000 /dev/zero >small/fill 2>/dev/null
load 74 'statistics' "$BIN/memc_load" -k -s small/stats
umount small

done_testing
