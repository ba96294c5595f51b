# SPDX-License-Identifier: MIT
# The table of the files, all but their names: a row above them, and one for each. If keys of a sample are missing, with a
# column of those that are there. Input: the results, slurped.
def tenths: (. * 10 | round) as $n | "\($n / 10 | floor).\($n % 10)";
any(.[]; .sample_missing > 0) as $lost
| [["records", "errors", "records/s", "seconds", "kept", "verdict"]]
+ map((.stored + (.verified // 0)) as $good
    | [$good, .unknown + .invalid + .refused, (if .seconds > 0 then $good / .seconds | floor else "-" end),
       (.seconds | tenths), "\(.sampled - .sample_missing)/\(.sampled)",
       (if .verdict == "loaded" and .mode == "dry-run" then "would load" else .verdict end)])
| map(map(tostring) | if $lost then . else del(.[4]) end)
| (transpose | map(map(length) | max)) as $width
| .[] | .[-1] as $verdict
| [.[:-1], $width[:-1]] | transpose | map(" " * (.[1] - (.[0] | length)) + .[0]) + [$verdict] | join("  ")
