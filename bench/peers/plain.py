#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""plain.py FILE IDFA GAID ADID DVID: what one writes first. One set a record, each waiting for its answer."""
import gzip
import sys

from appsinstalled_pb2 import UserApps
from pymemcache.client.base import Client

TYPES = ("idfa", "gaid", "adid", "dvid")


def main():
    servers = {name: Client(address, no_delay=True) for name, address in zip(TYPES, sys.argv[2:])}
    stored = 0
    with gzip.open(sys.argv[1], "rt") as lines:
        for line in lines:
            dev_type, dev_id, lat, lon, apps = line.strip().split("\t")
            record = UserApps(apps=[int(app) for app in apps.split(",")], lat=float(lat), lon=float(lon))
            stored += servers[dev_type].set(f"{dev_type}:{dev_id}", record.SerializeToString(), noreply=False)
    print(stored)


if __name__ == "__main__":
    main()
