#!/bin/sh
# SPDX-License-Identifier: MIT
# The bash parts of load/ by themselves: each test sources them all in a shell of its own and calls one function. What it
# must print is worked out by hand. (ledger.t, groups.t and hosts.t have more of theirs.)
# shellcheck disable=SC2016 # the shell with the parts expands it
. "$(dirname "$0")/../lib/harness.sh"

part() { # TEXT: runs it where all parts are sourced, in the folder of the test
    bounded bash -p -uc 'parts=$1 program=memc_load work=$PWD self=./memc_load
        for each in "$parts"/*.bash; do . "$each"; done
        export LC_ALL=C
        set_defaults
        declare -A of=() part=()
        eval "$2"' - "$BIN/load" "$1" 2>&1
}
gives() { # NAME EXPECTED TEXT
    is "$(part "$3" | tr '\n' '|')" "$2" "$1"
}

note 'common'
gives 'of two statuses the first of the list' '70 64 75 65 137 99 ' '
    for two in "70 75" "66 64" "75 65" "65 0" "137 64" "99 74"; do merge_status $two; printf "%s " $REPLY; done'
printf 'new\n' >from
printf 'old\n' >to
gives 'a rename replaces nothing' 'new|old|moved|new|' '
    rename_exclusive from to || cat from to
    rename_exclusive from .to && echo moved && cat .to'
rm .to
ln -s to link
echo by >by
gives 'a link is replaced, not what it leads to' 'by|old|' 'replace link by && cat link to'
touch .gone.gz list
ln -s nowhere dangling
gives 'why a file is missing' 'no such file: it was loaded already, .gone.gz is there|it is a link that leads to no file|no such file: the list has CRLF at the ends of its lines|no such file|' '
    for name in gone.gz dangling list$'"'\\r'"' none; do why_missing "$name" && echo "$REPLY"; done'
gives 'a message holds no control byte' 'memc_load: a?b|' 'opt[quiet]=1; message E a$'"'\\001'"'b; message I c'

note 'options'
gives 'numbers of lines' '5000 2000000 7 ' 'for n in 5K 2M 007; do parse_count --rate $n; printf "%s " $REPLY; done'
gives 'and none' 'memc_load: --rate: a whole number from 1, with K or M for thousands or millions, not '"'5k'"'|' 'parse_count --rate 5k'
gives 'types in their own order, each once' 'idfa dvid|1|' 'set_value -o dvid,idfa,dvid; check_options; echo "${types[*]}"; echo ${opt[keep]}'
gives 'an unknown type' "memc_load: --only: unknown type 'x'; there are idfa gaid adid dvid|" 'set_value -o idfa,x; check_options'
gives 'an output with the name of a data file' 'memc_load: --log: a.tsv has the name of a data file|' 'check_output_name --log a.txt; check_output_name --log a.tsv'
is "$(MEMC_GAID=h:1 part 'set_value --idfa i:2; echo ${server[gaid]} ${server[idfa]} "${file_options[@]}"')" 'h:1 i:2 --gaid h:1' 'an address from the environment goes to the jobs'

note 'list'
mkdir d
touch d/a.tsv 'd/b b.tsv' d/.c.tsv
ln d/a.tsv d/e.tsv
gives 'a pattern: names with blanks, none with a dot' 'd/a.tsv|d/b b.tsv|d/e.tsv|' 'opt[pattern]="d/*.tsv"; expand_pattern; printf "%s\n" "${files[@]}"'
gives 'two names of one file' 'd/a.tsv|none| 0 |' 'files=(d/a.tsv d/e.tsv none d/a.tsv); drop_repeated; printf "%s\n" "${files[@]}" "$(printf " %s" "${size[@]}")"'
gives 'nothing matches' 'no file to load: d/c* matches none; with a leading dot it matches 1, loaded already: name them to load them again|' 'opt[pattern]="d/c*"; why_no_file; echo "$REPLY"'
gives 'nor does a name' 'no file to load: d/c matches none|no file to load: d/c.tsv matches none; with a leading dot it matches 1, loaded already: name them to load them again|' '
    for name in d/c d/c.tsv; do opt[pattern]=$name; why_no_file; echo "$REPLY"; done'

note 'plan'
gives 'small files together, a large one alone' '0 1|2|3 4|' '
    files=(a b c d e) size=(5 5 9000000 5 5); plan_groups 1 0 1 2 3 4; printf "%s\n" "${groups[@]}"'
gives 'four groups a worker' '0|1|2|3|' 'files=(a b c d) size=(5 5 5 5); plan_groups 1 0 1 2 3; printf "%s\n" "${groups[@]}"'
gives 'no more of them than descriptors' '34 12|' '
    files=({1..400}) size=("${files[@]}"); ulimit -n 64; plan_groups 1 "${!files[@]}"; echo $(wc -w <<<"${groups[0]}") ${#groups[@]}'
gives 'in a dry run each is alone' '0|1|' 'opt[mode]=dry-run files=(a b) size=(5 5); plan_groups 1 0 1; printf "%s\n" "${groups[@]}"'

note 'jobs'
gives 'the rate is shared by all jobs of all hosts' '--rate 125|' 'run[hosts]=2 opt[workers]=4 opt[pace]=1000 to_load=({1..100}); share_rate; echo "${file_options[@]}"'
gives 'by as many as there are files' '--rate 334|' 'run[hosts]=2 opt[workers]=4 opt[pace]=1000 to_load=(1 2 3); share_rate; echo "${file_options[@]}"'
mkdir 0
printf '0 0 loaded\t{1}\n1 0 loaded\t{2}\n0 73 failed\t{3}\n' >0/results
echo 1 >0/recorded
gives 'of a file, the last result of its job' '0 73 failed	{3}|1 0 loaded	{2}|-1|' '
    declare -A got; read_results 0; printf "%s\n" "${got[0]}" "${got[1]}" "${of[0:recorded]:-}-${of[1:recorded]:-}"'
gives 'a file that is still there has not been renamed' 'no yes yes ' 'files=(d/a.tsv gone d/b)
    for n in 0 1 2; do has_its_name $n loaded && printf "yes " || printf "no "; done'

note 'hosts'
gives 'a list of hosts by a plain name is of this folder' '--sshloginfile|./list|' 'hosts=(--sshloginfile list); check_hosts; printf "%s\n" "${hosts[@]}"'
gives 'words for a folder with blanks' 'cd -- /a\ b && PATH=/c |' 'PWD="/a b" PATH=/c; host_words; echo "$REPLY"'
is "$(printf 'd/a.tsv\0d/none\0' | part 'look_around')" 'memc_load: it cannot see d/none' 'what a host cannot see'
# What stands in for ssh prints `answer`. What is passed on would be on memc_load's stdout, too.
mkdir there
echo 7 >there/rows
host_gives() { # NAME EXPECTED ANSWER [COMMAND]: what is passed on, the exit status, the result
    printf %b "$3" >answer
    rm -rf there/7
    gives "$1" "$2" 'words=(sh -c "'"${4:-:}"'; cat answer")
        (PARALLEL_SEQ=1 run_on_host "$work/there" stderr "" "${words[*]@Q}" 3>&2); echo $?; cat there/7/results'
}
json='{"tool":"memc_load","parts":{"idfa":null}}'
host_gives 'a result is taken, all else passed on' "idfa a|0|7 65 failed	$json|" "idfa a\\n7 65 failed\\t$json\\n"
host_gives 'a result that is cut off is none: for another host' '255|' "7 0 loaded\\t${json%??}"
host_gives 'a file that is not tried is for another host' '255|7 0 not tried|' '7 0 not tried\n'
host_gives 'but not after a stop' '0|7 0 not tried|' '7 0 not tried\n' ': >there/stop'

note 'pipeline, group'
gives 'how a part ended' '3 137 137 74 ' '
    record_exit e sh -c "exit 3"; status_of e; printf "%s " $REPLY
    record_exit e sh -c "kill -9 \$\$"; status_of e; printf "%s " $REPLY
    status_of none; printf "%s " $REPLY
    : >empty; status_of empty; printf "%s " $REPLY'
gives 'after TERM none begins' '143|' ': >stopped; record_exit e echo begun; cat e'
rm stopped
gives 'nor a file' 'yes no no ' 'run+=([stop]="" [base]=$work)
    for each in a b c; do may_begin && printf "yes " || printf "no "; : >stop; [[ $each != b ]] || { rm stop && run[stop]=1; }; done'
echo text | gzip >t.gz
echo text >t
gives 'gzip or text' 'text|text|' '
    files=(-); for name in t t.gz; do exec {in}<$name; of[0:input]=$in; decompress 0; done'

note 'damage'
# gzip's own last three bytes are zero: they are the size, 5, in four bytes.
echo text >whole && gzip whole
{ cat whole.gz && echo more; } >more.gz
{ cat whole.gz && head -c 100 /dev/zero; } >padded.gz
{ cat whole.gz && head -c 70000 /dev/zero; } >hole.gz
gives 'bytes that are left unread' 'whole||gzip: stdin: decompression OK, trailing garbage ignored||whole|103 zero bytes in it are padding|more than 64 KiB of zero bytes where the next stream should be: a hole?||' '
    for name in whole more padded hole; do
        files=("$name.gz"); exec {in}<$name.gz; of=([0:input]=$in)
        find_damage 0 5 && echo whole || echo "$REPLY"; echo "${of[0:padding]:-}"
    done'

note 'ledger, reports'
gives 'a path is one word of printable ASCII' '/a%09b%25%E2%82%AC c|' 'escape_path $'"'/a\\tb%\\342\\202\\254 c'"'; echo "$REPLY"'
gives 'the name of a report' 'r/%2Fx%2Fa%25b.gz|r/%2Fw%2Fa|' 'opt[reports]=r; name_report /x/a%b.gz; echo "$REPLY"; PWD=/w; name_report ./a; echo "$REPLY"'
printf '1\n2\n' >rep.route.rejects
printf '3\n' >rep.dvid.rejects
printf 'why\n' >rep.dvid.rejects.why
gives 'one report of each kind' '1|2|3|dvid	why|' 'types=("${all_types[@]}") of[0:report]=rep; merge_reports 0; cat rep.rejects rep.rejects.why'
printf 'a\nb\nc\n' >route.rejects
gives 'each file has its own lines of a group' 'a|b|c|' '
    folder=. types=(); for n in 0 1; do of[$n:report]=g$n; done; of[0:rejected:route]=2 of[1:rejected:route]=1
    cut_reports 0 1; cat g0.route.rejects; cat g1.route.rejects'

note 'verdict'
gives 'the rate, in integers: errors against good' 'over under over under under ' 'opt[limit_num]=1 opt[limit_den]=100
    for two in "1 100" "1 101" "1 0" "0 0"; do over_limit $two && printf "over " || printf "under "; done
    opt[limit_num]=""; over_limit 5 5 || printf "under "'
gives 'what follows a load cannot better it' '74 b 70 c ' 'of=([0:status]=0); fail_after 0 74 b; printf "%s " "${of[0:status]}" "${of[0:detail]}"
    fail_after 0 70 c; fail_after 0 74 d; printf "%s " "${of[0:status]}" "${of[0:detail]}"'
gives 'which parts ended how' 'route ended with 75, idfa ended with 69 (--idfa 127.0.0.1:33013)|' 'types=(idfa gaid) part=([end:route]=75 [end:idfa]=69 [end:gaid]=0); list_ends; echo "$REPLY"'

note 'servers, progress'
printf 'x\n' >.back.gz
gives 'a dot is taken back' 'x|' 'take_dot_back back.gz; cat back.gz'
gives 'the line: rate and time left of the last seconds' '50%, 25 records/s, 3 errors, 1/4 files, 00:15 left|' '
    uptime() { REPLY=1000; }
    measure_terminal() { REPLY=79; }
    files=(a b c d) times=(0) goods=(50) reads=(100)
    declare -A seen=([now_bytes]=300 [all]=600 [now_good]=300 [now_errors]=3 [files]=1)
    draw_line; echo "$REPLY"'

done_testing
