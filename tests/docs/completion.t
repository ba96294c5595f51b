#!/bin/sh
# SPDX-License-Identifier: MIT
# Completion for bash, zsh and fish. All three are made of one table, which is held against the programs' own --help. bash's
# is driven as readline drives it, those of zsh and fish by the shells themselves, where they are installed.
. "$(dirname "$0")/../lib/harness.sh"

command -v bash >/dev/null || skip_all 'bash is not installed'
generate=$TOP/extra/completion/generate
programs='memc_load memc_load_file memc_route memc_sink'
status 0 'the completion for bash is made' -- "$generate" bash
cp out memc.bash

# Completes the last WORD. Prints the answers, and what is left to readline as "readline: OPTION".
cat >driver <<'END_DRIVER'
. "$T/memc.bash"
compopt() { echo "readline: $*"; }
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
read -ra spec < <(complete -p "${1##*/}")
[[ ${spec[*]} == "complete -F ${spec[2]} ${1##*/}" ]] || echo "no function: ${spec[*]}"
"${spec[2]}" "$1" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
((${#COMPREPLY[@]} == 0)) || printf '%s\n' "${COMPREPLY[@]}"
END_DRIVER

completes() { # EXPECTED NAME COMMAND WORD…
    completes_expected=$1
    completes_name=$2
    shift 2
    PATH=$BIN:$PATH bounded bash -u driver "$@" >answers 2>&1
    is "$(LC_ALL=C sort answers | tr '\n' ' ')" "$completes_expected" "$completes_name"
}

# What --help calls an option, and the word after it. The pages are held to it by docs.t.
long_options() { # PROGRAM
    "$BIN/$1" --help | grep -oE -e '--[a-z-]+' | LC_ALL=C sort -u
}

# What --help does not say of a row of the table: its letter, and its value where it takes one. In --help the three types
# behind --idfa have no word of their own, and the letter of memc_load's --dry-run stands before its old name.
unlike_help() { # PROGRAM
    sed -n "s/^$1 //p" memc.bash | while read -r letter name value; do
        case $1$name in *--gaid | *--adid | *--dvid) continue ;; memc_load*--dry-run) letter=- ;; memc_load*--dry) letter=-n ;; esac
        before='(^|[^-a-z,]|[^A-Za-z0-9], |, --[a-z-]+, )'
        [ "$letter" = - ] || before="(^|[^a-z])$letter, "
        case $value in
            -) after='($|[^][a-z= -]| ($|[^A-Z]|[A-Z][a-z]))' ;;
            \[*) after=$(printf '%s' "$value" | sed 's/[][]/\\&/g') ;;
            *'|'*) after=' [A-Z]+' ;;
            *) after=" $value" ;;
        esac
        grep -qE -e "$before$name$after" help || echo "$letter $name $value"
    done
}
letters() { grep -oE -e '(^|[^-A-Za-z0-9])-[A-Za-z0-9], ?-?-?' | grep -e '--$' | grep -oE -e '-[A-Za-z0-9],' | LC_ALL=C sort -u; }

for program in $programs; do
    note "$program: the table"
    "$BIN/$program" --help >help
    is "$(unlike_help "$program")" '' 'each row is as --help has it'
    is "$(sed -n "s/^$program \(-[A-Za-z0-9]\) .*/\1,/p" memc.bash | LC_ALL=C sort -u)" "$(letters <help)" 'and it has each letter'
done

for program in $programs; do
    note "$program"
    long_options "$program" | tr '\n' ' ' >want
    ok 'there are options to complete' -- grep -q -e '--quiet .*--version ' want
    completes "$(cat want)" 'a dash: all its long options' "$program" --
    completes "$(cat want)" 'also by a path' "$BIN/$program" -
    completes '--version ' 'the beginning of one' "$program" --vers
    completes '--max-line ' 'after other words' "$program" -q x --max-l
    completes '' 'the beginning of none' "$program" --none
    completes 'readline: -o default ' 'an operand is a file' "$program" ''
    completes 'readline: -o default ' 'a beginning of one' "$program" --quiet da
    completes 'readline: -o default ' 'after --, too' "$program" -- --ver
    for option in -s --stats; do
        completes 'readline: -o default ' "$option takes a file" "$program" "$option" x
    done
    completes 'readline: -o default ' '--stats=: behind the equals sign' "$program" --stats =
    completes 'readline: -o default ' '--stats=x: and some letters later' "$program" --stats = x
    completes '' '--max-line takes a size, no file' "$program" --max-line 1
    completes 'readline: -o default ' 'after an option without a value comes an operand' "$program" -q x
    # Every option that takes a value says so by a word that is known here, or the completion would guess.
    "$BIN/$program" --help | grep -oE -e '--[a-z-]+ [A-Z]+' | sed 's/.* //' | LC_ALL=C sort -u >words
    printf '%s\n' ADDR DIR DURATION FILE GLOB LIST LOGIN N NAME OPT PATH R SIZE TOKEN TYPE >known
    is "$(comm -23 words known | tr '\n' ' ')" '' 'its words for values are known ones'
done

note 'what takes files, folders, types'
for option in -a --files-from -l --log --sshloginfile --pattern --idfa --gaid --adid --dvid; do
    completes 'readline: -o default ' "memc_load $option: a file" memc_load "$option" ''
done
for option in --idfa --gaid --adid --dvid -r --rejects; do
    completes 'readline: -o default ' "memc_route $option: a file" memc_route "$option" ''
done
for option in -r --rejects -u --undelivered; do
    completes 'readline: -o default ' "memc_sink $option: a file" memc_sink "$option" ''
done
completes 'readline: -o dirnames ' 'memc_load --reports: a folder' memc_load --reports ''
completes 'readline: -o dirnames ' 'memc_route -d: a folder' memc_route -d ''
completes 'readline: -o dirnames ' 'memc_route --dir=: a folder' memc_route --dir =
for option in -w --workers -e --max-error-rate --sink-option -S --sshlogin; do
    completes '' "memc_load $option: nothing to offer" memc_load "$option" ''
done
completes 'adid dvid gaid idfa ' 'memc_sink -T: a type' memc_sink -T ''
completes 'gaid ' 'memc_sink --type=g' memc_sink --type = g
for program in memc_load memc_route; do
    completes 'adid dvid gaid idfa readline: -o nospace ' "$program --only: a type" "$program" --only ''
    completes 'dvid,adid dvid,gaid dvid,idfa readline: -o nospace ' "$program -o dvid,: another" "$program" -o dvid,
    completes 'gaid,idfa,adid readline: -o nospace ' "$program --only=gaid,idfa,a" "$program" --only = gaid,idfa,a
    completes 'readline: -o nospace ' 'all four: no other' "$program" --only idfa,gaid,adid,dvid,
done
: | bounded "$BIN/memc_route" -q -s stats.json --idfa /dev/fd/1 --gaid /dev/fd/1 --adid /dev/fd/1 --dvid /dev/fd/1 | cat
json stats.json '.routed | keys' '["adid","dvid","gaid","idfa"]' 'those are the types'

note 'a program that is not there'
completes '--version ' 'its options are known by its name' ./memc_load --vers
PATH=/usr/bin:/bin bounded bash -u driver memc_sink 'x' >answers 2>&1
is "$(cat answers)" 'readline: -o default' 'but files are'

note 'zsh'
if command -v zsh >/dev/null; then
    mkdir functions
    status 0 'the completion is made' -- "$generate" zsh
    cp out functions/_memc_load
    mkdir folder
    : >afile
    zsh_offers() { # EXPECTED NAME LINE
        is "$(bounded zsh -f "$TESTS/lib/offers.zsh" "$T/functions" "$3" | LC_ALL=C sort -u | tr '\n' ' ')" "$1" "$2"
    }
    for program in $programs; do
        # zsh offers options in two groups, with and without a value, each as it is.
        zsh_offers "$(long_options "$program" | tr '\n' ' ')" "$program: all its long options" "$program --"
        zsh_offers '--version ' "$program: the beginning of one" "$program --vers"
        zsh_offers 'afile ' "$program --stats: a file" "$program --stats af"
        zsh_offers 'afile ' "$program: an operand" "$program -q af"
    done
    zsh_offers 'adid dvid gaid idfa ' 'memc_sink -T: a type' 'memc_sink -T '
    zsh_offers 'gaid ' 'memc_sink --type=g' 'memc_sink --type=g'
    zsh_offers 'adid dvid gaid ' 'memc_load --only idfa,: another' 'memc_load --only idfa,'
    zsh_offers 'folder functions ' 'memc_load --reports: a folder' 'memc_load --reports f'
else
    skip 'zsh is not installed' 'the completion of zsh'
fi

note 'fish'
if command -v fish >/dev/null; then
    fish_offers() { # EXPECTED NAME LINE: the words; fish puts its text behind a TAB
        is "$(HOME=$T bounded fish --no-config -c "source ./${3%% *}.fish; complete -C '$3'" | cut -f 1 | LC_ALL=C sort -u | tr '\n' ' ')" "$1" "$2"
    }
    for program in $programs; do
        status 0 "the completion of $program is made" -- "$generate" fish "$program"
        cp out "$program.fish"
        fish_offers "$(long_options "$program" | tr '\n' ' ')" "$program: all its long options" "$program --"
        fish_offers '--version ' "$program: the beginning of one" "$program --versi" # fish 4 takes --verbose for --vers too
        fish_offers 'afile ' "$program --stats: a file" "$program --stats af"
        fish_offers 'afile ' "$program: an operand" "$program -q af"
    done
    fish_offers 'adid dvid gaid idfa ' 'memc_sink -T: a type' 'memc_sink -T '
    fish_offers 'folder/ functions/ ' 'memc_load --reports: a folder' 'memc_load --reports f'
    fish_offers 'idfa,adid idfa,dvid idfa,gaid idfa,idfa ' 'memc_load --only idfa,: another' 'memc_load --only idfa,'
else
    skip 'fish is not installed' 'the completion of fish'
fi

done_testing
