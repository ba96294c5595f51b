# SPDX-License-Identifier: MIT
"""The speed that is aimed at, as ratios within one run on two cores, and whether it is met."""
import results


class Figures:
    """Figures of a run; None where a row is missing."""

    def __init__(self, rounds, cores):
        self.rounds = rounds
        self.cores = cores

    def ratio(self, name, other, get):
        if name not in self.rounds or other not in self.rounds:
            return None
        return results.ratio_of(self.rounds[name], self.rounds[other], get)

    def wall(self, name, floor):
        return self.ratio(name, floor, lambda one, other: results.per_record(one) / results.per_record(other))

    def speed(self, name, other):
        return self.ratio(name, other, lambda one, that: results.per_record(that) / results.per_record(one))

    def cpu(self, role):
        return self.ratio("pipeline.zcat", "floor.zcat-cat",
                          lambda one, floor: results.cpu(one, role) / results.cpu(floor, "decompressor"))

    def unavoidable(self, with_sender):
        needed = ("pipeline.igzip", "floor.igzip", "floor.blast")
        if any(name not in self.rounds for name in needed):
            return None
        return results.unavoidable_ratio(*(self.rounds[name] for name in needed), self.cores, with_sender)

    def file_ms(self):
        rounds = self.rounds.get("many.load")
        return min(one["roles"]["load"]["cpu"] / one["files"] * 1000 for one in rounds) if rounds else None

    def peak_mib(self):
        peaks = [one["roles"][role]["peak_kib"] for rounds in self.rounds.values() for one in rounds
                 for role in ("router", "sinks") if role in one["roles"]]
        return max(peaks) / 1024 if peaks else None


def judge(figure, measured, must, goal, at_most=True):
    def within(bound):
        return measured <= bound if at_most else measured >= bound
    if measured is None:
        verdict = "not measured"
    elif within(goal):
        verdict = "goal met"
    else:
        verdict = "must met" if within(must) else "MISSED"
    return {"figure": figure, "bound": "<= " if at_most else ">= ", "must": must, "goal": goal, "measured": measured,
            "verdict": verdict}


def judge_all(rounds, cores):
    figures = Figures(rounds, cores)
    zcat = figures.wall("pipeline.zcat", "floor.zcat-cat")
    python = figures.speed("pipeline.igzip", "peer.batched")
    perl = figures.speed("pipeline.igzip", "peer.counted")
    sent = figures.wall("growth.10-blast", "floor.blast")
    return [
        judge("pipeline with zcat: wall / wall of zcat | cat", zcat, 1.20, 1.05),
        judge("pipeline with igzip: wall / (CPU of igzip and servers / cores)", figures.unavoidable(False), 1.90, 1.50),
        judge("the same, blast's own CPU counted as unavoidable too", figures.unavoidable(True), 1.90, 1.50),
        judge("CPU of memc_route / CPU of zcat", figures.cpu("router"), 0.08, 0.05),
        judge("CPU of the four memc_sink / CPU of zcat", figures.cpu("sinks"), 0.35, 0.20),
        judge("records/s: pipeline with igzip / batched Python", python, 5, 8, at_most=False),
        judge("records/s: pipeline with igzip / perl with answers", perl, 3, 5, at_most=False),
        judge("peak MiB of any memc_route or memc_sink", figures.peak_mib(), 16, 8),
        judge("files of 400 lines: wall / batched Python's over one file", figures.wall("many.load", "many.batched"), 1.0, 0.6),
        judge("the same, a bad line in each", figures.wall("many.bad", "many.batched"), 1.1, 0.65),
        judge("CPU ms a file of 400 lines", figures.file_ms(), 10, 6),
        judge("files of 50 lines: wall / batched Python's over one file", figures.wall("tiny.load", "tiny.batched"), 5, 2.5),
        judge("wall a record: 10 times the records / once", figures.wall("growth.10", "growth.1"), 1.05, 1.00),
        judge("for comparison, ready-made: 10 times / once", sent, 1.05, 1.00),
    ]
