# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034,SC2154 # memc_load sources this, and sets and uses these
# Jobs on other hosts, by GNU parallel's own --sshlogin. Functions only.
#
# The hosts share the files, and what --reports and --ledger name. Nothing else: a job there has a work folder of its own,
# and its result comes by stdout. On this side each job is run_on_host, above ssh: it makes WORK/N, as a job of this
# machine would, keeps the job's messages and its result, and holds the leash (see job.bash): a line a second.
#
# A job without a result fails, for example if its host died. parallel tries it again (--retries) on another host, which
# waits for the lock of the file. So it does if a host lost the leash and did not try the file.

check_hosts() {
    local n
    for ((n = 1; n < ${#hosts[@]}; n += 2)); do
        if [[ ${hosts[n - 1]} == --sshloginfile ]]; then
            [[ ! -d ${hosts[n]} && -r ${hosts[n]} ]] || die 66 "--sshloginfile: cannot read ${hosts[n]}"
            [[ ${hosts[n]} == */* ]] || hosts[n]=./${hosts[n]} # parallel knows other places for a plain name
        fi
    done
}

# REPLY: what a job's command begins with: ssh starts it in the home folder, with a PATH of its own.
host_words() { printf -v REPLY 'cd -- %q && PATH=%q ' "$PWD" "$PATH"; }

# REPLY: the command that parallel calls as ssh.
host_ssh() {
    local command words to=stderr
    command=${PARALLEL_SSH:-ssh -o BatchMode=yes -o ConnectTimeout=10 -o ServerAliveInterval=5}
    [[ ! ${opt[progress]} ]] || to=$work/said
    # shellcheck disable=SC2016 # the inner shell expands it
    words=("$BASH" -p -c '. "$1" && run_on_host "${@:2}"' memc_load "$parts/hosts.bash" "$work" "$to" "${opt[log]}" "$command")
    REPLY="exec ${words[*]@Q}"
}

# One job by ssh. parallel, or end_orphans, sends TERM to the group of this shell. That ends only the leash, and this shell
# reads what the job prints to its end. A job reports that its file is loaded before it renames or records it,
# and again after that.
run_on_host() { # WORK STDERR LOG SSH ARG…
    local n work=$1 first=first lines=() ended status verdict
    [[ ${PARALLEL_SEQ:-} ]] || eval "exec $4 \"\${@:5}\"" # parallel's own question to a host
    n=$(sed -n "${PARALLEL_SEQ}p" "$work/rows")
    echo "$$" >"$work/$n.group"
    [[ ! -e $work/stop ]] || exit 1
    [[ ! -e $work/$n/recorded ]] || exit 0 # it had been loaded when its host was lost
    trap '' TERM
    # Opened again, a file would be written from an offset of its own, over the main run's lines.
    if [[ $2 == stderr ]]; then exec 2>&3 3>&-; else exec 2>>"$2" 3>&-; fi
    # With a log, what the job says is lines for that. The errors among them are for the user, too.
    [[ ! $3 ]] || exec 2> >(tee -a -- "$3" | sed -un 's/^\[[^]]*\] E /memc_load: /p' >&2)
    mkdir -m 700 -- "$work/$n" 2>/dev/null || first=again
    hold_leash "$first" | eval "exec $4 \"\${@:5}\"" |
        sed -nE -e "/^$n 0 not tried\$|^$n [0-9]+ [a-z ]+\t\{\"tool\":\"memc_load\".*\}\$/w $work/$n/results" \
            -e "/^$n [0-9]/d" -e p # a result that was cut off on its way is none
    ended=${PIPESTATUS[1]}
    mapfile -t lines <"$work/$n/results"
    ((${#lines[@]} > 0)) || exit 255
    read -r _ status verdict _ <<<"${lines[-1]}"
    case $status in
        69 | 76 | 77) : >"$work/stop" && exit 1 ;;
    esac
    [[ $verdict != not || -e $work/stop ]] || exit 255
    [[ $verdict == loaded ]] || exit 0
    ((${#lines[@]} == 1)) || echo "$n" >"$work/$n/recorded"
    [[ $ended == 0 || -e $work/$n/recorded ]] || exit 255
    exit 0
}

hold_leash() { # WORD
    local never
    exec {never}<> <(:) # a pipe in which nothing comes
    trap - TERM
    echo "$1"
    while read -rt 1 <&"$never"; (($? > 128)); do echo || break; done
}

# Asks each host to look around. Those that can do the jobs are in WORK/hosts, one a line as parallel reads it.
find_hosts() {
    [[ ! ${run[signal]} ]] || return 0
    local n host code line type seen='' words=("$BASH" -p "$job_program" "${file_options[@]}")
    for n in "${!files[@]}"; do
        [[ ! ${size[n]} ]] || printf '%s\0' "${files[n]}"
    done >"$work/names"
    for type in "${types[@]}"; do # none in a dry run, or of a server that is away
        [[ ! -s $work/before.$type ]] || seen+="$type=$(jq -r '"\(.pid):\(.start)"' "$work/before.$type") "
    done
    host_words
    printf -v line '%sMEMC_LOAD_JOB=look MEMC_LOAD_BESIDE=%q MEMC_LOAD_SERVERS=%q exec %s' "$REPLY" "${self%/*}" "$seen" "${words[*]@Q}"
    MEMC_LOAD_HERE=$work PARALLEL_HOME=$work/parallel PARALLEL_SHELL=$BASH TMPDIR=$work \
        PARALLEL_SSH="exec <${work@Q}/names ${PARALLEL_SSH:-ssh -o BatchMode=yes -o ConnectTimeout=10}" \
        setsid parallel --plain --will-cite --nonall --tag --joblog "$work/looked" "${hosts[@]}" \
        "$line" >"$work/answers" 2>&1 </dev/null &
    children=("-$!")
    await "$!"
    children=()
    [[ ! ${run[signal]} ]] || return 0
    : >"$work/hosts"
    while IFS=$'\t' read -r _ host _ _ _ _ code _; do
        [[ $host != *' '* ]] || die 64 "--sshlogin: '$host' has a command of its own; PARALLEL_SSH names one for all"
        [[ $code != 0 ]] || { echo "$host" >>"$work/hosts" && continue; }
        while IFS= read -r line; do
            [[ $line != "$host"$'\t'* ]] || line=${line%$'\r'} && message E "host $host is not used: ${line#*$'\t'}"
        done <"$work/answers"
    done < <(sed 1d -- "$work/looked")
    run[hosts]=$(wc -l <"$work/hosts")
    ((run[hosts] > 0)) || die 69 'no host can do the work, see above'
}
