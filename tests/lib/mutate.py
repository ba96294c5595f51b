#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Valid lines, each changed in a few places at random: what a parser must tell apart.

  mutate.py SEED COUNT    writes COUNT lines (more or fewer, since LFs come and go); the same SEED, the same lines
"""
import random
import struct
import sys
from decimal import Context, Decimal

TYPES = (b"idfa", b"gaid", b"adid", b"dvid")
EXACT = Context(prec=2000, Emin=-2000, Emax=2000)
BYTES = b"\0\t\n\v\f\r  ,,..--++eE0123456789_'xX:\x7f\x80\xa0\xc2\xd9\xff"
ODD_TYPES = (b"IDFA", b"idf", b"idfaa", b"idfa:", b"", b"id\0fa", b"\xef\xbb\xbfidfa", b"unknown")
ODD_NUMBERS = (
    b"1e400", b"-1e400", b"0x10", b"0x1p3", b"nan", b"-nan", b"inf", b"Infinity", b"1_000", b"1,5", b"1'000", b"", b"+", b"-", b".",
    b"-.", b"e5", b".e5", b"1e", b"1e+", b"+5", b"-0", b"-0.0", b"-0e9", b"+.5", b"5.", b"5.e1", b"007", b"-00.10", b"++1", b"+-1",
    b"1.2.3", b"1e5.0", b"1 2", b"1d5", b"1f", b"1e-400", b"-1e-400", b"4.9406564584124654e-324", b"2.4703282292062327e-324",
    b"2.4703282292062328e-324", b"1.7976931348623157e308", b"1.7976931348623158e308", b"1.7976931348623159e308",
    b"2.2250738585072011e-308", b"2.2250738585072014e-308", b"9007199254740993", b"9007199254740992.5", b"0." + b"0" * 340 + b"1",
    b"1" + b"0" * 308, b"1" + b"0" * 309, b"0" * 50 + b"1e1", b"1e00000000000000000001", b"1e99999999999999999999",
    b"0e99999999999999999999", b"1e-99999999999999999999", b"\xd9\xa1", b"\xef\xbc\x95", b"\xe2\x88\x921",
)
ODD_APPS = (
    b"", b"-5", b"+5", b"1.0", b"0x10", b"1_000", b"4294967295", b"4294967296", b"04294967295", b"18446744073709551616", b"00000007",
    b"0" * 60 + b"7", b"12345678", b"123456789", b"1234567890", b" 7 ", b"7 7", b"\v7\f", b"abc", b"1e3", b"7\0", b"\xef\xbc\x97",
    b"1234:", b"/234", b"12\xff4", b"0", b"127", b"128", b"16383", b"16384", b"9999", b"10000",
)
WHITE = (b" ", b"  ", b"\r", b"\v", b"\f", b" \r\v\f ")


def any_double(rng):
    """A finite one with random bits, or one of an ordinary size."""
    if rng.random() < 0.5:
        return rng.uniform(-180, 180)
    while True:
        value = struct.unpack("<d", struct.pack("<Q", rng.getrandbits(64)))[0]
        if value - value == 0:
            return value


def next_double(value):
    return struct.unpack("<d", struct.pack("<Q", struct.unpack("<Q", struct.pack("<d", value))[0] + 1))[0]


def tie(rng):
    """All digits of the middle between two neighbours; or a little beside it."""
    low = abs(any_double(rng))
    high = next_double(low)
    if high - high != 0:
        return b"1.797693134862315807937289714053e308"
    middle = EXACT.divide(EXACT.add(Decimal(low), Decimal(high)), Decimal(2))
    text = format(middle, rng.choice("fe"))
    mantissa, mark, exponent = text.partition("e")
    digit = rng.choice(["", "", "0", "1", "00000001", "0" * 780 + "1"])
    if digit and "." in mantissa:
        mantissa += digit
    elif rng.random() < 0.3:
        mantissa = mantissa[:-1] + rng.choice("0123456789")
    return (rng.choice(["", "-", "+"]) + mantissa + mark + exponent).encode()


def digits(rng, most):
    return "".join(rng.choices("0123456789", k=rng.randint(0, most)))


def decimal(rng):
    """Well formed for the most part."""
    text = rng.choice(["", "", "-", "+"]) + "0" * rng.choice([0, 0, 0, 1, 30]) + digits(rng, rng.choice([3, 17, 20, 40]))
    if rng.random() < 0.8:
        text += "." + "0" * rng.choice([0, 0, 0, 5, 25]) + digits(rng, rng.choice([3, 15, 20, 40]))
    if rng.random() < 0.4:
        text += rng.choice("eE") + rng.choice(["", "-", "+"]) + digits(rng, 3)
    return text.encode()


def number(rng):
    kind = rng.random()
    if kind < 0.3:
        return rng.choice(ODD_NUMBERS)
    if kind < 0.6:
        return tie(rng)
    if kind < 0.8:
        return decimal(rng)
    return (rng.choice(["%.17g", "%.16g", "%.15g", "%.9f", "%r"]) % any_double(rng)).encode()


def app(rng):
    if rng.random() < 0.5:
        return rng.choice(ODD_APPS)
    return b"%d" % rng.getrandbits(rng.randint(1, 33))


def valid_fields(rng, index):
    apps = b",".join(b"%d" % rng.randrange(10000) for _ in range(rng.randint(1, 12)))
    return [rng.choice(TYPES), b"%08x%x" % (rng.getrandbits(32), index), b"%.9f" % rng.uniform(-180, 180),
            b"%.10f" % rng.uniform(-180, 180), apps]


def change_app(rng, fields):
    apps = fields[-1].split(b",")
    apps[rng.randrange(len(apps))] = app(rng)
    if rng.random() < 0.05:
        apps *= rng.choice([2, 50, 400])
    fields[-1] = b",".join(apps)


def change_id(rng, fields):
    own = fields[1]
    fields[1] = rng.choice([b"", b" ", own * 20, b"i" * rng.randint(243, 247), b"\xd0\xb8" + own, b"a b", own + b"\x7f", b":"])


def change_fields(rng, fields):
    at, other = rng.randrange(len(fields)), rng.randrange(len(fields))
    kind = rng.randrange(6)
    if kind == 0:
        fields[at], fields[other] = fields[other], fields[at]
    elif kind == 1 and len(fields) > 2:
        del fields[at]
    elif kind == 2:
        fields.insert(at, fields[other])
    elif kind == 3:
        fields[at] = b""
    elif kind == 4:
        fields[0] = rng.choice(ODD_TYPES)
    else:
        fields[at] = rng.choice(WHITE) + fields[at] + rng.choice(WHITE)


def change_byte(rng, line):
    at = rng.randrange(len(line) + 1)
    byte = bytes([rng.choice(BYTES) if rng.random() < 0.8 else rng.randrange(256)])
    kind = rng.randrange(6)
    if kind == 0:
        return line[:at] + byte + line[at + 1:]
    if kind == 1:
        return line[:at] + line[at + 1:]
    if kind == 2:
        return line[:at] + line[at:at + 1] + line[at:]
    if kind == 3:
        return line[:at] + byte + line[at:]
    if kind == 4:
        return line[:at - 1] + line[at:at + 1] + line[at - 1:at] + line[at + 1:] if at else line[::-1]
    return line[:at]


def mutated_line(rng, index):
    fields = valid_fields(rng, index)
    for _ in range(rng.choice([0, 1, 1, 1, 2, 3])):
        kind = rng.random()
        if kind < 0.45:
            fields[min(rng.choice([2, 3]), len(fields) - 1)] = number(rng)
        elif kind < 0.75:
            change_app(rng, fields)
        elif kind < 0.85 and len(fields) > 1:
            change_id(rng, fields)
        else:
            change_fields(rng, fields)
    line = b"\t".join(fields)
    for _ in range(rng.choice([0, 0, 1, 2])):
        line = change_byte(rng, line)
    return line


def main():
    seed, count = sys.argv[1:]
    rng = random.Random(seed)
    for index in range(int(count)):
        sys.stdout.buffer.write(mutated_line(rng, index) + b"\n")


if __name__ == "__main__":
    main()
