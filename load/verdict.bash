# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034,SC2154,SC2004 # memc_load_file sources this, and sets and uses these
# The verdict on a file, from what became of its parts. Functions only. Its state is in of[N:…].

# The file is not loaded, for this reason; a VERDICT of its own needs none.
refuse() { # N STATUS TEXT [VERDICT]
    of[$1:status]=$2 of[$1:detail]=$3 of[$1:verdict]=${4:-failed} of[$1:refused]=1
    [[ ! ${run[signal]} ]] || of[$1:status]=143 of[$1:detail]='stopped by a signal' of[$1:verdict]=failed
    [[ ${of[$1:verdict]} != failed ]] || of[$1:reason]=failed
    return 1
}

# What follows a load failed.
fail_after() { # N STATUS TEXT
    merge_status "${of[$1:status]}" "$2"
    [[ $REPLY != "$2" ]] || of[$1:status]=$2 of[$1:detail]=$3 of[$1:verdict]=failed of[$1:reason]=failed
}

# Judges files that went through one pipeline, or files that were refused. False: they are a group that is not clean.
judge() { # N…
    local n name item lines line=1 facts=() ends='' stats=(/dev/null)
    if [[ ${of[$1:ran]} ]]; then
        look_at_texts "$@"
        stats=("$folder"/*.stats)
    fi
    for name in route "${types[@]}"; do ends+=,${part[end:$name]:-0}; done
    for n in "$@"; do
        item=${of[$n:ran]}${of[$n:identity]}
        [[ $item != 1?* || ${of[$n:now]} == "${of[$n:identity]}" ]] && item='' || item=changed
        facts+=("${of[$n:label]}" "${of[$n:ran]}" "${of[$n:status]}" "$item" "${of[$n:unpacked]:-0}" "${of[$n:damage]}")
    done
    list_ends
    if (($# == 1)); then
        mapfile -t lines < <(jq_verdict) # needs no space in the work folder
    else
        jq_verdict >"$work/judged" # bash reads a pipe byte by byte
        mapfile -t lines <"$work/judged"
    fi
    (($# == 1)) || [[ ! ${of[$1:ran]} ]] || { ((${#lines[@]} == 1 + 8 * $#)) && [[ ${lines[0]} == clean ]]; } || return
    for n in "$@"; do
        take_verdict "$n" "${lines[@]:line:8}"
        ((line += 8))
    done
}

# The lines that verdict.jq writes, from what judge has found.
jq_verdict() (
    trap '' INT TERM HUP
    cat -- "${stats[@]}" 2>/dev/null </dev/null | run_jq verdict -rs --rawfile facts <(printf '%s\0' "${facts[@]}") \
        --argjson ends "[${ends#,}]" --arg ended "$REPLY" --arg mode "${opt[mode]}" --arg word "${opt[done_word]}" --arg signal "${run[signal]}"
)

# The lines that verdict.jq wrote of a file. The rate is compared here, in integers.
take_verdict() { # N RATE COUNTS VERDICT DETAIL BAD-LINES REJECTED FILE SUMS
    local name n=$1 good status verdict reason
    of[$n:counts]=${3:-} of[$n:bad_lines]=${6:-} of[$n:json_file]=${8:-} of[$n:json_sums]=${9:-}
    [[ ${of[$n:json_sums]} ]] || refuse "$n" 71 'its counters cannot be summed' || return
    [[ ${of[$n:ran]} ]] || return 0
    for name in $7; do of[$n:rejected:${name%=*}]=${name#*=}; done
    read -r good "of[$n:errors]" "of[$n:error_rate]" <<<"$2"
    read -r status verdict reason <<<"$4"
    if over_limit "${of[$n:errors]}" "$good" && [[ $status == 0 || $status:$reason == 65:failed ]]; then
        status=65 verdict=failed reason='error rate'
    fi
    of[$n:status]=$status of[$n:verdict]=$verdict of[$n:reason]=$reason of[$n:detail]=$5
    [[ $status:$reason != 74:failed ]] || blame_full_folder "$n"
}

# What cannot be written: for want of space in the work folder? There memc_load names it at its end.
blame_full_folder() { # N
    has_room && return
    of[$1:detail]=$REPLY
    [[ ! ${run[job]} ]] || of[$1:detail]=${REPLY% in *}
}

# Without errors a file passes; with errors and nothing stored it fails.
over_limit() { # ERRORS GOOD
    [[ ${opt[limit_num]} ]] && (($1 > 0 && ($2 == 0 || $1 * opt[limit_den] >= opt[limit_num] * $2)))
}

# What became of the text of each file: the decompressor's status and what is wrong with it.
look_at_texts() { # N…
    local n at=0 rows=() said bytes router=${part[end:route]} names=()
    [[ ! -s $folder/route.stats ]] || mapfile -t rows <"$folder/route.stats"
    mapfile -d '' said <"$folder/decompressors"
    for n in "$@"; do names+=("${files[n]}"); done
    identify_all "${names[@]}"
    (($# == 1)) || read_ends "$@"
    for n in "$@"; do
        of[$n:now]=${identity[/${files[n]}]:-} of[$n:said]=${said[at * 2]:-} of[$n:unpacked]=${said[at * 2 + 1]:-}
        [[ ${of[$n:unpacked]} ]] || { status_of "$folder/full" && of[$n:unpacked]=$REPLY; }
        [[ ! -e $folder/full ]] || of[$n:unpacked]=0 of[$n:status]=74 # its status is not known
        [[ ! ${rows[at]:-} =~ \"bytes_in\":([0-9]+) ]] || bytes=${BASH_REMATCH[1]}
        [[ ${files[n]} == - ]] || choose_decompressor "${files[n]}"
        if [[ ${of[$n:unpacked]} == 0 ]]; then
            [[ $router != 0 && $router != 65 ]] || find_damage "$n" "${bytes:-0}" || of[$n:damage]=$REPLY
        elif ((${of[$n:unpacked]} < 128)); then
            decompressor_said "$n"
            of[$n:damage]=${REPLY:-${decompressor[0]} ended with ${of[$n:unpacked]}}
        fi
        ((at += 1))
    done
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
    [[ ! ${of[$1:ran]} ]] || counts=" ${of[$1:counts]}"
    printf -v shown %.6g "${of[$1:error_rate]:-0}"
    [[ ! ${of[$1:padding]} ]] || message I "$name: ${of[$1:padding]}"
    case ${of[$1:verdict]}:${of[$1:reason]} in
        loaded:*) message I "Acceptable error rate ($shown). $success $name$counts$no_limit" ;;
        'already loaded':*) report_known "$name" ;;
        skipped:*) message E "Load skipped: $name: $detail" ;;
        *:'error rate') message E "High error rate ($shown > ${opt[limit_text]}). Failed load $name$counts" ;;
        *:failed) message E "Failed load $name: failed (${of[$1:status]}): $detail$counts" ;;
        *) message E "Failed load $name: ${of[$1:reason]}: $detail$counts" ;;
    esac
    [[ ! ${of[$1:bad_lines]:-} || ${opt[verbose]} ]] || message I "$name: ${of[$1:bad_lines]}"
}

# Makes the JSON line of the file, and its report. A job writes it to its results, behind "NUMBER STATUS VERDICT" and a
# TAB; the last one of a file counts. WORK/N/unwritten.NUMBER exists if that failed: this job was not killed.
leave_result() { # N
    local n=$1 took rate=${of[$1:error_rate]:-} reason=null head='{"tool":"memc_load","version":"%s","mode":"%s","file":%s,'
    head+='"verdict":"%s","reason":%s,"error_rate":%s,"seconds":%d.%02d,"start":%.3f,"end":%.3f,"exit":%d,%s'
    took=$((run[now] - ${of[$n:began]}))
    [[ ${of[$n:ran]} && $rate != inf ]] || rate=null
    [[ ! ${of[$n:reason]} ]] || reason="\"${of[$n:reason]}\""
    # shellcheck disable=SC2059 # the format stands just above
    printf -v "of[$n:json]" "$head" "$version" "${opt[mode]}" "${of[$n:json_file]}" "${of[$n:verdict]}" "$reason" "$rate" \
        $((took / 100)) $((took % 100)) "${of[$n:start]}" "$EPOCHREALTIME" "${of[$n:status]}" "${of[$n:json_sums]#'{'}"
    if [[ ${of[$n:json_sums]} ]] && write_result "$n" && write_report "$n"; then return; fi
    [[ ! ${run[job]} ]] || : >"$work/unwritten.${numbers[n]}"
    of[$n:verdict]=failed of[$n:status]=74 of[$n:reason]=failed of[$n:detail]='its result cannot be written'
    blame_full_folder "$n"
}

write_result() { # N
    [[ ! ${run[job]} ]] ||
        { printf '%s %s %s\t%s\n' "${numbers[$1]}" "${of[$1:status]}" "${of[$1:verdict]}" "${of[$1:json]}" >&"${run[results]}"; } 2>/dev/null
}

write_report() { # N
    [[ ! ${of[$1:report]} ]] || { printf '%s\n' "${of[$1:json]}" >"$work/one" && replace "${of[$1:report]}.stats" "$work/one"; }
}
