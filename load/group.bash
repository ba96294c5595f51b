# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034,SC2154,SC2004 # memc_load_file sources this; keys of associative arrays
# A group of files, or one, from the look at its name to the verdict. Functions only.
#
# Several small files share one pipeline: to start one costs far more than a small file. The router and the four sinks live
# for the group, and a mark ends each file in the stream (memc_route --mark). The token of the marks is random, so no file
# can hold it. Each part writes a row of counters for each file, and a last one, which has what was proved for all of
# them. So no file is renamed before the end.
#
# A group is clean if every part ended well and left all its rows, and nothing is undelivered or in doubt. Then each file is
# judged by its own rows, as if it had been alone. Otherwise each file is loaded again, alone: that does no harm.

load_group() { # N…
    local n names=() together=() refused=()
    uptime
    for n in "$@"; do begin_file "$n" "$REPLY"; done
    open_files "$@"
    if [[ ! ${opt[keep]} ]]; then
        for n in "$@"; do names+=("${files[n]}"); done
        look_at_flags "${names[@]}"
    fi
    for n in "$@"; do
        if [[ ! ${of[$n:refused]} ]] && check_recorded "$n" && check_target "$n" && prepare_reports "$n"; then
            together+=("$n")
        else
            refused+=("$n")
        fi
    done
    ((${#refused[@]} == 0)) || { judge "${refused[@]}" && end_files "${refused[@]}"; }
    ((${#together[@]} == 0)) || load_together "${together[@]}"
}

begin_file() { # N UPTIME
    local item n=$1
    of[$n:began]=$2 of[$n:start]=$EPOCHREALTIME of[$n:status]=0 of[$n:verdict]=failed of[$n:label]=${files[n]}
    for item in detail target report reason ran refused damage padding identity now unpacked said; do of[$n:$item]=''; done
}

load_together() { # N…
    local n input
    if may_begin && run_parts "$@" && judge "$@"; then
        end_files "$@"
        return
    fi
    # One after the other, by descriptors of their own: those of the group are read to their ends, but hold the locks.
    for n in "$@"; do
        if may_begin; then
            exec {input}<"/dev/fd/${of[$n:input]}"
            of[$n:lock]=${of[$n:input]} of[$n:input]=$input
            run_parts "$n"
        elif [[ ${run[signal]} && ${of[$n:ran]} ]]; then
            refuse "$n" 143 '' || of[$n:ran]=''
        else
            not_tried "$n" && continue
        fi
        judge "$n"
        end_files "$n"
    done
}

# A signal may have come while TERM was ignored.
may_begin() { [[ ! ${run[stop]} && ! ${run[signal]} && ! -e ${run[base]}/stop ]]; }

# Leaves the results of files that are judged, renames or records what is loaded, and says what became of each.
end_files() { # N…
    local n item ran=${of[$1:ran]}
    [[ ! ${run[job]} || ! $ran ]] || trap '' TERM # it goes to every process of a job: none of what follows may fall to it
    if [[ $ran ]]; then
        pass_messages
        [[ ! ${opt[reports]} ]] || { (($# == 1)) || cut_reports "$@"; for n in "$@"; do merge_reports "$n"; done; }
    fi
    uptime && run[now]=$REPLY
    for n in "$@"; do leave_result "$n"; done # before the renames: a run must know of them
    (($# == 1)) || rename_together "$@"
    for n in "$@"; do close_file "$n"; done
    [[ ! ${run[job]} || ! $ran ]] || trap 'on_signal TERM' TERM
}

close_file() { # N
    local n=$1 item=${of[$1:verdict]}
    [[ $item != loaded || ! ${of[$n:target]} ]] || rename_loaded "$n"
    [[ ${of[$n:verdict]} != loaded || ! ${opt[ledger_kept]} ]] || record_loaded "$n"
    [[ ${of[$n:verdict]} == "$item" && ! ( $item == loaded && ${run[remote]} ) ]] || leave_result "$n"
    report_verdict "$n"
    merge_run_status "${of[$n:status]}"
    for item in "${of[$n:input]:-}" "${of[$n:lock]:-}"; do
        [[ ! $item ]] || exec {item}<&-
    done
    case ${of[$n:status]} in 69 | 76 | 77) run[stop]=1 ;; esac
    [[ ${run[job]} ]] || tell_result "$n"
}

# Prints the result of a file, or adds it to --stats.
tell_result() { # N
    [[ ${of[$1:json_sums]} ]] || return 0
    if [[ ${opt[stats]} ]]; then
        printf '%s\n' "${of[$1:json]}" >>"$work/final"
    elif [[ ${opt[mode]} != dry-run || ! ${opt[verbose]} ]]; then
        printf '%s\n' "${of[$1:json]}"
    fi 2>/dev/null && return
    message E "${of[$1:label]}: its result cannot be written"
    merge_run_status 74
}

not_tried() { # N: in a run of memc_load, memc_load reports it
    if [[ ${run[job]} ]]; then
        echo "${numbers[$1]} 0 not tried" >&"${run[results]}"
    else
        why_not_tried
        message E "Load not tried: ${files[$1]}: $REPLY"
    fi
}

# What rename_loaded does, by one program. It is left what this one cannot do: for a reason, or on this file system.
rename_together() { # N…
    local n pairs=() numbers=() done_now=()
    for n in "$@"; do
        [[ ${of[$n:verdict]} != loaded || ! ${of[$n:target]} ]] || { numbers+=("$n") && pairs+=("${files[n]}" "${of[$n:target]}"); }
    done
    ((${#numbers[@]} > 0)) || return 0
    # renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE)
    # shellcheck disable=SC2016 # perl's variables
    read -ra done_now < <(trap '' INT TERM HUP && exec perl -MConfig -e '
        my $call = $Config{archname} =~ /^x86_64/ ? 316 : $Config{archname} =~ /^aarch64/ ? 276 : -1;
        while (my ($from, $to) = splice @ARGV, 0, 2) {
            print $call > 0 && syscall($call, -100, $from, -100, $to, 1) == 0 ? 1 : 0, " ";
        }' -- "${pairs[@]}")
    for n in "${!numbers[@]}"; do
        [[ ${done_now[n]:-0} != 1 ]] || of[${numbers[n]}:target]=''
    done
}
