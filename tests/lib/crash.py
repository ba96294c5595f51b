#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Kills one process of a running memc_load, runs the same command again, and compares the servers with a clean run.

  crash.py --mksample PROGRAM [--bin DIR] [--rounds N] [--seed N] [--jobs N] [--protocol NAME] [--keep]

A round loads two files, one after the other or both at once, or six small ones, in groups of two that share a pipeline,
into four servers of its own, and kills -9 one process at one moment: a decompressor, memc_route, a memc_sink, one that asks for counters, memc_load's own shell, a job's shell, one of a job's
subshells, GNU parallel, or a server, which starts again empty. Then
  - nothing of the dead run goes on, and nothing of it is left in TMPDIR, but the work folder of a memc_load that was killed
    itself: nobody is left to remove it;
  - each verdict is true: what is called loaded has its dot and is wholly in the servers; what is not has kept its name;
  - the same command, run when the servers have let go of the dead run's connections, loads the rest: every server then
    holds byte for byte what it holds after a clean run, and the reports are a clean run's.

The decompressor is a slow one that counts the pieces it has written, so that a moment can be chosen by progress. Round I
of --seed N chooses as --seed N+I --rounds 1 does. The exit status is 1 if a round failed, or if too few kills came in the
middle to prove anything.
"""
import argparse
import collections
import gzip
import json
import multiprocessing
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
import dump  # beside this file

TYPES = ("idfa", "gaid", "adid", "dvid")
PAIR = ("a.tsv.gz", "b.tsv.gz")
GROUPED = tuple(f"{letter}.tsv.gz" for letter in "cdefgh")
VICTIMS = ("decompressor", "memc_route", "memc_sink", "counters", "memc_load", "job", "subshell", "parallel", "memcached")
LINES = {**dict.fromkeys(PAIR, 600), **dict.fromkeys(GROUPED, 200)}
PIECES = 100
LIMIT_S = 180
POLL_S = 0.0005
MARK = "MEMC_CRASH_RUN"

# In the place of igzip: the whole text in PIECES pieces, and a byte to PACE/FILE before each and after the last. At the
# piece that PACE/FILE.hold names it waits for PACE/go: a kill in the middle comes in the middle, however late we are.
SLOW = f"""#!/usr/bin/python3 -IS
import os, signal, time, zlib
signal.signal(signal.SIGPIPE, signal.SIG_DFL)
if os.readlink("/proc/self/fd/0").startswith("pipe:"):  # it is tried on two members first
    os.execvp("gzip", ["gzip", "-dc"])
name = os.path.basename(os.readlink("/proc/self/fd/0"))
text = zlib.decompress(open(0, "rb").read(), 31)
size = len(text) // {PIECES} + 1
folder, hold = os.environ["PACE"], {PIECES}
if os.path.exists(folder + "/" + name + ".hold"):
    hold = int(open(folder + "/" + name + ".hold").read())
with open(folder + "/" + name, "wb", 0) as pace:
    for piece in range({PIECES}):
        while piece == hold and not os.path.exists(folder + "/go"):
            time.sleep(0.002)
        pace.write(b".")
        rest = text[piece * size : (piece + 1) * size]
        while rest:
            rest = rest[os.write(1, rest) :]
        time.sleep(0.002)
    pace.write(b".")
"""


class Failure(Exception):
    pass


def until(what, condition):
    end = time.monotonic() + LIMIT_S
    while not condition():
        if time.monotonic() > end:
            raise Failure(f"{what}: not within {LIMIT_S} s")
        time.sleep(0.005)


class Server:
    """A memcached on a port that the kernel chose; it can lose everything and come back there."""

    def __init__(self, folder, name):
        self.pid_file = os.path.join(folder, name + ".pid")
        self.port_file = os.path.join(folder, name + ".port")
        self.process = None
        self.launch("-1")

    def launch(self, port):
        for path in (self.pid_file, self.port_file):
            if os.path.exists(path):
                os.remove(path)
        # Whatever becomes of this program, its servers end with it.
        command = ["setpriv", "--pdeathsig", "KILL", "memcached", "-t", "2", "-m", "64", "-l", "127.0.0.1", "-p", port,
                   "-U", "0", "-P", self.pid_file]
        if os.geteuid() == 0:
            command += ["-u", "root"]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                        env={**os.environ, "MEMCACHED_PORT_FILENAME": self.port_file})

    def is_up(self):
        """memcached writes its pid file when it listens."""
        return os.path.exists(self.pid_file) and os.path.getsize(self.pid_file) > 0

    def await_start(self):
        until("memcached", lambda: self.is_up() or self.process.poll() is not None)
        if not self.is_up():
            return False
        with open(self.port_file) as file:
            port = next(line.split()[-1] for line in file if line.startswith("TCP INET:"))
        self.address = "127.0.0.1:" + port
        return True

    def stop(self):
        self.process.kill()
        self.process.wait()

    def start_again(self):
        """The port was ours a moment ago; if something took it meanwhile, it is tried again for a while."""
        def started():
            self.launch(self.address.split(":")[1])
            return self.await_start()
        until("memcached again", started)

    def items(self):
        return {key: rest for key, *rest in dump.Server(self.address).items()}

    def has_let_go(self):
        """No connection but the one that asks."""
        server = dump.Server(self.address)
        server.send(b"stats conns\r\n")
        states = []
        while (text := server.line()) != b"END":
            name, value = text.split(b" ", 2)[1:]
            if name.endswith(b":state"):
                states.append(value)
        return len([state for state in states if state != b"conn_listening"]) == 1


class Servers:
    def __init__(self, folder):
        self.of = {name: Server(folder, name) for name in TYPES}
        for server in self.of.values():
            if not server.await_start():
                raise Failure("memcached does not start")

    def items(self):
        return {name: server.items() for name, server in self.of.items()}

    def await_let_go(self):
        for server in self.of.values():
            until("a server lets go of its connections", server.has_let_go)

    def stop(self):
        for server in self.of.values():
            server.stop()


class Process:
    """One of the run's processes, held by a descriptor, so that no other one can get what is meant for it."""

    def __init__(self, pid, mark):
        self.pid = pid
        self.fd = os.pidfd_open(pid)
        try:
            self.marked = mark in read_words(pid, "environ")
            self.words = read_words(pid, "cmdline")
            with open(f"/proc/{pid}/stat", "rb") as file:
                self.parent = int(file.read().rpartition(b")")[2].split()[1])
        except BaseException:
            os.close(self.fd)
            raise

    def role(self, run):
        """The name of VICTIMS that this process bears, or None for a short-lived helper."""
        words = [os.path.basename(word) for word in self.words[:3]]
        if self.pid == run.pid:
            return "memc_load"
        if words[0] in (b"memc_route", b"memc_sink"):
            return "counters" if b"--counters" in self.words else words[0].decode()
        if b"igzip" in words[:3] and b"-IS" in words:
            return "decompressor"
        if b"parallel" in words:
            return "parallel" if self.parent == run.pid else None
        if words[2:] == [b"memc_load_file"]:
            return "subshell" if is_job(self.parent) else "job"
        return None

    def kill(self):
        signal.pidfd_send_signal(self.fd, signal.SIGKILL)


def read_words(pid, name):
    with open(f"/proc/{pid}/{name}", "rb") as file:
        return file.read().split(b"\0")


def is_job(pid):
    try:
        return os.path.basename(read_words(pid, "cmdline")[2]) == b"memc_load_file"
    except (OSError, IndexError):
        return False


class Run:
    """One memc_load and all its descendants, known by a word in their environment."""

    serial = 0

    def __init__(self, command, path, folder):
        Run.serial += 1
        value = f"{os.getpid()}.{Run.serial}"
        self.mark = f"{MARK}={value}".encode()
        self.strangers = {name for name in os.listdir("/proc") if name.isdigit()}
        self.err = os.path.join(folder, f"run{Run.serial}.err")
        with open(self.err, "wb") as err:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=err,
                                            env={**os.environ, MARK: value, "PATH": path, "TMPDIR": folder + "/tmp",
                                                 "PACE": folder + "/pace", "LC_ALL": "C"})
        self.pid = self.process.pid

    def processes(self, strangers=frozenset()):
        found = []
        for name in os.listdir("/proc"):
            if not name.isdigit() or name in strangers:
                continue
            try:
                process = Process(int(name), self.mark)
            except OSError:
                continue
            if process.marked:
                found.append(process)
            else:
                os.close(process.fd)
        return found

    def some(self, role, pick):
        """Of the processes of this role the one that PICK, from 0 to 1, points at; None if there is none."""
        everyone = self.processes(self.strangers)
        found = sorted((each for each in everyone if each.role(self) == role), key=lambda each: each.words)
        chosen = found[int(pick * len(found))] if found else None
        for each in everyone:
            if each is not chosen:
                os.close(each.fd)
        return chosen

    def is_over(self):
        return self.process.poll() is not None

    def has_ended(self):
        left = self.processes()
        for each in left:
            os.close(each.fd)
        return not left

    def finish(self):
        until("memc_load", self.is_over)
        until("its other processes", self.has_ended)
        return self.process.returncode

    def end_all(self):
        for each in self.processes():
            each.kill()
            os.close(each.fd)

    def said(self):
        with open(self.err, errors="replace") as file:
            return "".join("#   " + line for line in file)


class Plan:
    """What a round's seed chooses."""

    def __init__(self, seed):
        rng = random.Random(seed)
        self.victim = rng.choice(VICTIMS)
        self.type = rng.choice(TYPES)
        self.pick = rng.random()
        self.batch = rng.choice((1, 16, 50, 1024))
        self.workers = rng.choice((1, 2))
        self.file = rng.choice(PAIR)
        self.pause_ms = rng.choice((0, 50, 300))
        kind = rng.random()
        if self.victim == "counters": # they are there before the first file and after the last one only
            self.file = PAIR[-1]
            self.piece, self.delay_ms = (0, 0) if kind < 0.5 else (PIECES + 1, 0)
        elif kind < 0.1:
            self.piece, self.delay_ms = 0, rng.randrange(300)
        elif kind < 0.75 or self.victim in ("decompressor", "memcached"):
            # A server that loses everything after the run has looked at it the last time is nobody's fault.
            self.piece, self.delay_ms = rng.randrange(1, PIECES - 10), rng.randrange(10)
        else:
            self.piece = PIECES + 1
            self.delay_ms = rng.randrange(150 if self.victim in ("memc_load", "job", "parallel") else 15)
        self.files = rng.choice((PAIR, PAIR, GROUPED))
        if self.files == GROUPED:
            self.workers = 1
            self.file = GROUPED[-1] if self.victim == "counters" else rng.choice(GROUPED)

    def __str__(self):
        who = f"{self.type} {self.victim}" if self.victim == "memcached" else self.victim
        where = f"piece {self.piece} of {self.file}" if self.piece else "the start"
        return f"{who}, {self.delay_ms} ms after {where}, -w {self.workers}, batch {self.batch}"


class Round:
    def __init__(self, bench, seed, files=None):
        self.bench, self.plan = bench, Plan(seed)
        self.files = files or self.plan.files
        self.folder = tempfile.mkdtemp(prefix="round.", dir=bench.folder)
        for name in ("d", "tmp", "pace"):
            os.mkdir(os.path.join(self.folder, name))
        for name in self.files:
            shutil.copy(os.path.join(bench.folder, name), self.path("d", name))
        self.servers = Servers(self.folder)
        self.runs = []
        self.killed = False
        self.phase, self.outcome = "missed", "did not end"

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def start(self, slow):
        words = [os.path.join(self.bench.bin, "memc_load"), "-e", "0.05", "-w", str(self.plan.workers), "--pattern", self.path("d", "*.tsv.gz"), "--stats",
                 self.path("stats"), "--reports", self.path("reports"), f"--sink-option=--batch={self.plan.batch}",
                 f"--sink-option=--protocol={self.bench.protocol}"]
        for name, server in self.servers.of.items():
            words += [f"--{name}", server.address]
        run = Run(words, (self.bench.slow + ":" if slow else "") + os.environ["PATH"], self.folder)
        self.runs.append(run)
        return run

    def progress(self, name):
        try:
            return os.path.getsize(self.path("pace", name))
        except OSError:
            return 0

    def hold(self):
        """Ten pieces are some 20 ms, twice the longest delay in the middle."""
        if 0 < self.plan.piece <= PIECES:
            with open(self.path("pace", self.plan.file + ".hold"), "w") as file:
                file.write(str(self.plan.piece + 10))

    def let_go(self):
        with open(self.path("pace", "go"), "w"):
            pass

    def kill(self, run):
        plan = self.plan
        while self.progress(plan.file) < plan.piece and not run.is_over():
            time.sleep(POLL_S)
        time.sleep(plan.delay_ms / 1000)
        victim = None
        if plan.victim == "memcached":
            self.servers.of[plan.type].stop()
            self.note_phase(run)
            time.sleep(plan.pause_ms / 1000)
            self.servers.of[plan.type].start_again()
            return
        while victim is None and not run.is_over():
            victim = run.some(plan.victim, plan.pick)
        if victim is None:
            return
        self.note_phase(run)
        try:
            victim.kill()
            self.killed = True
        except ProcessLookupError:
            self.phase = "missed"
        os.close(victim.fd)

    def note_phase(self, run):
        """Looked at when the choice is made, or for a server when it is gone."""
        written = [self.progress(name) for name in self.files]
        if run.is_over():
            self.phase = "missed"
        elif max(written) == 0:
            self.phase = "before"
        else:
            self.phase = "after" if min(written) > PIECES else "middle"

    def loaded(self):
        """The files that have a dot; each has exactly one of its two names, and there is nothing else."""
        names = sorted(os.listdir(self.path("d")))
        if sorted(name.lstrip(".") for name in names) != sorted(self.files):
            raise Failure(f"the files are now {names}")
        return {name.lstrip(".") for name in names if name.startswith(".")}

    def check_verdicts(self, run, status, excused):
        loaded = self.loaded()
        items = self.servers.items()
        if not excused:
            for name in loaded:
                self.check_stored(name, items)
        if run.process.returncode == -signal.SIGKILL:
            return
        # The memc_sink that is asked for its settings was killed: no file was begun.
        if status == 128 + signal.SIGKILL and not loaded and not os.path.exists(self.path("stats")):
            return
        with open(self.path("stats")) as file:
            told = {os.path.basename(row["file"]): row for row in map(json.loads, file)}
        called = {name for name, row in told.items() if row["verdict"] == "loaded"}
        if called != loaded or set(told) != set(self.files):
            raise Failure(f"called loaded: {sorted(called)}, with a dot: {sorted(loaded)}")
        if (status == 0) != (len(loaded) == len(self.files)):
            raise Failure(f"exit status {status} with {len(loaded)} files loaded")

    def check_stored(self, name, items):
        for kind in TYPES:
            for key, rest in self.bench.clean[name][kind].items():
                if items[kind].get(key) != rest:
                    raise Failure(f"{name} is called loaded, but a record of it is not in the {kind} server")

    def check_leftovers(self, allowed):
        left = os.listdir(self.path("tmp"))
        if len(left) > allowed or not all(name.startswith("memc_load.") for name in left):
            raise Failure(f"left in TMPDIR: {left}")
        return len(left)

    def reports(self, name):
        """{ending: content} of a file's reports; the counters tell how long it took, and differ."""
        head = self.path("d", name).replace("%", "%25").replace("/", "%2F") + "."
        found = {}
        for report in os.listdir(self.path("reports")):
            if report.startswith(head):
                with open(self.path("reports", report), "rb") as file:
                    found[report.removeprefix(head)] = None if report.endswith(".stats") else file.read()
        return found

    def check_reports(self):
        for name in self.files:
            if self.reports(name) != self.bench.reports[name]:
                raise Failure(f"the reports of {name}, {sorted(self.reports(name))}, are not those of a clean run")

    def run(self):
        plan = self.plan
        self.hold()
        run = self.start(slow=True)
        self.kill(run)
        self.let_go()
        status = run.finish()
        self.outcome = f"ended with {status}, {len(self.loaded())} loaded"
        self.servers.await_let_go()
        # Late: the run may have looked at the server for the last time before that lost everything.
        late = plan.victim == "memcached" and self.phase in ("after", "missed")
        self.check_verdicts(run, status, late)
        if late:
            for name in self.loaded():
                os.rename(self.path("d", "." + name), self.path("d", name))
        left = self.check_leftovers(1 if self.killed and plan.victim == "memc_load" else 0)
        again = self.start(slow=False)
        status = again.finish()
        if status != 0 or self.loaded() != set(self.files):
            raise Failure(f"the second run ended with {status}, {len(self.loaded())} files are loaded")
        self.servers.await_let_go()
        items, whole = self.servers.items(), self.bench.whole(self.files)
        if items != whole:
            raise Failure("the servers do not hold what they hold after a clean run: " + tell_difference(items, whole))
        self.check_reports()
        self.check_leftovers(left)

    def close(self):
        for run in self.runs:
            run.end_all()
        self.servers.stop()


class Bench:
    """The files, and what a clean run of each leaves."""

    def __init__(self, options):
        self.bin = options.bin
        self.protocol = options.protocol
        self.folder = tempfile.mkdtemp(prefix="memc-crash.")
        self.slow = os.path.join(self.folder, "slow")
        os.mkdir(self.slow)
        with open(os.path.join(self.slow, "igzip"), "w") as file:
            file.write(SLOW)
        os.chmod(file.name, 0o755)
        self.texts = {}
        for number, name in enumerate(LINES):
            self.texts[name] = subprocess.run(
                [options.mksample, "--seed", str(number + 1), "--lines", str(LINES[name]), "--keys", str(LINES[name] // 2),
                 "--max-apps", "20", "--bad", "0.004", "--odd", "0.02"], check=True, capture_output=True).stdout
            with gzip.open(os.path.join(self.folder, name), "wb") as file:
                file.write(self.texts[name])
        self.clean, self.reports = {}, {}
        for names in ((PAIR[0],), (PAIR[1],), GROUPED):
            self.load_clean(names)

    def load_clean(self, names):
        round_ = Round(self, 0, names)
        try:
            run = round_.start(slow=False)
            status, said = run.finish(), run.said()
            if status != 0:
                servers = {kind: server.process.poll() for kind, server in round_.servers.of.items()}
                shutil.rmtree(self.folder)
                sys.exit(f"crash.py: a clean run fails; servers that ended: {servers}\n{said}")
            items = round_.servers.items()
            for name in names:
                self.clean[name] = {kind: {key: rest for key, rest in items[kind].items() if self.has_key(name, key, names)}
                                    for kind in TYPES}
                self.reports[name] = round_.reports(name)
        finally:
            round_.close()
            shutil.rmtree(round_.folder, ignore_errors=True)

    def has_key(self, name, key, names):
        return len(names) == 1 or b"\t".join(key.split(b":", 1)) in self.texts[name]

    def whole(self, names):
        """All files' records; no key is in two of them, or the order of loading would matter."""
        union = {kind: {} for kind in TYPES}
        for name in names:
            for kind in TYPES:
                union[kind] |= self.clean[name][kind]
        return union


def tell_difference(items, whole):
    told = []
    for kind in TYPES:
        got, want = items[kind], whole[kind]
        other = sum(got[key] != want[key] for key in got.keys() & want.keys())
        told.append(f"{kind} lacks {len(want.keys() - got.keys())}, has {len(got.keys() - want.keys())} more, {other} others")
    return "; ".join(told)


def play(bench, seed, keep):
    """One round: what is to be printed, what was killed and when, and whether it failed."""
    round_ = Round(bench, seed)
    try:
        round_.run()
        verdict = "ok"
    except (Failure, OSError, ValueError, KeyError) as error:
        verdict = f"FAILED: {error}"
    finally:
        round_.close()
    plan, failed = round_.plan, verdict != "ok"
    text = f"--seed {seed} --rounds 1: {plan}: {round_.phase}, {round_.outcome}: {verdict}\n"
    if failed:
        text += "".join(f"# run ended with {run.process.returncode}:\n{run.said()}" for run in round_.runs)
    if failed and keep:
        text += f"# kept: {round_.folder}\n"
    else:
        shutil.rmtree(round_.folder)
    return text, (plan.victim, round_.phase), failed


def play_all(bench, options):
    tally, failed = collections.Counter(), 0
    with multiprocessing.Pool(options.jobs) as pool:
        plays = [pool.apply_async(play, (bench, options.seed + number, options.keep)) for number in range(options.rounds)]
        for each in plays:
            text, landed, bad = each.get()
            sys.stdout.write(text)
            sys.stdout.flush()
            tally[landed] += 1
            failed += bad
        pool.close() # they end by themselves: the end of the block would send TERM, and one may die with the pool's lock
        pool.join()
    return tally, failed


def tell(tally):
    """A row a victim, a column a phase; returns how many landed."""
    phases = ("before", "middle", "after", "missed")
    print(f"{'killed':<13}" + "".join(f"{phase:>8}" for phase in phases))
    for victim in (*VICTIMS, "all"):
        counts = [sum(n for (who, when), n in tally.items() if when == phase and victim in (who, "all")) for phase in phases]
        print(f"{victim:<13}" + "".join(f"{count:>8}" for count in counts))
    return counts


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mksample", required=True)
    parser.add_argument("--bin", default=os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--protocol", default="auto", help="of each memc_sink")
    parser.add_argument("--jobs", type=int, default=2, help="rounds at a time")
    parser.add_argument("--keep", action="store_true", help="keep the folder of a failed round")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143)) # so that every round ends its processes
    bench = Bench(options)
    tally, failed = play_all(bench, options)
    before, middle, after, missed = tell(tally)
    if not (options.keep and failed):
        shutil.rmtree(bench.folder)
    print(f"{options.rounds} rounds, {failed} failed")
    if options.rounds > 1 and (2 * middle < options.rounds or 10 * missed > options.rounds):
        sys.exit("crash.py: too few kills came in the middle")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
