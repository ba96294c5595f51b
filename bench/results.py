# SPDX-License-Identifier: MIT
"""Medians of the rounds, ratios, and the table."""
import statistics

COLUMNS = ("decompressor", "reader", "router", "sinks", "sender", "load", "servers")


def median_of(rounds, get):
    return statistics.median(map(get, rounds))


def role_medians(rounds):
    roles = {}
    for role in rounds[0]["roles"]:
        fields = rounds[0]["roles"][role]
        roles[role] = {field: median_of(rounds, lambda one: one["roles"][role][field]) for field in fields}
    return roles


def cpu(one, role):
    return one["roles"].get(role, {}).get("cpu", 0.0)


def ratio_of(rounds, others, get):
    """The median of the ratios within each round: what disturbs a round disturbs both. `get` takes (one, other)."""
    return statistics.median(get(one, other) for one, other in zip(rounds, others))


def per_record(one):
    return one["wall"] / one["records"]


def unavoidable(floor, sent, with_sender):
    """CPU seconds a record that nobody can avoid: to decompress, and to store (and send) what was ready-made."""
    storing = cpu(sent, "servers") + (cpu(sent, "sender") if with_sender else 0.0)
    return cpu(floor, "decompressor") / floor["records"] + storing / sent["records"]


def unavoidable_ratio(rounds, floors, sent, cores, with_sender):
    return statistics.median(
        per_record(one) * cores / unavoidable(floor, send, with_sender)
        for one, floor, send in zip(rounds, floors, sent))


def summarize(row, rounds, everything, cores):
    """The medians of one row. `everything`: all rows' rounds by name."""
    wall = median_of(rounds, lambda one: one["wall"])
    records = rounds[0]["records"]
    summary = {"name": row.name, "title": row.title, "records": records,
               "wall": wall, "records_per_second": records / wall, "items": rounds[0]["items"],
               "foreign": median_of(rounds, lambda one: one["foreign"]),
               "load": median_of(rounds, lambda one: one["load"]), "roles": role_medians(rounds),
               "floor_ratio": None, "unavoidable_ratio": None, "rounds": rounds}
    floors = everything.get(f"floor.{row.decompressor}-cat")
    sent = everything.get("floor.blast")
    comparable = row.group in ("pipeline", "load", "growth") and row.decompressor
    if floors and comparable:
        summary["floor_ratio"] = ratio_of(rounds, floors, lambda one, floor: per_record(one) / per_record(floor))
    alone = everything.get(f"floor.{row.decompressor}")
    if alone and sent and comparable:
        summary["unavoidable_ratio"] = unavoidable_ratio(rounds, alone, sent, cores, False)
    return summary


# ---- the table

HEAD = ("row", "records", "wall s", "records/s", "floor", "bare", "decomp", "reader", "router", "sinks", "sender",
        "shell", "servers", "MiB", "switches", "foreign")
LEGEND = """\
floor     wall a record / that of the same decompressor into `cat >/dev/null`; median of the rounds' own ratios
bare      wall a record / (CPU of the same decompressor to /dev/null + of the servers in floor.blast) times the cores
decomp …  CPU microseconds a record: decompressor, cat, memc_route, four memc_sink, another loader or blast, memc_load's
          shells with GNU parallel and jq, four memcached
MiB       peak memory of the largest memc_route or memc_sink, or of the other loader
switches  context switches a thousand records, of memc_route and memc_sink
foreign   cores' worth of work of anything else at the same time: a disturbed row shows here"""


def number(value, form):
    return "" if value is None else format(value, form)


def own_peak(summary):
    """Not of blast: the file that it maps counts as its memory."""
    names = ("sender",) if summary["name"].startswith("peer.") else ("router", "sinks")
    peaks = [summary["roles"][role]["peak_kib"] for role in names if role in summary["roles"]]
    return max(peaks) / 1024 if peaks else None


def switches(summary):
    roles = [summary["roles"][role] for role in ("router", "sinks") if role in summary["roles"]]
    return sum(role["voluntary"] + role["involuntary"] for role in roles) * 1000 / summary["records"] if roles else None


def cells(summary):
    records, roles = summary["records"], summary["roles"]
    per = [roles[role]["cpu"] * 1e6 / records if role in roles else None for role in COLUMNS]
    return ([summary["name"], str(records), f"{summary['wall']:.3f}", f"{summary['records_per_second']:,.0f}",
             number(summary["floor_ratio"], ".2f"), number(summary["unavoidable_ratio"], ".2f")]
            + [number(value, ".3f") for value in per]
            + [number(own_peak(summary), ".1f"), number(switches(summary), ".1f"), f"{summary['foreign']:.2f}"])


def aligned(rows):
    widths = [max(map(len, column)) for column in zip(*rows)]
    for row in rows:
        figures = [cell.rjust(width) for cell, width in zip(row[1:], widths[1:])]
        yield "  ".join([row[0].ljust(widths[0])] + figures).rstrip()


def table(summaries):
    return "\n".join(aligned([HEAD] + [cells(summary) for summary in summaries])) + "\n\n" + LEGEND


def target_table(targets):
    head = ("figure", "must", "goal", "measured", "")
    lines = [(one["figure"], one["bound"] + format(one["must"], "g"), one["bound"] + format(one["goal"], "g"),
              number(one["measured"], ".3g"), one["verdict"]) for one in targets]
    return "\n".join(aligned([head] + lines))
