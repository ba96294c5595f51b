# SPDX-License-Identifier: MIT
"""Whether the servers hold exactly what the files say, byte for byte: by the tests' own reader and model."""
import functools
import os
import subprocess
import tempfile

from measure import BenchError


def lines_of(command, stdin=None):
    done = subprocess.run(command, stdin=stdin, stdout=subprocess.PIPE, check=True)
    return done.stdout.splitlines()


@functools.cache
def expected(tests, path):
    with tempfile.TemporaryFile() as text:
        subprocess.run(["gzip", "-dc", path], stdout=text, check=True)
        text.seek(0)
        return lines_of(["/usr/bin/python3", os.path.join(tests, "model.py"), "items", "-"], text)


def compare_contents(bench, paths, addresses):
    dump = os.path.join(bench.tests, "dump.py")
    held = sorted(line for address in addresses for line in lines_of(["/usr/bin/python3", dump, address]))
    if held != sorted(line for path in paths for line in expected(bench.tests, path)):
        raise BenchError("the servers do not hold what the files say")
