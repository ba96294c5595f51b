# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154,SC2004 # memc_load_file sources this, and sets these; keys of an associative array
# Damage that a decompressor passes over in silence: bytes that it left unread, as behind a broken header of a later member
# or stream. Zero bytes at the end, up to 64 KiB, are padding. Functions only.

# True if the file is whole. Else REPLY says why not.
find_damage() { # N BYTES-THAT-CAME-OUT
    local file=/dev/fd/${of[$1:input]} name=${files[$1]} size isize zeros
    case $name in *.gz | *.bz2 | *.xz) ;; *) return 0 ;; esac
    [[ ${of[$1:end]:-} ]] || read_ends "$1"
    read -r size isize zeros <<<"${of[$1:end]}"
    case $name in
        # Whole as a rule: the last member's size, modulo 2^32, is that of all that came out.
        *.gz) [[ $isize != $(($2 & 0xffffffff)) ]] || return 0
            REPLY=$(gzip -t <"$file" 2>&1) || { REPLY=${REPLY##*$'\n'} && return 1; } ;;
        *.bz2) ((zeros == 0)) && [[ ${of[$1:said]} != *'trailing garbage'* ]] && return 0
            ((zeros > 65536)) || is_bzip2 "$file" "$size" "$zeros" || { REPLY='bytes behind its last stream are unread' && return 1; } ;;
        *.xz) zeros=$(xz --robot --list -- "$name" 2>/dev/null | awk '$1 == "file" { print $8 }') ;;
    esac
    if ((${zeros:-0} <= 65536)); then
        # Fewer may be a stream's own.
        ((${zeros:-0} < 16)) || of[$1:padding]="$zeros zero bytes in it are padding"
        return 0
    fi
    REPLY='more than 64 KiB of zero bytes where the next stream should be: a hole?'
    return 1
}

# Sets of[N:end] of each: its size, its last four bytes as a number, and how many zero bytes stand at its end (65537: more
# than 64 KiB).
read_ends() { # N…
    local n at=0 ends fds=()
    for n in "$@"; do fds+=("${of[$n:input]}"); done
    # shellcheck disable=SC2016 # perl's variables
    mapfile -t ends < <(exec perl -e 'for (@ARGV) {
            open(my $file, "<", "/dev/fd/$_") or die;
            seek($file, 0, 2); my $size = tell($file); my $at = $size > 65537 ? $size - 65537 : 0;
            seek($file, $at, 0); read($file, my $tail, 65537); my ($zeros) = reverse($tail) =~ /^(\0*)/;
            print join(" ", $size, unpack("V", substr($tail, -4)), length $zeros), "\n";
        }' "${fds[@]}")
    for n in "$@"; do
        of[$n:end]=${ends[at]:-'0 0 0'}
        ((at += 1))
    done
}

# A stream may end with some zero bytes itself.
is_bzip2() { # FILE SIZE ZEROS
    local own
    for own in 0 1 2 3 4; do
        [[ $(head -c $(($2 - $3 + own)) <"$1" | bzip2 -t 2>&1 && echo whole) != whole ]] || return 0
    done
    return 1
}
