"""Server CPU of one 64 kB batch through Execute v4, beside Starlette on Granian echoing the same bytes.

Both servers run with one worker and the same event loop and get the same requests over four connections, in
turns. CPU is user and system time of all processes of a server, from /proc. The yardstick is twice the echo.

usage: python -m benches.http_echo
"""

import json
import os
import shlex
import socket
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benches.rows import Row, alternate, show
from tests.server import Server, execd_command

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "models"))

from records import RECORDS  # noqa: E402

BYTES = 64_000
CONNECTIONS = 4
SECONDS = 2.0
RUNS = 5
LAYOUTS = ("objects", "arrays")
ALLOWED = 2.0
"""Times the CPU of the echo."""


def processes(root: int) -> list[int]:
    """A process and all its descendants."""
    children = Path(f"/proc/{root}/task/{root}/children").read_text("ascii").split()
    return [root, *(pid for child in children for pid in processes(int(child)))]


def cpu_seconds(root: int) -> float:
    """User and system time of a process and its descendants."""
    ticks = 0
    for pid in processes(root):
        fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def drive(port: int, request: bytes, seconds: float) -> int:
    """Sends the request over one connection until the time is up; how often it was answered."""
    answered = 0
    end = time.monotonic() + seconds
    with closing(socket.create_connection(("127.0.0.1", port))) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while time.monotonic() < end:
            connection.sendall(request)
            read_answer(connection)
            answered += 1
    return answered


def read_answer(connection: socket.socket) -> None:
    """Reads one response with a Content-Length and status 200."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += receive(connection)
    head, _, body = data.partition(b"\r\n\r\n")
    status, *headers = head.decode("latin-1").split("\r\n")
    if " 200" not in status:
        raise RuntimeError(f"{status}: {body[:500]!r}")
    fields = dict(line.lower().split(": ", 1) for line in headers)
    missing = int(fields["content-length"]) - len(body)
    while missing > 0:
        missing -= len(receive(connection))


def receive(connection: socket.socket) -> bytes:
    """The next bytes; the end of the connection is an error."""
    data = connection.recv(1 << 18)
    if not data:
        raise ConnectionError("the server closed the connection")
    return data


def cpu_per_request(running: Server, request: bytes) -> float:
    """Server CPU seconds per request under load."""
    before = cpu_seconds(running.process.pid)
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        futures = [pool.submit(drive, running.port, request, SECONDS) for _ in range(CONNECTIONS)]
        answered = sum(future.result() for future in futures)
    return (cpu_seconds(running.process.pid) - before) / answered


def batch(model: str, *, objects: bool) -> bytes:
    """The body of a call with as many random records as fit into the size."""
    table = RECORDS[model](np.random.default_rng(1), 10_000)
    columns = [column.tolist() for column in table.values()]
    rows = [list(row) for row in zip(*columns, strict=True)]
    if objects:
        return body_of(f"models/{model}", [dict(zip(table, row, strict=True)) for row in rows], [])
    return body_of(f"models/{model}", rows, [list(table)])


def tables(*, objects: bool) -> bytes:
    """Calls of the service of the documented sample: one value and two tables a record."""
    random = np.random.default_rng(1)

    def table(*headings: str) -> list[object]:
        rows = random.integers(0, 1000, (2, len(headings))).tolist()
        return [dict(zip(headings, row, strict=True)) for row in rows] if objects else [list(headings), *rows]

    def record() -> list[object]:
        value = int(random.integers(25, 1000))
        return [value, table("A1", "A2", "A3"), table("A1", "B.B1", "B.B2", "C1")]

    names = ["A11", "A33", "A44"]
    records = [record() for _ in range(1_000)]
    if objects:
        return body_of("MyFolder/BlockParty", [dict(zip(names, one, strict=True)) for one in records], [])
    return body_of("MyFolder/BlockParty", records, [names])


def body_of(service: str, records: "Sequence[object]", header: list[object]) -> bytes:
    """A call with as many of the records as fit into the size."""
    size = len(json.dumps(records[:100], separators=(",", ":"))) / 100
    call = {"service": service, "inputs": [*header, *records[: int(BYTES / size)]]}
    return json.dumps(call, separators=(",", ":")).encode()


def request_of(body: bytes) -> bytes:
    """The body as an HTTP request."""
    head = (
        "POST /demo/api/v4/execute HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def measure(case: str, ours: Server, echo: Server, body: bytes) -> Row:
    """One row: the CPU of both servers for the same request."""
    request = request_of(body)
    contestants: list[Callable[[], float]] = [
        lambda: cpu_per_request(ours, request),
        lambda: cpu_per_request(echo, request),
    ]
    for warm_up in contestants:
        warm_up()
    cpu, yardstick = alternate(RUNS, *contestants)
    return Row(
        ratio=ALLOWED * yardstick / cpu,
        aim=1.0,
        what=f"server CPU, {len(body) // 1000} kB {case}",
        ours=f"{cpu * 1e6:.0f} µs",
        yardstick=f"{ALLOWED * yardstick * 1e6:.0f} µs ({ALLOWED:.0f} x echo of {yardstick * 1e6:.0f} µs)",
    )


def main() -> list[Row]:
    """All rows."""
    cases = {f"BlockParty, {layout}": tables(objects=layout == "objects") for layout in LAYOUTS} | {
        f"{model}, {layout}": batch(model, objects=layout == "objects")
        for model in ("double", "premium")
        for layout in LAYOUTS
    }
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        execd = execd_command(folder, "--workers", "1", "--threads", "1")
        granian = shlex.split("-m granian --interface asginl --workers 1 --no-ws --loop uvloop echo_app:app")
        with (
            Server(execd, log=folder / "execd.log") as ours,
            Server([sys.executable, *granian], folder=HERE, log=folder / "granian.log") as echo,
        ):
            return [measure(case, ours, echo, body) for case, body in cases.items()]


if __name__ == "__main__":
    sys.stdout.write(show(main()) + "\n")
