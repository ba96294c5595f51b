# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# Servers for tests: real ones, on loopback ports that the kernel chooses or on Unix sockets in $T, and hostile ones.
# Read by harness.sh.
#   start_memcached NAME [ARG…]              sets ADDR_NAME (127.0.0.1:PORT) and PID_NAME
#   start_memcached_unix NAME [ARG…]         the same, ADDR_NAME is the socket's path
#   start_four · start_four_with ARG…        idfa gaid adid dvid
#   stop_memcached NAME…                     SIGKILL, and wait; stop_four
#   restart_memcached NAME                   empty again, same address, same arguments
#   stop_within FILE N NAME                  feeds FILE to a background sink by ./fifo; after N lines are stored, the server is
#                                            sent STOP, and the rest follows (one check)
#   slab_chunk_max BYTES                     print the option for -o that a server with -I needs
#   start_hostile NAME MODE [ARG…]           hostile.py instead of a server; sets ADDR_NAME
#   addr NAME                                print ADDR_NAME
#   dump ADDR…                               dump.py, which prints all items
#   ask ADDR COMMAND [NAME]                  ask.pl, one question (a program: "$TESTS/lib/ask.pl")
#   stat_of ADDR STAT                        one value of `stats`
#   holds ADDR N                             true if there are N items
#   empty ADDR… · empty_four                 a server holds nothing any more, and says so
#   has_key ADDR KEY                         true if the key is there
#   has_unread ADDR                          for a stopped server on a port: true if it was sent something since
#   was_left ADDR                            likewise: true if a client has closed its connection since

memcached_argument_file() { echo "$T/$1.args"; }

# memcached writes its pid file when it listens already, so wait for that file.
memcached_is_up() { # NAME PID
    [ -s "$T/$1.pidfile" ] || ! kill -0 "$2" 2>/dev/null
}

launch_memcached() { # NAME ARG…
    launch_name=$1
    shift
    rm -f "$T/$launch_name.pidfile" "$T/$launch_name.port"
    [ "$(id -u)" -ne 0 ] || set -- -u root "$@"
    MEMCACHED_PORT_FILENAME="$T/$launch_name.port" memcached -P "$T/$launch_name.pidfile" -t 2 -m 256 "$@" \
        >"$T/$launch_name.log" 2>&1 5>&- 6>&- 7>&- 8>&- &
    eval "PID_$launch_name=$!"
    kill_at_exit "$!"
}

await_memcached() { # NAME
    eval "await_pid=\$PID_$1"
    # shellcheck disable=SC2154 # set by the eval above
    until_true memcached_is_up "$1" "$await_pid"
    [ -s "$T/$1.pidfile" ] || {
        show "memcached $1 did not start" "$T/$1.log"
        return 1
    }
}

save_arguments() { # NAME ARG…
    save_name=$1
    shift
    printf '%s\n' "$@" >"$(memcached_argument_file "$save_name")"
}

launch_tcp() { # NAME ARG…
    save_arguments "$@"
    tcp_name=$1
    shift
    launch_memcached "$tcp_name" -l 127.0.0.1 -U 0 -p -1 "$@"
}

await_tcp() { # NAME
    await_memcached "$1" || bail "memcached $1 does not start"
    tcp_port=$(sed -n 's/^TCP INET: //p' "$T/$1.port")
    eval "ADDR_$1=127.0.0.1:$tcp_port"
}

# memcached 1.6.18 takes bytes, newer versions take kilobytes and refuse so many: this asks the one that is here.
slab_chunk_max() { # BYTES
    if memcached -o slab_chunk_max=4096 -h >/dev/null 2>&1; then
        echo "slab_chunk_max=$1"
    else
        echo "slab_chunk_max=$(($1 / 1024))"
    fi
}

start_memcached() { # NAME ARG…
    launch_tcp "$@"
    await_tcp "$1"
}

start_memcached_unix() { # NAME ARG…
    save_arguments "$@"
    unix_name=$1
    shift
    launch_memcached "$unix_name" -s "$T/$unix_name.sock" "$@"
    await_memcached "$unix_name" || bail "memcached $unix_name does not start"
    eval "ADDR_$unix_name=\$T/$unix_name.sock"
}

start_four() { start_four_with -m 256; }

start_four_with() { # ARG…
    for four in idfa gaid adid dvid; do launch_tcp $four "$@"; done
    for four in idfa gaid adid dvid; do await_tcp $four; done
}

# KILL, because a stopped server (SIGSTOP) takes no other signal.
stop_memcached() { # NAME…
    for stop_name in "$@"; do
        eval "stop_pid=\$PID_$stop_name"
        # shellcheck disable=SC2154 # set by the eval above
        kill -KILL "$stop_pid" 2>/dev/null
        wait "$stop_pid" 2>/dev/null
        forget "$stop_pid"
    done
}

stop_four() { stop_memcached idfa gaid adid dvid; }

# Starts it again on the same port. If another program has taken the port meanwhile, tries again for a while.
restart_memcached() { # NAME
    stop_memcached "$1"
    restart_name=$1
    eval "restart_addr=\$ADDR_$1"
    shift
    while IFS= read -r restart_arg; do
        [ -z "$restart_arg" ] || set -- "$@" "$restart_arg"
    done <"$(memcached_argument_file "$restart_name")"
    # shellcheck disable=SC2154 # set by the eval above
    case $restart_addr in
        */*) set -- -s "$restart_addr" "$@" ;;
        *) set -- -l 127.0.0.1 -U 0 -p "${restart_addr##*:}" "$@" ;;
    esac
    for restart_try in 1 2 3 4 5 6 7 8 9 10; do
        launch_memcached "$restart_name" "$@"
        await_memcached "$restart_name" && return
        sleep 0.$restart_try
    done
    bail "memcached $restart_name does not start again"
}

stop_within() { # FILE N NAME
    exec 5<>fifo
    head -n "$2" "$1" >&5
    eventually 'it has begun' -- holds "$(addr "$3")" "$2"
    send STOP "$3"
    bounded tail -n +$(($2 + 1)) "$1" >&5
    exec 5<&-
}

start_hostile() { # NAME MODE [ARG…]
    hostile_name=$1
    shift
    background "$hostile_name" "$PYTHON" "$TESTS/lib/hostile.py" "$@"
    until_true test -s "$T/$hostile_name.out" || bail "hostile.py $* does not start"
    hostile_port=$(head -n 1 "$T/$hostile_name.out")
    eval "ADDR_$hostile_name=127.0.0.1:$hostile_port"
}

dump() { bounded "$PYTHON" -IS "$TESTS/lib/dump.py" "$@"; }

ask() { "$TESTS/lib/ask.pl" "$@"; }

addr() { eval "echo \"\$ADDR_$1\""; }

stat_of() { ask "$1" stats "$2"; }

holds() { [ "$(stat_of "$1" curr_items)" -eq "$2" ]; }

# A server counts items that flush_all has ended until somebody meets them, as its crawler does.
is_emptied() { ask "$1" flush_all && { holds "$1" 0 || { ask "$1" 'lru_crawler crawl all' && holds "$1" 0; }; }; }
empty() {
    for empty_addr in "$@"; do
        until_true is_emptied "$empty_addr" ||
            bail "$empty_addr keeps $(stat_of "$empty_addr" curr_items) items: $(ask "$empty_addr" 'lru_crawler crawl all')"
    done
}
empty_four() { for empty_type in idfa gaid adid dvid; do empty "$(addr $empty_type)"; done; }

has_key() { ask "$1" "get $2"; }

# The connections to a server's port, from /proc: state and unread bytes, both hexadecimal. State 0A is a listener.
connections() { # ADDR
    awk -v port=":$(printf %04X "${1##*:}")\$" '$2 ~ port && $4 != "0A" { sub(/.*:/, "", $5); print $4, $5 }' /proc/net/tcp
}

has_unread() { connections "$1" | grep -qv ' 0*$'; }

# State 08: the other side has closed.
was_left() { connections "$1" | grep -q '^08 '; }
