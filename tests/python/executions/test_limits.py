"""Executions that are refused, stopped, cut off, or larger than there is room for; and that they leave nothing."""

import io
import json
import os
import re
import signal
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from conftest import Server, eventually
from submitting import FORM, PATH, error, form, parts, result, run_log, submit
from tests.server import PATIENCE

Start = Callable[..., Server]

SLOW = json.dumps({"parameters": {"service": "tests/slow"}}).encode()


def slow_records(count: int) -> bytes:
    return b"x\n" + b"1\n" * count


# Records that keep a worker busy for far longer than any test runs.
ENDLESS = slow_records(2_000_000)


@contextmanager
def sending(server: Server, body: bytes, length: int | None = None) -> Iterator[socket.socket]:
    """A connection over which an execution is being sent; `length` is what is declared."""
    with socket.create_connection(("127.0.0.1", server.port), PATIENCE) as connection:
        named = FORM | {"content-length": str(length or len(body))}
        head = "".join(f"{name}: {value}\r\n" for name, value in named.items())
        connection.sendall(f"POST {PATH} HTTP/1.1\r\nhost: x\r\n{head}\r\n".encode() + body)
        yield connection


def running(server: Server) -> list[str]:
    """The ids of executions that run."""
    ids = [path.stem for path in (server_data(server) / "runs").glob("*.json")]
    states = {one: httpx.get(f"{server.url}{PATH}/{one}").json().get("state") for one in ids}
    return [one for one, state in states.items() if state == "RUNNING"]


def server_data(server: Server) -> Path:
    assert server.log
    return server.log.parent


def put_aside(server: Server) -> int:
    """Files without a name that the workers of a server have open on disk."""
    links = [link for worker in server.workers() for link in Path(f"/proc/{worker}/fd").iterdir()]
    return sum(target.endswith("(deleted)") and "memfd" not in target for target in map(target_of, links))


def target_of(link: Path) -> str:
    try:
        return str(link.readlink())
    except OSError:
        return ""


@pytest.fixture
def alone(tmp_path: Path, data: Path) -> Iterator[Callable[..., Server]]:
    """Servers with a data folder of the test's own, in which nobody else leaves anything."""
    (tmp_path / "services").symlink_to(data / "services")
    started: list[Server] = []

    def begin(*options: str, **environment: str) -> Server:
        started.append(Server(tmp_path, *options, environment=environment))
        return started[-1]

    yield begin
    for one in started:
        one.stop()


def left(folder: Path) -> list[str]:
    """What there is in a data folder beside services, permits, the test's log and what is known of runs."""
    names = {path.name for path in folder.iterdir()} - {"services", "runs"}
    return [name for name in names if not name.startswith(("permits-", "server-"))]


@pytest.mark.parametrize("http2", [False, True])
def test_a_full_node_refuses_before_the_upload(alone: Start, *, http2: bool) -> None:
    server = alone("--max-executions", "1", "--workers", "1")
    body = form(("executionRequest", SLOW), ("inputData", ENDLESS))
    with sending(server, body):
        eventually(lambda: server.status()["in_use"] == 1, "the execution runs")
        with sending(server, b"", 100_000_000) as other:
            assert other.recv(13) == b"HTTP/1.1 429 ", "it came before the upload"
        with httpx.Client(http1=not http2, http2=http2, timeout=PATIENCE) as client:
            refused = client.post(server.url + PATH, content=bytes(20_000_000), headers=FORM)
        found = error(refused, 429)
        assert found["code"] == "FICO-Platform-Http-429"
        assert found["innerError"] == {
            "code": "OPTI-Executor-Validation-TooManyExecutions",
            "desc": "Maximum concurrent executions cannot be exceeded",
            "message": "Execution was not accepted. There are too many executions. Please try again later.",
        }
        assert int(refused.headers["retry-after"]) >= 1
        bare = submit(server, b"a\n1\n", accept="application/vnd.com.fico.executor.v2+octet-stream")
        assert (bare.status_code, bare.content) == (429, b"")
    eventually(lambda: server.status()["in_use"] == 0, "the permit is back")
    assert result(submit(server, b"a,b\n1,2\n", {"output": "sum"}))


def test_executions_and_calls_share_the_permits(alone: Start) -> None:
    server = alone("--max-executions", "1", "--workers", "2", "--queue", "0")
    with sending(server, form(("executionRequest", SLOW), ("inputData", ENDLESS))):
        eventually(lambda: server.status()["in_use"] == 1, "the execution runs")
        assert server.post(b'{"service": "tests/basics", "inputs": [{}]}').status_code == 429


def test_many_uploads_end_and_leave_nothing(alone: Start, tmp_path: Path) -> None:
    server = alone("--max-executions", "2", "--workers", "2")
    records = b"a,b\n" + b"1,2\n" * 1_500_000
    with ThreadPoolExecutor(16) as clients:
        answers = list(clients.map(lambda _: submit(server, records, {"output": "sum"}), range(32)))
    assert {answer.status_code for answer in answers} <= {200, 429}
    whole = [answer for answer in answers if answer.status_code == 200]
    assert whole
    for answer in whole:
        assert result(answer) == b"sum,errors,warnings\n" + b"3,,\n" * 1_500_000
    eventually(lambda: put_aside(server) == 0, "nothing is put aside")
    assert server.status()["in_use"] == 0
    assert left(tmp_path) == []


@pytest.mark.parametrize("sent", ["some", "all"])
@pytest.mark.parametrize("first", [0, 1])
def test_a_client_that_goes_away_stops_its_run(alone: Start, tmp_path: Path, sent: str, first: int) -> None:
    server = alone("--max-executions", "1", "--workers", "1")
    both = (("executionRequest", SLOW), ("inputData", ENDLESS))
    body = form(both[first], both[1 - first])
    with sending(server, body if sent == "all" else body[:-1000], len(body)):
        eventually(lambda: server.status()["in_use"] == 1, "it is admitted")
        if sent == "all" or not first:
            eventually(lambda: len(running(server)) == 1, "it runs")
    eventually(lambda: server.status()["in_use"] == 0, "it has stopped")
    eventually(lambda: put_aside(server) == 0, "nothing is put aside")
    assert running(server) == []
    assert left(tmp_path) == []


def test_any_worker_tells_of_a_run_and_stops_it(alone: Start) -> None:
    server = alone("--max-executions", "2", "--workers", "3")
    with sending(server, form(("executionRequest", SLOW), ("inputData", ENDLESS))) as connection:
        eventually(lambda: len(running(server)) == 1, "it runs")
        place = f"{server.url}{PATH}/{running(server)[0]}"
        eventually(lambda: httpx.get(place).json()["records"] > 0, "progress is told")
        # Every request has a connection of its own, which goes to any of the workers.
        for _ in range(20):
            assert httpx.get(place).json()["state"] == "RUNNING"
            assert "tests/slow" in httpx.get(place + "/runlog").text
        stopped = httpx.delete(place)
        assert (stopped.status_code, stopped.json()["state"]) == (202, "RUNNING")
        head = connection.recv(65_536).lower()
        assert head.startswith(b"http/1.1 200 ")
        assert b"fico-execution-model-status: stop\r\n" in head
        assert b"content-length: 0\r\n" in head
    assert httpx.get(place).json()["modelStatus"] == "STOP"
    assert "somebody stopped it" in httpx.get(place + "/runlog").text


def test_a_run_has_a_time_limit_by_setting(alone: Start) -> None:
    server = alone("--run-seconds", "0.3")
    response = submit(server, ENDLESS, {"service": "tests/slow"})
    assert (response.status_code, response.content) == (200, b"")
    assert response.headers["fico-execution-model-status"] == "STOP"
    assert "the time limit of 0.3 s" in run_log(server, response)
    assert result(submit(server, b"a,b\n1,2\n", {"output": "sum"}))


def test_the_time_limit_counts_while_records_are_waited_for(alone: Start) -> None:
    server = alone("--run-seconds", "0.3")
    with sending(server, form(("executionRequest", SLOW), ("inputData", ENDLESS))[:1000], 10_000) as connection:
        assert b"fico-execution-model-status: stop\r\n" in connection.recv(65_536).lower()


def test_an_upload_that_stalls_loses_its_permit(alone: Start) -> None:
    server = alone("--max-executions", "1", "--time-limit", "0.5")
    with sending(server, form(("executionRequest", SLOW), ("inputData", ENDLESS))[:1000], 10_000) as connection:
        assert connection.recv(65_536).startswith(b"HTTP/1.1 400 ")
    eventually(lambda: server.status()["in_use"] == 0, "the permit is back")


@pytest.mark.parametrize("first", [0, 1])
def test_no_room_on_disk_is_an_error_that_leaves_nothing(alone: Start, tmp_path: Path, first: int) -> None:
    server = alone("--max-spool", "3000000", "--workers", "1")
    records = b"a,b\n" + b"1,2\n" * 1_000_000
    both = parts(records, {"service": "tests/basics"})
    response = httpx.post(server.url + PATH, files=[both[first], both[1 - first]], timeout=PATIENCE)
    if first:
        found = error(response, 413)
        assert found["details"][0]["target"] == "inputData"
    else:
        assert (response.status_code, response.content) == (200, b"")
        assert response.headers["fico-execution-model-status"] == "IOERR"
        assert "too large to be put aside: at most 3000000 bytes" in run_log(server, response)
    assert put_aside(server) == 0
    assert left(tmp_path) == []
    assert result(submit(server, b"a,b\n1,2\n", {"output": "sum"}))


def test_a_request_part_that_is_too_large(server: Server) -> None:
    body = form(("executionRequest", b'{"parameters": {"x": "' + b"y" * (2 << 20) + b'"}}'), ("inputData", b"a\n1\n"))
    found = error(httpx.post(server.url + PATH, content=body, headers=FORM), 413)
    assert found["details"][0]["target"] == "executionRequest"


def test_kill_9_leaves_no_file_and_no_run(alone: Start, tmp_path: Path) -> None:
    server = alone("--workers", "1")
    with sending(server, form(("inputData", slow_records(1_000_000)), ("executionRequest", SLOW))):
        eventually(
            lambda: len(running(server)) == 1 and put_aside(server) > 0, "it runs, and its records are put aside"
        )
        started = running(server)
        server.process.kill()
        server.process.wait()
    again = alone("--workers", "1")
    assert left(tmp_path) == []
    assert put_aside(again) == 0
    state = httpx.get(f"{again.url}{PATH}/{started[0]}").json()
    assert (state["state"], state["modelStatus"]) == ("ENDED", "INTERNAL_ERROR")
    assert "the worker" in state["message"]


def test_a_worker_that_is_killed_gives_its_permit_back(alone: Start) -> None:
    server = alone("--workers", "1", "--max-executions", "1")
    with sending(server, form(("executionRequest", SLOW), ("inputData", ENDLESS))):
        eventually(lambda: len(running(server)) == 1, "it runs")
        os.kill(server.workers()[0], signal.SIGKILL)
    eventually(server.answers, "another worker answers")
    assert result(submit(server, b"a,b\n1,2\n", {"output": "sum"}))
    assert running(server) == []


def test_what_is_kept_of_runs_is_bounded(alone: Start) -> None:
    server = alone("--keep-runs", "0", "--workers", "1")
    first = submit(server, b"a,b\n1,2\n")
    assert run_log(server, first)
    server.stop()
    # A worker looks when it has just started.
    again = alone("--keep-runs", "0", "--workers", "1")
    second = submit(again, b"a,b\n1,2\n")
    place = first.headers["fico-execution-run-log-location"]
    error(httpx.get(again.url + place), 404)
    assert run_log(again, second)


def test_a_slow_reader_holds_no_permit_and_no_memory(alone: Start) -> None:
    server = alone("--workers", "1", "--max-executions", "1", "--time-limit", "1")
    records = b"a,b\n" + b"1,2\n" * 8_000_000
    body = form(("executionRequest", b'{"parameters": {"service": "tests/basics"}}'), ("inputData", records))
    with sending(server, body) as connection:
        assert connection.recv(10).startswith(b"HTTP/1.1 2")
        eventually(lambda: server.status()["in_use"] == 0, "the permit is back")
        assert result(submit(server, b"a,b\n1,2\n", {"output": "sum"}))
        eventually(lambda: put_aside(server) == 0, "its client was given up")
    status = Path(f"/proc/{server.workers()[0]}/status").read_text()
    peak = int(status.split("VmHWM:")[1].split()[0]) // 1024
    assert peak < 400, f"{peak} MiB"


def lying(length: int, *, compression: str, footer: bool) -> bytes:
    """Arrow of 1,000 numbers that says of its packed buffers that they have so many bytes."""
    table = pa.table({"a": [float(number) for number in range(1000)]})
    sink = io.BytesIO()
    options = pa.ipc.IpcWriteOptions(compression=compression)
    with (pa.ipc.new_file if footer else pa.ipc.new_stream)(sink, table.schema, options=options) as writer:
        writer.write_table(table)
    true = (8000).to_bytes(8, "little")
    assert true in sink.getvalue()
    return sink.getvalue().replace(true, length.to_bytes(8, "little"))


@pytest.mark.parametrize("footer", [False, True])
@pytest.mark.parametrize("compression", ["lz4", "zstd"])
@pytest.mark.parametrize("length", [1 << 30, 1 << 40, (1 << 63) - 1])
def test_memory_is_not_taken_because_a_file_claims_it(
    server: Server, *, compression: str, length: int, footer: bool
) -> None:
    workers = server.workers()
    response = submit(server, lying(length, compression=compression, footer=footer))
    assert (response.status_code, response.headers["fico-execution-model-status"]) == (200, "IOERR")
    said = rf"IOERR .*: inputData: .*a batch of its records takes {length} bytes, at most \d+ are allowed"
    assert re.search(said, run_log(server, response))
    assert server.workers() == workers


def test_a_page_of_parquet_is_not_unpacked_beyond_the_memory_of_an_execution(alone: Start) -> None:
    server = alone("--workers", "1", "--max-execution-memory", str(8 << 20))
    sink = io.BytesIO()
    table = pa.table({"a": pa.array([0.0] * 2_000_000)})
    pq.write_table(
        table, sink, compression="zstd", use_dictionary=False, data_page_size=1 << 30, max_rows_per_page=1 << 30
    )
    assert len(sink.getvalue()) < 1 << 16
    response = submit(server, sink.getvalue())
    assert response.headers["fico-execution-model-status"] == "IOERR"
    assert "a page of its records takes" in run_log(server, response)
