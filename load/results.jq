# SPDX-License-Identifier: MIT
# Writes the final result of each file, one line each.
# Input (-n): the jobs' results, and {"row", "verdict", "exit"} for each file without one. $names: the files,
# each ended by a NUL; $doubt: what a server lost meanwhile, or "".
def nothing: ["lines", "blank", "invalid", "unknown", "skipped", "routed", "stored", "refused", "undelivered",
              "zero_bytes", "apps_dropped", "apps_dropped_records", "retries", "bytes_in", "bytes_out", "sampled",
              "sample_missing"] | map({(.): 0}) | add;
def no_parts: {parts: {memc_route: null, idfa: null, gaid: null, adid: null, dvid: null}};
($names | split("\u0000")) as $name
| inputs
| if has("row") then
      {tool: "memc_load", version: $version, mode: $mode, file: $name[.row], verdict,
       reason: (if .verdict == "failed" then "failed" else null end), error_rate: null, seconds: 0, start: null, end: null,
       exit: (if .verdict == "not tried" then null else .exit end)} + nothing + {reasons: {}} + no_parts
  elif $doubt != "" and .verdict == "loaded" then .verdict = "doubtful" | .reason = $doubt | .exit = 65
  else . end
