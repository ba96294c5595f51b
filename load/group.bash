# shellcheck shell=bash disable=SC2034,SC2154,SC2004 # memc_load_file sources this; keys of associative arrays
# Several small files through one pipeline: to start one costs far more than a small file. Functions only.
#
# The router and the four sinks live for the group, and a mark ends each file in the stream (memc_route --mark). The token
# of the marks is random, so no file can hold it. Each part writes a row of counters for each file, and a last one, which
# has what was proved for all of them. So no file is renamed before the end.
#
# A group is clean if every part ended well and left all its rows, and nothing is undelivered or in doubt. Then each file is
# judged by its own rows, as if it had been alone. Otherwise each file is loaded again, alone: that does no harm.

load_group() { # N…
    local n together=() names=() new=()
    for n in "$@"; do
        begin_file "$n"
        new+=("${of[$n:folder]}")
    done
    mkdir -m 700 -- "${new[@]}" || die 73 "cannot make a folder in ${run[work]}"
    open_together "$@"
    [[ ${opt[keep]} ]] || { for n in "$@"; do names+=("${files[n]}"); done && look_at_flags "${names[@]}"; }
    for n in "$@"; do
        folder=${of[$n:folder]}
        if [[ ! ${of[$n:refused]:-} ]] && check_recorded "$n" && check_target "$n" && prepare_reports "$n"; then
            together+=("$n")
        else
            end_file "$n"
        fi
    done
    ((${#together[@]} > 0)) || return 0
    if run_together "${together[@]}"; then
        end_together "${together[@]}"
    else
        load_apart "${together[@]}"
    fi
}

# All are opened by this shell, locked by one program, and looked at by one.
open_together() { # N…
    local n at numbers=() fds=() names=()
    for n in "$@"; do
        open_one "$n" || continue
        numbers+=("$n") fds+=("${of[$n:input]}") names+=("${files[n]}" "/dev/fd/${of[$n:input]}")
    done
    ((${#numbers[@]} > 0)) || return 0
    lock_all "${fds[@]}"
    identify_all "${names[@]}"
    for at in "${!numbers[@]}"; do
        n=${numbers[at]}
        check_lock "$n" "${LOCKS[at]:-71}" || continue
        check_identity "$n" "${identity[/${files[n]}]:-}" "${identity[//dev/fd/${fds[at]}]:-}"
    done
}

# Sets `identity` of each name that is there, by "/NAME".
identify_all() { # NAME…
    local found
    declare -gA identity=()
    while IFS= read -r -d '' found; do
        identity[/${found#* * * * }]=${found%" ${found#* * * * }"}
    done < <(exec stat -L --printf='%d:%i %s %.9Y %.9Z %n\0' -- "$@" 2>/dev/null)
}

# False: the group is not clean.
run_together() { # N…
    local name
    [[ ! ${run[signal]} ]] || return 1
    folder=${of[$1:folder]}/together
    mkdir -m 700 -- "$folder" || return 1
    read -r token </proc/sys/kernel/random/uuid
    part=() part_pids=()
    start_parts "$@" 2>"$folder/messages"
    wait_for_parts
    for name in route "${types[@]}"; do
        [[ ${part[end:$name]} == 0 ]] || return 1
    done
    sum_up_together "$@"
}

# The sums of each file. False: the rows are not those of a clean group.
sum_up_together() { # N…
    local at=1 n lines
    for n in "$@"; do printf '%s\0' "${of[$n:label]}"; done >"$folder/labels"
    (trap '' INT TERM HUP && cat -- "$folder"/*.stats </dev/null |
        run_jq sums -rs --rawfile names "$folder/labels" --argjson parts "$((${#types[@]} + 1))") >"$folder/sums" || return 1
    mapfile -t lines <"$folder/sums"
    ((${#lines[@]} == 1 + SUMS * $#)) && [[ ${lines[0]} == clean ]] || return 1
    for n in "$@"; do
        take_sums "$n" "${lines[@]:at:SUMS}"
        ((at += SUMS))
    done
}

end_together() { # N…
    local n names=() common=$folder
    [[ ! ${run[job]} ]] || trap '' TERM # as in end_file
    pass_messages
    [[ ! ${opt[reports]} ]] || cut_reports "$@"
    for n in "$@"; do names+=("${files[n]}"); done
    identify_all "${names[@]}"
    read_ends "$@"
    for n in "$@"; do
        folder=${of[$n:folder]} of[$n:ran]=1 of[$n:now]=${identity[/${files[n]}]:-}
        judge_file "$n"
    done
    rename_together "$@"
    for n in "$@"; do
        folder=${of[$n:folder]}
        close_file "$n"
    done
    rm -rf -- "$common"
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

# Each file's own part of the group's rejects, by the number of its lines there.
cut_reports() { # N…
    local name n kind words
    for name in route "${types[@]}"; do
        for kind in rejects rejects.why; do
            [[ -s $folder/$name.$kind ]] || continue
            words=()
            for n in "$@"; do words+=("${of[$n:rejected:$name]}" "${of[$n:report]}.$name.$kind"); done
            # shellcheck disable=SC2016 # perl's variables
            perl -e 'open(my $from, "<", shift) or die;
                while (my ($count, $name) = splice @ARGV, 0, 2) {
                    open(my $to, ">", $name) or die;
                    while ($count-- > 0) { print $to scalar <$from> }
                    close($to) or die;
                }' "$folder/$name.$kind" "${words[@]}" || {
                for n in "$@"; do merge_file_status "$n" 74; done
            }
        done
    done
}

# One after the other, by descriptors of their own: those of the group are read to their ends, but hold the locks. What is
# not begun any more leaves no folder.
load_apart() { # N…
    local n input
    rm -rf -- "$folder"
    for n in "$@"; do
        folder=${of[$n:folder]}
        if [[ ${run[stop]} || ${run[signal]} || -e ${run[base]}/stop ]]; then # a signal may have come while TERM was ignored
            rm -rf -- "$folder"
            not_tried "$n"
            continue
        fi
        exec {input}<"/dev/fd/${of[$n:input]}"
        of[$n:lock]=${of[$n:input]} of[$n:input]=$input
        run_parts "$n"
        end_file "$n"
    done
}
