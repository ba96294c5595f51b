# SPDX-License-Identifier: MIT
"""One measurement: processes that run at the same time, each under the meter, and what they took by role."""
import json
import os
import shutil
import subprocess
import tempfile
import time

LIMIT_S = 3600
CALM_CORES = 0.15
TICKS_S = os.sysconf("SC_CLK_TCK")


class BenchError(Exception):
    pass


def busy_seconds():
    """CPU seconds that this machine has spent on anything at all."""
    with open("/proc/stat") as file:
        user, nice, system, _idle, _iowait, irq, softirq, steal = map(int, file.readline().split()[1:9])
    return (user + nice + system + irq + softirq + steal) / TICKS_S


def await_calm(seconds):
    """Returns when nothing much has run for a second, or after so many seconds."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        before = busy_seconds()
        time.sleep(1)
        if busy_seconds() - before < CALM_CORES:
            return


class Measurement:
    """The clock runs from the first start to the last end. Roles: decompressor, reader, router, sinks, sender, load."""

    def __init__(self, tools):
        self.tools = tools
        self.processes = []
        self.began = None

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="memc-bench-run.")
        self.usage_file = os.path.join(self.folder, "usage")
        return self

    def __exit__(self, *_):
        for _, process, _ in self.processes:
            if process.poll() is None:
                process.kill()
                process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def metered(self, role, command):
        return [self.tools.meter, self.usage_file, role] + command

    def stand_in(self, name, role, program):
        """In FOLDER/bin stands a script NAME that runs PROGRAM under the meter."""
        folder = os.path.join(self.folder, "bin")
        os.makedirs(folder, exist_ok=True)
        path = os.path.join(folder, name)
        with open(path, "w") as file:
            file.write(f"#!/bin/sh\nexec '{self.tools.meter}' '{self.usage_file}' {role} '{program}' \"$@\"\n")
        os.chmod(path, 0o700)

    def start(self, role, command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, env=None):
        """A stdin that was another process's stdout is closed here, so that it has one reader."""
        if self.began is None:
            self.busy = busy_seconds()
            self.began = time.monotonic()
        errors = open(os.path.join(self.folder, f"stderr{len(self.processes)}"), "w+")
        process = subprocess.Popen(self.metered(role, command), stdin=stdin, stdout=stdout, stderr=errors,
                                   env={**os.environ, **(env or {})})
        self.processes.append((role, process, errors))
        if hasattr(stdin, "close"):
            stdin.close()
        return process

    def finish(self):
        """Waits for all; returns seconds and usage by role."""
        for _, process, _ in self.processes:
            process.wait(LIMIT_S)
        wall = time.monotonic() - self.began
        for role, process, errors in self.processes:
            if process.returncode != 0:
                errors.seek(0)
                raise BenchError(f"{role} ended with {process.returncode}: {errors.read()[-500:].strip()}")
        busy = busy_seconds() - self.busy
        with open(self.usage_file) as file:
            return {"wall": wall, "busy": busy, "roles": by_role(json.loads(line) for line in file)}


def by_role(lines):
    """Sums of what processes of one role took; the peak is that of the largest."""
    roles = {}
    for line in lines:
        role = roles.setdefault(line["name"], {"processes": 0, "cpu": 0.0, "user": 0.0, "system": 0.0,
                                               "peak_kib": 0, "voluntary": 0, "involuntary": 0})
        role["processes"] += 1
        role["cpu"] += line["user"] + line["system"]
        role["peak_kib"] = max(role["peak_kib"], line["peak_kib"])
        for count in ("user", "system", "voluntary", "involuntary"):
            role[count] += line[count]
    if "load" in roles:
        separate_shell(roles)
    return roles


def separate_shell(roles):
    """memc_load's own usage holds that of all it waited for; what is left is its shells, GNU parallel and jq."""
    for count in ("cpu", "user", "system", "voluntary", "involuntary"):
        roles["load"][count] -= sum(usage[count] for role, usage in roles.items() if role != "load")
