# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034,SC2154 # memc_load sources this, and sets and uses these
# Progress: a line while the jobs run, and a table of the files at the end. Functions only.
#
# The line is drawn again every second. So that nothing gets into it, the jobs write what they say to WORK/said, and one
# shell passes it on and draws: the watcher. Its stdin is a pipe from the main run, so it ends with that, however that
# ends. State in `seen`: first, files, bytes, all, good, errors: of the files that are done; now_…: with those under way.

# If asked for, and on a terminal that has this run in its foreground, except one that gets a dry run's records.
choose_progress() {
    [[ ! ${opt[progress]} && ! ${opt[quiet]} && -t 2 ]] && in_foreground || return 0
    [[ ${opt[mode]} != dry-run || ! ${opt[verbose]} || ! -t 1 ]] || return 0
    opt[progress]=terminal
}

# Ctrl-Z and bg may have come meanwhile.
may_draw() { [[ ! ${opt[period]} ]] && { [[ ${opt[progress]} == always ]] || in_foreground; }; }

in_foreground() {
    local text fields
    text=$(<"/proc/$$/stat")
    read -ra fields <<<"${text##*) }"
    ((fields[2] == fields[5])) # its process group is the terminal's
}

start_watcher() { # SESSION: parallel's own, with all parts in it
    exec 8<"$work/said"
    exec 9> >(watch "$1")
    run[watcher]=$!
}

end_watcher() {
    exec 9>&-
    await "${run[watcher]}"
    pass_on ''
    exec 8<&-
}

# Prints what the jobs have said since the last time, which the caller reads from descriptor 8, and the line below it.
pass_on() { # LINE
    local said clear=$'\r\e[K'
    [[ ! ${opt[period]} ]] || clear=''
    mapfile -u 8 said
    printf '%s' "$clear" "${said[@]}" "$1" >&2
}

# Draws the line each second, or with --progress=DURATION tells it that often, where messages go.
watch() { # SESSION
    trap '' INT TERM HUP QUIT USR1 USR2 ALRM # they are the main run's
    local line second=0
    start_sample
    while :; do
        line=''
        if [[ ! ${opt[period]} ]]; then
            ask_parts "$1"
            take_sample
            ! may_draw || { draw_line && line=$REPLY; }
        elif ((second == opt[period])); then
            second=0
            tell_standing "$1"
        fi
        pass_on "$line"
        ((second += 1))
        read -rt 1
        (($? > 128)) || break # not the second, but the end
    done
    pass_on ''
}

# The parts write their counters. With --verbose they would print them, too.
ask_parts() { # SESSION
    [[ ${opt[verbose]} || ! $1 ]] || pkill -USR1 -s "$1" -x 'memc_(route|sink)' 2>/dev/null
}

# For USR1: where the load stands, once. The rate is that since the beginning.
# shellcheck disable=SC2317 # called by a trap
report_standing() {
    [[ $work && -v size && ${#files[@]} -gt 0 ]] || return 0
    local -A seen=() is_done=()
    local -a times=() goods=() reads=()
    start_sample
    times=("${run[began]}") goods=(0) reads=(0)
    tell_standing "${run[session]}"
}

# The line as a message, also with --quiet: it was asked for.
tell_standing() { # SESSION
    local quiet=${opt[quiet]}
    ask_parts "$1" && sleep 0.2
    take_sample
    draw_line
    opt[quiet]=''
    if [[ ${opt[progress]} && -e $work/said ]]; then
        message I "$REPLY" 2>>"$work/said"
    else
        message I "$REPLY"
    fi
    opt[quiet]=$quiet
}

start_sample() {
    local n
    declare -gA seen is_done
    declare -ga times goods reads
    seen=([first]=0 [files]=0 [bytes]=0 [all]=0 [good]=0 [errors]=0) is_done=() times=() goods=() reads=()
    for n in "${!files[@]}"; do
        if [[ ${size[n]} && ! ${of[$n:known]:-} ]]; then
            ((seen[all] += size[n]))
        else
            is_done[$n]=1
            ((seen[files] += 1))
        fi
    done
}

# The jobs begin in order: those under way are from `first` on, and not many that have not begun stand before them.
take_sample() {
    local n job='' absent=0 results=() texts=() sums
    local -A got=()
    seen[now_bytes]=${seen[bytes]} seen[now_good]=${seen[good]} seen[now_errors]=${seen[errors]}
    for ((n = seen[first]; n < ${#files[@]} && absent < opt[workers] * run[hosts]; n++)); do
        if [[ ${is_done[$n]:-} ]]; then
            ((n > seen[first])) || seen[first]=$((n + 1))
            continue
        fi
        [[ ${of[$n:job]:-} == "$job" ]] || { job=${of[$n:job]:-} && read_results "$job" && texts+=("$job"/parts/*.stats); }
        if [[ ${got[$n]:-} ]]; then
            is_done[$n]=1
            results+=("${got[$n]#*$'\t'}")
            ((seen[files] += 1, seen[bytes] += size[n], seen[now_bytes] += size[n]))
        elif [[ $job && -d $job ]]; then
            bytes_read "$n"
            ((seen[now_bytes] += REPLY))
        else
            ((absent += 1))
        fi
    done
    read -ra sums < <({ printf '%s\n' "${results[@]}" && cat -- "${texts[@]}" 2>/dev/null </dev/null; } | run_jq progress -rs 2>/dev/null)
    ((${#sums[@]} == 4)) || return 0
    ((seen[good] += sums[0], seen[errors] += sums[1]))
    ((seen[now_good] += sums[0] + sums[2], seen[now_errors] += sums[1] + sums[3]))
}

# REPLY: how far a file is read, in compressed bytes: a job's decompressor reads by the job's own descriptor, whose
# position /proc shows.
bytes_read() { # N
    local n pid fd position=0
    {
        read -r n pid fd <"${of[$1:job]}/input" && [[ $n == "$1" && /proc/$pid/fd/$fd -ef ${files[$1]} ]] &&
            read -r _ position <"/proc/$pid/fdinfo/$fd"
    } 2>/dev/null
    REPLY=$position
}

# REPLY: the line. Rate and time left are those of the last five seconds.
draw_line() {
    local percent=100 rate=0 left=--:-- took width counts='' line bytes=${seen[now_bytes]} good=${seen[now_good]}
    uptime && times+=("$REPLY") goods+=("$good") reads+=("$bytes")
    ((${#times[@]} <= 6)) || times=("${times[@]:1}") goods=("${goods[@]:1}") reads=("${reads[@]:1}")
    ((took = times[-1] - times[0]))
    ((seen[all] == 0)) || percent=$((bytes * 100 / seen[all]))
    ((took == 0 || good < goods[0])) || rate=$(((good - goods[0]) * 100 / took))
    if ((bytes > reads[0])); then
        left=$(((seen[all] - bytes) * took / (bytes - reads[0]) / 100))
        printf -v left '%d:%02d:%02d' $((left / 3600)) $((left / 60 % 60)) $((left % 60))
        left=${left#0:}
    fi
    [[ ${opt[verbose]} ]] || counts="$rate records/s, ${seen[now_errors]} errors, "
    line="$percent%, $counts${seen[files]}/${#files[@]} files, $left left"
    measure_terminal && width=$REPLY
    ((${#line} <= width)) || line=${line/ records\/s//s} # in 60 columns, all of a long one
    REPLY=${line:0:width}
}

# REPLY: its columns. The last one stays free: some terminals go to the next line when it is written.
measure_terminal() {
    local width
    read -r _ width < <(stty size <&2 2>/dev/null)
    ((${width:-0} > 0)) || width=80
    REPLY=$((width - 1))
}
