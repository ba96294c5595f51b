# shellcheck shell=bash disable=SC2034,SC2154 # memc_load_file sources this, and sets and uses these
# The verdict on a file, from what became of its parts. Functions only. Its state is in of[N:…].

# The file is not loaded, for this reason.
refuse() { # N STATUS TEXT [VERDICT]
    of[$1:status]=$2 of[$1:detail]=$3 of[$1:verdict]=${4:-failed} of[$1:refused]=1
    [[ ! ${run[signal]} ]] || of[$1:status]=143 of[$1:verdict]=failed
    return 1
}

merge_file_status() { merge_status "${of[$1:status]}" "$2" && of[$1:status]=$REPLY; } # N STATUS

# Reads the counters of the parts: first the values for the verdict, then the sums as JSON.
sum_up() { # N
    local name all=() lines
    for name in route "${types[@]}"; do
        [[ ! -s $folder/$name.stats ]] || all+=("$folder/$name.stats")
    done
    printf '%s\0' "${of[$1:label]}" >"$folder/labels"
    mapfile -t lines < <(trap '' INT TERM HUP && cat -- "${all[@]}" </dev/null | run_jq sums -rs \
        --rawfile names "$folder/labels" --argjson parts "$((${of[$1:ran]:-0} ? ${#types[@]} + 1 : 0))")
    take_sums "$1" "${lines[@]:1}"
}

# The lines that sums.jq wrote of one file.
SUMS=10
take_sums() { # N LINE…
    local name item at=2
    for item in counts mismatch differing doubt doubtful_servers unread bad_lines rejected json_file json_sums; do
        of[$1:$item]=${!at:-}
        ((at += 1))
    done
    for name in ${of[$1:rejected]}; do of[$1:rejected:${name%=*}]=${name#*=}; done
    read -r "of[$1:lines]" "of[$1:good]" "of[$1:errors]" "of[$1:undelivered]" "of[$1:error_rate]" "of[$1:bytes_in]" \
        "of[$1:zero_bytes]" "of[$1:apps]" "of[$1:apps_records]" <<<"${of[$1:counts]}"
}

judge() { # N
    local name all_read=1
    [[ ${of[$1:json_sums]} ]] || refuse "$1" 71 'its counters cannot be summed' || return
    judge_decompressor "$1"
    if [[ ${of[$1:zero_bytes]} != 0 ]]; then
        of[$1:corrupt]=${of[$1:corrupt]:-${of[$1:zero_bytes]} zero bytes where lines should be}
        merge_file_status "$1" 74 # in a group the parts end with 0
    fi
    for name in route "${types[@]}"; do
        merge_file_status "$1" "${part[end:$name]}"
        case ${part[end:$name]} in 0 | 65) ;; *) all_read='' ;; esac
    done
    [[ $all_read ]] || of[$1:mismatch]=''
    [[ ! ${of[$1:mismatch]} ]] || merge_file_status "$1" 70
    [[ ! ${of[$1:identity]} || ${of[$1:now]-$(identify "${files[$1]}")} == "${of[$1:identity]}" ]] || { of[$1:changed]=1 && merge_file_status "$1" 65; }
    if over_limit "${of[$1:errors]}" "${of[$1:good]}"; then of[$1:high]=1 && merge_file_status "$1" 65; fi
    [[ ${of[$1:status]} != 0 ]] || of[$1:verdict]=loaded
}

# Broken off by a router that had ended (SIGPIPE, or a write error), it is not to blame: the router's status tells, which is
# 74 if it only missed the end of its input.
judge_decompressor() { # N
    local router_ended=${part[end:route]}
    [[ ${files[$1]} == - ]] || choose_decompressor "${files[$1]}"
    status_of "$folder/decompressor"
    if [[ $REPLY == 0 ]]; then
        [[ $router_ended != 0 && $router_ended != 65 ]] || find_damage "$1" || { of[$1:corrupt]=$REPLY && merge_file_status "$1" 74; }
    elif [[ $REPLY == 141 ]] || [[ $router_ended != 0 && $router_ended != 74 ]]; then
        return
    elif ((REPLY > 128)); then
        merge_file_status "$1" "$REPLY"
    else
        decompressor_said
        [[ $REPLY || ${decompressor[0]} != lz4 ]] || REPLY=$(lz4 -tv <"/dev/fd/${of[$1:input]}" 2>&1 | grep -ai error | tail -n 1)
        of[$1:corrupt]=${REPLY:-${decompressor[0]} ended with $(<"$folder/decompressor")} && merge_file_status "$1" 74
    fi
}

# Without errors a file passes; with errors and nothing stored it fails.
over_limit() { # ERRORS GOOD
    [[ ${opt[limit_num]} ]] && (($1 > 0 && ($2 == 0 || $1 * opt[limit_den] >= opt[limit_num] * $2)))
}

find_reason() { # N
    local reason=failed detail=${of[$1:detail]}
    case ${of[$1:verdict]} in skipped | 'already loaded') return ;; esac
    case ${of[$1:status]} in
        0) reason='' ;;
        65) if [[ ${of[$1:doubt]} ]]; then
                reason=${of[$1:doubt]} detail=${of[$1:doubtful_servers]}
            elif [[ ${of[$1:changed]:-} ]]; then
                reason=changed detail='it changed while it was loaded; load it again when it is whole'
            elif [[ ${of[$1:differing]} ]]; then
                reason=differing detail=${of[$1:differing]}
            elif [[ ${of[$1:high]:-} ]]; then
                reason='error rate'
            fi ;;
        70) [[ ! ${of[$1:mismatch]} ]] || reason=mismatch detail=${of[$1:mismatch]} ;;
        74) if [[ ${of[$1:corrupt]:-} ]]; then
                reason=corrupt detail="${of[$1:corrupt]}; what it put into the servers stays there until it is loaded again, repaired"
            fi ;;
        75) reason=undelivered ;;
        69 | 76 | 77) reason=unreachable ;;
    esac
    [[ ! ${run[signal]} ]] || detail='stopped by a signal'
    [[ $detail || ${of[$1:status]} == 0 ]] || { list_ends && detail=$REPLY; }
    [[ $reason != undelivered ]] || detail+='; run again'
    of[$1:reason]=$reason of[$1:detail]=$detail
}

# REPLY: each part that did not end with 0, with its status.
list_ends() {
    local name end text=''
    for name in route "${types[@]}"; do
        end=${part[end:$name]:-0}
        [[ $end != 0 ]] || continue
        text+="${text:+, }$name ended with $end"
        case $end in # name the address, and the option that changes it
            69 | 76 | 77) text+="${server[$name]:+ (--$name ${server[$name]})}" ;;
        esac
    done
    REPLY=$text
}

report_verdict() { # N
    local shown='' counts='' name=${of[$1:label]} detail=${of[$1:detail]} success='Successful load' no_limit=''
    [[ ${opt[mode]} != dry-run ]] || success='Would load'
    [[ ${opt[rate]} != none || ${of[$1:errors]:-0} == 0 ]] || no_limit=' (no limit: -e none)'
    [[ ! ${of[$1:ran]:-} ]] ||
        counts=" (${of[$1:lines]} lines, ${of[$1:good]} ${opt[done_word]}, ${of[$1:errors]} errors, ${of[$1:undelivered]} undelivered)"
    [[ ${of[$1:apps]:-0} == 0 ]] || counts="${counts%)}, ${of[$1:apps]} elements of app lists left out in ${of[$1:apps_records]} records)"
    [[ ! ${of[$1:unread]:-} ]] || counts="${counts%)}; ${of[$1:unread]}: no counters, a sample was read back)"
    printf -v shown %.6g "${of[$1:error_rate]:-0}"
    case ${of[$1:verdict]}:${of[$1:reason]} in
        loaded:*) message I "Acceptable error rate ($shown). $success $name$counts$no_limit" ;;
        'already loaded':*) report_known "$name" ;;
        skipped:*) message E "Load skipped: $name: $detail" ;;
        *:'error rate') message E "High error rate ($shown > ${opt[limit_text]}). Failed load $name$counts" ;;
        *:failed) message E "Failed load $name: failed (${of[$1:status]}): $detail$counts" ;;
        *) message E "Failed load $name: ${of[$1:reason]}: $detail$counts" ;;
    esac
    [[ ! ${of[$1:bad_lines]} || ${opt[verbose]} ]] || message I "$name: ${of[$1:bad_lines]}"
}

# Writes the JSON line of the file to FOLDER/result and to its report. FOLDER/verdict exists when that is done; it is
# empty if that failed.
leave_result() { # N
    local took rate=${of[$1:error_rate]} reason=null head='{"tool":"memc_load","version":"%s","mode":"%s","file":%s,'
    head+='"verdict":"%s","reason":%s,"error_rate":%s,"seconds":%d.%02d,"start":%.3f,"end":%.3f,"exit":%d,%s\n'
    uptime && took=$((REPLY - ${of[$1:began]}))
    [[ ${of[$1:ran]:-} && $rate != inf ]] || rate=null
    [[ ! ${of[$1:reason]} ]] || reason="\"${of[$1:reason]}\""
    # shellcheck disable=SC2059 # the format stands just above
    if [[ ${of[$1:json_sums]} ]] && printf "$head" "$version" "${opt[mode]}" "${of[$1:json_file]}" "${of[$1:verdict]}" \
        "$reason" "$rate" $((took / 100)) $((took % 100)) "${of[$1:start]}" "$EPOCHREALTIME" "${of[$1:status]}" "${of[$1:json_sums]#'{'}" >"$folder/result" &&
        { [[ ! ${of[$1:report]} ]] || replace "${of[$1:report]}.stats" "$folder/result"; } &&
        echo "${of[$1:status]} ${of[$1:verdict]}" >"$folder/verdict"; then
        return
    fi
    : >"$folder/verdict" # empty: so the main run knows that this job was not killed
    of[$1:verdict]=failed of[$1:status]=74 of[$1:reason]=failed of[$1:detail]='its result cannot be written'
}
