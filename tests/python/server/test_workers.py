"""Workers that die, hang or get stuck: replaced, told in the log, and what took two down is refused for a while."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from books import slow_inputs
from conftest import Server, eventually
from execd.runtime.board import HEADER, SLOT, USED, Board, Subject, Where
from execd.runtime.memory import WORD
from execd.server.pulse import BUSY, LATE, OVERDUE, STARTING, STILL, Pulse, threads_of

Start = Callable[..., Server]

SECRET = 4711.25
LONG = b'{"service":"tests/slow","inputs":' + slow_inputs(2_000_000).replace(b"[1]", b"[%.2f]" % SECRET, 1) + b"}"
SHORT = b'{"service":"tests/slow","inputs":[{"x":1}]}'


def told(server: Server, event: str) -> list[dict[str, Any]]:
    assert server.log
    lines = (line for line in server.log.read_text().splitlines() if line.startswith("{"))
    return [one for one in map(json.loads, lines) if one["event"] == event]


def served(server: Server) -> bool:
    """A call of another service is answered."""
    try:
        answer = httpx.post(
            f"{server.url}/t/api/v4/execute", content=b'{"service":"tests/basics","inputs":[{"a":1}]}', timeout=60
        )
    except httpx.TransportError:
        return False
    # 1 and the workbook's 3.
    return answer.status_code == 200 and answer.json()["outputs"][0]["sum"] == 4


def compiled(server: Server) -> None:
    """Wait until the worker compiles nothing any more: only the calls of the test are in flight."""
    eventually(lambda: server.post(SHORT).status_code == 200, "the service is compiled")
    files = {"models/mortgage", "tests/basics", "tests/validated", "tests/macro"}
    eventually(lambda: files <= {one["service"] for one in told(server, "a version serves")}, "all are compiled")


def taken_down(server: Server, number: signal.Signals) -> int:
    """End or stop the only worker while it executes a long call; the process that did."""
    (worker,) = server.workers()
    with server.send_only(LONG):
        eventually(lambda: server.status()["in_use"] == 1, "the call is executed")
        os.kill(worker, number)
        eventually(lambda: worker not in server.workers() and served(server), "the worker is replaced")
    return worker


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT, signal.SIGSTOP])
def test_a_worker_that_dies_or_hangs_is_replaced_and_what_ran_is_told(start: Start, number: signal.Signals) -> None:
    server = start("--workers", "1", "--log-format", "json")
    compiled(server)
    worker = taken_down(server, number)
    (died,) = told(server, "a worker died")
    by = "SIGKILL" if number == signal.SIGSTOP else number.name
    assert (died["process"], died["by"]) == (worker, by)
    assert [one["process"] for one in told(server, "a worker hangs")] == [worker] * (number == signal.SIGSTOP)
    (ran,) = told(server, "an execution ends with its worker")
    assert (ran["service"], ran["version"], ran["process"]) == ("tests/slow", "0.1.0", worker)
    assert len(ran["call_id"]) == 36
    assert not told(server, "a version is suspended"), "one death is no proof"
    assert server.post(SHORT).status_code == 200
    assert server.log
    assert f"{SECRET}" not in server.log.read_text()


def test_what_takes_two_workers_down_is_refused_and_nothing_else(start: Start) -> None:
    server = start("--workers", "1", "--log-format", "json")
    compiled(server)
    taken_down(server, signal.SIGKILL)
    assert server.post(SHORT).status_code == 200
    taken_down(server, signal.SIGSTOP)
    refused = server.post(SHORT)
    assert (refused.status_code, refused.json()["code"]) == (503, "SERVICE_SUSPENDED")
    assert 0 < float(refused.headers["x-retry-after"]) <= float(refused.headers["retry-after"]) <= 60
    assert "tests/slow 0.1.0" in refused.json()["message"]
    (suspended,) = server.status()["suspended"]
    assert (suspended["service"], suspended["version"]) == ("tests/slow", "0.1.0")
    assert 0 < suspended["seconds"] <= 60
    (told_,) = told(server, "a version is suspended")
    assert (told_["service"], told_["version"], told_["seconds"]) == ("tests/slow", "0.1.0", 60)
    assert served(server)


def test_workers_that_die_at_the_same_time_are_all_replaced(start: Start) -> None:
    server = start("--workers", "3", "--log-format", "json")
    before = server.workers()
    for worker in before:
        os.kill(worker, signal.SIGKILL)
    eventually(lambda: len(set(server.workers()) - set(before)) == 3, "all are replaced")
    eventually(lambda: {one["process"] for one in told(server, "a worker died")} == set(before), "they are told")
    eventually(lambda: served(server), "they serve")


def test_hup_replaces_workers_and_loses_no_call(start: Start) -> None:
    server = start("--workers", "1", "--log-format", "json")
    compiled(server)
    (worker,) = server.workers()
    with server.send_only(b'{"service":"tests/slow","inputs":' + slow_inputs(20_000) + b"}") as other:
        eventually(lambda: server.status()["in_use"] == 1, "the call is executed")
        server.process.send_signal(signal.SIGHUP)
        assert status_of(other) == 200
        eventually(lambda: worker not in server.workers() and served(server), "the worker is replaced")
    (ended,) = server.workers()
    assert ended != worker
    assert not told(server, "a worker died")


def test_a_server_whose_workers_die_again_and_again_gives_up(start: Start) -> None:
    server = start("--workers", "1", "--log-format", "json")
    ended: set[int] = set()

    def kill_another() -> bool:
        for worker in set(server.workers()) - ended:
            os.kill(worker, signal.SIGKILL)
            ended.add(worker)
        return server.process.poll() is not None

    eventually(kill_another, "it gives up")
    assert server.process.returncode == 1
    assert len(told(server, "workers die again and again: the server gives up")) == 1
    # Within a minute, as the page for operators says.
    assert len(told(server, "a worker died")) == 30


def test_a_worker_with_an_execution_that_does_not_end_is_replaced_and_loses_no_other_call(start: Start) -> None:
    """No kernel is known that ignores the stop flag: one is written onto the worker's board."""
    server = start("--workers", "1", "--log-format", "json")
    compiled(server)
    (worker,) = server.workers()
    with server.send_only(b'{"service":"tests/slow","inputs":' + slow_inputs(20_000) + b"}") as other:
        write_late_execution(server, "T/endless", "1.0.0")
        eventually(lambda: worker not in server.workers() and served(server), "the worker is replaced")
        assert status_of(other) == 200
    (stuck,) = told(server, "a worker is stuck: an execution does not end")
    assert stuck["process"] == worker
    guilty = [one for one in told(server, "an execution ends with its worker") if one["suspect"]]
    assert [(one["service"], one["version"], one["call_id"]) for one in guilty] == [("T/endless", "1.0.0", "late")]


def write_late_execution(server: Server, service: str, version: str) -> None:
    """As the worker would write it into its last slot, long after its deadline."""
    descriptors = Path(f"/proc/{server.process.pid}/fd").iterdir()
    shared = {one.stat().st_ino: one for one in descriptors if "memfd:execd" in str(one.readlink())}
    # The other memory is that of what is suspended.
    (board,) = (one for one in shared.values() if (one.stat().st_size - HEADER) % SLOT.size == 0)
    slots = (board.stat().st_size - HEADER) // SLOT.size
    with board.open("r+b", buffering=0) as memory:
        memory.seek(HEADER + (slots - 1) * SLOT.size)
        memory.write(SLOT.pack(Where.THREAD, time.monotonic() - 60, 0, b"late", Subject(service, version).packed))
        memory.seek(USED * WORD)
        memory.write(slots.to_bytes(WORD, sys.byteorder))


def status_of(connection: socket.socket) -> int:
    return int(connection.recv(1000)[9:12])


SPINNING = "print(flush=True)\nwhile True: pass"
SPINNING_ELSEWHERE = f"import threading\nthreading.Thread(target=exec, args=({SPINNING!r},)).start()"
SLEEPING = "import time\nprint(flush=True)\ntime.sleep(3600)"


@pytest.fixture
def child() -> Any:
    started: list[subprocess.Popen[bytes]] = []

    def begin(code: str) -> int:
        started.append(subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE))
        assert started[-1].stdout
        assert started[-1].stdout.readline()
        return started[-1].pid

    yield begin
    for one in started:
        one.kill()
        one.communicate()


def state_of(process: int) -> str:
    """What its main thread does."""
    return threads_of(process)[process].state


def looks_until(pulse: Pulse, process: int, most: int) -> int:
    """How many looks, a tenth of a second apart as they say, it takes until the worker is given up."""
    for count in range(1, most + 1):
        pulse.look(process, 0.1)
        if pulse.hangs:
            return count
    return most + 1


def test_looks_at_a_sleeping_event_loop(child: Callable[[str], int]) -> None:
    board, process = Board(1), child(SLEEPING)
    eventually(lambda: state_of(process) == "S", "it sleeps")
    pulse = Pulse(board)
    # Before the first beat it starts, which may take long.
    assert looks_until(pulse, process, 100) > 100
    board.beat()
    assert pulse.serves
    assert looks_until(pulse, process, 100) == round(STILL / 0.1) + 1
    board.beat()
    assert looks_until(pulse, process, 3) > 3, "a beat forgives all"
    board.end()
    assert looks_until(pulse, process, 100) > 100, "what has ended does not hang"
    assert not pulse.serves
    assert STARTING > BUSY > STILL


def test_a_main_process_that_did_not_run_blames_nobody(child: Callable[[str], int]) -> None:
    board, process = Board(1), child(SLEEPING)
    eventually(lambda: state_of(process) == "S", "it sleeps")
    pulse = Pulse(board)
    board.beat()
    pulse.look(process, 0.1)
    # As after a machine was asleep for an hour.
    pulse.look(process, 3600.0)
    assert not pulse.hangs
    assert LATE < STILL
    board.begin(Subject("T/a", "1.0.0"), "one", Where.THREAD, 100.0)
    assert not pulse.is_overdue(3700.0, 3600.0)
    assert any(pulse.is_overdue(3701.0, 0.1) for _ in range(round(OVERDUE / 0.1) + 1))


@pytest.mark.parametrize("code", [SPINNING, SPINNING_ELSEWHERE], ids=["itself", "while another thread runs"])
def test_an_event_loop_that_runs_is_given_up_by_the_time_that_it_got(child: Callable[[str], int], code: str) -> None:
    """However long it takes on a busy machine: looks without time of a processor between them count nothing."""
    board, process = Board(1), child(code)
    pulse = Pulse(board)
    board.beat()
    pulse.look(process, 0.1)
    os.kill(process, signal.SIGSTOP)
    eventually(lambda: state_of(process) == "T", "it stops")
    assert looks_until(pulse, process, 100) <= round(STILL / 0.1) + 1
    os.kill(process, signal.SIGCONT)
    board.beat()
    pulse.look(process, 0.1)
    looks = 0

    def given_up() -> bool:
        nonlocal looks
        looks += 1
        pulse.look(process, 0.1)
        return pulse.hangs

    eventually(given_up, "it is given up")
    assert looks > BUSY / 0.1, "many looks that came at once: only the time that it ran counts"
