# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034,SC2154 # the scripts that source this use and set these
# The ledger. Functions only.
#
# Instead of its dot a loaded file gets a line in the ledger, PATH SIZE MTIME INODE WORD with TABs between them. What
# holds of a path is its last line: `loaded`, or `again`, which takes that back. A file is known by its path and state,
# not by its place in the list as with parallel --resume, which skips the wrong ones when a name comes in before others
# (measured).
#
# A job adds its line when it would rename the file, so a kill of the main run costs the files under way only. Doubt at
# the end takes a line back by another one. A file whose job was killed before its line was written is loaded again, which
# does no harm. Lines are only ever appended, under a lock. One that was cut off does not count; nor does it when the next
# append has given it its LF, since the word, which stands last, is not whole.

# A new one, like a log, is as its owner wants it. A link is followed to a file, but makes none.
prepare_ledger() {
    local ledger=${opt[ledger]}
    [[ -f $ledger || ! -e $ledger && ! -L $ledger ]] || return
    { : >>"$ledger"; } 2>/dev/null || return
    [[ -r $ledger ]] && flock -w 60 -- "$ledger" true 2>/dev/null
}

# Bytes that are no printable ASCII, and %, as %XX: a line is a line, and any editor leaves it as it is.
escape_path() { # TEXT: REPLY
    local n byte
    REPLY=$1
    [[ $1 == *[^\ -\$\&-~]* ]] || return 0
    REPLY=''
    for ((n = 0; n < ${#1}; n++)); do
        byte=${1:n:1}
        [[ $byte == [\ -\$\&-~] ]] || printf -v byte %%%02X "'$byte"
        REPLY+=$byte
    done
}

# What is recorded as loaded, by escaped path: SIZE MTIME INODE, in `recorded`. Only lines that hold one of the PATHs are
# read by this shell: a ledger may have many. The dot makes one word with the end of a line that has no LF.
read_ledger() { # [PATH…]: all lines if there is none
    local path size mtime inode word
    declare -gA recorded=()
    while IFS=$'\t' read -r path size mtime inode word; do
        case $word in
            loaded) recorded["/$path"]="$size $mtime $inode" ;;
            again) recorded["/$path"]='' ;;
        esac
    done < <({ cat -- "${opt[ledger]}" 2>/dev/null && echo .; } | grep -aF -f <(printf '%s\n' "${@-}"))
}

# Sets of[N:known] for each file of the run that is there as it is recorded, and run[known], their number.
find_known() {
    local n found paths escaped=() numbers=()
    local -A now=()
    [[ ${opt[ledger]} ]] || return 0
    for n in "${!files[@]}"; do
        [[ ! ${size[n]} ]] || numbers+=("$n")
    done
    ((${#numbers[@]} > 0)) || return 0
    mapfile -d '' -t paths < <(for n in "${numbers[@]}"; do printf '%s\0' "${files[n]}"; done | xargs -0 realpath -zm --)
    while IFS= read -r -d '' found; do
        now[${found#* * * }]=${found%" ${found#* * * }"}
    done < <(printf '%s\0' "${paths[@]}" | xargs -0 stat --printf='%s %.9Y %i %n\0' -- 2>/dev/null)
    for n in "${!paths[@]}"; do
        escape_path "${paths[n]}"
        escaped[n]=$REPLY
    done
    read_ledger "${escaped[@]}"
    for n in "${!paths[@]}"; do
        found=${recorded["/${escaped[n]}"]:-}
        [[ ! $found || $found != "${now[${paths[n]}]:-}" ]] || of["${numbers[n]}:known"]=1
    done
    run[known]=${#of[@]}
}

# REPLY: the escaped path of FILE. Sets recorded[/PATH].
look_up() { # FILE
    local path
    IFS= read -r -d '' path < <(realpath -zm -- "$1")
    escape_path "$path"
    read_ledger "$REPLY"
}

# A job's own look, now that it has the file's lock: another load with this ledger may have recorded it meanwhile. What
# was recorded of another state of the file ends here: should that come back after a load that failed, the servers hold a
# mixture. What a lost attempt of this run recorded is loaded once more, and then it is this attempt's.
check_recorded() { # N
    [[ ${opt[ledger]} ]] || return 0
    local inode size mtime found
    look_up "${files[$1]}"
    read -r inode size mtime _ <<<"${of[$1:identity]#*:}"
    of[$1:entry]=$REPLY$'\t'$size$'\t'$mtime$'\t'$inode
    found=${recorded["/$REPLY"]:-}
    [[ ${run[again]} || $found != "$size $mtime $inode" ]] || refuse "$1" 0 '' 'already loaded' || return
    [[ ! $found || ! ${opt[ledger_kept]} ]] || append_to_ledger "${of[$1:entry]}" again || refuse "$1" 74 "it cannot be recorded in ${opt[ledger]}"
}

# The file may have been replaced while this waited for its lock, as editors do. A last line that was cut off is ended first.
append_to_ledger() { # ENTRY WORD
    local fd result lf='' ledger=${opt[ledger]}
    while { exec {fd}>>"$ledger"; } 2>/dev/null; do
        flock -w 60 "$fd" 2>/dev/null || break
        if [[ $ledger -ef /dev/fd/$fd ]]; then
            [[ ! -s $ledger || $(tail -c 1 -- "$ledger" | od -An -tx1) == ' 0a' ]] || lf=$'\n'
            { printf '%s%s\t%s\n' "$lf" "$1" "$2" >&"$fd"; } 2>/dev/null
            result=$?
            exec {fd}>&-
            return "$result"
        fi
        exec {fd}>&-
    done
    return 1
}

record_loaded() { # N
    append_to_ledger "${of[$1:entry]}" loaded && echo "${numbers[$1]:-}" >>"$work/recorded" && return
    fail_after "$1" 74 "loaded, but it cannot be recorded in ${opt[ledger]}"
}

# What this run recorded of a file that is as it was then.
take_record_back() { # N
    [[ ${opt[ledger_kept]} ]] || return 0
    look_up "${files[$1]}"
    local state=${recorded["/$REPLY"]:-}
    [[ $state ]] || return 0
    append_to_ledger "$REPLY"$'\t'"${state// /$'\t'}" again && return
    message E "cannot append to ${opt[ledger]}: take the lines of ${files[$1]} out of it before it is loaded again"
    merge_run_status 74
}
