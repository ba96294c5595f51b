# "TYPE N" of each type: how many records a run stored, as its sinks counted them. Input (-n): the results.
reduce (inputs | .parts // {} | .[] | select(. != null and .type)) as $sink ({}; .[$sink.type] += $sink.stored)
| to_entries[] | "\(.key) \(.value)"
