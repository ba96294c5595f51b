# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034,SC2154 # the scripts that source this use and set these
# The options that memc_load and memc_load_file share. Each script adds its own: flag_of_script and value_of_script are
# tried first. Functions only.

set_defaults() {
    all_types=(idfa gaid adid dvid) version=1.1.1 # the version stands in lib/process/version.h, too
    declare -gA opt=([mode]=load [keep]='' [rate]=0.01 [reports]='' [stats]='' [ledger]='' [log]='' [quiet]='' [verbose]=''
        [allow_evictions]='' [done_word]='' [log_file]='' [gzip]='' [pace]='' [ledger_kept]='')
    declare -gA server=([idfa]=127.0.0.1:33013 [gaid]=127.0.0.1:33014 [adid]=127.0.0.1:33015 [dvid]=127.0.0.1:33016)
    declare -gA run=([status]=0 [signal]='' [interrupted]='' [stdin_closed]='' [remote]='')
    files=() only=("${all_types[@]}") types=() sink_options=() common_options=() router_options=() file_options=()
    take_environment
    SHORT_FILE_OPTIONS=o:e:kns:l:qvhV
    LONG_FILE_OPTIONS=idfa:,gaid:,adid:,dvid:,only:,max-error-rate:,keep,dry,dry-run,verify,allow-evictions,max-line:,nice:
    LONG_FILE_OPTIONS+=,rate:,reports:,stats:,log:,sink-option:,ledger:,quiet,verbose,help,version
}

# MEMC_IDFA and the like are the defaults of the servers' addresses. Jobs get them as options, on other hosts, too.
take_environment() {
    local type name
    declare -gA from_environment=()
    for type in "${all_types[@]}"; do
        name=MEMC_${type^^}
        [[ ${!name:-} ]] || continue
        server[$type]=${!name} from_environment[$type]=$name
        file_options+=("--$type" "${!name}")
    done
}

# A number of lines, with K or M for thousands or millions. REPLY: without them.
parse_count() { # OPTION TEXT
    local -A unit=([_]=1 [_K]=1000 [_M]=1000000)
    [[ $2 =~ ^0*([1-9][0-9]{0,8})([KM]?)$ ]] || die 64 "$1: a whole number from 1, with K or M for thousands or millions, not '$2'"
    REPLY=$((BASH_REMATCH[1] * ${unit[_${BASH_REMATCH[2]}]}))
}

parse_options() { # SHORT LONG ARG…: those of the script beside the shared ones
    local parsed
    parsed=$(getopt -n "$program" -o "$SHORT_FILE_OPTIONS$1" -l "$LONG_FILE_OPTIONS,$2" -- "${@:3}") ||
        die 64 "wrong options; try: $program --help"
    eval set -- "$parsed"
    while [[ $1 != -- ]]; do
        if flag_of_script "$1"; then
            shift
        elif set_flag "$1"; then
            file_options+=("$1")
            shift
        else
            [[ $2 || $1 == --progress || $1 == --sink-option ]] || die 64 "$1: its value is empty"
            value_of_script "$1" "$2" || { set_value "$1" "$2" && file_options+=("$1" "$2"); }
            shift 2
        fi
    done
    shift
    files=("$@")
}

set_flag() { # OPTION: false if it takes a value
    case $1 in
        -k | --keep) opt[keep]=1 ;;
        -n | --dry | --dry-run) opt[mode]=dry-run opt[keep]=1 ;;
        --verify) opt[mode]=verify opt[keep]=1 ;;
        --allow-evictions) opt[allow_evictions]=1 ;;
        -q | --quiet) opt[quiet]=1 ;;
        -v | --verbose) opt[verbose]=1 ;;
        -h | --help) usage && exit 0 || exit 74 ;;
        -V | --version) echo "$program $version" && exit 0 || exit 74 ;;
        *) return 1 ;;
    esac
}

set_value() { # OPTION VALUE
    case $1 in
        --idfa | --gaid | --adid | --dvid) server[${1#--}]=$2 && unset "from_environment[${1#--}]" ;;
        -o | --only) IFS=, read -ra only <<<"$2" && opt[keep]=1 ;;
        -e | --max-error-rate) opt[rate]=$2 ;;
        --max-line | --nice) common_options+=("$1=$2") ;;
        --rate) opt[pace]=$2 ;;
        --reports) opt[reports]=$2 ;;
        --ledger) opt[ledger]=$2 opt[keep]=1 ;;
        -s | --stats) opt[stats]=$2 ;;
        -l | --log) opt[log_file]=$2 ;;
        --sink-option) sink_options+=("$2") ;;
    esac
}

check_options() {
    local type
    for type in "${only[@]}"; do
        [[ -v server[$type] ]] || die 64 "--only: unknown type '$type'; there are ${all_types[*]}"
    done
    for type in "${all_types[@]}"; do # in their own order, each once
        [[ " ${only[*]} " != *" $type "* ]] || types+=("$type")
    done
    ((${#types[@]} > 0)) || die 64 "--only: no type given; there are ${all_types[*]}"
    # The ledger only records loads of whole files.
    # A dry run reads it, to report what a load would skip, and writes nothing.
    [[ ${opt[mode]} != verify && ${#types[@]} == "${#all_types[@]}" ]] || opt[ledger]=''
    [[ ${opt[mode]} != load ]] || opt[ledger_kept]=${opt[ledger]}
    local -A word=([load]=stored [verify]=verified [dry-run]=encoded)
    opt[done_word]=${word[${opt[mode]}]}
    [[ ${opt[verbose]} ]] || common_options+=(-q -q ${opt[quiet]:+-q}) # bad lines are reported by reason, not one by one
    [[ ! ${opt[pace]} ]] || router_options+=("--rate=${opt[pace]}")
}

# What memc_sink makes of its options: the limit of the error rate as a fraction, whose denominator is a power of ten and
# which has few enough digits for 64 bits, and the longest silence of a server. Options that it does not take are found
# here, before a router waits in vain for readers of its FIFOs. A job gets the answers from its run.
ask_settings() {
    local line num=null den=null
    if [[ -v MEMC_LOAD_SETTINGS ]]; then
        read -r num den "run[timeout_ms]" <<<"$MEMC_LOAD_SETTINGS"
    else
        line=$("$sink" "${sink_options[@]}" "${common_options[@]}" -q --dry-run -e "${opt[rate]}" --stats - -- \
            "${server[${types[0]}]}" </dev/null) || refuse_settings "$?"
        # What it would do instead of storing is memc_load's to say.
        [[ ${opt[mode]} == dry-run ]] || "$sink" "${sink_options[@]}" --test -- "${server[${types[0]}]}" >/dev/null || refuse_settings "$?"
        [[ $line =~ \"timeout_ms\":([0-9]+),\"limit_numerator\":([a-z0-9]+),\"limit_denominator\":([a-z0-9]+), ]] ||
            die 70 "memc_sink is not of this version: $sink"
        run[timeout_ms]=${BASH_REMATCH[1]} num=${BASH_REMATCH[2]} den=${BASH_REMATCH[3]}
    fi
    opt[limit_num]='' opt[limit_den]=1 opt[limit_text]=none
    [[ $num != null ]] || return 0
    ((${#num} <= 9 && ${#den} <= 10)) || die 64 "--max-error-rate: at most 9 digits, not '${opt[rate]}'"
    opt[limit_num]=$num opt[limit_den]=$den
    printf -v 'opt[limit_text]' %.6g "${num}e-$((${#den} - 1))"
}

refuse_settings() { # STATUS
    [[ $1 == 64 ]] || die "$1" "memc_sink was asked for its settings and ended with $1"
    die 64 'wrong server address (--idfa and the like), -e, --sink-option, --max-line or --nice, see above'
}

# REPLY: the time that sinks may need to settle, and some.
settle_time_ms() { REPLY=$((run[timeout_ms] + 5000)); }

# An output that has the name of a data file is an option whose value was forgotten.
check_output_name() { # OPTION FILE
    case $2 in
        *.tsv | *.gz | *.zst | *.bz2 | *.xz | *.lz4) die 73 "$1: $2 has the name of a data file" ;;
    esac
}

# What is written must not be what is read.
check_no_output() {
    local name option
    for option in stats log_file ledger; do
        [[ ${opt[$option]} && ${opt[$option]} != - ]] || continue
        for name in "${files[@]}"; do
            [[ ! $name -ef ${opt[$option]} ]] || die 73 "--${option%_file}: ${opt[$option]} is among the files to load"
        done
    done
}

check_outputs() {
    local folder=. begin=''
    check_output_name --log "${opt[log_file]}"
    check_output_name --ledger "${opt[ledger]}"
    if [[ ! -L ${opt[stats]} && -f ${opt[stats]} && -s ${opt[stats]} ]]; then # a link is replaced, not what it leads to
        read -rN 14 begin <"${opt[stats]}"
        [[ $begin == '{"tool":"memc_' ]] ||
            die 73 "--stats: ${opt[stats]} holds something else than counters; move it away"
    fi
    if [[ -p ${opt[log_file]} ]]; then
        open_fifo "${opt[log_file]}" || die 73 "--log: nobody reads the FIFO ${opt[log_file]}"
        opt[log]=${opt[log_file]} run[log_fd]=$REPLY
    elif [[ ${opt[log_file]} ]]; then
        { : >>"${opt[log_file]}"; } 2>/dev/null ||
            die 73 "--log: cannot append to ${opt[log_file]}: is its folder there, and writable?"
        opt[log]=${opt[log_file]}
    fi
    if [[ ${opt[ledger]} && ! ${opt[ledger_kept]} ]]; then
        [[ -e ${opt[ledger]} ]] || opt[ledger]=''
        [[ ! ${opt[ledger]} || -f ${opt[ledger]} && -r ${opt[ledger]} ]] || die 73 "--ledger: cannot read ${opt[ledger]}"
    elif [[ ${opt[ledger]} ]]; then
        prepare_ledger ||
            die 73 "--ledger: cannot read, append to and lock ${opt[ledger]}: is it a file, or its folder there, and writable?"
    fi
    if [[ -p ${opt[stats]} ]]; then
        open_fifo "${opt[stats]}" || die 73 "--stats: nobody reads the FIFO ${opt[stats]}"
        run[stats_fd]=$REPLY
    elif [[ ${opt[stats]} && ${opt[stats]} != - && ! -c ${opt[stats]} ]]; then
        [[ ${opt[stats]} != */* ]] || folder=${opt[stats]%/*}/
        [[ -d $folder && -w $folder && ! -d ${opt[stats]} ]] ||
            die 73 "--stats: cannot write ${opt[stats]}: is its folder there, and writable?"
    fi
    if [[ ${opt[reports]} ]]; then
        mkdir -m 700 -- "${opt[reports]}" 2>/dev/null
        [[ -d ${opt[reports]} && -w ${opt[reports]} ]] ||
            die 73 "--reports: cannot write into the folder ${opt[reports]}: is it one, and writable?"
    fi
}

write_stats() { # RESULTS
    case ${opt[stats]} in
        '') return ;;
        -) cat "$1" ;;
        *) if [[ ${run[stats_fd]:-} ]]; then
                cat "$1" >&"${run[stats_fd]}"
            elif [[ -c ${opt[stats]} ]]; then
                cat "$1" >"${opt[stats]}"
            else
                replace "${opt[stats]}" "$1"
            fi ;;
    esac && return
    message E "--stats: cannot write ${opt[stats]}"
    merge_run_status 74
}
