# SPDX-License-Identifier: MIT
# The counters of one run of memc_load as metrics for Prometheus: its text format, for node_exporter's textfile collector.
#
#     touch memc_load.prom load.json
#     memc_load --stats load.json ... && status=0 || status=$?
#     jq -rs --argjson status "$status" --rawfile before memc_load.prom -f memc_load.jq load.json >memc_load.prom.new
#     mv memc_load.prom.new memc_load.prom
#
# Each value is a sum over the run's files. No label holds a file's name, so the number of series does not grow with the
# number of files; a series that is 0 today is written too, so that it does not vanish. $before is what the run before
# left: it has the time of the last success when this run is none.

def outcomes: ["blank", "invalid", "unknown", "skipped", "stored", "refused", "undelivered", "verified", "missing", "differing"];
def sink_outcomes: outcomes - ["unknown", "skipped"];
def types: ["idfa", "gaid", "adid", "dvid"];
def verdicts: ["loaded", "failed", "skipped", "already loaded", "not tried", "doubtful"];

def quoted: gsub("\\\\"; "\\\\") | gsub("\""; "\\\"") | gsub("\n"; "\\n") | "\"\(.)\"";
def labels: to_entries | map("\(.key)=\(.value | quoted)") | if . == [] then "" else "{\(join(","))}" end;
# Samples are pairs: labels as an object, and the value.
def metric($name; $help; samples):
    [samples] | select(. != []) |
    "# HELP memc_load_\($name) \($help)", "# TYPE memc_load_\($name) gauge",
    (.[] | "memc_load_\($name)\(.[0] | labels) \(.[1])");
def total(f): map(f // 0) | add // 0;
def counted: reduce .[] as $each ({}; .[$each] += 1);

# Bad lines by reason: of the file, or of its parts where the file has no sums of its own.
def reasons: .reasons // ([.parts[]?.reasons? // empty | to_entries[]] | reduce .[] as $each ({}; .[$each.key] += $each.value));

($ARGS.named.before // "" | [match("(?:^|\n)memc_load_last_success_timestamp_seconds ([0-9.]+)").captures[0].string][0]) as $last_success
| ($ARGS.named.status) as $status
| (now | floor) as $now
| (map(.verdict) | counted) as $verdicts
| (map(select(.verdict == "failed" or .verdict == "doubtful") | .reason // "unknown") | counted) as $failures
| (map(reasons | to_entries[]) | reduce .[] as $each ({}; .[$each.key] += $each.value)) as $bad
| metric("exit_status"; "Exit status of the last run."; if $status == null then empty else [{}, $status] end),
  metric("last_run_timestamp_seconds"; "When the last run ended."; [{}, $now]),
  metric("last_success_timestamp_seconds"; "When the last run ended that exited 0.";
    if $status == 0 then [{}, $now] elif $last_success then [{}, $last_success] else empty end),
  metric("duration_seconds"; "From the start of the first file to the end of the last.";
    map(select(.start and .end)) | if . == [] then empty else [{}, (map(.end) | max) - (map(.start) | min)] end),
  metric("files"; "Files of the last run by verdict."; verdicts[] | [{verdict: .}, $verdicts[.] // 0]),
  metric("failed_files"; "Files of the last run that failed or are doubtful, by reason.";
    $failures | to_entries[] | [{reason: .key}, .value]),
  metric("lines"; "Lines of the last run by outcome."; . as $files | outcomes[] as $key | [{outcome: $key}, ($files | total(.[$key]))]),
  metric("records"; "Lines that reached the server of a type, by outcome.";
    . as $files | types[] as $type | sink_outcomes[] as $key
    | [{type: $type, outcome: $key}, ($files | total(.parts[$type][$key]?))]),
  metric("bad_lines"; "Bad lines of the last run by reason."; $bad | to_entries[] | [{reason: .key}, .value]),
  metric("reconnects"; "Connections to servers made anew."; [{}, total(.retries)])
