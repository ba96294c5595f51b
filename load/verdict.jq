# SPDX-License-Identifier: MIT
# The verdict on each file of a pipeline, from the counters of its parts and from what else became of it.
#
# Input: the rows of the parts' counters, slurped. Of a group each part has a row for each file, in order, and a last one.
# Counters without an exit are those of a part that was killed later: it left none. What was routed and then not read by
# its sink is undelivered.
# $facts: six a file, each ended by a NUL: its name; not empty if it was run; its status so far; not empty if it changed;
# the decompressor's status; what was wrong with the text. $ends: the statuses of the parts, the router's first; $ended:
# those that are not 0, in words. $mode; $word: what became of the good; $signal: not empty if one ended the run.
#
# Output: "clean" or nothing on the first line, about a group; then eight lines a file: good, errors and their rate; the
# counts in words; status, verdict and reason; details; the bad lines in words; how many lines each part gave back; name
# and sums as JSON.
def sum(count): map(count // 0) | add // 0;

# As merge_status: a status that is not in the table counts as broken software (70).
def worst: min_by(. as $s | if $s > 128 then 0 else ([64, 70, 71, 73, 74, 77, 76, 69, 66, 75, 65, 0] | index($s) // 1) + 1 end);

# A decompressor that failed because the router had ended (SIGPIPE, or a write error) is not to blame: then the router's
# status counts. It is 74 if the router only missed the end of its input.
def unpacked($status; $damage):
    if $status == 0 then (if $damage == "" then 0 else 74 end)
    elif $status == 141 or ($ends[0] != 0 and $ends[0] != 74) then 0
    elif $status > 128 then $status else 74 end;

def judged($file; $ran; $status; $changed; $decompressor; $damage):
map(select(.exit != null))
| (length == if $ran then $ends | length else 0 end) as $complete
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
| (if any($ends[]; . != 0 and . != 65) then ""
   elif $complete then [$routed[] | ($sink[.key].lines // 0) as $read | select(.value != $read)
     | "\(.key): \(.value) routed, \($read) read"] | join(", ")
   else "a part left no counters" end) as $mismatch
| unpacked($decompressor; $damage) as $unpacked
| (if $unpacked == 74 then $damage elif $sums.zero_bytes > 0 then "\($sums.zero_bytes) zero bytes where lines should be"
   else "" end) as $corrupt
| ([$status, $unpacked, (if $corrupt != "" then 74 else 0 end), $ends[], (if $mismatch != "" then 70 else 0 end),
    (if $changed then 65 else 0 end)] | worst) as $status
| (if $status == 65 then
       (first("restarted", "flushed", "evicted", "lost", "unproven" | select(. as $d | any($doubtful[]; .doubt == $d))) // null) as $doubt
       | if $doubt then [$doubt, ([$doubtful[] | "\(.doubt) on \(.server)"] | join(", "))]
         elif $changed then ["changed", "it changed while it was loaded; load it again when it is whole"]
         elif ($sums.missing // 0) + ($sums.differing // 0) > 0
         then ["differing", "\($sums.missing) missing, \($sums.differing) differing"]
         else ["failed"] end
   elif $status == 70 and $mismatch != "" then ["mismatch", $mismatch]
   elif $status == 74 and $corrupt != "" then ["corrupt", $corrupt + if $mode == "load"
       then "; what it put into the servers stays there until it is loaded again, repaired" else "" end]
   elif $status == 75 then ["undelivered"]
   elif $status == 69 or $status == 76 or $status == 77 then ["unreachable"]
   else [if $status == 0 then "" else "failed" end] end) as [$reason, $detail]
| ([$sinks[] | select(.evictions == null and .doubt == null and .sampled > 0) | .server] | join(", ")) as $unread
| "\($good) \($errors) \($rate // "inf")",
  "(\($sums.lines) lines, \($good) \($word), \($errors) errors, \($sums.undelivered) undelivered"
      + (if $sums.apps_dropped > 0
         then ", \($sums.apps_dropped) elements of app lists left out in \($sums.apps_dropped_records) records" else "" end)
      + (if $unread != "" then "; \($unread): no counters, a sample was read back" else "" end) + ")",
  "\($status) \(if $status == 0 then "loaded" else "failed" end) \($reason)",
  (if $signal != "" then "stopped by a signal" elif $status == 0 then "" else $detail // $ended end)
      + (if $reason == "undelivered" then "; run again" else "" end),
  ($reasons | to_entries | sort_by(-.value, .key) | (map(.value) | add) as $all
   | if . == [] then ""
     else "\($all) bad line\(if $all == 1 then "" else "s" end): \(map("\(.value) \(.key)") | join(", "))" end),
  ([.[] | "\(.type // "route")=\((.reasons // {} | del(.["cut off before its LF"]) | add) // 0)"] | join(" ")),
  ($file | tojson), ($sums + {reasons: $reasons, parts: $by} | tojson);

def judge_one($of): judged($of[0]; $of[1] != ""; $of[2] | tonumber; $of[3] != ""; $of[4] | tonumber; $of[5]);

def is_clean($files):
    length == $files + 1 and (.[-1] | .lines == 0 and .exit == 0 and .doubt == null) and all(.[]; .undelivered == 0);

($facts | split("\u0000")[:-1] | [range(0; length; 6) as $n | .[$n:$n + 6]]) as $files
| (reduce .[] as $row ({}; .[$row.type // "route"] += [$row])) as $by
| (if ($by | length) == ($ends | length) and all($by[]; is_clean($files | length)) then "clean" else "" end),
  if ($files | length) == 1 or $files[0][1] == "" then . as $rows | $files[] as $of | $rows | judge_one($of)
  else range($files | length) as $n
      | [$by[] | (.[-1] | {evictions, sampled, sample_missing}) as $last | .[$n] // empty | if .type then . + $last else . end]
      | judge_one($files[$n])
  end
