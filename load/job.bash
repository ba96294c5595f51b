# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034,SC2154 # memc_load_file sources this, and sets and uses these
# memc_load_file as a job of memc_load: one file, or a group, of the numbers MEMC_LOAD_JOB in its list. Functions only.
#
# On memc_load's machine MEMC_LOAD_HERE is its work folder. There the job has the folder N, of its first number, leaves
# results in it before it renames a file, and stays away if there is a file `stop`. Its stderr is memc_load's.
#
# On another machine (ssh does not pass that variable on) it has a folder of its own, and prints its result on stdout. Its
# stdin is the leash: the first line says whether the file is tried `again`; then a line comes each second. If none
# comes for 15 seconds, or if it ends, the job ends as if it had got TERM.
#
# Its exit status says whether GNU parallel may begin other files: 1 if a server is missing, else 0. GNU parallel made this
# shell the leader of a process group, and signals that.

run_job() {
    program=memc_load run[job]=1
    local here=${MEMC_LOAD_HERE:-}
    [[ $MEMC_LOAD_JOB != look ]] || look_around
    read -ra numbers <<<"$MEMC_LOAD_JOB"
    unset MEMC_LOAD_JOB MEMC_LOAD_HERE
    opt[log]=${opt[log_file]} run[log_fd]=${MEMC_LOAD_LOG_FD:-}
    umask 077
    if [[ $here ]]; then
        start_here "$here" "${numbers[0]}"
    else
        start_elsewhere
    fi
    trap '' PIPE
    load_group "${!files[@]}"
    [[ ! ${run[remote]} ]] || end_elsewhere
    [[ ! $here || ! ${run[unsaid]:-} ]] || : >"$here/unsaid"
    [[ ${run[stop]} ]] || exit 0
    [[ ! $here ]] || : >"$here/stop"
    exit 1
}

start_here() { # WORK N
    run[base]=$1 work=$1/$2
    echo "$$" >"$1/$2.group" # noted before the look at `stop`: see end_orphans
    [[ ! -e /dev/fd/3 ]] || exec 2>&3 3>&- # stderr of the main run; parallel's own is its alone
    [[ ! -e $1/stop ]] || exit 1           # the main run was stopped before this job began
    trap 'on_signal TERM' TERM
    trap '' USR1 # which asks the parts for their counters: it must end none that has just begun
    { mkdir -m 700 -- "$work" && exec {results}>>"$work/results"; } || die 73 "cannot make a folder in $1"
    run[results]=$results
    [[ ! -e $1/said ]] || exec 2>>"$1/said"
}

start_elsewhere() {
    local first=''
    run[remote]=1
    read -r first || exit 1
    [[ $first != again ]] || run[again]=1
    make_work_folder
    run[base]=$work run[results]=1
    exec {leash}<&0 0</dev/null
    follow_leash <&"$leash" {leash}<&- >/dev/null 2>&1 &
    run[leash]=$!
    disown "$!" # no child that this shell waits for
    exec {leash}<&-
    [[ ${opt[mode]} == dry-run && ${opt[verbose]} ]] || return 0
    # The sinks lock a pipe line by line, which ssh's socket does not allow.
    exec > >(trap '' TERM INT HUP && exec cat)
    run[printer]=$!
}

end_elsewhere() {
    kill -KILL "${run[leash]}" 2>/dev/null
    [[ ! ${run[printer]:-} ]] || { exec >&- && wait "${run[printer]}"; }
    rm -rf -- "$work"
}

follow_leash() {
    trap '' TERM HUP
    while read -rt 15 && kill -0 "$$"; do :; done
    kill -TERM 0
    exit
}

# On a host, before it gets jobs: is all there that they need? Stdin has the names of the files; MEMC_LOAD_SERVERS has
# TYPE=PID:START of each server as the main run sees it.
look_around() {
    local name word there
    [[ ! ${opt[reports]} || -w ${opt[reports]} ]] || die 69 "it cannot write in ${opt[reports]}"
    [[ ! ${opt[ledger]} || -f ${opt[ledger]} && -w ${opt[ledger]} ]] ||
        die 69 "it cannot write to the ledger ${opt[ledger]}"
    while IFS= read -r -d '' name; do
        [[ -e $name ]] || die 69 "it cannot see $name"
    done
    for word in ${MEMC_LOAD_SERVERS:-}; do
        name=${word%%=*}
        there=$("$sink" "${sink_options[@]}" --counters --retry-for=0 -- "${server[$name]}" </dev/null | jq -r '"\(.pid):\(.start)"')
        [[ $there == "${word#*=}" ]] ||
            die 69 "its ${server[$name]} is not the $name server of the main run's machine"
    done
    exit 0
}
