#!/bin/sh
# SPDX-License-Identifier: MIT
# What memc_load shows on a terminal: a line while it runs and a table at its end, and neither of them anywhere else.
# shellcheck disable=SC2154 # ADDR_idfa and the like are set by start_four
. "$(dirname "$0")/../lib/harness.sh"

start_four
mkdir work slow d
TMPDIR=$T/work
export TMPDIR

cat >load <<END
#!/bin/sh
PATH=$T/slow:\$PATH
exec "$BIN/memc_load" --idfa "$ADDR_idfa" --gaid "$ADDR_gaid" --adid "$ADDR_adid" --dvid "$ADDR_dvid" "\$@"
END
# A decompressor of plain text. Of a file longer than that it gives 34000 bytes, 1000 lines, and waits for `go`.
cat >slow/xz <<END
#!/bin/sh
dd bs=340 count=100 status=none
until [ -e "$T/go" ] || [ "\$(stat -L --printf=%s /dev/stdin)" -le 34000 ]; do sleep 0.1; done
exec cat
END
# COLUMNS CMD…: on a terminal of that width, as its foreground job
cat >terminal <<'END'
#!/bin/sh
width=$1
shift
exec script -qec "stty cols $width rows 24; tty >$T/tty; exec $*" /dev/null
END
chmod +x load slow/xz terminal

lines() { seq -f 'idfa	w%06.0f	55.5	-42.25	1,22,333' "$1" "$2"; } # of 34 bytes each
fresh() { # a of 4000 lines, ten of the first thousand bad; b and c of 400
    rm -rf d go && mkdir d
    lines 1 4000 | sed '10~100s/55\.5/5x.5/; 1001,$s/5x/55/' >d/a.xz
    lines 1 400 >d/b.xz
    lines 1 400 >d/c.xz
}
shown() { sed 's/\r*$//' "$1" | tr '\r' '\n' | sed "s/$(printf '\033')\\[K//g"; } # FILE: all that ever stood there, line by line
progress_lines() { shown "$1" | grep -aE '^[0-9]+%, '; }
table() { shown "$1" | sed -n '/^file .* verdict$/,/^memc_load: /p' | grep -a . | sed '$d'; }
# shellcheck disable=SC2317 # called by `eventually`
shows() { progress_lines "$1" | grep -Eq "$2"; } # FILE ERE
widest() { LC_ALL=C.UTF-8 wc -L; } # in columns of a terminal
# shellcheck disable=SC2317 # likewise
no_process() { ! pgrep -f "$T/(work|slow|d)/" >/dev/null; }
numbers() { # the table, but for the seconds, and what it must be by `stats`
    table "$1" | sed 1d | awk '{ print $1, $2, $3, $4, $6 }' >got
    jq -r '[.file, .stored, .unknown + .invalid + .refused, (if .seconds > 0 then .stored / .seconds | floor else "-" end),
            .verdict] | map(tostring) | join(" ")' stats >want
    table "$1" | sed 1d | awk '{ print $5 }' >got.seconds
    jq -r '.seconds * 100 | round | (. + 5) / 10 | floor | "\(. / 10 | floor).\(. % 10)"' stats >want.seconds
}

note 'three files'
for width in 60 200; do
    fresh
    background run ./terminal $width ./load -k -w 2 -s stats d/a.xz d/b.xz d/c.xz
    eventually "$width columns: bytes read, records, errors, files" -- shows run.out '^37%, [0-9]+ records/s, 10 errors, 2/3 files, .* left$'
    ok 'there was a rate' -- sh -c 'grep -Eqa "[1-9][0-9]* records/s" run.out'
    if [ $width = 200 ]; then
        stty -F "$(cat tty)" cols 50
        eventually 'where it is too long it is shortened first' -- shows run.out '^37%, [0-9]+/s, 10 errors, 2/3 files, .* left$'
        stty -F "$(cat tty)" cols 40
        eventually 'a narrower terminal is noticed' -- shows run.out '^.{39}$'
    fi
    touch go
    finish 0 run 'the end'
    is "$(progress_lines run.out | widest | awk '{ print ($1 < '$width') }')" 1 'no line is as wide as the terminal'
    is "$(table run.out | sed -n 1p | tr -s ' ')" 'file records errors records/s seconds verdict' 'the head of the table'
    numbers run.out
    is_file got want 'its numbers are those of --stats'
    is_file got.seconds want.seconds 'and the seconds'
    is "$(table run.out | widest | awk '{ print ($1 < '$width') }')" 1 'it fits'
    is "$(shown run.out | grep -Eac '^memc_load: d/a\.xz: 10 bad lines: 10 latitude is not a finite decimal$')" 1 'each message stands on lines of its own'
    is "$(names=$(ls -A work) && echo "$names")" '' 'nothing is left in the work folder'
    eventually 'nor a process' -- no_process
done

note 'names'
fresh
name=$(printf 'd/co\001l.xz')
mv d/b.xz "$name"
long=d/$(printf '\303\251%.0s' $(seq 60)).xz
mv d/c.xz "$long"
touch go
background run ./terminal 60 ./load -k d/*.xz d/none
finish 66 run 'names that are odd, long, or of no file'
is "$(table run.out | awk '{ print $1 }' | sed 's/\(\xc3\xa9\)*\.\.\.\(\xc3\xa9\)*/E...E/')" "file
d/a.xz
d/co?l.xz
d/E...E.xz
d/none" 'control bytes are ?, a long name is cut in the middle, between its characters'
like "$(table run.out | widest)" '^5[789]$' 'and takes the room that there is'
like "$(table run.out)" '^d/none +0 +0 +- +0\.0  failed$' 'a file that is not there has no rate'

note 'two hundred tiny files'
fresh
mkdir d/tiny
for n in $(seq 200); do lines "$n" "$n" >"d/tiny/$n.xz"; done
background run ./terminal 60 ./load -o idfa -s stats -w 4 'd/tiny/*'
finish 0 run 'all loaded'
like "$(progress_lines run.out)" '/200 files' 'so many'
is "$(progress_lines run.out | widest | awk '{ print ($1 < 60) }')" 1 'no line is as wide as the terminal'
numbers run.out
is_file got want 'the numbers of each'
is "$(wc -l <got)" 200 'and it is each'

note 'who gets neither'
for name in a b c; do lines 1 400 >d/$name.xz; done
neither() { # FILE NAME
    unlike "$(shown "$1")" '%|records/s' "$2: neither"
    like "$(shown "$1" | grep '^memc_load: ' | tail -n 1)" '^memc_load: 3 files: 3 loaded; 1200 lines, 1200 stored' "$2: but the summary"
    file_unlike "$1" "$(printf '\033')" "$2: plain text"
    is "$(grep -c '^memc_load: Acceptable error rate (0). Successful load d/.\.xz (400 lines, 400 stored, 0 errors, 0 undelivered)' "$1")" 3 "$2: and the verdicts"
}
status 0 'no terminal' -- ./load -k d/a.xz d/b.xz d/c.xz
neither err 'no terminal'
status 0 'in the background' -- ./terminal 80 'bash -mc "./load -k d/a.xz d/b.xz d/c.xz & wait"'
neither out 'in the background'
status 0 'stderr elsewhere' -- ./terminal 80 './load -k d/a.xz d/b.xz d/c.xz 2>err.file'
neither err.file 'stderr elsewhere'
status 0 '-q on a terminal' -- ./terminal 80 ./load -kq d/a.xz d/b.xz d/c.xz
unlike "$(shown out)" '%|records/s|3 files' '-q: none of all that'
status 0 'records on the terminal' -- ./terminal 80 ./load -nv d/a.xz d/b.xz d/c.xz
is "$(progress_lines out)$(table out)" '' 'records on the terminal: neither'
status 0 'records elsewhere' -- ./terminal 80 './load -nv d/a.xz d/b.xz d/c.xz >records'
like "$(shown out)" '%, [0-3]/3 files, .* left$' 'records elsewhere: a line, but with -v no part is asked for its counters'
is "$(grep -c 'apps: 1' records)" 1200 'records elsewhere: there they are'
status 0 '-v on a terminal' -- ./terminal 80 ./load -kv d/a.xz d/b.xz d/c.xz
is "$(shown out | grep -c '^memc_sink: d/.\.xz: .* lines: ')" 12 '-v: one summary a sink'
status 0 '-p without a terminal' -- ./load -kp d/a.xz d/b.xz d/c.xz
is "$(progress_lines err | head -n 1)" '0%, 0 records/s, 0 errors, 0/3 files, --:-- left' '-p: a line'
is "$(table err | wc -l)" 4 '-p: and a table'
rm -f log
status 0 'with a log' -- ./terminal 80 ./load -k -l log d/a.xz d/b.xz d/c.xz
is "$(table out | wc -l) $(grep -c 'I Acceptable' log) $(shown out | grep -c Acceptable)" '4 3 0' 'the verdicts are in it, the table is on the terminal'

note 'however it ends'
held() { eventually 'it runs' -- shows run.out '^25%, .* 10 errors, 0/1 files'; }
load_pid() { pgrep -of "memc_load --idfa $ADDR_idfa .*d/a\.xz"; }
fresh
background run ./terminal 80 ./load -k "$T/d/a.xz"
held
kill -INT "-$(ps -o pgid= -p "$(load_pid)" | tr -d ' ')"
finish 130 run 'Ctrl-C'
eventually 'no process is left' -- no_process
like "$(table run.out | tail -n 1)" ' failed$' 'the table comes all the same'
background run ./terminal 80 ./load -k "$T/d/a.xz"
held
kill -KILL "$(load_pid)"
finish 137 run 'kill -9'
eventually 'no process is left' -- no_process
background run ./terminal 80 ./load -k -s stats "$T/d/a.xz"
held
kill -KILL "$(process "memc_sink .*--label $T/d/a\.xz .*-T idfa")"
touch go
finish 137 run 'a sink is killed that had told its counters'
json stats '[.verdict,.stored,.parts.idfa,.parts.gaid.exit]' '["failed",0,null,0]' 'it left none at the end'

done_testing
