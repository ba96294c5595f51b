# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034,SC2154 # memc_load sources this, and sets and uses these
# The servers' counters before and after a run, and what a dry run foresees. Functions only.

# memc_sink for each server of the types to be loaded, side by side; what they print is in WORK/WHEN.TYPE, the worst of
# their statuses in REPLY.
ask_sinks() { # WHEN OPTION…
    local type pid when=$1 stopped_by=${run[signal]} worst=0
    shift
    children=()
    for type in "${types[@]}"; do
        "$sink" "${sink_options[@]}" "${common_options[@]}" "${@//TYPE/$type}" -- "${server[$type]}" \
            >"$work/$when.$type" 2>>"$work/$when.err" </dev/null &
        children+=($!)
    done
    [[ ${run[signal]} == "$stopped_by" ]] || stop_children
    for pid in "${children[@]}"; do
        wait "$pid" 2>/dev/null
        merge_status "$worst" $? && worst=$REPLY
    done
    await # if a signal broke those off
    children=()
    REPLY=$worst
}

# Options that memc_sink does not take are found here, before a router waits in vain for readers of its FIFOs.
read_first_counters() {
    if [[ ${opt[mode]} == dry-run ]]; then
        ask_sinks before --dry-run -q # of no input: it only looks at its options
    else
        ask_sinks before --counters
    fi
    case $REPLY in
        64) # All sinks may say the same.
            sort -u -- "$work/before.err" >&2
            opt[log]='' # they are on stderr, too
            die 64 'wrong server address (--idfa and the like), --sink-option, --max-line or --nice, see above' ;;
        # It was tried for --retry-for: the sinks of the first files need not do so again.
        69 | 76 | 77) file_options+=(--sink-option --retry-for=0) ;;
    esac
    [[ ${opt[mode]} != load || ! ${opt[verbose]} ]] || ask_sinks settings --counters --verbose --retry-for=0
}

# What a server lost while this run went on may be of any file that was called loaded before. What was just read back
# needs no counters to prove it. Sets `doubt`.
settle_doubts() {
    doubt=''
    ((${#loaded[@]} > 0)) && [[ ${opt[mode]} != dry-run ]] || return 0
    local type found n where='' stored sampled words=(--counters --since "$work/before.TYPE")
    local -A strength=([unproven]=1 [lost]=2 [evicted]=3 [flushed]=4 [restarted]=5)
    [[ ! ${opt[allow_evictions]} ]] || words+=(--allow-evictions)
    [[ ! ${run[signal]} ]] || words+=(--retry-for=0)
    while read -r type stored sampled; do # how many records this run stored, how many keys its sinks read back
        [[ ! -s $work/before.$type ]] || sed -i "s/}\$/,\"sampled\":$sampled,\"stored\":$stored}/" "$work/before.$type"
    done < <(run_jq stored -nr "$work/results")
    ask_sinks after "${words[@]}"
    for type in "${types[@]}"; do
        found=unproven
        ! IFS= read -r stored <"$work/after.$type" || { [[ $stored =~ \"doubt\":\ ?\"([a-z]+)\" ]] && found=${BASH_REMATCH[1]} || found=''; }
        [[ $found && $found:${opt[mode]} != unproven:verify ]] || continue
        where+="${where:+, }$found on ${server[$type]}"
        ((${strength[$found]} <= ${strength[${doubt:-none}]:-0})) || doubt=$found
    done
    [[ $doubt ]] || return 0
    merge_run_status 65
    for n in "${loaded[@]}"; do
        message E "Load doubtful: ${files[n]}: $where; load it again"
        take_dot_back "${files[n]}"
        take_record_back "$n"
    done
}

take_dot_back() { # FILE
    [[ ! ${opt[keep]} && ${1##*/} != .* ]] || return 0
    dotted_name "$1"
    local dotted=$REPLY
    rename_exclusive "$dotted" "$1" && return
    message E "cannot rename $dotted back to $1: do so before it is loaded again"
    merge_run_status 73
}

# What the servers need for the records; after a load with --verbose, for those that it stored. A server that is not
# there is no fault: nothing is sent to it.
forecast() {
    local type said reasons
    [[ ! ${opt[quiet]} && ! ${run[signal]} ]] || return 0
    [[ ${opt[mode]} != dry-run ]] || ask_sinks settings --counters --verbose --retry-for=0
    for type in "${types[@]}"; do
        [[ -e $work/settings.$type ]] || continue
        said=$(run_jq forecast -nr --arg mode "${opt[mode]}" --arg type "$type" --arg server "${server[$type]}${from_environment[$type]:+ (by ${from_environment[$type]})}" \
            --slurpfile asked "$work/settings.$type" "$work/final")
        [[ ! $said ]] || message I "$said"
    done
    [[ ${opt[mode]} == dry-run ]] || return 0
    reasons=$(run_jq reasons -rs "$work/final")
    [[ ! $reasons ]] || message I "$reasons"
}
