# shellcheck shell=bash disable=SC2034,SC2154 # the scripts that source this use and set these
# What memc_load and memc_load_file share: messages, statuses, children, helper programs, files. Functions only.

# Removes from the environment what would change a helper program or this shell's jobs.
clean_environment() {
    export LC_ALL=C                      # names are bytes, numbers have a point
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

# LEVEL (I or E) TEXT: one message. Control bytes, as of a file's name, would garble a terminal or a log.
message() {
    local text=${2//[[:cntrl:]]/?}
    if [[ ! ${opt[log]} ]]; then
        printf '%s: %s\n' "$program" "$text" >&2
    elif [[ ${run[remote]} ]]; then # the main run's ssh appends it
        printf '[%(%Y.%m.%d %H:%M:%S)T] %s %s\n' -1 "$1" "$text" >&2
    else
        printf '[%(%Y.%m.%d %H:%M:%S)T] %s %s\n' -1 "$1" "$text" >>"${opt[log]}"
    fi
}

die() { # STATUS TEXT
    message E "$2"
    exit "$1"
}

# REPLY is the one of two statuses that is reported. One that no table knows tells of broken software.
merge_status() { # STATUS STATUS
    local -A rank=([64]=1 [70]=2 [71]=3 [73]=4 [74]=5 [77]=6 [76]=7 [69]=8 [66]=9 [75]=10 [65]=11 [0]=12)
    local one=${rank[$1]:-2} other=${rank[$2]:-2}
    (($1 <= 128)) || one=0
    (($2 <= 128)) || other=0
    REPLY=$1
    ((one <= other)) || REPLY=$2
}

# Of all statuses of this run.
merge_run_status() { merge_status "${run[status]}" "$1" && run[status]=$REPLY; }

# Waits for these background children, or all, to the end, also when a trap breaks the wait off.
await() { # [PID…]
    while :; do
        run[interrupted]=''
        wait "$@" 2>/dev/null # the shell would tell of children that a signal ended
        [[ ${run[interrupted]} ]] || return 0
    done
}

# ---- helper programs

# memc_route, memc_sink and memc_load_file stand beside the script, also when that is a symbolic link in another folder;
# else in PATH. A job looks first where its memc_load was called.
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
        *.gz) for name in igzip pigz gzip; do type -P "$name" >/dev/null && break; done ;;
        *.zst) need zstd zstd && name=zstd ;;
        *.bz2) need bzip2 bzip2 && name=bzip2 ;;
        *.xz) need xz xz-utils && name=xz ;;
        *.lz4) need lz4 lz4 && name=lz4 ;;
        *) decompressor=(cat) && return ;;
    esac
    decompressor=("$name" -dc)
}

# A program of load/*.jq. jq would read the user's ~/.jq into it.
run_jq() { # PROGRAM ARG…
    HOME=/dev/null jq -f "$parts/$1.jq" "${@:2}"
}

# ---- files

uptime() { # REPLY: hundredths of a second that no one sets back
    read -r REPLY _ </proc/uptime
    REPLY=${REPLY/./}
}

identify() { stat -L --printf='%d:%i %s %.9Y %.9Z' -- "$1" 2>/dev/null; }

inode_of() { stat --printf='%d:%i' -- "$1" 2>/dev/null; }

# Never over another file. mv -n exits 0 when it did nothing, so look. What mv says is in REPLY.
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

report_known() { [[ ! ${opt[verbose]} ]] || message I "Already loaded: $1"; } # FILE
