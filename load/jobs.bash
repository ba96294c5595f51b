# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034,SC2154,SC2004 # memc_load sources this, and sets and uses these
# The jobs of a run, a memc_load_file each, under GNU parallel: started, stopped, and what they left. Functions only.

# shellcheck disable=SC2317 # called by a trap
on_signal() { # NAME
    run[interrupted]=1
    if [[ ${run[signal]} ]]; then
        # The second: at once. While parallel handles its TERM it holds back another one, but no INT.
        kill -TERM "${children[@]}" 2>/dev/null
        kill -INT "${children[@]}" 2>/dev/null
    else
        run[signal]=$1
        # parallel does not hear TERM before it starts its first job
        [[ ! $work ]] || : >"$work/stop"
        stop_children
    fi
}

stop_children() { kill -TERM "${children[@]}" 2>/dev/null; }

# Chooses the files that are there and not known as loaded. Reports the others.
choose_files() {
    local n
    to_load=()
    for n in "${!files[@]}"; do
        if [[ ${of[$n:known]:-} ]]; then
            report_known "${files[n]}"
        elif [[ ${size[n]} ]]; then
            to_load+=("$n")
        else
            why_missing "${files[n]}"
            message E "Failed load ${files[n]:0:4096}: failed (66): $REPLY"
        fi
    done
}

# --rate is the whole run's, over all hosts: each of the jobs that run at the same time gets its share.
share_rate() {
    local jobs=$((opt[workers] * run[hosts]))
    [[ ${opt[pace]} && ${#to_load[@]} -gt 0 ]] || return 0
    ((jobs <= ${#to_load[@]})) || jobs=${#to_load[@]}
    file_options+=(--rate "$(((opt[pace] + jobs - 1) / jobs))")
}

# One NUL-terminated command line for each group of files, so that parallel replaces nothing in names and options.
write_jobs() { # N…
    local n prefix words names group workers=${opt[workers]} command=("$BASH" -p "$job_program" "${file_options[@]}" --) gzip_here=${opt[gzip]:-}
    REPLY=''
    ((${#hosts[@]} == 0)) || { gzip_here='' && host_words; } # each host has its own
    printf -v prefix '%sMEMC_LOAD_BESIDE=%q MEMC_LOAD_GZIP=%q MEMC_LOAD_SETTINGS=%q' "$REPLY" "${self%/*}" "$gzip_here" \
        "${opt[limit_num]:-null} ${opt[limit_den]} ${run[timeout_ms]}"
    words=${command[*]@Q}
    ((${#hosts[@]} == 0)) || workers=${#files[@]} # a host that dies loses one file
    plan_groups "$workers" "$@"
    for group in "${groups[@]}"; do
        names=()
        for n in $group; do names+=("${files[n]}") && of[$n:job]=$work/${group%% *}; done
        printf '%s MEMC_LOAD_JOB=%q exec %s %s\0' "$prefix" "$group" "$words" "${names[*]@Q}"
    done >"$work/jobs" && printf '%s\n' "${groups[@]}" >"$work/rows"
}

# parallel begins no other job when one was killed: that file has failed, the others are given to another parallel.
run_jobs() {
    local n left
    choose_files
    share_rate
    while ((${#to_load[@]} > 0)) && [[ ! ${run[signal]} && ! -e $work/stop ]]; do
        write_jobs "${to_load[@]}" 2>/dev/null || { has_room; die 71 "$REPLY"; }
        run_parallel
        left=()
        for n in "${to_load[@]}"; do [[ -d ${of[$n:job]} ]] || left+=("$n"); done
        ((${#left[@]} < ${#to_load[@]})) || break
        to_load=("${left[@]}")
    done
    ((${#to_load[@]} == 0)) || [[ -e $work/stop ]] || run[cut_short]=1
}

run_parallel() {
    ((opt[workers] <= ${#files[@]})) || opt[workers]=${#files[@]}
    local settle on_hosts=(-u)
    ((${#hosts[@]} == 0)) || on_hosts=(--line-buffer --sshloginfile "$work/hosts" --retries $((run[hosts] + 1)))
    settle_time_ms && settle=$REPLY
    host_ssh
    # parallel runs some 30 programs to find out how long a command may be, unless its cache has the answer.
    mkdir -p "$work/parallel/tmp/sshlogin/$HOSTNAME" && echo 131000 >"$work/parallel/tmp/sshlogin/$HOSTNAME/linelen"
    # If this shell is killed, parallel gets TERM by --pdeathsig. All that it starts inherits the lock. A TERM that comes
    # at its start leaves a file of its own in TMPDIR: it must be gone with the work folder.
    MEMC_LOAD_HERE=$work MEMC_LOAD_LOG_FD=${run[log_fd]:-} PARALLEL_HOME=$work/parallel PARALLEL_SHELL=$BASH \
        PARALLEL_SSH=$REPLY TMPDIR=$work \
        setpriv --pdeathsig TERM flock --shared --no-fork "$work/held" setsid parallel --plain --will-cite -0 \
        -j "${opt[workers]}" --halt soon,fail=1 --termseq "TERM,$settle,KILL,25" "${on_hosts[@]}" \
        <"$work/jobs" 3>&2 2>"$work/parallel.err" &
    children=($!)
    [[ ! ${run[signal]} ]] || stop_children
    run[session]=$!
    [[ ! ${opt[progress]} ]] || start_watcher "$!"
    await "${children[@]}"
    children=()
    end_orphans
    [[ ! ${opt[progress]} ]] || end_watcher
}

# If parallel or the shell of a job was killed, its children go on. They could still store records, or rename, after the
# verdicts are printed. So they get TERM, and this waits until no process holds the lock any more. Jobs that live
# on without parallel must not begin others.
end_orphans() {
    flock --nonblock "$work/held" true && return
    mapfile -t children < <(sed 's/^/-/' "$work"/*.group 2>/dev/null)
    ! kill -0 "${children[@]#-}" 2>/dev/null || { : >"$work/stop" && run[cut_short]=1; }
    stop_children
    flock "$work/held" true &
    await
    children=()
}

# Collects the results of the jobs, and makes a row for each file without one.
gather_results() {
    local n verdict ended line job='' result=''
    local -A got=()
    loaded=()
    for n in "${!files[@]}"; do
        [[ ${of[$n:job]:-} == "$job" ]] || { job=${of[$n:job]:-} && read_results "$job"; }
        result=${got[$n]:-}
        read -r _ ended verdict <<<"${result%%$'\t'*}"
        if [[ ! ${size[n]} ]]; then
            verdict=failed ended=66
        elif [[ ${of[$n:known]:-} ]]; then
            verdict='already loaded' ended=0
        elif [[ $job && -e $job/unwritten.$n ]]; then # the job has reported it
            verdict=failed ended=74 result=''
        elif [[ $result == *'}' ]] && has_its_name "$n" "$verdict"; then
            add_row "${result#*$'\t'}"
        elif [[ $job && -d $job && $verdict != 'not tried' ]]; then
            [[ ! $result ]] || take_record_back "$n"
            verdict=failed ended=71 result=''
            ! has_room || { ended=137 && REPLY='its job was killed; run again'; }
            message E "Failed load ${files[n]}: failed ($ended): $REPLY"
        else
            verdict='not tried' ended=0
            why_not_tried
            message E "Load not tried: ${files[n]}: $REPLY"
            [[ ! ${run[cut_short]} ]] || ended=71
        fi
        [[ $result == *'}' ]] || add_row "{\"row\":$n,\"verdict\":\"$verdict\",\"exit\":$ended}"
        merge_run_status "$ended"
        [[ $verdict != loaded ]] || loaded+=("$n")
    done 4>"$work/results"
    [[ ${run[status]} != 71 ]] || cat "$work/parallel.err" >&2
}

add_row() { printf '%s\n' "$1" >&4 2>/dev/null || run[rows_lost]=1; } # JSON

# Sets got[N], the last result of each file of a job, and of[N:recorded].
read_results() { # FOLDER
    local line n
    got=()
    [[ -d $1 ]] || return 0
    while IFS= read -r line; do got[${line%% *}]=$line; done 2>/dev/null <"$1/results"
    while read -r n; do of[$n:recorded]=1; done 2>/dev/null <"$1/recorded"
    return 0
}

# A job writes its result before it renames or records the file, and may have been killed in between. (A name that is
# there beside the dotted one is another file, which came since.)
has_its_name() { # N VERDICT
    local file=${files[$1]}
    [[ $2 == loaded ]] || return 0
    if [[ ${opt[ledger_kept]} ]]; then
        [[ ${of[$1:recorded]:-} ]]
    else
        dotted_name "$file"
        [[ ${opt[keep]} || ${file##*/} == .* || ! -e $file || -e $REPLY ]]
    fi
}

# Writes the final result of each file, one line each.
finish_results() {
    { printf '%s\0' "${files[@]}" >"$work/names"; } 2>/dev/null
    run_jq results -cn --rawfile names "$work/names" --arg doubt "$doubt" --arg version "$version" --arg mode "${opt[mode]}" \
        <"$work/results" >"$work/final" 2>"$work/results.err" || run[rows_lost]=1
    if [[ ${run[rows_lost]} ]]; then
        ! has_room || REPLY=$(<"$work/results.err")
        message E "the counters of all files cannot be summed: $REPLY"
        merge_run_status 71
    fi
    [[ ${opt[reports]} && $doubt ]] || return 0
    local n rows
    mapfile -t rows <"$work/final"
    for n in "${loaded[@]}"; do
        name_report "${files[n]}"
        printf '%s\n' "${rows[n]}" >"$work/one" && replace "$REPLY.stats" "$work/one"
    done
}
