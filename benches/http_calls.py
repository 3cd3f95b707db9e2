"""Server CPU of one call of Execute v4, beside Starlette on Granian (ASGI) echoing the same bytes by POST.

Both servers run with one worker and the same event loop and get the same requests over four connections, in turns.
Every call has its own correlation id and, in a round of eight, its own records, as callers have them. CPU is user and
system time of all processes of a server, from /proc.

usage: python -m benches.http_calls
"""

import json
import os
import shlex
import socket
import sys
import tempfile
import time
import uuid
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
RUNS = 7
BATCHES = 8
"""Different batches of a case."""
LAYOUTS = ("objects", "arrays")
ID = "00000000-0000-4000-8000-000000000000"
"""Stands in a body where each call puts its own id."""

# case: times the CPU of the echo that a call may take.
AIMS = {
    "one record of double": 1.0,
    "BlockParty, objects": 2.0,
    "BlockParty, arrays": 2.0,
    "double, objects": 3.0,
    "double, arrays": 3.0,
    "premium, objects": 6.8,
    "premium, arrays": 6.8,
}


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


def drive(port: int, requests: "Sequence[bytes]", seconds: float) -> int:
    """Sends requests over one connection until the time is up; how often it was answered."""
    parts = [request.partition(ID.encode()) for request in requests]
    answered = 0
    end = time.monotonic() + seconds
    with closing(socket.create_connection(("127.0.0.1", port))) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while time.monotonic() < end:
            before, _, after = parts[answered % len(parts)]
            connection.sendall(b"%b%b%b" % (before, str(uuid.uuid4()).encode(), after))
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


def cpu_per_call(running: Server, requests: "Sequence[bytes]") -> float:
    """Server CPU seconds per call under load."""
    before = cpu_seconds(running.process.pid)
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        futures = [pool.submit(drive, running.port, requests, SECONDS) for _ in range(CONNECTIONS)]
        answered = sum(future.result() for future in futures)
    return (cpu_seconds(running.process.pid) - before) / answered


def one_record() -> list[bytes]:
    """Calls with one record."""
    table = RECORDS["double"](np.random.default_rng(1), BATCHES)
    rows = zip(*(column.tolist() for column in table.values()), strict=True)
    return [body_of("models/double", [list(table), list(row)]) for row in rows]


def batches(model: str, *, objects: bool) -> list[bytes]:
    """Calls with as many random records as fit into the size."""
    return [batch(model, seed, objects=objects) for seed in range(BATCHES)]


def batch(model: str, seed: int, *, objects: bool) -> bytes:
    """One of them."""
    table = RECORDS[model](np.random.default_rng(seed), 10_000)
    columns = [column.tolist() for column in table.values()]
    rows = [list(row) for row in zip(*columns, strict=True)]
    if objects:
        return body_of(f"models/{model}", fitting([dict(zip(table, row, strict=True)) for row in rows]))
    return body_of(f"models/{model}", [list(table), *fitting(rows)])


def tables(*, objects: bool) -> list[bytes]:
    """Calls of the service of the documented sample: one value and two tables a record."""
    random = np.random.default_rng(1)

    def table(*headings: str) -> list[object]:
        rows = random.integers(0, 1000, (2, len(headings))).tolist()
        return [dict(zip(headings, row, strict=True)) for row in rows] if objects else [list(headings), *rows]

    def record() -> list[object]:
        value = int(random.integers(25, 1000))
        return [value, table("A1", "A2", "A3"), table("A1", "B.B1", "B.B2", "C1")]

    def call() -> bytes:
        names = ["A11", "A33", "A44"]
        records = [record() for _ in range(1_000)]
        if objects:
            return body_of("MyFolder/BlockParty", fitting([dict(zip(names, one, strict=True)) for one in records]))
        return body_of("MyFolder/BlockParty", [names, *fitting(records)])

    return [call() for _ in range(BATCHES)]


def fitting(records: "Sequence[object]") -> "Sequence[object]":
    """As many of the records as fit into the size."""
    size = len(json.dumps(records[:100], separators=(",", ":"))) / 100
    return records[: int(BYTES / size)]


def body_of(service: str, inputs: "Sequence[object]") -> bytes:
    """The body of a call."""
    call = {"service": service, "inputs": inputs, "correlation_id": ID}
    return json.dumps(call, separators=(",", ":")).encode()


def request_of(body: bytes) -> bytes:
    """The body as an HTTP request."""
    head = (
        "POST /demo/api/v4/execute HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def measure(case: str, ours: Server, echo: Server, bodies: "Sequence[bytes]") -> Row:
    """One row: the CPU of both servers for the same calls."""
    requests = [request_of(body) for body in bodies]
    contestants: list[Callable[[], float]] = [
        lambda: cpu_per_call(ours, requests),
        lambda: cpu_per_call(echo, requests),
    ]
    for warm_up in contestants:
        warm_up()
    cpu, yardstick = alternate(RUNS, *contestants)
    aim = AIMS[case]
    return Row(
        ratio=aim * yardstick / cpu,
        aim=1.0,
        what=f"server CPU, {case}, {len(bodies[0]):,} bytes",
        ours=f"{cpu * 1e6:.0f} µs, {cpu / yardstick:.2f} x echo",
        yardstick=f"{aim * yardstick * 1e6:.0f} µs ({aim:g} x echo of {yardstick * 1e6:.0f} µs)",
    )


def main() -> list[Row]:
    """All rows."""
    cases = {"one record of double": one_record()}
    for layout in LAYOUTS:
        objects = layout == "objects"
        cases[f"BlockParty, {layout}"] = tables(objects=objects)
        cases[f"double, {layout}"] = batches("double", objects=objects)
        cases[f"premium, {layout}"] = batches("premium", objects=objects)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        execd = execd_command(folder, "--workers", "1", "--threads", "1")
        granian = shlex.split("-m granian --interface asginl --workers 1 --no-ws --loop uvloop echo_app:app")
        with (
            Server(execd, log=folder / "execd.log") as ours,
            Server([sys.executable, *granian], folder=HERE, log=folder / "granian.log") as echo,
        ):
            return [measure(case, ours, echo, bodies) for case, bodies in cases.items()]


if __name__ == "__main__":
    sys.stdout.write(show(main()) + "\n")
