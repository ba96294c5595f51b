# SPDX-License-Identifier: MIT
# The table of the files: a row above them, and one for each. If keys of a sample are missing, with a column of those that
# are there. Input: the results, slurped. $width: of the terminal; names get what the other columns leave, 8 at least.
def tenths: (. * 10 | round) as $n | "\($n / 10 | floor).\($n % 10)";
def no_controls: explode | map(if . < 32 or (. > 126 and . < 160) then 63 else . end) | implode;
def cut_in_the_middle($most):
    if length <= $most then . else .[:($most - 3) / 2 | floor] + "..." + .[length - (($most - 2) / 2 | floor):] end;
def widest: map(length) | max;
any(.[]; .sample_missing > 0) as $lost
| (["file"] + map(.file | no_controls)) as $names
| [["records", "errors", "records/s", "seconds", "kept", "verdict"]]
+ map((.stored + (.verified // 0)) as $good
    | [$good, .unknown + .invalid + .refused, (if .seconds > 0 then $good / .seconds | floor else "-" end),
       (.seconds | tenths), "\(.sampled - .sample_missing)/\(.sampled)",
       (if .verdict == "loaded" and .mode == "dry-run" then "would load" else .verdict end)])
| map(map(tostring) | if $lost then . else del(.[4]) end)
| (transpose | map(widest)) as $widths
| map(.[-1] as $verdict
    | [.[:-1], $widths[:-1]] | transpose | map(" " * (.[1] - (.[0] | length)) + .[0]) + [$verdict] | join("  "))
| ([$width - widest - 2, 8] | max) as $room
| [($names | map(cut_in_the_middle($room))), .]
| (.[0] | widest) as $longest
| transpose[] | .[0] + " " * ($longest - (.[0] | length)) + "  " + .[1]
