"""Permits, queue, deadline and cancellation, as clients see them."""

import contextlib
import json
import os
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from books import slow_inputs
from conftest import EXECUTE, Server, eventually
from tests.server import PATIENCE

Start = Callable[..., Server]


def slow_body(records: int) -> bytes:
    return b'{"service":"tests/slow","inputs":' + slow_inputs(records) + b"}"


# Records that keep a worker busy for far longer than any test runs.
ENDLESS = slow_body(2_000_000)


def test_a_burst_is_answered_or_refused(start: Start) -> None:
    server = start("--max-executions", "4", "--workers", "2", EXECD_QUEUE="4", EXECD_QUEUE_SECONDS="1")
    body = slow_body(3_000)
    with ThreadPoolExecutor(64) as clients:
        responses = list(clients.map(lambda _: server.post(body), range(128)))
    assert {response.status_code for response in responses} <= {200, 429}
    assert any(response.status_code == 200 for response in responses)
    for response in responses:
        if response.status_code == 429:
            assert_well_formed_refusal(response)
    assert server.status()["in_use"] == 0


# Processor seconds of a thread that an execution takes and nothing else does: the loop of a worker that only looks for
# permits takes some thousandths meanwhile.
BUSY = 0.2


@pytest.mark.parametrize("permits", [1, 5])
def test_as_many_executions_overlap_as_there_are_permits(start: Start, permits: int) -> None:
    # Each execution is one thread that calculates, and as none comes to an end, the threads are the same all the time.
    server = start("--max-executions", str(permits), "--workers", "2", "--threads", "1", EXECD_QUEUE_SECONDS="600")
    with contextlib.ExitStack() as others, contextlib.ExitStack() as first:
        for _ in range(permits):
            first.enter_context(server.send_only(ENDLESS))
        for _ in range(2 * permits):
            others.enter_context(server.send_only(ENDLESS))
        assert calculating(server, permits) == permits
        # Those who take their places are no more.
        first.close()
        assert calculating(server, permits) == permits


def calculating(server: Server, least: int) -> int:
    """The threads of the workers that calculate at the same time, when at least so many have been seen to."""
    before = thread_seconds(server)

    def busy(seconds: float) -> int:
        return sum(used - before.get(thread, 0.0) > seconds for thread, used in thread_seconds(server).items())

    # All threads get about the same: when some have used three times as much, one more would not be below it.
    eventually(lambda: busy(3 * BUSY) >= least, f"{least} calculations")
    return busy(BUSY)


def thread_seconds(server: Server) -> dict[str, float]:
    """The processor time of each thread of the workers."""
    found = {}
    for worker in server.workers():
        for task in Path(f"/proc/{worker}/task").iterdir():
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                found[task.name] = int((task / "schedstat").read_text().split()[0]) / 1e9
    return found


def assert_well_formed_refusal(response: httpx.Response) -> None:
    assert int(response.headers["retry-after"]) >= 1
    assert 0 < float(response.headers["x-retry-after"]) <= 60
    assert response.json()["code"] == "TOO_MANY_EXECUTIONS"
    assert "application/json" in response.headers["content-type"]


def test_a_call_that_waits_too_long_is_refused(start: Start) -> None:
    server = start("--max-executions", "1", "--workers", "1", EXECD_QUEUE_SECONDS="0.2")
    with server.send_only(ENDLESS):
        eventually(lambda: server.status()["in_use"] == 1, "the execution")
        assert_well_formed_refusal(server.post(slow_body(1)))


@pytest.mark.parametrize("http2", [False, True])
def test_a_full_queue_refuses_at_once(start: Start, *, http2: bool) -> None:
    server = start("--max-executions", "1", "--workers", "1", EXECD_QUEUE="1", EXECD_QUEUE_SECONDS="600")
    with server.send_only(ENDLESS), httpx.Client(http1=not http2, http2=http2, timeout=PATIENCE) as client:
        eventually(lambda: server.status()["in_use"] == 1, "the execution")
        with server.send_only(slow_body(1)):
            eventually(lambda: server.status()["waiting"] == 1, "the waiting call")
            # More than the sockets hold: the answer must reach a client that is still sending.
            assert_well_formed_refusal(client.post(server.url + EXECUTE, content=b" " * (20 << 20)))


def test_permits_of_a_killed_worker_are_free_at_once(start: Start) -> None:
    server = start("--max-executions", "4", "--workers", "2", EXECD_QUEUE="64")
    before = server.workers()
    with contextlib.ExitStack() as running:
        for _ in range(4):
            running.enter_context(server.send_only(ENDLESS))
        eventually(lambda: server.status()["in_use"] == 4, "four executions")
        for worker in before:
            os.kill(worker, signal.SIGKILL)
    eventually(lambda: server.answers() and server.status()["in_use"] == 0, "free permits")
    eventually(lambda: len(set(server.workers()) - set(before)) == 2, "two new workers")
    # The version that ran when both died is refused for a while; others have all permits.
    basics = b'{"service": "tests/basics", "inputs": [{}]}'
    with ThreadPoolExecutor(4) as clients:
        assert {r.status_code for r in clients.map(lambda _: server.post(basics), range(4))} == {200}


def test_no_worker_outlives_the_main_process(start: Start) -> None:
    server = start("--workers", "2")
    workers = server.workers()
    assert len(workers) == 2
    server.process.kill()
    server.process.wait()
    eventually(lambda: not any(alive(worker) for worker in workers), "the end of the workers")
    assert not server.answers()


def alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    with open(f"/proc/{process}/stat") as status:  # noqa: PTH123
        return status.read().rsplit(")", 1)[1].split()[0] != "Z"


def test_the_deadline_is_504_and_stops_the_work(start: Start) -> None:
    server = start("--time-limit", "1", "--workers", "1")
    response = server.post(ENDLESS)
    assert (response.status_code, response.json()["code"]) == (504, "TIME_LIMIT_EXCEEDED")
    eventually(lambda: server.status()["in_use"] == 0, "the end of the execution")
    used = cpu_ticks(server)
    assert server.post(slow_body(1)).status_code == 200
    assert cpu_ticks(server) - used < os.sysconf("SC_CLK_TCK")


def cpu_ticks(server: Server) -> int:
    total = 0
    for worker in server.workers():
        with open(f"/proc/{worker}/stat") as status:  # noqa: PTH123
            fields = status.read().rsplit(")", 1)[1].split()
        total += int(fields[11]) + int(fields[12])
    return total


@pytest.mark.parametrize("length", [100, 100_000, 1_000_000])
def test_a_body_that_never_arrives_meets_the_deadline(start: Start, length: int) -> None:
    server = start("--time-limit", "1", "--workers", "1")
    with server.send_head(length) as connection:
        connection.sendall(b"{")
        answer = connection.makefile("rb").readline()
    assert b"504" in answer
    assert server.execute("models/double", [["A", "B", "C"], [1, 2, 3]])["errors"] == [None]
    assert server.log
    assert "Traceback" not in server.log.read_text()


def test_a_client_that_goes_away_stops_its_execution(start: Start) -> None:
    server = start("--max-executions", "1", "--workers", "1")
    with server.send_only(ENDLESS):
        eventually(lambda: server.status()["in_use"] == 1, "the execution")
    eventually(lambda: server.status()["in_use"] == 0, "its end")


def test_a_client_that_goes_away_leaves_the_queue(start: Start) -> None:
    server = start("--max-executions", "1", "--workers", "1")
    with server.send_only(ENDLESS):
        eventually(lambda: server.status()["in_use"] == 1, "the execution")
        with server.send_only(slow_body(1)):
            eventually(lambda: server.status()["waiting"] == 1, "the waiting call")
        eventually(lambda: server.status()["waiting"] == 0, "its leaving")


def test_sigterm_lets_a_running_execution_finish(start: Start) -> None:
    server = start("--workers", "1")
    with ThreadPoolExecutor(1) as client:
        answer = client.submit(server.post, slow_body(20_000))
        eventually(lambda: server.status()["in_use"] == 1, "the execution")
        server.process.send_signal(signal.SIGTERM)
        response = answer.result()
    assert response.status_code == 200
    assert len(json.loads(response.content)["outputs"]) == 20_001
