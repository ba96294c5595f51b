#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What a loader must make of a file: the record's rules a second time, written from their description alone.

Nothing here is shared with the programs under test: regular expressions, Python's own float and int, and protobuf's
Python classes, generated from proto/appsinstalled.proto when this module is imported.

  model.py counts FILE [--only TYPE,…] [--max-line N] [--sentinel]    the router's and the four sinks' counters as JSON
  model.py sink FILE [--type TYPE] [--max-line N] [--whole-lines]     one sink's counters when it gets the whole file
  model.py items FILE [--type TYPE] [--max-line N]                    sorted lines "hexkey hexvalue": the last value of each key
  model.py rejects FILE [--type TYPE] [--max-line N]                  the lines that a sink rejects, in order
  model.py places FILE [--type TYPE] [--max-line N]                   the number and offset of each of them, a TAB between
  model.py unknown FILE [--max-line N]                                the lines that a router rejects, in order
  model.py route FILE --type TYPE [--max-line N]                      the lines that a router sends to TYPE, in order
  model.py outcomes FILE [--max-line N]                               each line's number and what becomes of it
  model.py printed FILE                                               as items, of what `memc_sink --dry-run -v` printed

FILE may be - for standard input. An item's value is compared as bytes, so nothing here rounds or prints a number.
"""
import argparse
import importlib
import json
import math
import os
import re
import subprocess
import sys
import tempfile

TYPES = ("idfa", "gaid", "adid", "dvid")
MAX_LINE = 1 << 20
SPACE = b" \t\v\f\r"
DECIMAL = re.compile(rb"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
DIGITS = re.compile(rb"[0-9]+")
PRINTED = re.compile(rb"[^ ]+ - ([^ ]+) -> ((?:apps: [0-9]+ )*)lat: ([^ ]+) lon: ([^ ]+)")
BAD_ID_BYTE = re.compile(rb"[\x00-\x20\x7f]")
KEY_MAX = 250
APP_MAX = 4294967295


def load_message_class():
    """Generates and imports UserApps; the generated file is gone again when this returns."""
    proto = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), "proto")
    with tempfile.TemporaryDirectory(prefix="memc-model.") as folder:
        subprocess.run(["protoc", "-I", proto, "--python_out", folder, "appsinstalled.proto"], check=True, timeout=60)
        sys.path.insert(0, folder)
        sys.dont_write_bytecode = True
        try:
            return importlib.import_module("appsinstalled_pb2").UserApps
        finally:
            sys.path.remove(folder)


UserApps = load_message_class()


def split_lines(data, sentinel=False):
    """Yields (line without LF, whether it is whole). With a sentinel, an unterminated last line was cut unless the last byte is NUL."""
    ended = False
    if sentinel and data.endswith(b"\0"):
        data, ended = data[:-1], True
    pieces = data.split(b"\n")
    for piece in pieces[:-1]:
        yield piece, True
    if pieces[-1]:
        yield pieces[-1], ended or not sentinel


def router_outcome(line, max_line=MAX_LINE, whole=True):
    """'blank', 'invalid', 'unknown' or the type that the line is routed to."""
    stripped = line.strip(SPACE)
    if not stripped:
        return "blank"
    if len(line) > max_line or not whole:
        return "invalid"
    first = stripped.split(b"\t", 1)[0].strip(SPACE)
    return next((name for name in TYPES if name.encode() == first), "unknown")


def parse_decimal(text):
    """The nearest double, or None."""
    if not DECIMAL.fullmatch(text):
        return None
    value = float(text)
    return value if math.isfinite(value) else None


def parse_app(text):
    """The application's number, or None for an element that is dropped."""
    if not DIGITS.fullmatch(text):
        return None
    significant = text.lstrip(b"0") or b"0"
    if len(significant) > len(str(APP_MAX)) or int(significant) > APP_MAX:
        return None
    return int(significant)


class Record:
    """One valid line: its type, the key, the serialized value, and how many app elements were dropped."""

    def __init__(self, kind, key, value, dropped):
        self.kind, self.key, self.value, self.dropped = kind, key, value, dropped


def parse_record(line, only=None, max_line=MAX_LINE):
    """A Record, 'blank', or 'invalid'. ONLY is the one type that is valid here, or None for any of the four."""
    stripped = line.strip(SPACE)
    if not stripped:
        return "blank"
    fields = [field.strip(SPACE) for field in stripped.split(b"\t")]
    if len(line) > max_line or b"\0" in line or len(fields) != 5:
        return "invalid"
    kind, identity, lat_text, lon_text, apps_text = fields
    if kind.decode("latin-1") not in TYPES or (only is not None and kind.decode("latin-1") != only):
        return "invalid"
    key = kind + b":" + identity
    lat, lon = parse_decimal(lat_text), parse_decimal(lon_text)
    if not identity or BAD_ID_BYTE.search(identity) or len(key) > KEY_MAX or lat is None or lon is None:
        return "invalid"
    apps = [parse_app(element.strip(SPACE)) for element in apps_text.split(b",")]
    kept = [app for app in apps if app is not None]
    value = UserApps(apps=kept, lat=lat, lon=lon).SerializeToString()
    return Record(kind.decode("ascii"), key, value, len(apps) - len(kept))


def sink_counts(lines, only=None, max_line=MAX_LINE):
    """The counters of a sink that stores all that it can. LINES are (line, whole); a line that is not whole is invalid."""
    counts = dict(lines=0, blank=0, invalid=0, ok=0, keys=0, apps_dropped=0, bytes_in=0, bytes_out=0)
    keys = set()
    for line, whole in lines:
        counts["lines"] += 1
        counts["bytes_in"] += len(line) + 1
        record = parse_record(line, only, max_line)
        if record == "blank":
            counts["blank"] += 1
        elif record == "invalid" or not whole:
            counts["invalid"] += 1
        else:
            counts["ok"] += 1
            counts["apps_dropped"] += record.dropped
            counts["bytes_out"] += len(record.value)
            keys.add(record.key)
    counts["keys"] = len(keys)
    return counts


def route(data, only=TYPES, max_line=MAX_LINE, sentinel=False):
    """The router's counters, and the lines that each type gets."""
    counts = dict(lines=0, blank=0, invalid=0, unknown=0, skipped=0)
    routed = {name: [] for name in TYPES}
    for line, whole in split_lines(data, sentinel):
        counts["lines"] += 1
        outcome = router_outcome(line, max_line, whole)
        if outcome in counts:
            counts[outcome] += 1
        elif outcome not in only:
            counts["skipped"] += 1
        else:
            routed[outcome].append(line)
    counts["routed"] = {name: len(routed[name]) for name in TYPES}
    return counts, routed


def all_counts(data, only=TYPES, max_line=MAX_LINE, sentinel=False):
    counts, routed = route(data, only, max_line, sentinel)
    counts["sinks"] = {name: sink_counts([(line, True) for line in routed[name]], name, max_line) for name in TYPES}
    return counts


def items(data, only=None, max_line=MAX_LINE):
    """What the server must hold: key -> value, the last one of each key."""
    held = {}
    for line, _ in split_lines(data):
        record = parse_record(line, only, max_line)
        if isinstance(record, Record):
            held[record.key] = record.value
    return held


def sorted_items(held):
    return b"".join(sorted(b"%s %s\n" % (key.hex().encode(), value.hex().encode()) for key, value in held.items()))


def printed(data):
    """What was printed, one record a line, as items again: key -> value, the last one of each key."""
    held = {}
    for line, _ in split_lines(data):
        key, apps, lat, lon = PRINTED.fullmatch(line).groups()
        kept = [int(app) for app in apps.split()[1::2]]
        held[key] = UserApps(apps=kept, lat=parse_decimal(lat), lon=parse_decimal(lon)).SerializeToString()
    return held


def rejects(data, only=None, max_line=MAX_LINE):
    """The invalid lines of a sink as it writes them: their own bytes, always ended by LF."""
    return b"".join(line + b"\n" for line, _ in split_lines(data) if parse_record(line, only, max_line) == "invalid")


def places(data, only=None, max_line=MAX_LINE):
    """Where the invalid lines of a sink stand: their number, from 1, and the offset of their first byte."""
    offset = 0
    for number, (line, _) in enumerate(split_lines(data), 1):
        if parse_record(line, only, max_line) == "invalid":
            yield b"%d\t%d\n" % (number, offset)
        offset += len(line) + 1


def router_rejects(data, max_line=MAX_LINE):
    return b"".join(line + b"\n" for line, _ in split_lines(data) if router_outcome(line, max_line) in ("unknown", "invalid"))


def outcomes(data, max_line=MAX_LINE):
    """One line each: its number, and blank, overlong, unknown, "invalid TYPE" or "ok TYPE DROPPED"."""
    for number, (line, _) in enumerate(split_lines(data), 1):
        where = router_outcome(line, max_line)
        if where in TYPES:
            record = parse_record(line, where, max_line)
            where = f"ok {where} {record.dropped}" if isinstance(record, Record) else f"{record} {where}"
        yield f"{number} {'overlong' if where == 'invalid' else where}\n".encode()


def read_input(path):
    if path == "-":
        return sys.stdin.buffer.read()
    with open(path, "rb") as file:
        return file.read()


def type_list(text):
    names = text.split(",")
    if any(name not in TYPES for name in names):
        raise argparse.ArgumentTypeError("not a list of device types: " + text)
    return names


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=["counts", "sink", "items", "rejects", "places", "unknown", "route", "outcomes", "printed"])
    parser.add_argument("file")
    parser.add_argument("--only", type=type_list, default=TYPES)
    parser.add_argument("--type", choices=TYPES)
    parser.add_argument("--max-line", type=int, default=MAX_LINE)
    parser.add_argument("--sentinel", action="store_true")
    parser.add_argument("--whole-lines", action="store_true")
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    data = read_input(arguments.file)
    limit = arguments.max_line
    if arguments.command == "counts":
        output = json.dumps(all_counts(data, arguments.only, limit, arguments.sentinel)).encode() + b"\n"
    elif arguments.command == "sink":
        lines = split_lines(data)
        if arguments.whole_lines:
            lines = split_lines(data, sentinel=True)
        output = json.dumps(sink_counts(lines, arguments.type, limit)).encode() + b"\n"
    elif arguments.command == "items":
        output = sorted_items(items(data, arguments.type, limit))
    elif arguments.command == "printed":
        output = sorted_items(printed(data))
    elif arguments.command == "rejects":
        output = rejects(data, arguments.type, limit)
    elif arguments.command == "places":
        output = b"".join(places(data, arguments.type, limit))
    elif arguments.command == "unknown":
        output = router_rejects(data, limit)
    elif arguments.command == "outcomes":
        output = b"".join(outcomes(data, limit))
    else:
        output = b"".join(line + b"\n" for line in route(data, max_line=limit)[1].get(arguments.type, []))
    sys.stdout.buffer.write(output)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
