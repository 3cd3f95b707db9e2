"""The msgspec side of the JSON measurements; `execd-benches` starts and times it, pass by pass.

Reads as many bytes of JSON from standard input as the argument says. Then every line asks for one pass,
`decode` to Python objects or `encode` from them, and is answered with an empty line.

usage: json_against_msgspec.py BYTES
"""

import sys

import msgspec

DECODER = msgspec.json.Decoder()
ENCODER = msgspec.json.Encoder()


def main() -> None:
    """Answers until the input ends."""
    data = sys.stdin.buffer.read(int(sys.argv[1]))
    objects = DECODER.decode(data)
    for line in sys.stdin.buffer:
        if line == b"decode\n":
            DECODER.decode(data)
        else:
            ENCODER.encode(objects)
        sys.stdout.buffer.write(b"\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
