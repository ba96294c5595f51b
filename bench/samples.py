# SPDX-License-Identifier: MIT
"""The data: files of the real shape by mksample, and the same records as a stream of requests for blast."""
import gzip
import itertools
import os
import shutil
import struct
import subprocess
import sys

from servers import TYPES

LEVEL = "-6"
# Magic, opcode, key length, extras length, data type, vbucket, body length, opaque, cas; the extras: flags, expiry.
SET_HEAD = struct.Struct(">BBHBBHIIQII")
EXTRAS_BYTES = 8
COORDINATES = struct.Struct("<BdBd")


class Samples:
    """Files in FOLDER by their content's description; one that is there is not made again."""

    def __init__(self, folder, mksample):
        self.folder = folder
        self.mksample = mksample
        os.makedirs(folder, exist_ok=True)

    def file(self, records, seed=1, options=()):
        """The path of a compressed file."""
        path = os.path.join(self.folder, "-".join([str(records), str(seed), *options]).replace("--", "") + ".tsv.gz")
        if not os.path.exists(path):
            self.make(path, [self.mksample, "-n", str(records), "-S", str(seed), *options])
        return path

    def make(self, path, command):
        print(f"bench: making {os.path.basename(path)}", file=sys.stderr, flush=True)
        compressor = "pigz" if shutil.which("pigz") else "gzip"
        with open(path + ".new", "wb") as file:
            source = subprocess.Popen(command, stdout=subprocess.PIPE)
            subprocess.run([compressor, LEVEL], stdin=source.stdout, stdout=file, check=True)
            source.stdout.close()
            if source.wait() != 0:
                raise OSError("mksample failed")
        os.rename(path + ".new", path)

    def pieces(self, path, lines, bad=b""):
        """Files of so many lines each, in a folder beside the file; each ends with the line BAD, if there is one."""
        folder = f"{path[:-len('.tsv.gz')]}.{lines}{'-bad' if bad else ''}"
        if not os.path.exists(folder):
            print(f"bench: cutting {os.path.basename(path)}", file=sys.stderr, flush=True)
            os.makedirs(folder + ".new", exist_ok=True)
            with gzip.open(path, "rb") as source:
                for number in itertools.count():
                    text = b"".join(itertools.islice(source, lines))
                    if not text:
                        break
                    with open(os.path.join(folder + ".new", f"{number:05}.tsv.gz"), "wb") as file:
                        file.write(gzip.compress(text + bad, 6))
            os.rename(folder + ".new", folder)
        return [os.path.join(folder, name) for name in sorted(os.listdir(folder))]

    def streams(self, path):
        """A file of requests a type: {type: path}."""
        streams = {name: f"{path[:-len('.tsv.gz')]}.{name}.requests" for name in TYPES}
        if not all(map(os.path.exists, streams.values())):
            print(f"bench: encoding {os.path.basename(path)}", file=sys.stderr, flush=True)
            write_streams(path, streams)
        return streams


def varint(number):
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


class AppTable(dict):
    """An app's decimal digits to its field of the message, each worked out once."""

    def __missing__(self, digits):
        self[digits] = b"\x08" + varint(int(digits))
        return self[digits]


def write_streams(path, streams):
    files = {name.encode(): open(to + ".new", "wb", 1 << 20) for name, to in streams.items()}
    table = AppTable()
    source = subprocess.Popen(["gzip", "-dc", path], stdout=subprocess.PIPE)
    for line in source.stdout:
        dev_type, dev_id, lat, lon, apps = line.rstrip().split(b"\t")
        value = b"".join(map(table.__getitem__, apps.split(b",")))
        value += COORDINATES.pack(0x11, float(lat), 0x19, float(lon))
        key = dev_type + b":" + dev_id
        body = EXTRAS_BYTES + len(key) + len(value)
        files[dev_type].write(SET_HEAD.pack(0x80, 1, len(key), EXTRAS_BYTES, 0, 0, body, 0, 0, 0, 0) + key + value)
    if source.wait() != 0:
        raise OSError(f"unable to read {path}")
    for file in files.values():
        file.close()
    for to in streams.values():
        os.rename(to + ".new", to)
