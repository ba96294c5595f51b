# SPDX-License-Identifier: MIT
"""A network with a delay: tc netem in a namespace; without it in the kernel, a relay that holds bytes back."""
import contextlib
import ctypes
import heapq
import os
import selectors
import signal
import socket
import subprocess
import time

CLONE_NEWNET = 0x40000000
CHUNK = 1 << 16


class NoNetem(Exception):
    pass


def call(name, *arguments):
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, name)(*arguments) != 0:
        raise NoNetem(f"{name}: {os.strerror(ctypes.get_errno())}")


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise NoNetem(f"{command[0]}: {done.stderr.strip()}")


@contextlib.contextmanager
def namespace(round_trip_ms):
    """Until the block ends, this process and those that it starts have a loopback device of their own, with a delay."""
    outside = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    try:
        call("unshare", CLONE_NEWNET)
        try:
            run("ip", "link", "set", "lo", "up")
            netem = ["netem", "delay", f"{round_trip_ms / 2}ms", "limit", "100000"]
            run("tc", "qdisc", "add", "dev", "lo", "root", *netem)
            yield
        finally:
            call("setns", outside, CLONE_NEWNET)
    finally:
        os.close(outside)


def netem_refusal():
    """Why there is no netem here, or None."""
    try:
        with namespace(2):
            return None
    except (NoNetem, OSError) as error:
        return str(error)


class Relay:
    """For each server an address that leads there, half of the round trip later, and as late back."""

    def __init__(self, addresses, round_trip_ms):
        self.delay = round_trip_ms / 2000
        self.listeners = {}
        for address in addresses:
            listener = socket.create_server(("127.0.0.1", 0))
            self.listeners[listener] = address
        self.addresses = [f"127.0.0.1:{listener.getsockname()[1]}" for listener in self.listeners]

    def __enter__(self):
        self.pid = os.fork()
        if self.pid == 0:
            try:
                self.serve()
            finally:
                os._exit(1)
        for listener in self.listeners:
            listener.close()
        return self

    def __exit__(self, *_):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)

    def serve(self):
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        self.due = []  # heap of (when, number, socket, bytes); no bytes: the end
        self.number = 0
        self.selector = selectors.DefaultSelector()
        for listener in self.listeners:
            self.selector.register(listener, selectors.EVENT_READ, None)
        while True:
            timeout = max(0, self.due[0][0] - time.monotonic()) if self.due else None
            for key, _ in self.selector.select(timeout):
                if key.data is None:
                    self.accept(key.fileobj)
                else:
                    self.take(key.data)
            self.pass_on()

    def accept(self, listener):
        client, _ = listener.accept()
        host, port = self.listeners[listener].split(":")
        server = socket.create_connection((host, int(port)))
        for end in (client, server):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.selector.register(client, selectors.EVENT_READ, (client, server))
        self.selector.register(server, selectors.EVENT_READ, (server, client))

    def take(self, ends):
        source, sink = ends
        try:
            data = source.recv(CHUNK)
        except OSError:
            data = b""
        if not data:
            self.selector.unregister(source)
        self.number += 1
        heapq.heappush(self.due, (time.monotonic() + self.delay, self.number, sink, data))

    def pass_on(self):
        """Sending may block, but for a moment: memcached reads, and a sink awaits its answers."""
        while self.due and self.due[0][0] <= time.monotonic():
            _, _, sink, data = heapq.heappop(self.due)
            with contextlib.suppress(OSError):
                if data:
                    sink.sendall(data)
                else:
                    sink.shutdown(socket.SHUT_WR)
