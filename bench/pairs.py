# SPDX-License-Identifier: MIT
"""Two builds in turn: each row with the one and the other in every round, and what the one needs of the other's."""
import statistics

ROLES = ("router", "sinks", "servers", "load")


def measure(bench, rows, round_count, other, measure_one):
    """{row: [[this build's result, the other's], …]}; which of the two begins changes with the round."""
    this = bench.bin
    pairs = {row.name: [] for row in rows}
    for number in range(1, round_count + 1):
        for row in rows:
            results = [None, None]
            for which in (0, 1) if number % 2 else (1, 0):
                bench.bin = (this, other)[which]
                results[which] = measure_one(number, row)
            pairs[row.name].append(results)
    bench.bin = this
    return pairs


def cpu(result, role):
    return result["roles"].get(role, {}).get("cpu", 0.0)


def ratios(pairs):
    """Medians of the ratios within the pairs; a part whose work is too short to be told is None."""
    found = {"wall": statistics.median(one["wall"] / other["wall"] for one, other in pairs)}
    for role in ROLES:
        if all(cpu(other, role) >= 0.02 for _, other in pairs):
            found[role] = statistics.median(cpu(one, role) / cpu(other, role) for one, other in pairs)
    return found


def table(pairs, other):
    lines = [f"this build / {other}, medians of the ratios within {len(next(iter(pairs.values())))} pairs, wall and CPU:"]
    for name, of_row in pairs.items():
        found = ratios(of_row)
        lines.append(f"{name:18} " + "  ".join(f"{what} {ratio:.3f}" for what, ratio in found.items()))
    return "\n".join(lines)
