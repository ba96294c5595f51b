# SPDX-License-Identifier: MIT
# Rows "PROGRAM LETTER NAME VALUE TEXT" as a completion function of zsh: specifications for _arguments, a program each.
BEGIN {
    programs = "memc_load memc_load_file memc_route memc_sink"
    print "#compdef " programs
    print "# zsh completion, made by extra/completion/generate."
    print ""
    print "local -a specs"
    print "case $service in"
}

# What zsh completes for a value.
function action(value) {
    if (value == "TYPE") return ":type:(idfa gaid adid dvid)"
    if (value ~ /^TYPE,/) return ":types:_values -s , type idfa gaid adid dvid"
    if (value ~ /\|/) { gsub(/\|/, " ", value); return ":word:(" value ")" }
    if (value == "DIR") return ":folder:_files -/"
    if (value ~ /^(FILE|PATH|LIST|GLOB|ADDR)$/) return ":" tolower(value) ":_files"
    gsub(/[^A-Z]/, "", value)
    return ":" tolower(value) ": "
}

# A letter takes its value as the next word or behind it, a name as the next word or behind an equals sign.
function spec(option, suffix, repeat) {
    printf "        %s'%s[%s]%s'\n", (repeat ? "'*'" : ""), option suffix, text, values
}

$1 != current {
    if (current) print "    )\n    ;;"
    current = $1
    printf "%s)\n    specs=(\n", current
}

{
    text = $0
    sub(/^[^ ]+ [^ ]+ [^ ]+ [^ ]+ /, "", text)
    optional = $4 ~ /^\[/
    values = $4 == "-" ? "" : (optional ? ":" : "") action($4)
    if ($2 != "-") spec($2, $4 == "-" || optional ? "" : "+", 0)
    spec($3, $4 == "-" ? "" : optional ? "=-" : "=", $3 == "--sink-option")
}

END {
    print "    )\n    ;;\nesac"
    print "_arguments -s -S : $specs '*:file:_files'"
}
