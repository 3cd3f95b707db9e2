"""Hostile workbooks and bodies, and a caller that sends the bodies in turn, each over a connection of its own.

usage: python -m loadtests.bodies HOST PORT   (prints a line of JSON for each answer, until it is ended)
"""

import gzip
import json
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from openpyxl import Workbook
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.formula import ArrayFormula

from tests.python.books import doubling, saved, slow_to_compile, zip_bomb

PATH = "/load/api/v4/execute"
FOLDER = "hostile"
# Seconds without a byte of the answer after which a call counts as lost.
PATIENCE = 30.0

# By service: what the output `o` is of the inputs `n`, a number (A1), and `t`, a text (B1).
FORMULAS = {
    "arrays": "SUM(SEQUENCE(A1,4))",
    "texts": 'ROWS(UNIQUE(SEQUENCE(A1)&REPT("x",30000)))',
    "joined": "LEN(TEXTJOIN(B1,FALSE,REPT(B1,SEQUENCE(A1))))",
    "bisected": "BINOM.INV(A1,0.5,0.3)",
    "sorted": "SUM(SORT(MOD(SEQUENCE(A1)*7919,10007))*SEQUENCE(A1))",
    "nested": "SUM(MAP(SEQUENCE(300),LAMBDA(x,SUM(SORT(SEQUENCE(A1,1,x,-1))))))",
    "matched": 'REGEXTEST(REPT("a",32767),B1)',
    "replaced": 'LEN(REGEXREPLACE(REPT(CHAR(97+MOD(A1,26)),32767),".*",REPT(B1,16383)))',
    "searched": 'ISNUMBER(SEARCH(B1,REPT("a",32767)))',
    "substituted": 'LEN(SUBSTITUTE(REPT(B1,8000),"a",REPT("b",30000)))',
    "doubled": "A1*2",
}


def write_services(data: Path) -> None:
    """The hostile workbooks, in a folder of their own."""
    folder = data / "services" / FOLDER
    folder.mkdir(parents=True)
    for name, formula in FORMULAS.items():
        (folder / f"{name}.xlsx").write_bytes(_formula(formula))
    for build in (doubling, slow_to_compile, zip_bomb):
        (folder / f"{build.__name__}.xlsx").write_bytes(build())


def _formula(text: str) -> bytes:
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = "S"
    sheet["A1"], sheet["B1"], sheet["C1"] = 1, "a", ArrayFormula("C1", f"={text}")
    for name, address in {"Xinput_n": "$A$1", "Xinput_t": "$B$1", "Xoutput_o": "$C$1"}.items():
        book.defined_names[name] = DefinedName(name, attr_text=f"S!{address}")
    return saved(book)


class Hostile(NamedTuple):
    """A call that means harm."""

    name: str
    body: bytes
    headers: str = ""
    reads: bool = True
    """Whether the caller waits for the answer, or goes away at once."""


def every() -> Iterator[Hostile]:
    """All of them."""

    def call(service: str, *records: dict[str, Any], **more: Any) -> Hostile:
        envelope = {"service": f"{FOLDER}/{service}", "inputs": records, **more}
        return Hostile(service, json.dumps(envelope).encode())

    def of(service: str, inputs: bytes) -> bytes:
        return f'{{"service":"{FOLDER}/{service}","inputs":'.encode() + inputs + b"}"

    yield call("arrays", *({"n": 1_000_000 - number} for number in range(1_024)))
    yield call("texts", {"n": 4e6})
    yield call("joined", {"n": 32_000, "t": "ab"})
    yield call("bisected", {"n": 1e17}, {"n": 1e300}, {"n": 0.5}, {"n": -1})
    yield call("sorted", *({"n": 1_000_000 + number} for number in range(50)))
    yield call("nested", {"n": 1_000_000})
    yield call("matched", {"t": "(?:(?:a?){1000}){100}b"}, {"t": "(a+)+$"}, {"t": "(" * 10_000})
    yield call("replaced", *({"n": number, "t": "$0"} for number in range(100)))
    yield call("searched", {"t": "*a" * 100 + "*b"}, {"t": "?*" * 10_000 + "b"})
    yield call("substituted", *({"t": "a" * (1 + number % 4)} for number in range(1_000)))
    yield call("doubled", {"n": 1}, output=[f"(?:a?){{{300 + number}}}b" for number in range(200)])
    yield call("doubled", *({f"nothing {number} {other}": 1 for other in range(20)} for number in range(20_000)))
    yield call("doubling", {})
    yield call("slow_to_compile", {})
    yield call("zip_bomb", {})
    yield Hostile(
        "a chain of multiplications", b'{"service":"tests/slow","inputs":[["x"]' + b",[1]" * 2_000_000 + b"]}"
    )
    yield Hostile("deep", of("doubled", b"[" * 5_000_000))
    yield Hostile("keys twice", of("doubled", b"[{" + b",".join(b'"n":1' for _ in range(1_000_000)) + b"}]"))
    yield Hostile(
        "numbers out of range", of("doubled", b"[" + b",".join(b'{"n":1e400}' for _ in range(100_000)) + b"]")
    )
    yield Hostile(
        "long texts", of("doubled", b'["t"],' + b",".join(b'["%s"]' % (b"x" * 33_000) for _ in range(2_000)))
    )
    yield Hostile("no JSON", b"\xff" * 20_000_000)
    bomb = gzip.compress(bytes(600_000_000), 9)
    yield Hostile("packed zeros", bomb, "Content-Encoding: gzip\r\n")
    yield Hostile("half a body", of("doubled", b"[{}]")[:10], "Content-Length: 250000000\r\n")
    yield call("sorted", *({"n": 900_000 + number} for number in range(50)))._replace(name="gone at once", reads=False)


def send(host: str, port: int, hostile: Hostile) -> tuple[int, float]:
    """The status of the answer, 0 where there is none, and the seconds that it took."""
    started = time.monotonic()
    length = "" if "Content-Length" in hostile.headers else f"Content-Length: {len(hostile.body)}\r\n"
    head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{length}{hostile.headers}\r\n"
    status = 0
    with socket.create_connection((host, port), PATIENCE) as connection:
        try:
            connection.sendall(head.encode() + hostile.body)
            if hostile.reads:
                status = int(connection.recv(1 << 16)[9:12])
                while connection.recv(1 << 20):
                    pass
        except (OSError, ValueError):
            # A refusal may end the connection before the body is sent.
            pass
    return status, time.monotonic() - started


def main() -> None:
    """Send all of them, again and again."""
    host, port = sys.argv[1], int(sys.argv[2])
    bodies = list(every())
    print(json.dumps([hostile.name for hostile in bodies]), flush=True)
    sys.stdin.readline()
    while True:
        for hostile in bodies:
            status, seconds = send(host, port, hostile)
            print(json.dumps({"name": hostile.name, "status": status, "seconds": round(seconds, 3)}), flush=True)


if __name__ == "__main__":
    main()
