#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Servers that are no memcached, or one behind a bad line. Listens on a free port of 127.0.0.1, prints it, serves until killed.

  hostile.py silent                    accepts, reads, never answers
  hostile.py deaf                      accepts and does not even read
  hostile.py closing                   accepts and closes at once
  hostile.py echo                      sends back what it gets
  hostile.py http | redis | tls | smtp answers as such a server does
  hostile.py noise                     answers everything by bytes that mean nothing
                                       (all of these: --record FILE adds what comes in to FILE)
  hostile.py fake [--status HEX] [--after N] [--sets HOW] [--stats HOW] [--no-stats] [--modern] [--proxied]
                 [--item-size N] [--delay S] [--meta [--gets huge] | --text]
                                       a memcached that stores nothing: answers sets by success, and from set N on by
                                       this status of the binary protocol, or in one of the ways of class Sets below;
                                       its statistics likewise (class Stats), or as memcached's own proxy has them, or
                                       without the counter that went in 1.6.34 (--modern). With --meta it speaks meta too,
                                       with --text classic text only; both fail by class TextSets. It counts `cmd_set`, the sets that came, and `acknowledged`, the answers of success that went out whole
  hostile.py proxy --upstream ADDR [--reset-after N | --end-after N] [--count-sets] [--again FILE] [--delay S]
                 [--request-delay S | --rate N] [--forget FILE]
                                       passes everything to a real server; once N bytes of answers (to sets) have gone
                                       through, resets (or ends) that connection, then serves all later ones, until FILE
                                       has another text: that is N again; or holds each piece of an answer for S seconds;
                                       or each request, also one that is not answered, for S seconds after the one before; or
                                       lets N bytes a second through; or, once FILE is there, passes nothing more on over
                                       the connections that it has then, without a word to either side;
                                       ADDR,ADDR: by turns, as a balancer does
  hostile.py hold --upstream ADDR      takes all connections that a real server has left, and keeps them; listens for nothing
"""
import argparse
import collections
import itertools
import os
import select
import socket
import struct
import threading
import time

PIECE = 65536


def listen():
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(("127.0.0.1", 0))
    server.listen(64)
    print(server.getsockname()[1], flush=True)
    return server


def serve(handle):
    server = listen()
    while True:
        client, _ = server.accept()
        threading.Thread(target=quietly, args=(handle, client), daemon=True).start()


def quietly(handle, client):
    """A client that goes away is no error here."""
    try:
        handle(client)
    except OSError:
        pass
    finally:
        client.close()


def reset(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


# ---- what is no memcached


class Recorder:
    """A client whose every word is written down."""

    def __init__(self, client, path):
        self.client = client
        self.path = path

    def __getattr__(self, name):
        return getattr(self.client, name)

    def recv(self, size):
        data = self.client.recv(size)
        with open(self.path, "ab") as out:
            out.write(data)
        return data


def silent(client):
    while client.recv(PIECE):
        pass


def deaf(client):
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
    threading.Event().wait()


def closing(client):
    client.shutdown(socket.SHUT_RDWR)


def echo(client):
    while data := client.recv(PIECE):
        client.sendall(data)


def answer_by(text, close):
    def handle(client):
        while client.recv(PIECE):
            client.sendall(text)
            if close:
                return

    return handle


STRANGERS = {
    "silent": silent,
    "deaf": deaf,
    "closing": closing,
    "echo": echo,
    "http": answer_by(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", True),
    "redis": answer_by(b"-ERR unknown command\r\n", False),
    "tls": answer_by(b"\x15\x03\x01\x00\x02\x02\x46", True),
    "smtp": answer_by(b"500 5.5.2 Error: command not recognized\r\n", False),
    "noise": answer_by(bytes(range(256)) * 4, False),
}

# ---- a memcached that stores nothing: protocol_binary.h's 24-byte header, and the text commands of a statistics reader

HEADER = struct.Struct(">BBHBBHIIQ")
SET, SETQ, QUIT, FLUSH, NOOP, VERSION, STAT, QUITQ = 0x01, 0x11, 0x07, 0x08, 0x0A, 0x0B, 0x10, 0x17


def header(opcode, opaque, status=0, key_length=0, body_length=0, magic=0x81):
    return HEADER.pack(magic, opcode, key_length, 0, 0, status, body_length, opaque, 0)


def drip(client, data, delay):
    for index in range(len(data)):
        client.sendall(data[index : index + 1])
        time.sleep(delay)


class Sets:
    """Ways to answer a set, other than as it should be. Each takes (fake, client, opcode, opaque)."""

    def silence(fake, *_):
        pass

    def drip(fake, client, opcode, opaque):
        drip(client, header(opcode, opaque), fake.options.delay)
        fake.acknowledged += 1

    def half(fake, client, opcode, opaque):
        client.sendall(header(opcode, opaque)[:11])
        threading.Event().wait()

    def end(fake, client, opcode, opaque):
        client.sendall(header(opcode, opaque)[:11])
        client.shutdown(socket.SHUT_RDWR)

    def few(fake, client, opcode, opaque):
        if fake.sets % 2:
            fake.acknowledge(client, opcode, opaque)

    def twice(fake, client, opcode, opaque):
        fake.acknowledge(client, opcode, opaque)
        fake.acknowledge(client, opcode, opaque)

    def swapped(fake, client, opcode, opaque):
        """Two answers change places: a refusal, that of the second, comes first."""
        if fake.sets % 2 == 0:
            client.sendall(header(opcode, opaque, 0x03))
            fake.acknowledge(client, opcode, fake.last)
        fake.last = opaque

    def garbage(fake, client, *_):
        client.sendall(bytes(range(1, 120)))

    def zeros(fake, client, *_):
        client.sendall(bytes(24))

    def text(fake, client, *_):
        client.sendall(b"STORED\r\n" * 3)

    def http(fake, client, *_):
        client.sendall(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")

    def request(fake, client, opcode, opaque):
        client.sendall(header(opcode, opaque, magic=0x80))

    def other(fake, client, _, opaque):
        """The answer to a command that was never sent."""
        client.sendall(header(NOOP, opaque))

    def huge_success(fake, client, opcode, opaque):
        fake.acknowledged += 1
        client.sendall(header(opcode, opaque, body_length=0xFFFFFFFF))

    def huge_refusal(fake, client, opcode, opaque):
        client.sendall(header(opcode, opaque, 0x03, body_length=0xFFFFFFFF))

    def huge_error(fake, client, opcode, opaque):
        client.sendall(header(opcode, opaque, 0x81, body_length=0xFFFFFFFF))

    def huge_key(fake, client, opcode, opaque):
        client.sendall(header(opcode, opaque, 0x84, key_length=0xFFFF, body_length=0xFFFF))


# What follows quiet sets, by turns, and its answers.
BARRIERS = {b"mn": b"MN\r\n", b"version": b"VERSION 1.6.18\r\n"}


class TextSets:
    """The same in meta and classic text. Each takes (fake, client, answer, sets): the right answer, none to a quiet set, and how many sets
    it says are stored."""

    def silence(fake, *_):
        pass

    def drip(fake, client, answer, sets):
        drip(client, answer, fake.options.delay)
        fake.acknowledged += sets

    def half(fake, client, answer, _):
        client.sendall(answer[:1])
        if answer:
            threading.Event().wait()

    def end(fake, client, answer, _):
        client.sendall(answer[:1])
        client.shutdown(socket.SHUT_RDWR)

    def few(fake, client, answer, sets):
        fake.answers += bool(answer)
        if fake.answers % 2:
            fake.say(client, answer, sets)

    def twice(fake, client, answer, sets):
        fake.say(client, answer * 2, sets)

    def swapped(fake, client, answer, sets):
        """Two answers change places: a refusal, that of the second, comes first."""
        if fake.held:
            client.sendall(b"SERVER_ERROR object too large for cache\r\n")
            fake.say(client, fake.held, sets)
            fake.held = b""
        else:
            fake.held = answer

    def early(fake, client, answer, sets):
        """A barrier's answer behind each quiet set, before the barrier came."""
        client.sendall(answer or b"MN\r\n")

    def key(fake, client, *_):
        client.sendall(b"HD kanother\r\n")

    def garbage(fake, client, *_):
        client.sendall(bytes(range(1, 120)))

    def zeros(fake, client, *_):
        client.sendall(bytes(24) + b"\r\n")

    def text(fake, client, *_):
        client.sendall(b"STORED\r\n" * 3)

    def http(fake, client, *_):
        client.sendall(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")

    def other(fake, client, *_):
        client.sendall(b"EN\r\n")

    def endless(fake, client, *_):
        while True:
            client.sendall(b"SERVER_ERROR object too large for cache\r\n" * 1000)

    def long(fake, client, *_):
        client.sendall(b"SERVER_ERROR " + b"x" * 100000)

    def huge_key(fake, client, *_):
        client.sendall(b"HD k" + b"x" * 100000 + b"\r\n")


class Stats:
    """Ways to answer a question for statistics, other than as it should be. Each takes (fake, client)."""

    def silence(fake, client):
        pass

    def endless(fake, client):
        while True:
            client.sendall(b"STAT evictions 0\r\n" * 1000)

    def long(fake, client):
        client.sendall(b"STAT evictions " + b"0" * 100000)

    def drip(fake, client):
        drip(client, b"STAT pid 1\r\n" * 100, fake.options.delay)

    def cut(fake, client):
        client.sendall(b"STAT pid 1\r\nSTAT evic")
        client.shutdown(socket.SHUT_RDWR)

    def garbage(fake, client):
        client.sendall(bytes(range(256)) + b"\r\nEND\r\n")

    def numbers(fake, client):
        client.sendall(b"STAT pid -1\r\nSTAT evictions 99999999999999999999999\r\nSTAT item_size_max x\r\nSTAT uptime\r\nEND\r\n")


def ways(of):
    return {name: way for name, way in vars(of).items() if not name.startswith("_")}


class Fake:
    def __init__(self, options):
        self.options = options
        self.sets = 0
        self.acknowledged = 0
        self.last = 0
        self.answers = 0  # to sets in meta and text
        self.held = b""  # an answer that waits for the next one
        self.ports = set()  # of the connections that are open: a client's fence asks for them
        self.start = int(time.time()) - 1000
        self.quiet = {}  # of each connection: sets since the last barrier
        self.lock = threading.Lock()

    def stats(self, what):
        if self.options.no_stats:
            return []
        if what == b"settings":
            return [(b"item_size_max", b"%d" % self.options.item_size)]
        if what == b"conns":
            return [(b"%d:addr" % number, b"tcp:127.0.0.1:%d" % port) for number, port in enumerate(list(self.ports))]
        now = int(time.time())
        proxy = [(b"proxy_conn_requests", b"7")] if self.options.proxied else []
        nomem = [] if self.options.modern else [(b"slab_reassign_evictions_nomem", b"0")]
        return proxy + nomem + [(b"pid", b"1"), (b"uptime", b"%d" % (now - self.start)), (b"time", b"%d" % now), (b"version", b"1.6.18"), (b"evictions", b"0"),
                (b"cmd_flush", b"0"), (b"curr_items", b"0"), (b"limit_maxbytes", b"67108864"),
                (b"cmd_set", b"%d" % self.sets), (b"acknowledged", b"%d" % self.acknowledged)]

    def set_status(self):
        with self.lock:
            self.sets += 1
            return self.options.status if self.sets >= self.options.after else 0

    def answer(self, client, opcode, opaque, status=0, key=b"", value=b""):
        client.sendall(header(opcode, opaque, status, len(key), len(key) + len(value)) + key + value)

    def acknowledge(self, client, opcode, opaque):
        self.answer(client, opcode, opaque)
        self.acknowledged += 1

    def answer_set(self, client, opcode, opaque):
        status = self.set_status()
        if self.options.sets and self.sets >= self.options.after:
            ways(Sets)[self.options.sets](self, client, opcode, opaque)
        elif status:
            self.answer(client, opcode, opaque, status, value=b"no")
        else:
            self.acknowledge(client, opcode, opaque)

    def binary(self, client, stream, head):
        _, opcode, key_length, _, _, _, body_length, opaque, _ = HEADER.unpack(head)
        body = stream.read(body_length)
        if opcode in (QUIT, QUITQ):
            return False
        if opcode in (SET, SETQ):
            self.answer_set(client, opcode, opaque)
        elif opcode == VERSION:
            self.answer(client, opcode, opaque, value=b"1.6.18")
        elif opcode == STAT:
            for name, value in self.stats(body[:key_length]):
                self.answer(client, opcode, opaque, key=name, value=value)
            self.answer(client, opcode, opaque)
        else:
            self.answer(client, opcode, opaque, 0 if opcode in (NOOP, FLUSH) else 0x81)
        return True

    def say(self, client, answer, sets):
        client.sendall(answer)
        self.acknowledged += sets

    def answer_text(self, client, answer, sets):
        if self.options.sets and self.sets >= self.options.after:
            ways(TextSets)[self.options.sets](self, client, answer, sets)
        else:
            self.say(client, answer, sets)

    def meta(self, client, stream, words):
        """ms KEY LEN … q|k, the barriers behind quiet sets and, of a key that is not there, mg."""
        if words[0] == b"ms":
            stream.read(int(words[2]) + 2)
            self.sets += 1
            loud = words[-1] == b"k"
            self.quiet[client] = self.quiet.get(client, 0) + (not loud)
            self.answer_text(client, b"HD k%s\r\n" % words[1] if loud else b"", int(loud))
        elif words[0] in BARRIERS and client in self.quiet:
            self.answer_text(client, BARRIERS[words[0]], self.quiet[client])
            self.quiet[client] = 0
        elif words[0] == b"mg" and self.options.gets and b"v" in words[2:]:
            client.sendall(b"VA 4294967295 k%s\r\nx" % words[1])
        elif b"q" not in words[2:]:
            client.sendall(b"MN\r\n" if words[0] == b"mn" else b"EN\r\n")
        return True

    def text(self, client, stream, line):
        words = line.split()
        if self.options.meta and words and (words[0] in (b"ms", b"mg", b"mn") or client in self.quiet and words == [b"version"]):
            return self.meta(client, stream, words)
        if self.options.text and words[:1] == [b"set"]:
            stream.read(int(words[4]) + 2)
            self.sets += 1
            self.answer_text(client, b"STORED\r\n", 1)
        elif self.options.text and words[:1] == [b"get"]:
            client.sendall(b"END\r\n")
        elif words[:1] == [b"version"]:
            client.sendall(BARRIERS[b"version"])
        elif words[:1] == [b"stats"]:
            what = words[1] if len(words) > 1 else b""
            if self.options.stats:
                ways(Stats)[self.options.stats](self, client)
                return True
            client.sendall(b"".join(b"STAT %s %s\r\n" % pair for pair in self.stats(what)) + b"END\r\n")
        elif words[:1] == [b"quit"]:
            return False
        else:
            client.sendall(b"ERROR\r\n")
        return True

    def __call__(self, client):
        port = client.getpeername()[1]
        self.ports.add(port)
        try:
            self.converse(client)
        finally:
            self.ports.discard(port)

    def converse(self, client):
        stream = client.makefile("rb", PIECE)
        going = True
        while going and (first := stream.read(1)):
            if first == b"\x80":
                head = first + stream.read(HEADER.size - 1)
                going = len(head) == HEADER.size and not self.options.text and self.binary(client, stream, head)
            else:
                going = self.text(client, stream, first + stream.readline())


# ---- a real one behind a bad line


def connect(address):
    if "/" in address:
        upstream = socket.socket(socket.AF_UNIX)
        upstream.connect(address)
        return upstream
    host, port = address.rsplit(":", 1)
    return socket.create_connection((host, int(port)))


class Requests:
    """Cuts what a client sends, in any protocol, into whole requests."""

    def __init__(self):
        self.rest = b""

    def length(self):
        """Of the first one; 0: unknown yet."""
        if self.rest[:1] == b"\x80":
            return HEADER.size + int.from_bytes(self.rest[8:12], "big") if len(self.rest) >= HEADER.size else 0
        line = self.rest.find(b"\n") + 1
        words = self.rest[:line].split()
        size = {b"ms": 2, b"set": 4}.get(words[0]) if words else None
        return line + int(words[size]) + 2 if size else line

    def cut(self, data):
        self.rest += data
        while 0 < (length := self.length()) <= len(self.rest):
            yield self.rest[:length]
            self.rest = self.rest[length:]


class Way:
    """From a client to a server that takes its time: each part is held for so many seconds after the one before."""

    def __init__(self, options):
        self.options = options
        self.requests = Requests()
        self.parts = collections.deque()  # with the seconds that each needs
        self.due = 0

    def add(self, data):
        if not self.parts:
            self.due = time.monotonic()
        if self.options.request_delay:
            self.parts.extend((each, self.options.request_delay) for each in self.requests.cut(data))
        else:
            self.parts.append((data, len(data) / self.options.rate if self.options.rate else 0))

    def left(self):
        """Seconds until the next part goes on; None: there is none."""
        return max(0, self.due + self.parts[0][1] - time.monotonic()) if self.parts else None

    def arrived(self):
        while self.parts and self.left() == 0:
            part, seconds = self.parts.popleft()
            self.due += seconds
            yield part


class Proxy:
    def __init__(self, options):
        self.options = options
        self.piece = 1024 if options.rate else PIECE
        self.upstreams = itertools.cycle(options.upstream.split(","))
        self.left = options.reset_after or options.end_after  # bytes of answers until it happens; None: never (again)
        self.lock = threading.Lock()
        self.told = None

    def look_again(self):
        """N anew, if the file has another one than before."""
        with open(self.options.again, encoding="ascii") as told, self.lock:
            text = told.read()
            if text.endswith("\n") and text != self.told:
                self.told, self.left = text, int(text)

    def allowed(self, data):
        """The part of DATA that goes through, and whether the connection ends behind it."""
        with self.lock:
            if self.left is None or len(data) < self.left:
                self.left = self.left and self.left - len(data)
                return data, False
            part, self.left = data[: self.left], None
            return part, True

    def pass_answer(self, data, client, counts):
        """Hands an answer on; False when this connection is to end."""
        time.sleep(len(data) / self.options.rate if self.options.rate else self.options.delay)
        part, last = self.allowed(data) if counts else (data, False)
        client.sendall(part)
        if last and self.options.reset_after:
            reset(client)
        return not last

    # One thread for both directions: a socket that another thread is reading cannot be closed with a reset.
    def __call__(self, client):
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        counts = not self.options.count_sets
        if self.options.again:
            self.look_again()
        way = Way(self.options)
        remembered = self.options.forget and not os.path.exists(self.options.forget)
        with connect(next(self.upstreams)) as upstream:
            while True:
                ready = select.select([client, upstream], [], [], way.left())[0]
                if upstream in ready:
                    data = upstream.recv(self.piece)
                    if not data or not self.pass_answer(data, client, counts):
                        return
                if ready and remembered and os.path.exists(self.options.forget):
                    threading.Event().wait()  # both ends stay open
                if client in ready:
                    data = client.recv(self.piece)
                    if not data:
                        return
                    counts = counts or data[:2] == bytes([0x80, SET])
                    way.add(data)
                for part in way.arrived():
                    upstream.sendall(part)


def hold(address):
    """Opens connections until one is not answered any more."""
    held = []
    while True:
        connection = connect(address)
        connection.settimeout(1)
        held.append(connection)
        try:
            connection.sendall(b"version\r\n")
            if not connection.recv(PIECE).startswith(b"VERSION"):
                break  # it says that there are too many
        except OSError:
            break  # it does not accept any more
    print(len(held), flush=True)
    threading.Event().wait()


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mode", choices=[*STRANGERS, "fake", "proxy", "hold"])
    parser.add_argument("--status", type=lambda text: int(text, 16), default=0)
    parser.add_argument("--after", type=int, default=1)
    parser.add_argument("--no-stats", action="store_true")
    parser.add_argument("--meta", action="store_true")
    parser.add_argument("--text", action="store_true")
    parser.add_argument("--gets", choices=("huge",))
    parser.add_argument("--modern", action="store_true")
    parser.add_argument("--proxied", action="store_true")
    parser.add_argument("--item-size", type=int, default=1 << 20)
    parser.add_argument("--upstream")
    parser.add_argument("--reset-after", type=int)
    parser.add_argument("--end-after", type=int)
    parser.add_argument("--delay", type=float, default=0)
    parser.add_argument("--request-delay", type=float)
    parser.add_argument("--rate", type=int)
    parser.add_argument("--sets", choices=ways(Sets) | ways(TextSets))
    parser.add_argument("--stats", choices=ways(Stats))
    parser.add_argument("--count-sets", action="store_true")
    parser.add_argument("--again")
    parser.add_argument("--forget")
    parser.add_argument("--record")
    return parser.parse_args()


def main():
    options = parse_arguments()
    if options.mode == "fake":
        serve(Fake(options))
    elif options.mode == "proxy":
        serve(Proxy(options))
    elif options.mode == "hold":
        hold(options.upstream)
    elif options.record:
        serve(lambda client: STRANGERS[options.mode](Recorder(client, options.record)))
    else:
        serve(STRANGERS[options.mode])


if __name__ == "__main__":
    main()
