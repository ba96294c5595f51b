# SPDX-License-Identifier: MIT
# "RECORDS ERRORS" of the files that are done, then those of the parts of the others. Input: results and parts' counters, slurped.
[[.[] | select(.tool == "memc_load")], [.[] | select(.tool != "memc_load")]
 | (map((.stored // 0) + (.verified // 0)) | add // 0),
   (map((.unknown // 0) + (.invalid // 0) + (.refused // 0)) | add // 0)] | join(" ")
