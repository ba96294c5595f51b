# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034,SC2154 # memc_load sources this, and sets and uses these
# The list of files to load: files, and their sizes in `size`. Functions only.

list_files() {
    local list
    for list in "${lists[@]}"; do
        if [[ $list == - ]]; then
            [[ ! ${run[stdin_closed]} ]] || die 66 '--files-from -: stdin is closed'
            read_list
        else
            [[ -e $list ]] || die 66 "--files-from: no such file: $list"
            { [[ ! -d $list ]] && read_list <"$list"; } 2>/dev/null || die 66 "--files-from: cannot read $list"
        fi
    done
    [[ ${opt[pattern]} || ${#files[@]} -gt 0 || ${#lists[@]} -gt 0 ]] || opt[pattern]='/data/appsinstalled/*.tsv.gz'
    [[ ! ${opt[pattern]} ]] || expand_pattern
    drop_repeated
}

# Reports a list that does not end, such as that of tail -f: no load begins before its end.
read_list() {
    local names name timer=''
    if [[ ! -f /dev/stdin ]]; then
        (
            trap 'kill "$!" 2>/dev/null; exit' TERM
            sleep 5 >/dev/null 2>&1 &
            wait "$!" && message I 'the list of files has not ended yet; loading begins at its end'
        ) </dev/null &
        timer=$!
    fi
    mapfile -t -d "${opt[separator]}" names
    [[ ! $timer ]] || { kill "$timer" && wait "$timer"; } 2>/dev/null
    for name in "${names[@]}"; do
        [[ ! $name ]] || files+=("$name")
    done
    return 0
}

expand_pattern() {
    local name matches
    match "${opt[pattern]}"
    for name in "${matches[@]}"; do
        [[ ${name##*/} == .* || ! -e $name ]] || files+=("$name")
    done
}

match() { # PATTERN: sets `matches`
    local IFS= # keeps its spaces
    shopt -s nullglob
    # shellcheck disable=SC2206 # to be expanded
    matches=($1)
    shopt -u nullglob
}

# REPLY: why there is no file to load.
why_no_file() {
    local name matches count=0 base=${opt[pattern]##*/}
    REPLY='no file to load'
    [[ ${opt[pattern]} ]] || return 0
    REPLY+=": ${opt[pattern]} matches none"
    match "${opt[pattern]%"$base"}.$base"
    for name in "${matches[@]}"; do [[ ! -e $name ]] || ((count += 1)); done # a pattern of no glob characters stays
    ((count == 0)) || REPLY+="; with a leading dot it matches $count, loaded already: name them to load them again"
}

check_no_stdin() {
    local name
    for name in "${files[@]}"; do
        [[ $name != - ]] || die 64 '-: standard input is no file of a list; zcat … | memc_load_file --label NAME - loads it; ./- is a file'
    done
}

# A file with several names, or named several times, is loaded once; device and inode show it. `size` has the bytes of
# each file, nothing for one that is not there.
drop_repeated() {
    check_no_stdin
    local name found id kept=()
    local -A seen=() found_as=()
    size=()
    ((${#files[@]} > 0)) || return 0
    while IFS= read -r -d '' found; do
        found_as["/${found#* * }"]=${found%%/*}
    done < <(for name in "${files[@]}"; do ((${#name} > 4095)) || printf '%s\0' "$name"; done | xargs -0 stat -L --printf='%d:%i %s/ %n\0' -- 2>/dev/null)
    for name in "${files[@]}"; do
        found=${found_as["/$name"]:-}
        id=${found% *}
        if [[ $id && ${seen[$id]:-} ]]; then
            [[ ! ${opt[verbose]} ]] || message I "$name: listed more than once, loaded once"
            continue
        fi
        [[ ! $id ]] || { seen[$id]=1 && choose_decompressor "$name"; }
        kept+=("$name") size+=("${found#* }")
    done
    files=("${kept[@]}")
}
