#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""batched.py FILE IDFA GAID ADID DVID: the same by set_many, with answers read a batch at a time."""
import gzip
import sys

from appsinstalled_pb2 import UserApps
from pymemcache.client.base import Client

TYPES = ("idfa", "gaid", "adid", "dvid")
BATCH = 400


def store(server, batch):
    failed = server.set_many(batch, noreply=False)
    stored = len(batch) - len(failed)
    batch.clear()
    return stored


def main():
    servers = {name: Client(address, no_delay=True) for name, address in zip(TYPES, sys.argv[2:])}
    batches = {name: {} for name in TYPES}
    stored = 0
    with gzip.open(sys.argv[1], "rt") as lines:
        for line in lines:
            dev_type, dev_id, lat, lon, apps = line.strip().split("\t")
            record = UserApps(apps=map(int, apps.split(",")), lat=float(lat), lon=float(lon))
            batch = batches[dev_type]
            batch[f"{dev_type}:{dev_id}"] = record.SerializeToString()
            if len(batch) == BATCH:
                stored += store(servers[dev_type], batch)
    for name, batch in batches.items():
        stored += store(servers[name], batch)
    print(stored)


if __name__ == "__main__":
    main()
