#!/bin/sh
# SPDX-License-Identifier: MIT
# The lists of tests that are kept by hand name what there is: the catalogue of faults and the tests that start first.
. "$(dirname "$0")/../lib/harness.sh"

cd "$TOP" || exit 1
cases=tests/faults/cases

# A check carries the number of its case: by `fault`, or by a loop over numbers that calls it.
carries() { # FILE NUMBER
    grep -Eq "^ *([^#]*[ ;)])?fault ([0-9]+ )*$2( |\$)|^ *for number in ([0-9]+ )*$2( |;)" "$1"
}

note 'the catalogue of faults'
awk -F '\t' '/^[0-9]/ { print $1, NF, $4 }' "$cases" >"$T/cases"
ok 'it has cases' -- test "$(wc -l <"$T/cases")" -ge 75
is "$(cut -d ' ' -f 1 "$T/cases" | sort | uniq -d)" '' 'each number stands once'
while read -r number fields tests; do
    is "$fields" 4 "case $number has its four fields"
    wrong=
    for each in $tests; do
        [ -e "$each" ] && carries "$each" "$number" || wrong="$wrong $each"
    done
    is "$wrong" '' "case $number: its tests are there and carry its number"
    [ -n "$tests" ] || fail "case $number has a test"
done <"$T/cases"

# The other way round: a number in a test is a case, and the case names that test.
for each in tests/*/*.t; do
    [ ! -L "$each" ] || continue
    [ "$each" != tests/docs/catalogue.t ] || continue
    unknown=
    # shellcheck disable=SC2013 # a line may have several
    for number in $(sed -n -E 's/^ *fault ([0-9 ]+)( *#.*)?$/\1/p' "$each"); do
        awk -F '\t' -v number="$number" -v script="$each" \
            '$1 == number && index(" " $4 " ", " " script " ") { found = 1 } END { exit !found }' "$cases" || unknown="$unknown $number"
    done
    is "$unknown" '' "$each: the catalogue names it for each of its cases"
done

note 'the tests that start first'
ok 'there are some' -- test -s tests/run/longest
while read -r each; do
    case $each in
        unit/*) ok "$each is there" -- test -f "tests/${each%.t}.c" ;;
        *) ok "$each is there" -- test -f "$each" ;;
    esac
done <tests/run/longest
is "$(sort tests/run/longest | uniq -d)" '' 'none stands twice'

done_testing
