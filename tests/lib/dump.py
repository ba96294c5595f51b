#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Reads what a memcached server holds, over its text protocol: a client that shares nothing with the programs under test.

  dump.py ADDR                     every item, sorted lines "hexkey hexvalue", comparable with `model.py items`
  dump.py ADDR --flags             the same with the item's flags and its expiry in Unix time (-1: never)
  dump.py ADDR --set KEY [--flag N] [--expire N]    store what stands on standard input

ADDR is HOST:PORT, [V6]:PORT or a Unix socket's path.
"""
import argparse
import base64
import os
import socket
import sys
import time
import urllib.parse

TIMEOUT_S = 30
KEYS_PER_REQUEST = 100
TRIES = 100


class Server:
    """One connection; every answer is read to its end before the next request is sent."""

    def __init__(self, address):
        if "/" in address:
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.settimeout(TIMEOUT_S)
            self.socket.connect(address)
        else:
            host, port = address.rsplit(":", 1)
            self.socket = socket.create_connection((host.strip("[]"), int(port)), TIMEOUT_S)
        self.stream = self.socket.makefile("rb", 1 << 20)

    def send(self, request):
        self.socket.sendall(request)

    def line(self):
        text = self.stream.readline()
        if not text.endswith(b"\n"):
            raise OSError("the server closed the connection")
        return text.rstrip(b"\r\n")

    def command(self, text):
        self.send(text + b"\r\n")
        return self.line()

    def stats(self):
        self.send(b"stats\r\n")
        found = {}
        while (text := self.line()) != b"END":
            if not text.startswith(b"STAT "):
                raise OSError("stats: " + text.decode("latin-1"))
            _, name, value = text.split(b" ", 2)
            found[name.decode()] = value.decode()
        return found

    def body(self, size):
        value = self.stream.read(size + 2)
        if value[size:] != b"\r\n":
            raise OSError("a value does not end where it should")
        return value[:size]

    def metadump(self):
        """{key: expiry} of all items; waits while the crawler is busy. memcached 1.6.45 says OK before the first key."""
        for _ in range(TRIES):
            self.send(b"lru_crawler metadump all\r\n")
            found = {}
            while (text := self.line()) != b"END" and (text == b"OK" or text.startswith(b"key=")):
                if text == b"OK":
                    continue
                fields = dict(field.split(b"=", 1) for field in text.split(b" ") if field)
                found[urllib.parse.unquote_to_bytes(fields[b"key"])] = int(fields[b"exp"])
            if text == b"END":
                return found
            if not text.startswith(b"BUSY"):
                raise OSError("metadump: " + text.decode("latin-1"))
            time.sleep(0.05)
        raise OSError("metadump: the crawler stays busy")

    def keys(self):
        """As metadump, and again while it shows fewer items than the server counts: it passes over an item that is locked just then."""
        for _ in range(TRIES):
            found = self.metadump()
            counted = int(self.stats()["curr_items"])
            if len(found) >= counted:
                return found
            time.sleep(0.05)
        print(f"dump.py: {len(found)} items found, {counted} counted", file=sys.stderr)
        return found

    def get(self, keys):
        """Yields (key, flags, value) of those that are there. KEYS hold neither white space nor control bytes."""
        self.send(b"get " + b" ".join(keys) + b"\r\n")
        while (text := self.line()) != b"END":
            if not text.startswith(b"VALUE "):
                raise OSError("get: " + text.decode("latin-1"))
            _, key, flags, size = text.split(b" ")
            yield key, int(flags), self.body(int(size))

    def get_odd(self, key):
        """As get, for a key that a text line cannot carry."""
        text = self.command(b"mg " + base64.b64encode(key) + b" b f v")
        if text.startswith(b"VA "):
            _, size, flags = text.split(b" ")[:3]
            yield key, int(flags[1:]), self.body(int(size))

    def items(self):
        """Yields (key, flags, expiry, value)."""
        expiries = self.keys()
        plain = sorted(key for key in expiries if not is_odd(key))
        for start in range(0, len(plain), KEYS_PER_REQUEST):
            for key, flags, value in self.get(plain[start : start + KEYS_PER_REQUEST]):
                yield key, flags, expiries[key], value
        for key in filter(is_odd, expiries):
            for _, flags, value in self.get_odd(key):
                yield key, flags, expiries[key], value


def is_odd(key):
    return any(byte <= 0x20 or byte == 0x7F for byte in key)


def dump(server, with_flags):
    lines = []
    for key, flags, expiry, value in server.items():
        tail = f" {flags} {expiry}" if with_flags else ""
        lines.append(f"{key.hex()} {value.hex()}{tail}\n".encode())
    sys.stdout.buffer.write(b"".join(sorted(lines)))


def set_one(server, arguments):
    value = sys.stdin.buffer.read()
    head = b"set %s %d %d %d\r\n" % (os.fsencode(arguments.set), arguments.flag, arguments.expire, len(value))
    server.send(head + value + b"\r\n")
    answer = server.line()
    if answer != b"STORED":
        sys.exit("dump.py: " + answer.decode("latin-1"))


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("address")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--flags", action="store_true")
    what.add_argument("--set", metavar="KEY")
    parser.add_argument("--flag", type=int, default=0)
    parser.add_argument("--expire", type=int, default=0)
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    server = Server(arguments.address)
    if arguments.set is not None:
        set_one(server, arguments)
    else:
        dump(server, arguments.flags)


if __name__ == "__main__":
    try:
        main()
    except OSError as error:
        sys.exit(f"dump.py: {error}")
