# SPDX-License-Identifier: MIT
"""twemproxy (Debian's nutcracker) in front of the servers, a pool for each. It speaks classic text only."""
import contextlib
import os
import socket
import subprocess
import time

START_S = 10

POOL = """{name}:
  listen: {listen}
  hash: fnv1a_64
  distribution: ketama
  server_connections: 1
  auto_eject_hosts: false
  servers:
    - {server}:1
"""


def free_ports(count):
    with contextlib.ExitStack() as stack:
        listeners = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [listener.getsockname()[1] for listener in listeners]


def wait_until_listening(process, port):
    end = time.monotonic() + START_S
    while True:
        with contextlib.suppress(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port)).close()
            return
        if process.poll() is not None or time.monotonic() > end:
            raise OSError("nutcracker does not start")
        time.sleep(0.01)


@contextlib.contextmanager
def nutcracker(servers):
    """The addresses of the pools. The proxy's CPU is in no figure but the wall time."""
    *ports, stats = free_ports(len(servers.all) + 1)
    addresses = [f"127.0.0.1:{port}" for port in ports]
    path = os.path.join(servers.folder, "nutcracker.yml")
    with open(path, "w") as file:
        for number, (listen, server) in enumerate(zip(addresses, servers.addresses())):
            file.write(POOL.format(name=f"pool{number}", listen=listen, server=server))
    process = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", "nutcracker", "-c", path, "-a", "127.0.0.1",
                                "-s", str(stats)], stderr=subprocess.DEVNULL)
    try:
        for port in ports:
            wait_until_listening(process, port)
        yield addresses
    finally:
        process.kill()
        process.wait()
