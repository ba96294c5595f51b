# shellcheck shell=bash disable=SC2034,SC2154 # the scripts that source this use and set these
# The options that memc_load and memc_load_file share. Each script adds its own: flag_of_script and value_of_script are
# tried first. Functions only.

set_defaults() {
    all_types=(idfa gaid adid dvid) version=1.0.0 # the version stands in lib/process/version.h, too
    declare -gA opt=([mode]=load [keep]='' [rate]=0.01 [reports]='' [stats]='' [ledger]='' [log]='' [quiet]='' [verbose]=''
        [allow_evictions]='' [done_word]='' [log_file]='')
    declare -gA server=([idfa]=127.0.0.1:33013 [gaid]=127.0.0.1:33014 [adid]=127.0.0.1:33015 [dvid]=127.0.0.1:33016)
    declare -gA run=([status]=0 [signal]='' [interrupted]='' [stdin_closed]='' [remote]='' [work]='')
    files=() only=("${all_types[@]}") types=() sink_options=() common_options=() file_options=()
    SHORT_FILE_OPTIONS=o:e:kns:l:qvhV
    LONG_FILE_OPTIONS=idfa:,gaid:,adid:,dvid:,only:,max-error-rate:,keep,dry,dry-run,verify,allow-evictions,max-line:,nice:
    LONG_FILE_OPTIONS+=,reports:,stats:,log:,sink-option:,ledger:,quiet,verbose,help,version
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
        --idfa | --gaid | --adid | --dvid) server[${1#--}]=$2 ;;
        -o | --only) IFS=, read -ra only <<<"$2" && opt[keep]=1 ;;
        -e | --max-error-rate) opt[rate]=$2 ;;
        --max-line | --nice) common_options+=("$1=$2") ;;
        --reports) opt[reports]=$2 ;;
        --ledger)
            [[ $2 ]] || die 64 '--ledger: no file is named'
            opt[ledger]=$2 opt[keep]=1
            ;;
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
    # What is no load of the whole file has nothing to do with the ledger.
    [[ ${opt[mode]} == load && ${#types[@]} == "${#all_types[@]}" ]] || opt[ledger]=''
    parse_rate
    local -A word=([load]=stored [verify]=verified [dry-run]=encoded)
    opt[done_word]=${word[${opt[mode]}]}
    [[ ${opt[verbose]} ]] || common_options+=(-q)
}

# The limit as a fraction of whole numbers, since it is compared in integers; few enough digits for 64 bits.
parse_rate() {
    opt[limit_num]='' opt[limit_den]=1 opt[limit_text]=none
    [[ ${opt[rate]} == none ]] && return
    [[ ${opt[rate]} =~ ^([0-9]*)(\.([0-9]*))?(%?)$ && ${opt[rate]} == *[0-9]* ]] ||
        die 64 "--max-error-rate: a fraction, 1% or none, not '${opt[rate]}'"
    local whole=${BASH_REMATCH[1]} fraction=${BASH_REMATCH[3]} percent=${BASH_REMATCH[4]}
    while [[ $fraction == *0 ]]; do fraction=${fraction%0}; done
    while [[ $whole == 0* ]]; do whole=${whole#0}; done
    ((${#whole} + ${#fraction} <= 9)) || die 64 "--max-error-rate: at most 9 digits, not '${opt[rate]}'"
    local decimals=$((${#fraction} + (${#percent} ? 2 : 0)))
    opt[limit_num]=$((10#0$whole$fraction)) opt[limit_den]=$((10 ** decimals))
    printf -v 'opt[limit_text]' %.6g "${opt[limit_num]}e-$decimals"
}

# REPLY: the time that sinks may need to settle, and some: GNU parallel waits so long between TERM and KILL.
settle_time_ms() {
    local option ms=5000
    local -A unit=([_ms]=1 [_s]=1000 [_m]=60000 [_h]=3600000 [_d]=86400000 [_]=1000)
    for option in "${sink_options[@]}"; do
        [[ $option =~ ^(-t|--ti[a-z]*=)0*([0-9]{1,9})(ms|s|m|h|d|)$ ]] &&
            ms=$((BASH_REMATCH[2] * ${unit[_${BASH_REMATCH[3]}]}))
    done
    REPLY=$((ms + 5000))
}

check_outputs() {
    local folder=.
    if [[ ${opt[log_file]} ]]; then
        { : >>"${opt[log_file]}"; } 2>/dev/null ||
            die 73 "--log: cannot append to ${opt[log_file]}: is its folder there, and writable?"
        opt[log]=${opt[log_file]}
    fi
    if [[ ${opt[ledger]} ]]; then
        prepare_ledger ||
            die 73 "--ledger: cannot read, append to and lock ${opt[ledger]}: is it a file, or its folder there, and writable?"
    fi
    if [[ ${opt[stats]} && ${opt[stats]} != - && ! -p ${opt[stats]} && ! -c ${opt[stats]} ]]; then
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
        *) if [[ -p ${opt[stats]} || -c ${opt[stats]} ]]; then
                cat "$1" >"${opt[stats]}"
            else
                replace "${opt[stats]}" "$1"
            fi ;;
    esac && return
    message E "--stats: cannot write ${opt[stats]}"
    merge_run_status 74
}
