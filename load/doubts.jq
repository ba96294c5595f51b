# "TYPE DOUBT" of each server that may have lost what it acknowledged.
def unreadable: . == null or any(.pid, .start, .evictions, .cmd_flush; . == null);
def doubt:
    if (.before | unreadable) or (.after | unreadable) then (if $allow or $verify then empty else "unproven" end)
    elif .before.pid != .after.pid or .before.start != .after.start then "restarted"
    elif .after.cmd_flush > .before.cmd_flush then "flushed"
    elif .after.cmd_flush < .before.cmd_flush or .after.evictions < .before.evictions then "unproven"
    elif .after.evictions > .before.evictions and ($allow | not) then "evicted"
    else empty end;
"\(.type) \(doubt)"
