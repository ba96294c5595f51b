# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034,SC2154 # the scripts that source this use and set these
# What memc_load and memc_load_file share: messages, statuses, children, helper programs, files. Functions only.

# Removes from the environment what would change a helper program or this shell's jobs.
clean_environment() {
    export LC_ALL=C                      # names are bytes, numbers have a point
    export HOME=${HOME:-/}               # without one, GNU parallel warns
    export -n SHELLOPTS BASHOPTS
    unset BASH_ENV ENV CDPATH GLOBIGNORE TMOUT
    unset PARALLEL POSIXLY_CORRECT GETOPT_COMPATIBLE GREP_OPTIONS
    unset OMP_NUM_THREADS OMP_THREAD_LIMIT # nproc obeys them
    unset GZIP PIGZ BZIP BZIP2 XZ_OPT XZ_DEFAULTS "${!ZSTD_@}" "${!LZ4_@}"
}

# Exported functions are environment variables that this shell cannot unset. They would replace commands in the shells
# that GNU parallel starts.
drop_functions() { # ARG…: of the script
    local word words drop=()
    mapfile -d '' words <"/proc/$$/environ"
    for word in "${words[@]}"; do
        [[ $word != BASH_FUNC_* ]] || drop+=(-u "${word%%=*}")
    done
    ((${#drop[@]} == 0)) || exec env "${drop[@]}" "$BASH" -p "$self" "$@"
}

reserve_descriptors() {
    [[ -e /dev/fd/0 ]] || { run[stdin_closed]=1 && exec 0</dev/null; }
    [[ -e /dev/fd/1 ]] || exec 1>/dev/null
    [[ -e /dev/fd/2 ]] || exec 2>/dev/null
}

# ---- messages and statuses

# LEVEL (I or E) TEXT: prints one message. Control bytes, from the name of a file, are replaced: they would garble a
# terminal.
# With --quiet the I are for the log only; without a log they are dropped. An E is on stderr in any case.
message() {
    local text=${2//[[:cntrl:]]/?} line
    if [[ ${opt[log]} ]]; then
        printf -v line '[%(%Y.%m.%d %H:%M:%S)T] %s %s' -1 "$1" "$text"
        if [[ ${run[remote]} ]]; then # the main run's ssh appends it
            printf '%s\n' "$line" >&2
            return
        elif [[ ${run[log_fd]:-} ]]; then
            { printf '%s\n' "$line" >&"${run[log_fd]}"; } 2>/dev/null && line=''
        else
            { printf '%s\n' "$line" >>"${opt[log]}"; } 2>/dev/null && line=''
        fi
        [[ ! $line ]] || run[unsaid]=1 # 74 in the end
        [[ $line || $1 == E ]] || return 0
    elif [[ $1 == I && ${opt[quiet]:-} ]]; then
        return 0
    fi
    printf '%s: %s\n' "$program" "$text" >&2
}

# REPLY: a descriptor of FIFO for writing. Given up after 30 seconds without a reader.
open_fifo() { # FIFO
    local ready holder
    exec {ready}< <(exec 3>"$1" && echo && exec sleep 60)
    holder=$!
    if ! read -rt 30 -u "$ready" _; then
        kill "$holder"
        return 1
    fi
    exec {REPLY}>"$1" {ready}<&-
    kill "$holder"
}

die() { # STATUS TEXT
    message E "$2"
    exit "$1"
}

# REPLY: the one of two statuses that is reported. A status that is not in the table counts as broken software (70).
merge_status() { # STATUS STATUS
    REPLY=$1
    [[ $1 != "$2" && $2 != 0 ]] || return 0
    local -A rank=([64]=1 [70]=2 [71]=3 [73]=4 [74]=5 [77]=6 [76]=7 [69]=8 [66]=9 [75]=10 [65]=11 [0]=12)
    local one=${rank[$1]:-2} other=${rank[$2]:-2}
    (($1 <= 128)) || one=0
    (($2 <= 128)) || other=0
    ((one <= other)) || REPLY=$2
}

# Of all statuses of this run.
merge_run_status() { merge_status "${run[status]}" "$1" && run[status]=$REPLY; }

# Waits until these background children, or all, have ended, even if a trap interrupts the wait.
await() { # [PID…]
    while :; do
        run[interrupted]=''
        wait "$@" 2>/dev/null # drops the shell's messages about children that a signal ended
        [[ ${run[interrupted]} ]] || return 0
    done
}

# Install the cleanup traps before the folder exists, so that no signal leaves it behind. A child that a signal ends at
# its start comes to the EXIT trap, too.
make_work_folder() {
    local name
    trap '[[ ! $work || $BASHPID != "$$" ]] || rm -rf -- "$work"' EXIT
    trap '' PIPE
    for name in INT TERM HUP; do
        # shellcheck disable=SC2064 # the name of now
        trap "on_signal $name" "$name" # without effect if ignored at start
    done
    trap 'on_signal TERM' QUIT USR2 ALRM VTALRM PROF XCPU XFSZ IO PWR STKFLT
    trap 'run[interrupted]=1 && report_standing' USR1
    work=$(trap '' INT TERM HUP && mktemp -d -- "${TMPDIR:-/tmp}/$program.XXXXXXXXXX") || {
        [[ ! ${run[signal]} ]] || leave
        die 73 "cannot make a work folder in ${TMPDIR:-/tmp}${run[remote]:+ on $HOSTNAME}; TMPDIR names another"
    }
    [[ ! ${run[signal]} ]] || : >"$work/stop"
}

# The signal that ended this run is raised again, so that the program that started it sees why it ended.
leave() {
    [[ ! ${run[unsaid]:-} && ! -e $work/unsaid ]] ||
        { opt[log]='' && message E "--log: cannot write to ${opt[log_file]}" && merge_run_status 74; }
    rm -rf -- "$work"
    if [[ ${run[signal]} ]]; then
        trap - EXIT "${run[signal]}"
        kill -s "${run[signal]}" "$$"
    fi
    exit "${run[status]}"
}

# ---- helper programs

# memc_route, memc_sink and memc_load_file stand beside the script, also when that is a symbolic link in another folder;
# else in PATH. A job looks first in the folder in which its memc_load was called.
find_program() { # NAME
    local folder
    for folder in "${MEMC_LOAD_BESIDE:-${self%/*}}" "${self%/*}" "${real%/*}"; do
        [[ -x $folder/$1 && -f $folder/$1 ]] && REPLY=$folder/$1 && return
    done
    REPLY=$(type -P -- "$1") || die 69 "$1 is missing; it is built beside memc_load"
}

find_filters() {
    find_program memc_route && router=$REPLY
    find_program memc_sink && sink=$REPLY
}

need() { # PROGRAM DEBIAN-PACKAGE
    type -P -- "$1" >/dev/null || die 69 "$1 is missing; Debian has it in the package $2"
}

# The command that writes FILE's text to stdout, in `decompressor`.
choose_decompressor() { # FILE
    local name
    case $1 in
        *.gz) choose_gzip && name=${opt[gzip]} ;;
        *.zst) need zstd zstd && name=zstd ;;
        *.bz2) need bzip2 bzip2 && name=bzip2 ;;
        *.xz) need xz xz-utils && name=xz ;;
        *.lz4) need lz4 lz4 && name=lz4 ;;
        *) decompressor=(cat) && return ;;
    esac
    decompressor=("$name" -dc)
}

# Chooses the fastest that is installed and reads a file of two members to its end: older igzip stops behind the first. Runs
# once a run; a job gets the result by MEMC_LOAD_GZIP.
choose_gzip() {
    [[ ! ${opt[gzip]:=${MEMC_LOAD_GZIP:-}} ]] || return 0
    need gzip gzip # it finds what the others leave unread
    local two='\x1f\x8b\b\0\0\0\0\0\0\3K\4\0\x43\xbe\xb7\xe8\1\0\0\0' # gzip of "a"
    for name in igzip pigz gzip; do
        # shellcheck disable=SC2059 # it is a format
        [[ ! $(type -P "$name") || $(printf "$two$two" | "$name" -dc 2>/dev/null) != aa ]] || { opt[gzip]=$name && return; }
    done
    die 69 'no igzip, pigz or gzip that reads a file of two members; Debian has gzip in the package gzip'
}

# Is all that is needed of the helper programs there? Others of these names, as those of busybox, lack some.
check_tools() {
    local found
    count_descriptors
    ((REPLY >= own_descriptors)) || die 71 "only $REPLY descriptors (ulimit -n): $own_descriptors are needed"
    found=$(stat -L --printf='%d:%i %s %.9Y %.9Z' -- / 2>/dev/null)
    [[ $found =~ ^[0-9]+:[0-9]+\ [0-9]+\ [0-9]+\.[0-9]{9}\ [0-9]+(\.[0-9]{9})?$ ]] || lacks stat "--printf and %.9Y" coreutils
    [[ $(mv --help 2>&1) == *--no-target-directory* ]] || lacks mv --no-target-directory coreutils
    [[ $(mktemp --help 2>&1) == *TEMPLATE* ]] || lacks mktemp 'a template behind --' coreutils
    [[ ! ${opt[ledger]} || $(realpath -zm -- / 2>/dev/null | od -An -tx1) == ' 2f 00' ]] || lacks realpath -zm coreutils
    [[ $(flock --help 2>&1) == *--conflict-exit-code* ]] || lacks flock --conflict-exit-code util-linux
    [[ $(sed --version 2>/dev/null) == *'(GNU sed)'* ]] || lacks sed 'what GNU sed has' sed
}

# REPLY: how many descriptors a program may have. A group of files has one of each, beside the script's own.
count_descriptors() {
    own_descriptors=30
    REPLY=$(ulimit -n)
    [[ $REPLY != unlimited ]] || REPLY=1000000
}

lacks() { die 69 "$1 (of $(type -P "$1")) lacks $2; Debian has it in the package $3"; } # PROGRAM ABILITY PACKAGE

# jq would read the user's ~/.jq into every program.
jq() { HOME=/dev/null command jq "$@"; }

run_jq() { jq -f "$parts/$1.jq" "${@:2}"; } # PROGRAM ARG…: one of load/*.jq

# ---- files

# Is there still space in the work folder? REPLY: what to say if not.
has_room() {
    local status
    REPLY="no space for the work folder in ${TMPDIR:-/tmp}; TMPDIR names another"
    { head -c 262144 /dev/zero >"$work/room"; } 2>/dev/null
    status=$?
    rm -f -- "$work/room"
    return "$status"
}

uptime() { # REPLY: hundredths of a second of a clock that cannot be set back
    read -r REPLY _ </proc/uptime
    REPLY=${REPLY/./}
}

inode_of() { stat --printf='%d:%i' -- "$1" 2>/dev/null; }

# Never replaces another file. mv -n exits with 0 even if it did nothing, so check. REPLY: the message of mv.
rename_exclusive() { # FROM TO
    local inode
    inode=$(inode_of "$1") && REPLY=$(trap '' INT TERM HUP && exec mv -nT -- "$1" "$2" 2>&1)
    [[ $inode && $(inode_of "$2") == "$inode" && $(inode_of "$1") != "$inode" ]]
}

replace() { # FILE BY: all of it or nothing, and never through a link
    local new
    new=$(mktemp -- "$1.XXXXXX") && cat -- "$2" >"$new" && mv -fT -- "$new" "$1" && return
    [[ ! $new ]] || rm -f -- "$new"
    return 1
}

# REPLY: the dotted name of FILE.
dotted_name() { REPLY=${1%"${1##*/}"}.${1##*/}; }

# REPLY: why a file was left out.
why_not_tried() {
    REPLY='a server is missing, see above; run again when it is there'
    [[ ! ${run[cut_short]:-} ]] || REPLY='parallel did not start its job'
    [[ ! ${run[signal]} ]] || REPLY='stopped by a signal; run again'
}

# REPLY: why FILE is not there. A name that is far too long comes first: to take it apart takes bash minutes.
why_missing() { # FILE
    REPLY='no such file: no name is so long'
    ((${#1} <= 4095)) || return 0
    dotted_name "$1" && local dotted=$REPLY
    REPLY='no such file'
    if [[ ${1##*/} && -e $dotted ]]; then
        REPLY+=": it was loaded already, $dotted is there"
    elif [[ -L $1 ]]; then
        REPLY='it is a link that leads to no file'
    elif [[ $1 == *$'\r' && -e ${1%$'\r'} ]]; then
        REPLY='no such file: the list has CRLF at the ends of its lines'
    fi
}

report_known() { # FILE
    if [[ ${opt[mode]} == dry-run ]]; then
        message I "Would skip $1: already loaded"
    elif [[ ${opt[verbose]} ]]; then
        message I "Already loaded: $1"
    fi
}
