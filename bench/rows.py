# SPDX-License-Identifier: MIT
"""The rows of the benchmark: what each one runs. A row's function takes the Bench and returns one round's result."""
import contextlib
import dataclasses
import os
import subprocess

import check
import delay
import nutcracker
from measure import BenchError, Measurement
from servers import TYPES, Servers

DECOMPRESSORS = {"zcat": ["zcat"], "pigz": ["pigz", "-dc"], "igzip": ["igzip", "-dc"]}
DELAY_MS = 20
DISTANCES_MS = (1, 50)
TEXT_MS = 5
ROOMY_HASH = ("-o", "hashpower=20")
VAST_HASH = ("-o", "hashpower=22")
MANY_REQUESTS = ("-R", "1000")
TEXT_ONLY = ("-B", "ascii")


@dataclasses.dataclass
class Row:
    name: str
    title: str
    run: object
    share: float = 1.0  # of --records
    needs: tuple = ()
    options: tuple = ()  # of mksample
    files: int = 1
    decompressor: str = ""  # which floor it is compared with

    @property
    def group(self):
        return self.name.split(".")[0]


def samples_of(bench, row):
    """The row's files and the records in them."""
    share = 1.0 if bench.full_peers and row.group == "peer" else row.share
    records = max(1, round(bench.records * share))
    return [bench.samples.file(records, seed, row.options) for seed in range(1, row.files + 1)], records * row.files


def result_of(measured, records, servers=None, servers_cpu=0.0, items=None):
    """One round's figures. `foreign`: cores' worth of work that was none of ours meanwhile."""
    roles = measured["roles"]
    if servers:
        roles["servers"] = {"processes": len(servers.all), "cpu": servers_cpu, "peak_kib": servers.peak_kib()}
    own = sum(usage["cpu"] for usage in roles.values())
    return {"wall": measured["wall"], "records": records, "items": items, "roles": roles,
            "foreign": max(0.0, measured["busy"] - own) / measured["wall"], "load": os.getloadavg()[0]}


# ---- 1: the floor


def decompress(piped):
    def run(bench, row):
        (path,), records = samples_of(bench, row)
        with Measurement(bench.tools) as measurement:
            command = DECOMPRESSORS[row.decompressor] + [path]
            if piped:
                source = measurement.start("decompressor", command, stdout=subprocess.PIPE)
                measurement.start("reader", ["cat"], stdin=source.stdout)
            else:
                measurement.start("decompressor", command)
            return result_of(measurement.finish(), records)
    return run


def blast(bench, row):
    (path,), records = samples_of(bench, row)
    streams = bench.samples.streams(path)

    def start(measurement, servers):
        pairs = [word for name, address in zip(TYPES, servers.addresses()) for word in (address, streams[name])]
        measurement.start("sender", [bench.tools.blast] + pairs)
    return load(bench, [path], records, start)


# ---- what every loader has in common


def load(bench, paths, records, start, server_options=()):
    """Fresh servers, the loader, and then a look whether they hold every record."""
    with Servers(server_options) as servers, Measurement(bench.tools) as measurement:
        before = servers.cpu()
        start(measurement, servers)
        measured = measurement.finish()
        items = servers.settled_items(records)
        result = result_of(measured, records, servers, servers.cpu() - before, items)
        if items != records:
            raise BenchError(f"{records} records, but the servers hold {items} items")
        if bench.check:
            check.compare_contents(bench, paths, servers.addresses())
        return result


# ---- 2: the pipeline


def start_pipeline(measurement, bench, decompressor, path, addresses, sink_options=()):
    for name, address in zip(TYPES, addresses):
        fifo = os.path.join(measurement.folder, name)
        os.mkfifo(fifo, 0o600)
        command = [bench.program("memc_sink"), "-q", "-T", name, *sink_options, address, fifo]
        measurement.start("sinks", command)
    source = measurement.start("decompressor", DECOMPRESSORS[decompressor] + [path], stdout=subprocess.PIPE)
    measurement.start("router", [bench.program("memc_route"), "-q", "-d", measurement.folder], stdin=source.stdout)


def pipeline(*server_options):
    def run(bench, row):
        (path,), records = samples_of(bench, row)
        return load(bench, [path], records, lambda measurement, servers: start_pipeline(
            measurement, bench, row.decompressor, path, servers.addresses()), server_options)
    return run


def memc_load(workers):
    """memc_load finds memc_route and memc_sink beside itself: here, stand-ins that run them under the meter."""
    def run(bench, row):
        paths, records = samples_of(bench, row)

        def start(measurement, servers):
            for name, role in (("memc_route", "router"), ("memc_sink", "sinks")):
                measurement.stand_in(name, role, bench.program(name))
            decompressor = DECOMPRESSORS[row.decompressor][0]
            measurement.stand_in(decompressor, "decompressor", bench.which(decompressor))
            folder = os.path.join(measurement.folder, "bin")
            os.symlink(bench.program("memc_load"), os.path.join(folder, "memc_load"))
            options = [f"--{name}={address}" for name, address in zip(TYPES, servers.addresses())]
            command = [os.path.join(folder, "memc_load"), "-q", "--keep", f"--workers={workers}"]
            measurement.start("load", command + options + paths,
                              env={"PATH": folder + ":" + os.environ["PATH"]})
        return load(bench, paths, records, start)
    return run


BAD_LINE = b"idfa\tno coordinates\n"


def many_files(lines, bad=b""):
    """memc_load over the same lines in many files."""
    def run(bench, row):
        (path,), records = samples_of(bench, row)
        paths = bench.samples.pieces(path, lines, bad)
        options = [f"--{name}" for name in TYPES]

        def start(measurement, servers):
            words = [word for pair in zip(options, servers.addresses()) for word in pair]
            measurement.start("load", [bench.program("memc_load"), "-q", "--keep", "--workers=2"] + words + paths)
        result = load(bench, paths, records, start)
        result["files"] = len(paths)
        return result
    return run


# ---- 3: what one would write instead


def peer(program, reads_file):
    def run(bench, row):
        (path,), records = samples_of(bench, row)
        command = [os.path.join(bench.folder, "peers", program)]

        def start(measurement, servers):
            if reads_file:
                measurement.start("sender", command + [path] + servers.addresses(),
                                  env={"PYTHONPATH": bench.tools.generated})
                return
            source = measurement.start("decompressor", ["zcat", path], stdout=subprocess.PIPE)
            measurement.start("sender", command + servers.addresses(), stdin=source.stdout)
        return load(bench, [path], records, start)
    return run


# ---- 4: as the work grows


@contextlib.contextmanager
def delayed(round_trip_ms, server_options=()):
    """(addresses, servers) behind a network with a delay."""
    if delay.netem_refusal() is None:
        with delay.namespace(round_trip_ms), Servers(server_options) as servers:
            yield servers.addresses(), servers
    else:
        with Servers(server_options) as servers, delay.Relay(servers.addresses(), round_trip_ms) as relay:
            yield relay.addresses, servers


@contextlib.contextmanager
def behind_nutcracker():
    with Servers() as servers, nutcracker.nutcracker(servers) as addresses:
        yield addresses, servers


def pipeline_through(way, sink_options=()):
    """way(): a context of (addresses, servers)."""
    def run(bench, row):
        (path,), records = samples_of(bench, row)
        with way() as (addresses, servers), Measurement(bench.tools) as measurement:
            before = servers.cpu()
            start_pipeline(measurement, bench, row.decompressor, path, addresses, sink_options)
            measured = measurement.finish()
            items = servers.settled_items(records)
            if items != records:
                raise BenchError(f"{records} records, but the servers hold {items} items")
            return result_of(measured, records, servers, servers.cpu() - before, items)
    return run


def fixed_apps(count):
    return ("--min-apps", str(count), "--max-apps", str(count))


def growth(name, title, server_options=(), **more):
    return Row(name, title, pipeline(*server_options), decompressor="igzip", needs=("igzip",), **more)


def floor_rows():
    for name, command in DECOMPRESSORS.items():
        for suffix, reader in ("", ""), ("-cat", " | cat"):
            title = f"{' '.join(command)}{reader} >/dev/null"
            yield Row(f"floor.{name}{suffix}", title, decompress(bool(reader)), decompressor=name, needs=(command[0],))
    yield Row("floor.blast", "ready-made requests into the servers", blast)


def pipeline_rows():
    for name, command in DECOMPRESSORS.items():
        yield Row(f"pipeline.{name}", f"{' '.join(command)} | memc_route, four memc_sink", pipeline(),
                  decompressor=name, needs=(command[0],))
    yield Row("pipeline.zcat-hash", f"the same with zcat, servers with {' '.join(ROOMY_HASH)}", pipeline(*ROOMY_HASH),
              decompressor="zcat")
    for name in ("zcat", "igzip"):
        for suffix, options in ("requests", MANY_REQUESTS), ("bulk", MANY_REQUESTS + ROOMY_HASH):
            yield Row(f"pipeline.{name}-{suffix}", f"the same with {name}, servers with {' '.join(options)}",
                      pipeline(*options), decompressor=name, needs=(DECOMPRESSORS[name][0],))
    for workers in (1, 2, 4):
        yield Row(f"load.{workers}", f"memc_load, three files, --workers {workers}", memc_load(workers), files=3,
                  decompressor="igzip", needs=("igzip", "parallel", "jq"))


def peer_rows():
    python = ("protoc", "python: pymemcache", "python: google.protobuf")
    yield Row("peer.plain", "Python, one set a record", peer("plain.py", True), share=0.05, needs=python)
    yield Row("peer.batched", "Python, set_many", peer("batched.py", True), share=0.25, needs=python)
    yield Row("peer.noreply", "zcat | perl, no answers", peer("noreply", False), share=0.25, needs=("perl",))
    yield Row("peer.counted", "zcat | perl, answers counted", peer("counted.pl", False), share=0.25, needs=("perl",))


def many_rows():
    needs = ("igzip", "parallel", "jq")
    python = ("protoc", "python: pymemcache", "python: google.protobuf")
    for name, lines, share in ("many", 400, 0.24), ("tiny", 50, 0.1):
        yield Row(f"{name}.load", f"memc_load -w 2, files of {lines} lines", many_files(lines), share=share, needs=needs)
        if name == "many":
            yield Row("many.bad", "the same, each with a bad line", many_files(lines, BAD_LINE), share=share, needs=needs)
        yield Row(f"{name}.batched", "Python, set_many, the same lines in one file", peer("batched.py", True), share=share,
                  needs=python)


def growth_rows():
    for factor in (0.1, 1, 3.4, 10):
        yield growth(f"growth.{factor}", f"{factor} times the records", share=factor)
    for factor in (1, 10):
        yield growth(f"growth.{factor}-hash", f"{factor} times the records, servers with {' '.join(VAST_HASH)}", VAST_HASH,
                     share=factor)
    yield Row("growth.10-blast", "10 times the records, ready-made requests", blast, share=10)
    yield growth("apps.1", "1 app a record", options=fixed_apps(1))
    yield growth("apps.50", "50 apps a record", options=fixed_apps(50))
    yield growth("apps.1000", "1000 apps a record", options=fixed_apps(1000), share=0.2)
    yield growth("shape.one-type", "all records of one type", options=("--types", "idfa"))
    yield growth("shape.sorted", "sorted by type", options=("--sorted",))


def distance_rows():
    for batch in (64, 256, 1024):
        yield Row(f"delay.{batch}", f"round trip of {DELAY_MS} ms, batches of {batch}",
                  pipeline_through(lambda: delayed(DELAY_MS), ("--batch", str(batch))), share=0.1,
                  decompressor="igzip", needs=("igzip",))
    for distance in DISTANCES_MS:
        yield Row(f"distance.{distance}", f"round trip of {distance} ms, the usual batches",
                  pipeline_through(lambda ms=distance: delayed(ms)), share=0.1, decompressor="igzip", needs=("igzip",))


def text_rows():
    """Servers that speak no binary protocol, and a proxy that speaks classic text only."""
    def row(name, title, run, *needs):
        return Row(f"text.{name}", title, run, decompressor="igzip", needs=("igzip", *needs))
    return [
        row("near", "servers of text only (-B ascii)", pipeline(*TEXT_ONLY)),
        row("far", f"the same, round trip of {TEXT_MS} ms", pipeline_through(lambda: delayed(TEXT_MS, TEXT_ONLY))),
        row("proxy", "through nutcracker", pipeline_through(behind_nutcracker), "nutcracker"),
    ]


def all_rows():
    return [*floor_rows(), *pipeline_rows(), *text_rows(), *peer_rows(), *many_rows(), *growth_rows(), *distance_rows()]
