# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154 # the scripts that source this set these
# --help of both scripts: a line that one of them alone has begins with its letter, R (a run) or F (a file). Functions only.

usage() {
    local mine=R
    [[ $program == memc_load ]] || mine=F
    sed -n "s/^[ $mine]|//p" <<'USAGE'
R|Usage: memc_load [options] [FILE...]
R|Loads tracer logs (.tsv .gz .zst .bz2 .xz .lz4) into their memcached servers.
F|Usage: memc_load_file [options] FILE...
F|Loads tracer logs (.tsv .gz .zst .bz2 .xz .lz4) into their memcached servers,
F|one after another, and prints a JSON line for each. FILE - is standard input.
 |
R|  -a, --files-from LIST   load the files that LIST names, one a line (-: stdin)
R|  -0, --null              each name in LIST ends with NUL instead of LF
R|      --pattern GLOB      load the files that match GLOB
R|                          (default /data/appsinstalled/*.tsv.gz)
R|  -w, --workers N         load N files at a time (default: number of cores)
R|  -S, --sshlogin LOGIN,...
R|                          load on these hosts, by ssh
R|      --sshloginfile FILE load on the hosts that FILE names, one a line
 |      --idfa ADDR, --gaid ADDR, --adid ADDR, --dvid ADDR
 |                          server of a type (default 127.0.0.1:33013 to 33016)
 |  -o, --only TYPE,...     load these types only; keep the names
 |  -e, --max-error-rate R  a file fails if its share of bad lines reaches R: 0.01
 |                          (the default), 1%, none
 |      --max-line SIZE     longest line (default 1M)
 |      --allow-evictions   do not fail when a server evicted records
 |      --rate N            at most N lines a second; 5K is 5,000, 1M a million
R|      --at-least N        fewer new files than N fail the run (66)
 |      --sink-option OPT   give OPT to each memc_sink (repeatable)
 |      --nice N            be nicer to other programs by N, 0 to 19
 |  -k, --keep              keep the names: no dot for loaded files
 |      --ledger FILE       note loaded files in FILE and skip them next time;
 |                          keep the names
 |
 |Instead of storing (and keep the names):
 |  -n, --dry, --dry-run    say what would be loaded; -v prints the records
 |      --verify            read the records back and compare them
R|  -t, --test              encode and decode a built-in sample
 |
 |What it prints and writes:
F|      --label NAME        name of standard input in messages and counters
 |      --reports DIR       write bad lines, undelivered lines and counters of
 |                          each file to DIR
 |  -s, --stats FILE        write the counters to FILE, one JSON line a file
 |  -l, --log FILE          append messages to FILE instead of printing them
R|  -p, --progress[=DURATION]
R|                          show the progress even if stderr is no terminal; a
R|                          whole line each DURATION: 1m
 |  -q, --quiet             nothing when all is well; what failed is printed
 |  -v, --verbose           all messages and summaries of the parts, too
 |  -h, --help              print this text
 |  -V, --version           print the version
 |
 |Exit: 0 loaded, 65 a file failed, 69 no server or program, 75 run again.
USAGE
}
