"""What a server writes to its log, read as an operator or a program reads it."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from books import basics, workbook
from conftest import EXECUTE, Server, eventually
from tests.server import PATIENCE, execd_command, free_port

SECRET = "a value that nobody may read"
LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (debug  |info   |warning|error  ) \[\d+\] (?P<said>.+)")


@pytest.fixture
def services(tmp_path: Path) -> Path:
    folder = tmp_path / "services" / "T"
    folder.mkdir(parents=True)
    (folder / "basics.xlsx").write_bytes(basics())
    return folder


def lines(server: Server) -> list[str]:
    """The log without the greeting on standard output."""
    assert server.log
    return [line for line in server.log.read_text().splitlines() if not line.startswith(("execd ", "  "))]


def records(server: Server) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines(server)]


def calls(server: Server) -> list[dict[str, Any]]:
    return [one for one in records(server) if one["event"] == "call"]


@pytest.mark.usefixtures("services")
def test_every_line_is_an_object_and_every_call_has_one(tmp_path: Path) -> None:
    with Server(tmp_path, "--log-format", "json", "--workers", "1") as server:
        answer = server.execute("t/BASICS", [{"a": 1, "text": SECRET}, {"a": [SECRET]}, {SECRET: 1}])
        other = server.execute("T/basics", [{"a": 1, "nothing": SECRET}], anything=SECRET)
        assert server.post(b'{"service": "T/nothing\\n\\u2028", "inputs": [{}]}').status_code == 404
        assert server.post(f'{{"service": "T/basics", "inputs": ["{SECRET}]}}'.encode()).status_code == 400
    assert all({"time", "level", "pid", "event"} <= one.keys() for one in records(server))
    first, second, third, fourth = calls(server)
    assert first["call_id"] == answer["call_id"]
    assert second["call_id"] == other["call_id"]
    assert {name: first[name] for name in ("service", "version", "records", "errors", "status", "level")} == {
        "service": "T/basics",
        "version": answer["version"],
        "records": 3,
        "errors": sum(bool(errors) for errors in answer["errors"]),
        "status": 200,
        "level": "info",
    }
    assert first["errors"] >= 1
    assert 0 <= first["ms"] < PATIENCE * 1000
    assert (third["status"], third["code"], third["service"]) == (404, "SERVICE_NOT_FOUND", "T/nothing\n\u2028")
    assert (fourth["status"], fourth["code"]) == (400, "INVALID_JSON")
    assert SECRET not in "\n".join(lines(server))
    settings = next(one for one in records(server) if one["event"] == "settings")
    assert (settings["log_format"], settings["port"]) == ("json", server.port)


@pytest.mark.usefixtures("services")
def test_plain_lines_all_look_the_same(tmp_path: Path) -> None:
    with Server(tmp_path, "--workers", "1") as server:
        call_id = server.execute("T/basics", [{"a": 1}])["call_id"]
        server.post(b'{"service": "T/no\\nthing", "inputs": [{}]}')
    said = [match["said"] for line in lines(server) if (match := LINE.fullmatch(line))]
    assert len(said) == len(lines(server)), lines(server)
    (good,) = (one for one in said if call_id in one)
    assert re.fullmatch(
        rf"call status=200 ms=\d+\.\d service=T/basics version=0\.1\.0 records=1 errors=0 call_id={call_id}", good
    )
    assert any(one.endswith(r'service="T/no\nthing" code=SERVICE_NOT_FOUND') for one in said)


@pytest.mark.usefixtures("services")
def test_without_lines_for_calls_refusals_are_told(tmp_path: Path) -> None:
    with Server(tmp_path, "--no-log-calls", "--log-format", "json", "--time-limit", "0.5") as server:
        server.execute("T/basics", [{"a": 1}])
        server.post(b'{"service": "T/nothing", "inputs": [{}]}')
        with server.send_head(1_000_000) as connection:
            assert b" 504 " in connection.recv(1_000)
    (late,) = calls(server)
    assert (late["status"], late["code"], late["level"]) == (504, "TIME_LIMIT_EXCEEDED", "warning")
    assert late["reason"] == "the body did not arrive within the time limit of 0.5 s"


def test_what_becomes_of_versions_is_told(tmp_path: Path, services: Path) -> None:
    broken = workbook({"A1": 1, "B1": "=NOSUCHFUNCTION(A1)"}, {"Xinput_x": "A1", "Xoutput_y": "B1"})

    def told(server: Server, event: str) -> list[dict[str, Any]]:
        return [one for one in records(server) if one["event"] == event]

    with Server(tmp_path, "--log-format", "json", "--workers", "1") as server:
        eventually(lambda: bool(told(server, "a version serves")), "the version is told")
        (services / "new").write_bytes(workbook({"A1": 1, "B1": "=A1+1"}, {"Xinput_x": "A1", "Xoutput_y": "B1"}))
        (services / "new").rename(services / "basics.xlsx")
        eventually(lambda: bool(told(server, "a version is replaced")), "its successor is told")
        (services / "new").write_bytes(broken)
        (services / "new").rename(services / "basics.xlsx")
        eventually(lambda: bool(told(server, "a version is refused")), "the broken one is told")
        (refused,) = told(server, "a version is refused")
        assert refused["service"] == "T/basics"
        assert refused["serves"] == "the last good workbook"
        assert "S!B1 =NOSUCHFUNCTION(A1)" in refused["reason"]


def test_the_end_of_a_worker_is_told(tmp_path: Path) -> None:
    with Server(tmp_path, "--log-format", "json", "--workers", "1") as server:
        (worker,) = server.workers()
        os.kill(worker, signal.SIGKILL)
        eventually(lambda: bool([one for one in records(server) if one["event"] == "a worker died"]), "it is told")
        (died,) = (one for one in records(server) if one["event"] == "a worker died")
    assert (died["worker"], died["process"], died["by"], died["level"]) == (1, worker, "SIGKILL", "error")


@pytest.mark.usefixtures("services")
def test_a_log_that_nobody_reads_holds_up_no_call_and_loses_no_line(tmp_path: Path) -> None:
    port = free_port()
    command = [*execd_command(tmp_path, "--workers", "1", "--log-format", "json"), "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        assert process.stderr
        ids = set()
        url = f"http://127.0.0.1:{port}"
        eventually(lambda: is_up(url), "the server answers")
        with httpx.Client(timeout=PATIENCE) as client:
            # More than a pipe holds.
            for _ in range(1_000):
                answer = client.post(url + EXECUTE, content=b'{"service": "T/basics", "inputs": [{"a": 1}]}')
                ids.add(answer.json()["call_id"])
        process.send_signal(signal.SIGTERM)
        logged = [json.loads(line) for line in process.stderr]
    assert process.returncode == 0
    assert {one["call_id"] for one in logged if one["event"] == "call"} == ids


def is_up(url: str) -> bool:
    try:
        return httpx.get(url + "/health").is_success
    except httpx.TransportError:
        return False


# Put 60,000 lines into a pipe that nobody reads yet.
LOSING = """
import os, sys
from execd.telemetry.writer import Writer
reading, writing = os.pipe()
writer = Writer(writing, lambda count: b"lost %d\\n" % count)
for number in range(60_000):
    writer.put(b"%099d\\n" % number)
if os.fork():
    os.close(reading)
    writer.close()
    os._exit(0)
os.close(writing)
sys.stdout.buffer.write(open(reading, "rb").read())
"""


def test_lines_beyond_what_is_kept_are_counted() -> None:
    done = subprocess.run([sys.executable, "-c", LOSING], capture_output=True, text=True, timeout=PATIENCE, check=True)
    *kept, last = done.stdout.splitlines()
    assert [int(line) for line in kept] == list(range(len(kept)))
    assert last == f"lost {60_000 - len(kept)}"
    assert len(kept) >= 50_000


@pytest.mark.parametrize("level", ["warning", "ERROR"])
@pytest.mark.usefixtures("services")
def test_nothing_below_the_level_is_logged(tmp_path: Path, level: str) -> None:
    with Server(tmp_path, "--workers", "1", environment={"EXECD_LOG_LEVEL": level}) as server:
        server.execute("T/basics", [{"a": 1}])
    assert lines(server) == []
