# SPDX-License-Identifier: MIT
# The summary of a run in one line. Input: the results, slurped. $word: what became of the good records.
"\(length) file\(if length == 1 then "" else "s" end): "
+ ([group_by(.verdict)[]
    | "\(length) \(if .[0].verdict == "loaded" and $word == "encoded" then "would be loaded" else .[0].verdict end)"]
   | join(", "))
+ "; \(map(.lines) | add) lines, \(map(.stored + (.verified // 0)) | add) \($word), "
+ "\(map(.unknown + .invalid + .refused) | add) errors, \(map(.undelivered) | add) undelivered"
+ (map(.apps_dropped) | add | if . > 0 then ", \(.) elements of app lists left out" else "" end)
+ ([.[] | .parts[] | select(. != null and .type and .evictions == null and .sampled > 0) | .server] | unique | join(", ")
   | if . != "" then "; \(.): no counters, samples were read back" else "" end)
