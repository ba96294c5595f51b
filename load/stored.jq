# SPDX-License-Identifier: MIT
# "TYPE N K" of each type: how many records a run stored, as its sinks counted them, and how many keys were read back; 0 if
# a sink that stored something read none. Input (-n): the results.
reduce (inputs | .parts // {} | .[] | select(. != null and .type)) as $sink ({};
    .[$sink.type] |= [.[0] + $sink.stored, .[1] + $sink.sampled, (.[2] or ($sink.stored > 0 and ($sink.sampled // 0) == 0))])
| to_entries[] | .value as [$stored, $sampled, $unproven] | "\(.key) \($stored) \(if $unproven then 0 else $sampled end)"
