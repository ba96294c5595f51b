# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034,SC2154 # the scripts that source this use and set these
# The reports of --reports: rejects, undelivered records and counters by file. Functions only.

# REPLY: the beginning of the names of FILE's reports: its full path.
name_report() { # FILE
    local path=$1
    [[ $path == /* ]] || path=$PWD/${path#./}
    path=${path//%/%25}
    REPLY=${opt[reports]}/${path//\//%2F}
}

# Those of an earlier run go, since memc_sink never writes over a file.
prepare_reports() { # N
    [[ ${opt[reports]} ]] || return 0
    local part report longest=.idfa.undelivered.why
    name_report "${files[$1]}"
    report=$REPLY
    ((${#report} - ${#opt[reports]} - 1 + ${#longest} <= 255)) ||
        refuse "$1" 73 'its path is too long for the names of its reports' || return
    of[$1:report]=$report
    for part in '' .route "${all_types[@]/#/.}"; do
        set -- "$@" "$report$part".{rejects,undelivered}{,.why}
    done
    rm -f -- "${@:2}" "$report.stats"
    [[ ! ${run[again]} ]] || rm -f -- "$report.stats".?????? # see replace
}

# Makes one report of each kind for a file, from those of all parts. Each part counts the lines of its own input, so the
# reasons name the part.
merge_reports() { # N
    local kind name found report=${of[$1:report]} kinds=(rejects rejects.why undelivered)
    [[ $report ]] || return 0
    [[ ${opt[mode]} != verify ]] || kinds+=(undelivered.why)
    for kind in "${kinds[@]}"; do
        found=()
        for name in route "${types[@]}"; do
            [[ -e $report.$name.$kind ]] || continue
            found+=("$report.$name.$kind")
            [[ $kind != *.why ]] || sed -i "s/^/$name\t/" -- "${found[-1]}" || fail_after "$1" 74 'its reports cannot be written'
        done
        # -C: a file or a link that someone put there meanwhile is not written.
        if (set -C && cat -- "${found[@]}" </dev/null >"$report.$kind"); then
            rm -f -- "${found[@]}"
        else
            fail_after "$1" 74 'its reports cannot be written'
        fi
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
                for n in "$@"; do fail_after "$n" 74 'its reports cannot be written'; done
            }
        done
    done
}
