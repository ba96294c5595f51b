# shellcheck shell=bash disable=SC2034,SC2154 # memc_load_file sources this, and sets and uses these
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
    if [[ -e ${run[work]}/stopped ]]; then # TERM came before this part began
        echo 143 >"$note"
    else
        "$@" 2>&4 4>&-
        echo $? >"$note"
    fi
}

run_parts() { # N
    [[ ! ${run[signal]} ]] || refuse "$1" 143 '' || return
    # How far its text is read, /proc tells.
    [[ ! ${run[job]} ]] || echo "$$ ${of[$1:input]}" >"$folder/input"
    part=() part_pids=()
    if [[ ${opt[log]} ]]; then
        start_parts "$1" 2>"$folder/messages"
    else
        start_parts "$1"
    fi
    wait_for_parts
    of[$1:ran]=1
    [[ ! ${opt[log]} ]] || pass_messages
}

wait_for_parts() {
    local name
    # A part of a job that started after TERM had come to the others has not got it.
    [[ ! ${run[signal]} || ! ${run[job]} ]] || kill -TERM 0
    await "${part_pids[@]}" # of a pipeline its last one, which stands for all
    for name in route "${types[@]}"; do
        status_of "$folder/$name.ended"
        part[end:$name]=$REPLY
    done
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
    local name both in out names=("${types[@]}")
    [[ ! ${run[prints]} ]] || names+=(records)
    mkfifo -m 600 -- "${names[@]/#/"$folder/"}"
    for name in "${names[@]}"; do
        # shellcheck disable=SC2094 # it is a FIFO
        exec {both}<>"$folder/$name" {in}<"$folder/$name" {out}>"$folder/$name" {both}>&-
        part[in:$name]=$in part[out:$name]=$out
    done
    [[ ! ${run[prints]} ]] || pass_records &
    part_pids+=($!)
    for name in "${types[@]}"; do
        start_sink "$name" "$@" &
        part_pids+=($!)
    done
    stream "$@" | start_router "$@" &
    part_pids+=($!)
    for name in "${names[@]}"; do close_ends "in:$name" "out:$name"; done
}

close_ends() { # END…: of FIFOs, as in:idfa
    local fd end
    for end in "$@"; do
        fd=${part[$end]:-}
        [[ ! $fd ]] || exec {fd}>&-
    done
}

close_all_ends() { close_ends in:records out:records "${types[@]/#/in:}" "${types[@]/#/out:}"; }

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
    [[ ! ${run[prints]} ]] || exec >&"${part[out:records]}"
    exec <&"${part[in:$type]}"
    close_all_ends
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

# Passes on what the sinks of a dry run print on another host. They lock a pipe line by line, which ssh's socket does
# not allow.
pass_records() {
    exec <&"${part[in:records]}"
    close_all_ends
    exec cat
}

start_router() { # N…
    local type n words=(-E)
    (($# == 1)) || words=(--mark "$token")
    for n in "$@"; do words+=(--label "${of[$n:label]}"); done
    trap '' USR1 INT HUP
    for type in "${types[@]}"; do
        words+=("--$type=/dev/fd/${part[out:$type]}")
        close_ends "in:$type"
    done
    name_rejects route "$@"
    [[ ! $REPLY ]] || words+=(--rejects "$REPLY.rejects")
    record_exit "$folder/route.ended" "$router" "${common_options[@]}" "${router_options[@]}" "${words[@]}" \
        -o "$(IFS=, && echo "${types[*]}")" --stats "$folder/route.stats"
}

# Writes the text of each file and, only if the decompressor succeeded, a NUL; of a group, the mark that says so. The
# messages of decompressors go into the verdict.
stream() { # N…
    local result n
    close_all_ends
    trap '' USR1 INT HUP
    for n in "$@"; do
        feed "$n" "${of[$n:folder]}"
        if (($# > 1)); then
            ((result == 0)) && printf '\0%s+\n' "$token" || printf '\0%s-\n' "$token"
        elif ((result == 0)); then
            printf '\0'
        fi
    done
}

feed() { # N FOLDER: sets result
    local folder=$2
    [[ ${files[$1]} == - ]] || choose_decompressor "${files[$1]}"
    if [[ ${files[$1]} == - ]]; then
        decompress_stdin "$1"
    elif [[ ${decompressor[0]} != cat && ! -s /dev/fd/${of[$1:input]} ]]; then
        echo 'the file is empty' >"$folder/decompressor.err" # lz4 accepts an empty file
        result=1
    else
        decompress "$1"
    fi
    echo "$result" >"$folder/decompressor"
}

decompress() { # N: sets result
    "${decompressor[@]}" <&"${of[$1:input]}" 2>"$folder/decompressor.err"
    result=$?
}

# Recognizes gzip by its first two bytes; anything else is text. Sets result.
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
    } | "${decompressor[@]}" 2>"$folder/decompressor.err"
    result=$?
}

# REPLY: its first message. igzip calls standard input "(null)".
decompressor_said() {
    REPLY=$(grep -am 1 . "$folder/decompressor.err" 2>/dev/null)
    REPLY=${REPLY/ for file (null)/}
    REPLY=${REPLY/(null)/the input}
}
