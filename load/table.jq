# The table of the files, all but their names: a row above them, and one for each. Input: the results, slurped.
def tenths: (. * 10 | round) as $n | "\($n / 10 | floor).\($n % 10)";
[["records", "errors", "records/s", "seconds", "verdict"]]
+ map((.stored + (.verified // 0)) as $good
    | [$good, .unknown + .invalid + .refused, (if .seconds > 0 then $good / .seconds | floor else "-" end),
       (.seconds | tenths), (if .verdict == "loaded" and .mode == "dry-run" then "would load" else .verdict end)])
| map(map(tostring))
| (transpose | map(map(length) | max)) as $width
| .[] | .[4] as $verdict
| [.[:4], $width[:4]] | transpose | map(" " * (.[1] - (.[0] | length)) + .[0]) + [$verdict] | join("  ")
