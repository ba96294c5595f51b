# SPDX-License-Identifier: MIT
# The summary of a run in one line. Input (-n): the results, one at a time: of many files they take much memory together.
# $word: what became of the good records.
reduce inputs as $r ({verdicts: {}, unread: {}, files: 0, lines: 0, good: 0, errors: 0, undelivered: 0, apps: 0};
    .files += 1 | .lines += $r.lines | .good += $r.stored + ($r.verified // 0)
    | .errors += $r.unknown + $r.invalid + $r.refused | .undelivered += $r.undelivered | .apps += $r.apps_dropped
    | .verdicts[$r.verdict] += 1
    | reduce ($r.parts[] | select(. != null and .type and .evictions == null and .doubt == null and .sampled > 0) | .server) as $server (.; .unread[$server] = 1))
| "\(.files) file\(if .files == 1 then "" else "s" end): "
+ (.verdicts | to_entries | sort_by(.key)
   | map("\(.value) \(if .key == "loaded" and $word == "encoded" then "would be loaded" else .key end)") | join(", "))
+ "; \(.lines) lines, \(.good) \($word), \(.errors) errors, \(.undelivered) undelivered"
+ (if .apps > 0 then ", \(.apps) elements of app lists left out" else "" end)
+ (.unread | keys | join(", ") | if . != "" then "; \(.): no counters, samples were read back" else "" end)
