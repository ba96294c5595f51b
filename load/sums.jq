# The counters of a file's parts: what decides, a line each, then the file's name and the sums as JSON. What was routed and
# then not read by its sink is undelivered. Counters without an exit are those of a part that was killed later: it left
# none.
# Input: the rows of the parts' counters, slurped. $names: the files', each ended by a NUL; $parts: how many parts there
# were. Of a group each part has a row for each file, in order, and a last one.
# Output: "clean" or nothing on the first line, about a group; then ten lines a file. Before the name: the bad lines by
# reason, in words, or an empty line; and how many
# lines each part gave back as rejects. Before the bad lines: the servers without counters, for which a sample speaks.
def sum(count): map(count // 0) | add // 0;
def sums_of($file):
map(select(.exit != null))
| (length == $parts) as $complete
| (map(select(.tool == "memc_route")) | first) as $route
| map(select(.tool == "memc_sink")) as $sinks
| (reduce $sinks[] as $s ({}; .[$s.type] = $s)) as $sink
| ($route.routed // {} | to_entries) as $routed
| [$sinks[] | select(.exit == 65 and .doubt)] as $doubtful
| ({lines: ($route.lines // 0), blank: sum(.blank), invalid: sum(.invalid), unknown: sum(.unknown),
   skipped: sum(.skipped), routed: ([$routed[].value] | add // 0), stored: sum(.stored), refused: sum(.refused),
   undelivered: (sum(.undelivered) + ([$routed[] | .value - ($sink[.key].lines // 0) | select(. > 0)] | add // 0)),
   zero_bytes: sum(.zero_bytes), apps_dropped: sum(.apps_dropped), apps_dropped_records: sum(.apps_dropped_records),
   retries: sum(.retries), bytes_in: ($route.bytes_in // 0), bytes_out: sum(.bytes_out), sampled: sum(.sampled),
   sample_missing: sum(.sample_missing)}
  + (if any($sinks[]; has("verified"))
     then {verified: sum(.verified), missing: sum(.missing), differing: sum(.differing)} else {} end)) as $sums
| {memc_route: $route, idfa: $sink.idfa, gaid: $sink.gaid, adid: $sink.adid, dvid: $sink.dvid} as $by
| ([.[].reasons // {} | to_entries[]] | reduce .[] as $each ({}; .[$each.key] += $each.value)) as $reasons
| ($sums.unknown + $sums.invalid + $sums.refused) as $errors
| ($sums.stored + ($sums.verified // 0)) as $good
| (if $errors == 0 then 0 elif $good == 0 then null else $errors / $good end) as $rate
| "\($sums.lines) \($good) \($errors) \($sums.undelivered) \($rate // "inf") \($sums.bytes_in) \($sums.zero_bytes) \($sums.apps_dropped) \($sums.apps_dropped_records)",
  (if $complete then [$routed[] | ($sink[.key].lines // 0) as $read | select(.value != $read)
     | "\(.key): \(.value) routed, \($read) read"] | join(", ")
   else "a part left no counters" end),
  (if ($sums.missing // 0) + ($sums.differing // 0) == 0 then ""
   else "\($sums.missing) missing, \($sums.differing) differing" end),
  (first("restarted", "flushed", "evicted", "lost", "unproven" | select(. as $d | any($doubtful[]; .doubt == $d))) // ""),
  ([$doubtful[] | "\(.doubt) on \(.server)"] | join(", ")),
  ([$sinks[] | select(.evictions == null and .sampled > 0) | .server] | join(", ")),
  ($reasons | to_entries | sort_by(-.value, .key) | (map(.value) | add) as $all
   | if . == [] then ""
     else "\($all) bad line\(if $all == 1 then "" else "s" end): \(map("\(.value) \(.key)") | join(", "))" end),
  ([.[] | "\(.type // "route")=\((.reasons // {} | del(.["cut off before its LF"]) | add) // 0)"] | join(" ")),
  ($file | tojson), ($sums + {reasons: $reasons, parts: $by} | tojson);

def is_clean($files):
    length == $files + 1 and (.[-1] | .lines == 0 and .exit == 0 and .doubt == null) and all(.[]; .undelivered == 0);

($names | split("\u0000")[:-1]) as $name
| if ($name | length) == 1 then "", sums_of($name[0])
  else
      (reduce .[] as $row ({}; .[$row.type // "route"] += [$row])) as $by
      | (if ($by | length) == $parts and all($by[]; is_clean($name | length)) then "clean" else "" end),
        (range($name | length) as $n | [$by[] | (.[-1] | {evictions, sampled, sample_missing}) as $last | .[$n] // empty | if .type then . + $last else . end]
         | sums_of($name[$n]))
  end
