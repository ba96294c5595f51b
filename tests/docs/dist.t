#!/bin/sh
# SPDX-License-Identifier: MIT
# make dist: the tarball of a commit, the same bytes each time; and the release's number, wherever it stands.
. "$(dirname "$0")/../lib/harness.sh"

unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES PREFIX DESTDIR
version=$(sed -n 's/^#define MEMC_VERSION "\(.*\)"/\1/p' "$TOP/lib/process/version.h")
like "$version" '^[0-9]+\.[0-9]+\.[0-9]+$' 'there is a version'
for program in memc_route memc_sink memc_load memc_load_file; do
    is "$("$BIN/$program" --version)" "$program $version" "$program has it"
done
is "$(sed -n 's/^## \[\([0-9.]*\)\].*/\1/p' "$TOP/CHANGELOG.md" | head -n 1)" "$version" 'the changelog ends with it'

# In a container the folder may be another user's, which git would not read.
export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0='*'
git -C "$TOP" rev-parse --verify HEAD >/dev/null 2>&1 || {
    skip 'no git, or nothing of its' 'make dist'
    done_testing
}
name=memc-load-$version
for try in one two; do
    status 0 "make dist, $try" -- make -C "$TOP" --no-print-directory dist DIST_DIR="$T/$try"
    is "$(ls "$try")" "$name.tar.gz" 'makes one file'
    # The second time in another second, time zone and mask.
    # shellcheck disable=SC2016 # the inner shell expands it
    until_true sh -c 'test "$(date +%s)" -gt "$0"' "$(date +%s)"
    export TZ=Asia/Kolkata
    umask 077
done
is_file "two/$name.tar.gz" "one/$name.tar.gz" 'both are the same, byte for byte'

gzip -dc "one/$name.tar.gz" | tar -tvf - >list
is "$(awk '{ print $1, $2 }' list | LC_ALL=C sort -u | tr '\n' ' ')" \
    '-rw-r--r-- root/root -rwxr-xr-x root/root drwxr-xr-x root/root lrwxrwxrwx root/root ' "nobody's files, readable for all"
is "$(awk '{ sub(/^[^ ]* *[^ ]* *[^ ]* *[^ ]* *[^ ]* */, ""); sub(/\/.*/, ""); print }' list | sort -u)" "$name" 'in one folder'
gzip -dc "one/$name.tar.gz" | tar -xf -
(cd "$name" && find . ! -type d | LC_ALL=C sort) >got
git -C "$TOP" ls-tree -r --name-only HEAD | sed 's,^,./,' | LC_ALL=C sort >want
is_file got want 'every file of the commit'
is "$(make -C "$name" -n dist 2>/dev/null | grep -c -- "--prefix=$name/")" 1 'the version is known there'

done_testing
