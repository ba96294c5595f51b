# SPDX-License-Identifier: MIT
# What a dry run foresees for the server of a type; after a load, only the hash table that its records wanted.
#
# memcached keeps an item in a chunk of its slab class, and gives a class whole pages of 1 MiB. The sizes of the chunks
# follow from settings (memcached's slabs.c): 48 bytes of header + chunk_size at first, each next one growth_factor times
# as large, in whole 8 bytes, the last one slab_chunk_max. An item larger than that takes several of the last. It doubles
# its hash table when there are more than 1.5 items a bucket (assoc.c).
#
# Input: the results (-n). $mode, $type, $server; $asked: what the server said of itself; without it memcached's usual settings.
def in_eights: (. + 7) / 8 | floor * 8;
def chunk_sizes:
    (.growth_factor | tonumber) as $factor | (.slab_chunk_max | tonumber) as $max
    | [limit(62; 48 + (.chunk_size | tonumber) | recurse(in_eights * $factor | floor; . < $max / $factor)) | in_eights]
      + [$max];
def pages_of($chunk): map((.bytes / $chunk | ceil) * .count) | add / (1048576 / $chunk | floor) | ceil;
def pages($sizes):
    map(.bytes as $bytes | .chunk = (first($sizes[] | select(. >= $bytes)) // $sizes[-1]))
    | group_by(.chunk) | map(pages_of(.[0].chunk)) | add // 0;
def mib: tonumber / 1048576 | ceil;
def fits($needed; $limit; $used):
    if $limit == 0 then "it has no limit, so they fit"
    elif $needed > $limit then "it has \($limit): they do not fit; start it with -m \($needed * 1.1 | ceil) or more"
    elif $needed + $used > $limit then "it has \($limit), \($used) in use: they fit where they replace what is there"
    else "it has \($limit): they fit" end;
def hash_power: . as $count | first(range(12; 32) | select(pow(2; .) * 1.5 >= $count)) // 32;
[inputs.parts[$type] | select(.)] as $parts
| [$parts[].items // {} | to_entries[] | {bytes: (.key | tonumber), count: .value}] as $items
| ($asked[0] // {}) as $said
| ({growth_factor: "1.25", chunk_size: "48", slab_chunk_max: "524288"} + $said.settings) as $settings
| ($items | pages($settings | chunk_sizes)) as $needed
| ([$items[] | select(.bytes > ($said.item_size_max // infinite)) | .count] | add // 0) as $refused
| ([$parts[].stored] | add // 0) as $stored
| ($said.stats.hash_power_level // "32" | tonumber) as $power
| ($stored | hash_power) as $wanted
| (if $power < $wanted then "its hash table has 2^\($power) buckets, for these records it grows to 2^\($wanted): "
   + "start it with -o hashpower=\($wanted)" else null end) as $growth
| if $mode != "dry-run" then $growth // empty | "\($type): \($stored) records; \($server): before the load " + . else
  "\($type): \($stored) records, \([$parts[].bytes_out] | add // 0) bytes encoded; \($server) "
  + "needs \($needed) MiB for them; "
  + (if $settings.maxbytes then fits($needed; $settings.maxbytes | mib; $said.stats.bytes // "0" | mib)
     else "its limit is not known" end)
  + (if $refused > 0 then "; \($refused) exceed its item_size_max" else "" end)
  + (if $growth then "; " + $growth else "" end) end
