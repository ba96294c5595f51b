# SPDX-License-Identifier: MIT
# Rows "PROGRAM LETTER NAME VALUE TEXT" as fish's completion of one program.
BEGIN { print "# fish completion of " program ", made by extra/completion/generate." }

# What fish completes for a value: -x takes no names of files, -r does.
function action(value) {
    if (value == "-" || value ~ /^\[/) return ""
    if (value == "TYPE") return " -x -a 'idfa gaid adid dvid'"
    if (value ~ /^TYPE,/) return " -x -a '(__fish_append , idfa gaid adid dvid)'"
    if (value ~ /\|/) { gsub(/\|/, " ", value); return " -x -a '" value "'" }
    if (value == "DIR") return " -x -a '(__fish_complete_directories)'"
    if (value ~ /^(FILE|PATH|LIST|GLOB|ADDR)$/) return " -r -F"
    return " -x"
}

$1 == program {
    text = $0
    sub(/^[^ ]+ [^ ]+ [^ ]+ [^ ]+ /, "", text)
    printf "complete -c %s%s -l %s%s -d '%s'\n", program, $2 == "-" ? "" : " -s " substr($2, 2), substr($3, 3), action($4), text
}
