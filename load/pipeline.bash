# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034,SC2154,SC2004 # memc_load_file sources this, and sets and uses these
# The pipeline of one file: decompressor, router, four sinks, and what became of each. Functions only.
#
# State in `part`: in:TYPE and out:TYPE are descriptors of a FIFO's two ends, end:NAME is how a part ended.

# Runs a command in a shell that TERM does not end, and records its status: that of a direct child is lost if it ends in
# the moment in which a trap breaks off `wait` (measured, bash 5.2: -1, or 0). The shell's own word about a command that a
# signal ended is dropped, not the command's.
record_exit() { # FILE COMMAND…
    local note=$1
    trap : TERM
    exec 4>&2 2>/dev/null
    shift
    if [[ -e $work/stopped ]]; then # TERM came before this part began
        echo 143 >"$note"
    else
        "$@" 2>&4 4>&-
        echo $? >"$note"
    fi
}

# Runs the parts for files that are open. False: a part for a group did not end well.
run_parts() { # N…
    local name n
    folder=$work/parts
    rm -rf -- "$folder"
    mkdir -m 700 -- "$folder" || die 73 "cannot make a folder in $work"
    (($# > 1)) && read -r token </proc/sys/kernel/random/uuid
    # /proc shows how far a text is read.
    [[ ! ${run[job]} || $# != 1 ]] || echo "${numbers[$1]} $$ ${of[$1:input]}" >"$work/input"
    part=() part_pids=()
    # What a group's parts said is dropped if it is not clean: behind a mark that is missed, labels shift.
    if (($# > 1)) || [[ ${opt[log]} ]]; then
        start_parts "$@" 2>"$folder/messages"
    else
        start_parts "$@"
    fi
    # A part of a job that started after TERM had come to the others has not got it.
    [[ ! ${run[signal]} || ! ${run[job]} ]] || kill -TERM 0
    await "${part_pids[@]}" # of a pipeline its last one, which stands for all
    for n in "$@"; do of[$n:ran]=1; done
    n=0
    for name in route "${types[@]}"; do
        status_of "$folder/$name.ended"
        part[end:$name]=$REPLY
        [[ $REPLY == 0 ]] || n=1
    done
    (($# == 1 || n == 0))
}

# What the parts said: to stderr, or to the log with a time before each line.
pass_messages() {
    local line
    [[ -s $folder/messages ]] || return 0
    if [[ ${opt[log]} ]]; then
        while IFS= read -r line; do message E "$line"; done <"$folder/messages"
    else
        cat -- "$folder/messages" >&2
    fi
}

# REPLY: a status that record_exit recorded. Without one its shell was killed, if it had no room to write to.
status_of() { # FILE
    REPLY=''
    [[ ! -e $1 ]] || read -r REPLY <"$1" || REPLY=74
    [[ ! ${run[signal]} ]] || : "${REPLY:=143}"
    : "${REPLY:=137}"
}

# Both ends of each FIFO are opened here and inherited, so no part waits for another. When a part ends, even early, its
# neighbour gets the end of input or EPIPE. Each part must close all ends but its own.
start_parts() { # N…
    local name both in out
    mkfifo -m 600 -- "${types[@]/#/"$folder/"}"
    for name in "${types[@]}"; do
        # shellcheck disable=SC2094 # it is a FIFO
        exec {both}<>"$folder/$name" {in}<"$folder/$name" {out}>"$folder/$name" {both}>&-
        part[in:$name]=$in part[out:$name]=$out
    done
    for name in "${types[@]}"; do
        start_sink "$name" "$@" &
        part_pids+=($!)
    done
    stream "$@" | start_router "$@" &
    part_pids+=($!)
    close_ends in out
}

close_ends() { # in|out…: these ends of each FIFO
    local end type fd
    for end in "$@"; do
        for type in "${types[@]}"; do fd=${part[$end:$type]} && exec {fd}>&-; done
    done
}

start_sink() { # TYPE N…
    local words=() n type=$1
    shift
    trap '' USR1 INT HUP # USR1 must not end a part that has no handler yet; INT and HUP arrive as TERM
    [[ ${opt[mode]} == load ]] || words=("--${opt[mode]}")
    [[ ! ${opt[allow_evictions]} ]] || words+=(--allow-evictions)
    [[ ${opt[mode]} != dry-run || ! ${opt[verbose]} ]] || words+=(-v)
    (($# == 1)) || words+=(--marks)
    for n in "$@"; do words+=(--label "${of[$n:label]}"); done
    name_rejects "$type" "$@"
    [[ ! $REPLY ]] || words+=(--rejects "$REPLY.rejects" --undelivered "$REPLY.undelivered")
    exec <&"${part[in:$type]}"
    close_ends in out
    record_exit "$folder/$type.ended" "$sink" "${sink_options[@]}" "${common_options[@]}" "${words[@]}" -T "$type" -e none \
        --whole-lines --stats "$folder/$type.stats" -- "${server[$type]}"
}

# REPLY: the beginning of the names of a part's rejects; those of a group stay in its folder until they are cut.
name_rejects() { # PART N…
    REPLY=''
    if [[ ${of[$2:report]} ]]; then
        REPLY=${of[$2:report]}.$1
        (($# == 2)) || REPLY=$folder/$1
    fi
}

start_router() { # N…
    local type n words=(-E)
    (($# == 1)) || words=(--mark "$token")
    for n in "$@"; do words+=(--label "${of[$n:label]}"); done
    trap '' USR1 INT HUP
    for type in "${types[@]}"; do
        words+=("--$type=/dev/fd/${part[out:$type]}")
    done
    close_ends in
    name_rejects route "$@"
    [[ ! $REPLY ]] || words+=(--rejects "$REPLY.rejects")
    record_exit "$folder/route.ended" "$router" "${common_options[@]}" "${router_options[@]}" "${words[@]}" \
        -o "$(IFS=, && echo "${types[*]}")" --stats "$folder/route.stats"
}

# Writes the text of each file and, only if the decompressor succeeded, a NUL; of a group, the mark that says so. What a
# decompressor says goes into the verdict: before each NUL, then its status and another NUL.
stream() { # N…
    local result n
    close_ends in out
    trap '' USR1 INT HUP
    exec 2>"$folder/decompressors"
    for n in "$@"; do
        decompress "$n"
        result=$?
        printf '\0%s\0' "$result" >&2 || : >"$folder/full"
        if (($# > 1)); then
            ((result == 0)) && printf '\0%s+\n' "$token" || printf '\0%s-\n' "$token"
        elif ((result == 0)); then
            printf '\0'
        fi
    done
}

decompress() { # N
    if [[ ${files[$1]} == - ]]; then
        decompress_stdin "$1"
        return
    fi
    choose_decompressor "${files[$1]}"
    if [[ ${decompressor[0]} != cat && ! -s /dev/fd/${of[$1:input]} ]]; then
        echo 'the file is empty' >&2 # lz4 accepts an empty file
        return 1
    fi
    "${decompressor[@]}" <&"${of[$1:input]}"
}

# Recognizes gzip by its first two bytes; anything else is text.
decompress_stdin() { # N
    local first
    decompressor=(cat)
    exec <&"${of[$1:input]}"
    first=$(head -c 2 | od -An -tx1)
    [[ $first != ' 1f 8b' ]] || decompressor=(gzip -dc)
    {
        # shellcheck disable=SC2059 # the two bytes
        printf "${first// /\\x}"
        exec cat
    } | "${decompressor[@]}"
}

# REPLY: its first message. igzip calls standard input "(null)", and lz4 gives a reason only with -v.
decompressor_said() { # N
    REPLY=$(grep -am 1 . <<<"${of[$1:said]}")
    [[ $REPLY || ${decompressor[0]} != lz4 ]] || REPLY=$(lz4 -tv <"/dev/fd/${of[$1:input]}" 2>&1 | grep -ai error | tail -n 1)
    REPLY=${REPLY/ for file (null)/}
    REPLY=${REPLY/(null)/the input}
}
