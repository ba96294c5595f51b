# SPDX-License-Identifier: MIT
"""Four memcached servers of the benchmark's own, on loopback ports that the kernel chooses."""
import ctypes
import os
import shutil
import socket
import subprocess
import tempfile
import time

TYPES = ("idfa", "gaid", "adid", "dvid")
START_S = 10
SETTLE_S = 30


class Server:
    def __init__(self, folder, name, options):
        self.pid_file = os.path.join(folder, name + ".pid")
        self.port_file = os.path.join(folder, name + ".port")
        # Whatever becomes of the benchmark, its servers end with it.
        command = ["setpriv", "--pdeathsig", "KILL", "memcached", "-t", "1", "-m", "2048",
                   "-l", "127.0.0.1", "-p", "-1", "-U", "0", *options]
        if os.geteuid() == 0:
            command += ["-u", "root"]
        self.process = subprocess.Popen(command + ["-P", self.pid_file], stdin=subprocess.DEVNULL,
                                        env={**os.environ, "MEMCACHED_PORT_FILENAME": self.port_file})
        self.address = None

    def await_start(self):
        """memcached writes its pid file when it listens."""
        end = time.monotonic() + START_S
        while not (os.path.exists(self.pid_file) and os.path.getsize(self.pid_file)):
            if self.process.poll() is not None or time.monotonic() > end:
                raise OSError("memcached does not start")
            time.sleep(0.01)
        with open(self.port_file) as file:
            port = next(line.split()[-1] for line in file if line.startswith("TCP INET:"))
        self.address = "127.0.0.1:" + port

    def stats(self):
        host, port = self.address.split(":")
        with socket.create_connection((host, int(port)), 30) as connection:
            connection.sendall(b"stats\r\n")
            with connection.makefile("rb") as stream:
                lines = iter(stream.readline, b"END\r\n")
                return {line.split()[1].decode(): line.split()[2].decode() for line in lines if line}

    def cpu(self):
        """CPU seconds until now, of all threads, to the nanosecond (clock_getcpuclockid(3))."""
        clock = ctypes.c_int()
        if ctypes.CDLL(None).clock_getcpuclockid(self.process.pid, ctypes.byref(clock)) != 0:
            raise OSError("no CPU clock for memcached")
        return time.clock_gettime(clock.value)

    def peak_kib(self):
        with open(f"/proc/{self.process.pid}/status") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("VmHWM:"))

    def stop(self):
        self.process.kill()
        self.process.wait()


class Servers:
    """The four, empty when the block begins, gone when it ends."""

    def __init__(self, options=()):
        self.options = options
        self.all = []

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="memc-bench-servers.")
        try:
            for name in TYPES:
                self.all.append(Server(self.folder, name, self.options))
            for server in self.all:
                server.await_start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for server in self.all:
            server.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def addresses(self):
        return [server.address for server in self.all]

    def cpu(self):
        return sum(server.cpu() for server in self.all)

    def peak_kib(self):
        return max(server.peak_kib() for server in self.all)

    def items(self):
        return sum(int(server.stats()["curr_items"]) for server in self.all)

    def settled_items(self, expected):
        """A loader that asks for no answers may have ended before its servers have."""
        end = time.monotonic() + SETTLE_S
        while (items := self.items()) < expected and time.monotonic() < end:
            time.sleep(0.05)
        return items
