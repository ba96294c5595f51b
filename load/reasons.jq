# SPDX-License-Identifier: MIT
# The bad lines of all files by reason, the most frequent first. Input: the results, slurped.
[.[].parts[] | .reasons // {} | to_entries[] | select(.value > 0)]
| group_by(.key) | map({reason: .[0].key, count: (map(.value) | add)}) | sort_by(-.count, .reason)
| select(length > 0)
| "\(map(.count) | add) bad lines: \(map("\(.count) \(.reason)") | join(", "))"
