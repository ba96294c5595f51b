#!/bin/sh
# SPDX-License-Identifier: MIT
# What the host does to the programs: full devices, stops and continuations, a clock that is set back.
# shellcheck disable=SC2154,SC2016 # ADDR_idfa and the like are set by start_four; what is quoted is for an inner shell
. "$(dirname "$0")/../lib/harness.sh"

sink=$BIN/memc_sink
route=$BIN/memc_route
asan=$(grep -aq __asan_init "$sink" && echo yes)

start_memcached m
A=$(addr m)
sample --types idfa --lines 40 >in.tsv
mkfifo fifo idfa

note 'a full device is told at once'
fault 57
exec 5<>fifo
background full "$sink" -e none -r /dev/full "$A" fifo
printf 'idfa\tbad\n' >&5
eventually 'memc_sink says it while the input goes on' -- grep -q 'No space left' full.err
ok 'and is still there' -- kill -0 "$(pid_of full)"
exec 5<&-
finish 74 full 'it ends by 74'
status 74 'undelivered records, too' -- "$sink" -R 300ms -t 300ms -s stats.json -u /dev/full 127.0.0.1:1 in.tsv
conserved stats.json in.tsv
exec 5<>fifo
background reader cat idfa
background full "$route" --only idfa -r /dev/full <fifo
printf 'unknown\n' >&5
eventually 'memc_route says it while the input goes on' -- grep -q 'No space left' full.err
exec 5<&-
finish 74 full 'and ends by 74'
finish 0 reader 'its reader sees the end'

note 'stopped and continued, as by Ctrl-Z and fg'
fault 60
start_hostile proxy proxy --upstream "$A" --delay 0.1
background paused "$sink" -b 1 -t 900ms -R 900ms -s stats.json "$(addr proxy)" in.tsv
eventually 'a sink works' -- has_key "$A" "$(sed -n 5p in.tsv | cut -f 1,2 | tr '\t' :)"
for pause in 1 1.2 1.4; do # longer than all its limits
    send STOP paused
    sleep $pause
    send CONT paused
    rests paused 2
done
finish 0 paused 'it ends well'
json stats.json '[.stored,.undelivered,.retries]' '[40,0,0]' 'with no false timeout'
conserved stats.json in.tsv
send KILL proxy
stop_memcached m
background paused "$sink" -t 300ms -R 4 -s stats.json "$A" in.tsv
eventually 'a sink waits for its server' -- sh -c 'ls -l "/proc/$0/fd" | grep -q in.tsv' "$(pid_of paused)"
send STOP paused
sleep 4.2 # longer than --retry-for
send CONT paused
rests paused 2 # so that it has looked once more, in vain
restart_memcached m
finish 0 paused 'which comes back after that'
conserved stats.json in.tsv
background paused "$sink" --wait 2s -s stats.json "$A" fifo
eventually 'a sink waits for a writer' -- sh -c 'ls -l "/proc/$0/fd" | grep -q fifo' "$(pid_of paused)"
send STOP paused
sleep 2.2
send CONT paused
rests paused 2
background writer dd if=in.tsv of=fifo status=none
finish 0 paused 'which comes after that'
conserved stats.json in.tsv
background paused "$route" --only idfa --wait 2s -s route.json <in.tsv
rests paused 2
send STOP paused
sleep 2.2
send CONT paused
rests paused 2
background reader cat idfa
finish 0 paused 'a router whose reader comes after that'
finish 0 reader 'its reader sees the end'
lost "$(($(wc -l <in.tsv) - $(wc -l <reader.out)))" 'and has all'

note 'a clock that is set back, again and again'
fault 64
cat >back.c <<'END_OF_C'
/* Whenever a process asks for the time of day, it is an hour earlier. What only goes forward goes on. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <sys/time.h>
#include <time.h>

static time_t shift(void)
{
    static int calls;

    return (time_t)3600 * calls++;
}

int clock_gettime(clockid_t id, struct timespec *now)
{
    int (*real)(clockid_t, struct timespec *) =
        (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    int result = real(id, now);

    if (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE)
        now->tv_sec -= shift();
    return result;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    struct timespec t;

    (void)zone;
    clock_gettime(CLOCK_REALTIME, &t);
    now->tv_sec = t.tv_sec;
    now->tv_usec = t.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *out)
{
    struct timespec t;

    clock_gettime(CLOCK_REALTIME, &t);
    if (out)
        *out = t.tv_sec;
    return t.tv_sec;
}
END_OF_C
if [ -n "$asan" ]; then
    skip 'the sanitizer must be loaded first' 'a clock that is set back'
elif ! "${CC:-cc}" -shared -fPIC -o back.so back.c -ldl 2>err; then
    skip 'no shared library can be made' 'a clock that is set back'
else
    is "$(LD_PRELOAD=$T/back.so "$PYTHON" -c 'import time
a = time.time()
print(time.time() < a)')" True 'it is set back'
    start_four
    status 0 'memc_sink' -- env LD_PRELOAD="$T/back.so" "$sink" -s stats.json "$A" in.tsv
    is "$(jq '.seconds >= 0 and .seconds < 60' stats.json)" true 'its seconds are those that passed'
    conserved stats.json in.tsv
    file_unlike err '[-][0-9.]+ (s|records/s)' 'nothing in its summary is negative'
    background reader cat idfa
    status 0 'memc_route' -- env LD_PRELOAD="$T/back.so" "$route" --only idfa -s stats.json <in.tsv
    finish 0 reader 'its reader sees the end'
    is "$(jq '.seconds >= 0 and .seconds < 60' stats.json)" true 'its seconds are those that passed'
    status 0 'memc_load' -- env LD_PRELOAD="$T/back.so" "$BIN/memc_load" -k -s stats.json --idfa "$ADDR_idfa" --gaid "$ADDR_gaid" \
        --adid "$ADDR_adid" --dvid "$ADDR_dvid" in.tsv
    is "$(jq '[.seconds, .parts[].seconds] | all(. >= 0 and . < 60)' stats.json)" true 'its seconds, and its parts'"'"
    # The time that an item expires is the server's business: its clock is its own.
    background away env LD_PRELOAD="$T/back.so" "$sink" -t 300ms -R 500ms 127.0.0.1:1 in.tsv
    finish 69 away 'a sink without a server still ends after its time'
fi

done_testing
