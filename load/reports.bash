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

# Of each kind one report a file, whoever wrote it. A part's lines are counted in its own input: the reasons name it.
merge_reports() { # N
    local kind name found report=${of[$1:report]} kinds=(rejects rejects.why undelivered)
    [[ $report ]] || return 0
    [[ ${opt[mode]} != verify ]] || kinds+=(undelivered.why)
    for kind in "${kinds[@]}"; do
        found=()
        for name in route "${types[@]}"; do
            [[ -e $report.$name.$kind ]] || continue
            found+=("$report.$name.$kind")
            [[ $kind != *.why ]] || sed -i "s/^/$name\t/" -- "${found[-1]}" || merge_file_status "$1" 74
        done
        # -C: a file or a link that someone put there meanwhile is not written.
        if (set -C && cat -- "${found[@]}" </dev/null >"$report.$kind"); then
            rm -f -- "${found[@]}"
        else
            merge_file_status "$1" 74
        fi
    done
}
