# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034,SC2154 # the scripts that source this use and set these
# Which files go through one pipeline together. Functions only.

# Sets `groups`, each "N N N": small files that follow each other in the list, others alone. `size` has the bytes of each
# file N…; without a size it is not there. At least four groups a worker, so that all workers have work to the end. A
# command line has a limit, so the names of a group have one, too. Only what is stored is grouped.
plan_groups() { # WORKERS N…
    local n most_files=$((($# - 1 + $1 * 4 - 1) / ($1 * 4))) count=0 bytes=0 words=0 now=''
    local MOST_FILES=128 MOST_BYTES=$((8 << 20)) MOST_WORDS=16384
    shift
    groups=()
    count_descriptors
    ((REPLY -= own_descriptors, REPLY > 0)) || REPLY=1
    ((MOST_FILES <= REPLY)) || MOST_FILES=$REPLY
    ((most_files <= MOST_FILES)) || most_files=$MOST_FILES
    for n in "$@"; do
        if ! is_small "$n" || ((count >= most_files || bytes + size[n] > MOST_BYTES || words + ${#files[n]} > MOST_WORDS)); then
            [[ ! $now ]] || groups+=("$now")
            now='' count=0 bytes=0 words=0
        fi
        if is_small "$n"; then
            now+="${now:+ }$n"
            ((count += 1, bytes += size[n], words += ${#files[n]} + 8))
        else
            groups+=("$n")
        fi
    done
    [[ ! $now ]] || groups+=("$now")
}

is_small() { # N
    [[ ${opt[mode]} == load && ${size[$1]:-} && ${files[$1]} != *$'\n'* && ${files[$1]} != - ]] && ((size[$1] <= 8 << 20))
}
