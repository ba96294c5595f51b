# SPDX-License-Identifier: MIT
# zsh -f offers.zsh FOLDER LINE: what zsh's completion, with the functions in FOLDER, offers for a TAB at the end of LINE,
# one answer a line. A second zsh on a pseudo terminal completes; its compadd prints what is added.
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell "PROMPT= RPROMPT= fpath=(${(q)1} \$fpath)"
zpty -w shell '
autoload -U compinit && compinit -u -D
bindkey "^I" complete-word
zstyle ":completion:*" verbose no
compadd() {
    if [[ ${@[1,(i)(-|--)]} == *-(O|A|D)\ * ]]; then
        builtin compadd "$@"
        return
    fi
    typeset -a hits
    builtin compadd -A hits "$@"
    (( ! $#hits )) || print -l "hit "$^hits
    return 0
}
leave() { print "hits end"; exit; }
comppostfuncs=(leave)
print "shell is "ready'
zpty -r shell text '*shell is ready*'
zpty -n -w shell "$2"$'\t'
while zpty -r shell text; do
    for line in ${(f)${text//$'\r'/}}; do
        [[ $line != *'hits end'* ]] || break 2
        [[ $line != *'hit '* ]] || print -r -- ${line##*hit }
    done
done
zpty -d shell
