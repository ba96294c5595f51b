# SPDX-License-Identifier: MIT
"""The run as a picture: speed, and where the CPU goes. Drawn by gnuplot."""
import subprocess

SPEEDS = ("peer.plain", "peer.batched", "peer.counted", "peer.noreply", "pipeline.zcat", "pipeline.pigz",
          "pipeline.igzip", "load.1", "load.2", "load.4", "floor.blast")
COSTS = ("floor.zcat-cat", "pipeline.zcat", "pipeline.pigz", "pipeline.igzip", "load.2", "floor.blast", "peer.counted",
         "peer.batched")
ROLES = (("decompressor", "decompressor", "#999999"), ("reader", "cat", "#cccccc"), ("router", "memc_route", "#d95f02"),
         ("sinks", "memc_sink", "#e6ab02"), ("servers", "memcached", "#1b9e77"),
         ("load", "shells, parallel", "#7570b3"), ("sender", "other loader", "#66a5c4"))
SETUP = """
set terminal svg noenhanced size 900,860 font 'sans-serif,13' background '#ffffff'
set output '{path}'
set multiplot layout 2,1
set style fill solid 1.0 noborder
set boxwidth 0.7
set grid xtics lc rgb '#dddddd'
set lmargin 38
set rmargin 6
set ytics nomirror scale 0
set xtics nomirror
set border 3
unset key
"""


def block(name, lines):
    return f"${name} << EOD\n" + "".join(line + "\n" for line in lines) + "EOD\n"


def label(summary):
    return summary["title"].replace('"', "'")


def rows_down(summaries):
    return f"set yrange [{len(summaries) - 0.4}:-0.6]\n"


def colour_of(summary):
    return {"peer": "0x66a5c4", "floor": "0x999999"}.get(summary["name"].split(".")[0], "0xd95f02")


def speeds(summaries):
    lines = [f'{n} {s["records_per_second"] / 1e6:.6f} {colour_of(s)} "{label(s)}"' for n, s in enumerate(summaries)]
    most = max(summary["records_per_second"] for summary in summaries) / 1e6
    return (block("speed", lines) + rows_down(summaries) + f"set xrange [0:{most * 1.15}]\n"
            "set title 'Million records a second'\n"
            "plot $speed using ($2/2):1:($2/2):(0.35):3:ytic(4) with boxxyerror lc rgb variable, "
            "$speed using 2:1:(sprintf(' %.3g', $2)) with labels left\n")


def costs(summaries):
    """Stacked boxes: each role's begins where the one before it ended."""
    lines = []
    for n, summary in enumerate(summaries):
        ends = [0.0]
        for role, _, _ in ROLES:
            spent = summary["roles"].get(role, {}).get("cpu", 0.0)
            ends.append(ends[-1] + spent * 1e6 / summary["records"])
        lines.append(f"{n} " + " ".join(f"{end:.5f}" for end in ends) + f' "{label(summary)}"')
    boxes = [f"$cost using (${k + 2}):1:(${k + 2}):(${k + 3}):($1-0.35):($1+0.35):ytic({len(ROLES) + 3}) "
             f"with boxxyerror lc rgb '{colour}' title '{title}'" for k, (_, title, colour) in enumerate(ROLES)]
    return (block("cost", lines) + rows_down(summaries) + "set title 'CPU microseconds a record'\nset xrange [0:*]\n"
            "set key top right vertical samplen 1\nplot " + ", ".join(boxes) + "\n")


def draw(summaries, path):
    by_name = {summary["name"]: summary for summary in summaries}
    fast = [by_name[name] for name in SPEEDS if name in by_name]
    dear = [by_name[name] for name in COSTS if name in by_name]
    script = SETUP.format(path=path.replace("'", "''"))
    script += (speeds(fast) if fast else "") + (costs(dear) if dear else "") + "unset multiplot\n"
    subprocess.run(["gnuplot"], input=script, text=True, check=True)
