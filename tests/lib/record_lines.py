#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Every odd line that the record's rules speak of, with its outcome worked out by hand.

  record_lines.py INPUT OUTCOMES [CASE]
                                    writes the lines, and for each its number, outcome and dropped apps:
                                    "N blank", "N overlong", "N unknown", "N invalid TYPE" or
                                    "N ok TYPE DROPPED"; with a CASE only those of that case of tests/faults/cases
"""
import sys

KEY_ROOM = 250 - len("idfa:")

# (line without LF, outcome); an outcome "ok N" says that N app elements are dropped.
GAID = [
    # ends of lines and white space
    (b"gaid\tcrlf\t1\t2\t3\r", "ok 0"),
    (b"gaid\ttwo-crs\t1\t2\t3\r\r", "ok 0"),
    (b" \t\v\f\r gaid\tspaces-round\t1\t2\t3 \t\v\f\r ", "ok 0"),
    (b"gaid \v\f\r\t \rspaces-in \f\t \v1 \t\r2\f\t 3 ", "ok 0"),
    (b"\xc2\xa0gaid\tno-break-space\t1\t2\t3", "unknown"),
    (b"gaid\tnbsp-lat\t\xc2\xa01\t2\t3", "invalid"),
    (b"\xef\xbb\xbfgaid\tbom\t1\t2\t3", "unknown"),
    (b"\x1fgaid\tcontrol-before\t1\t2\t3", "unknown"),
    (b"gaid\x1f\tcontrol-after\t1\t2\t3", "unknown"),
    (b"gaid\tx\t1\t2\t3\x1c", "ok 1"),
    # fields
    (b"gaid", "invalid"),
    (b"gaid\tone-more", "invalid"),
    (b"gaid\tthree\t1", "invalid"),
    (b"gaid\tfour\t1\t2", "invalid"),
    (b"gaid\tfour-and-tab\t1\t2\t", "invalid"),
    (b"gaid\tfour-and-spaces\t1\t2\t  ", "invalid"),
    (b"gaid\tsix\t1\t2\t3\t4", "invalid"),
    (b"gaid\tsix-with-empty\t1\t2\t\t3", "invalid"),
    (b"gaid\tseven\t1\t2\t3\t4\t5", "invalid"),
    (b"gaid\ttrailing-tabs\t1\t2\t3\t\t\t", "ok 0"),
    (b"\t\tgaid\tleading-tabs\t1\t2\t3", "ok 0"),
    (b"gaid id 1 2 3", "unknown"),
    # NUL
    (b"gaid\tnul-in-apps\t1\t2\t3\0,4", "invalid"),
    (b"gaid\tnul-\0-in-id\t1\t2\t3", "invalid"),
    (b"gaid\tnul-at-end\t1\t2\t3\0", "invalid"),
    (b"gaid\tnul-in-lat\t1\0\t2\t3", "invalid"),
    (b"gaid\0\tnul-in-type\t1\t2\t3", "unknown"),
    (b"\0gaid\tnul-first\t1\t2\t3", "unknown"),
    (b"\0", "unknown"),
    # ids
    (b"gaid\t\t1\t2\t3", "invalid"),
    (b"gaid\t \t1\t2\t3", "invalid"),
    (b"gaid\ttwo words\t1\t2\t3", "invalid"),
    (b"gaid\tva\vlue\t1\t2\t3", "invalid"),
    (b"gaid\tcr\rin\t1\t2\t3", "invalid"),
    (b"gaid\tcontrol\x01\t1\t2\t3", "invalid"),
    (b"gaid\tcontrol\x1f\t1\t2\t3", "invalid"),
    (b"gaid\tdel\x7f\t1\t2\t3", "invalid"),
    (b"gaid\thigh\x80\xff\xfe\t1\t2\t3", "ok 0"),
    (b"gaid\t\xd0\xb8\xd0\xb4\t1\t2\t3", "ok 0"),
    (b"gaid\tsigns:%s/\\\"'#!~\t1\t2\t3", "ok 0"),
    (b"gaid\t-\t1\t2\t3", "ok 0"),
    (b"gaid\t" + b"k" * KEY_ROOM + b"\t1\t2\t3", "ok 0"),
    (b"gaid\t" + b"l" * (KEY_ROOM + 1) + b"\t1\t2\t3", "invalid"),
    (b"gaid\t " + b"m" * KEY_ROOM + b" \t1\t2\t3", "ok 0"),
    (b"gaid\t" + b"n" * 100000 + b"\t1\t2\t3", "invalid"),
    # a key that comes again: the last value stays
    (b"gaid\tagain\t1\t2\t3", "ok 0"),
    (b"gaid\tagain\t4\t5\t6", "ok 0"),
    (b"gaid\tagain\tbad\t5\t7", "invalid"),
]

TYPES = [
    (b"", "blank"),
    (b" ", "blank"),
    (b"\t\t\t\t", "blank"),
    (b" \t\v\f\r", "blank"),
    (b"\r", "blank"),
    (b"IDFA\tupper\t1\t2\t3", "unknown"),
    (b"Idfa\tfirst-upper\t1\t2\t3", "unknown"),
    (b"idf\tshort\t1\t2\t3", "unknown"),
    (b"idfaa\tlong\t1\t2\t3", "unknown"),
    (b"idfa2\tlong\t1\t2\t3", "unknown"),
    (b"id fa\tspace\t1\t2\t3", "unknown"),
    (b"none\tother\t1\t2\t3", "unknown"),
    (b"\tempty-type\t1\t2\t3", "unknown"),
    (b"idfa:x\tcolon\t1\t2\t3", "unknown"),
    (b"x", "unknown"),
    (b"idfa,gaid\ttwo\t1\t2\t3", "unknown"),
    (b"\xff\xfe\x00i", "unknown"),
]

# Every one of these in the place of lat, and of lon.
NUMBERS = [
    (b"0", True), (b"-0", True), (b"+0", True), (b"-0.0", True), (b"00012.50", True), (b"12.", True), (b".5", True),
    (b"-.5", True), (b"+.5", True), (b"+5.", True), (b"1e3", True), (b"1E3", True), (b"1e+3", True), (b"1e-3", True),
    (b"1.5e003", True), (b".5e1", True), (b"5.e1", True), (b"179.9", True), (b"-180", True), (b"1000000", True),
    (b"0.1", True), (b"0.10000000000000000555", True), (b"123456789012345678", True), (b"9007199254740993", True),
    (b"9007199254740992.9999999999999999999999", True), (b"0.30000000000000004", True),
    (b"5e-324", True), (b"2.4703282292062327e-324", True), (b"2.4703282292062328e-324", True), (b"1e-400", True),
    (b"2.2250738585072011e-308", True), (b"2.2250738585072014e-308", True), (b"1.7976931348623157e308", True),
    (b"1.7976931348623158e308", True), (b"1.7976931348623159e308", False), (b"1e308", True), (b"1e309", False),
    (b"1e400", False), (b"-1e400", False), (b"1e99999999999999999999", False), (b"1e-99999999999999999999", True),
    (b"0e99999999999999999999", True), (b"1" * 308, True), (b"1" * 310, False), (b"0" * 400 + b"1", True),
    (b"0." + b"0" * 400 + b"1", True), (b"0." + b"123456789" * 100, True), (b"7" * 400 + b"e-400", True),
    (b"nan", False), (b"NaN", False), (b"-nan", False), (b"nan(1)", False), (b"inf", False), (b"-inf", False),
    (b"Infinity", False), (b"0x1p3", False), (b"0x10", False), (b"1,5", False), (b"1_0.5", False), (b"1'000", False),
    (b"", False), (b".", False), (b"-", False), (b"+", False), (b"-.", False), (b"+-1", False), (b"--1", False),
    (b"e5", False), (b".e5", False), (b"1e", False), (b"1e+", False), (b"1e5.0", False), (b"1.2.3", False), (b"1 2", False),
    (b"1f", False), (b"1d", False), (b"1L", False), (b"12.5N", False), (b"$5", False), (b"\xd9\xa1", False), (b"1\x00", False),
]

APPS = [
    (b"0", 0), (b"1,2,3", 0), (b"4294967295", 0), (b"4294967296", 1), (b"18446744073709551616", 1), (b"18446744073709551617", 1),
    (b"99999999999999999999999999999999", 1), (b"000000000000000000000000000007", 0), (b"00000000004294967295", 0),
    (b"00000000004294967296", 1), (b"007", 0), (b"-5", 1), (b"+5", 1), (b"-0", 1), (b"1.0", 1), (b"1e3", 1), (b"0x10", 1), (b"1_000", 1),
    (b"abc", 1), (b"1a", 1), (b"a1", 1), (b"1,,2", 1), (b"1,2,", 1), (b",1,2", 1), (b",", 2), (b",,,", 4), (b"1, 2 ,3", 0),
    (b" 7 ", 0), (b"1,\v2\f,\r3", 0), (b"1 2", 1), (b"1, ,2", 1), (b"1;2", 1), (b"\xff", 1), (b"1,\xd9\xa1,2", 1),
    (b"x,y,z", 3), (b"1,x,2,-3,4", 2), (b"5,5,5", 0), (b"4,3,2,1", 0), (b"9" * 5000, 1), (b"0" * 5000, 0),
    (b",".join(b"%d" % (2**n) for n in range(32)), 0),
    (b",".join(b"%d" % (2**(7 * n) - 1) for n in range(1, 5)), 0),
    (b",".join(b"1" for _ in range(50000)), 0),
    (b",".join(b"x" for _ in range(50000)), 50000),
]


def number_lines():
    for index, (text, valid) in enumerate(NUMBERS):
        outcome = "ok 0" if valid else "invalid"
        yield b"idfa\tlat-%d\t%s\t2\t3" % (index, text), outcome
        yield b"idfa\tlon-%d\t2\t%s\t3" % (index, text), outcome


def app_lines():
    for index, (text, dropped) in enumerate(APPS):
        yield b"adid\tapps-%d\t1\t2\t%s" % (index, text), f"ok {dropped}"


def long_lines():
    """Around the default limit of one MiB before the LF, in every place where it counts."""
    head = b"dvid\tlong-%d\t1\t2\t"
    for index, (length, outcome) in enumerate([(1048575, "ok 0"), (1048576, "ok 0"), (1048577, "overlong"), (2000000, "overlong")]):
        start = head % index
        yield start + b"0" * (length - len(start)), outcome
    yield b"dvid\tafter-long\t1\t2\t3", "ok 0"
    yield b"zzzz\tunknown-and-long\t" + b"0" * 1048577, "overlong"
    for app in range(1000):
        yield b"dvid\tthousand\t1\t2\t%d" % app, "ok 0"


def last_field(*texts):
    return lambda line: line.startswith(b"adid") and line.split(b"\t")[-1] in texts


def coordinate(*texts):
    return lambda line: line.startswith(b"idfa\tl") and any(text in line.split(b"\t")[2:4] for text in texts)


def device_id(*starts):
    return lambda line: line.startswith(tuple(b"gaid\t" + start for start in starts))


# The lines of a case, by what they look like.
CASES = {
    39: lambda line: line.endswith(b"\r") or line.startswith(b"\xef\xbb\xbf"),
    40: lambda line: b"\0" in line,
    44: last_field(b"4294967295", b"4294967296", b"18446744073709551616", b"18446744073709551617", b"9" * 32, b"9" * 5000),
    45: last_field(b"-5", b"1,x,2,-3,4"),
    46: last_field(b"+5", b"007", b" 7 ", b"1_000", b"1.0", b"1,,2", b"1,2,", b",", b"1, 2 ,3"),
    47: device_id(b"four-and-tab", b"four-and-spaces", b"trailing-tabs"),
    48: lambda line: device_id(b"one-more", b"three", b"four", b"six", b"seven")(line) or not line.strip(b" \t\v\f\r"),
    49: coordinate(b"nan", b"NaN", b"inf", b"Infinity", b"1e400", b"1e309", b"0x1p3", b"1,5", b"1_0.5", b"", b".5", b"5.", b"1" * 310,
                   b"7" * 400 + b"e-400", b"0" * 400 + b"1"),
    50: coordinate(b"179.9", b"-180"),
    51: coordinate(b"-0", b"-0.0", b"5e-324", b"2.4703282292062328e-324", b"2.2250738585072011e-308", b"0.30000000000000004",
                   b"0.10000000000000000555", b"9007199254740993"),
    52: lambda line: len(line) > 200 and device_id(b"k", b"l", b" m", b"n")(line),
    53: device_id(b"two words", b"va\v", b"cr\r", b"control\x01", b"control\x1f", b"del\x7f"),
    54: device_id(b"high", b"\xd0"),
    55: lambda line: device_id(b"\t", b" \t")(line) or line.startswith((b"IDFA", b"Idfa", b"\tempty-type")),
    56: lambda line: line.startswith((b"gaid\tagain", b"dvid\tthousand")),
}


def expand(line, outcome):
    kind = line.strip(b" \t\v\f\r").split(b"\t")[0].strip(b" \v\f\r").decode("latin-1")
    word, *dropped = outcome.split()
    return " ".join([word, kind, *dropped]) if word in ("ok", "invalid") else word


def main():
    lines = [*TYPES, *GAID, *number_lines(), *app_lines(), *long_lines()]
    if len(sys.argv) > 3:
        lines = [pair for pair in lines if CASES[int(sys.argv[3])](pair[0])]
    with open(sys.argv[1], "wb") as out:
        out.write(b"".join(line + b"\n" for line, _ in lines))
    with open(sys.argv[2], "w", encoding="ascii") as out:
        out.write("".join(f"{number} {expand(*pair)}\n" for number, pair in enumerate(lines, 1)))


if __name__ == "__main__":
    main()
