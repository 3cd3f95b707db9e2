"""What somebody sees who starts a server, and stops it."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from books import basics, long_sum
from conftest import Server, eventually


def greeting(server: Server) -> list[str]:
    """The lines of the greeting, once they are there."""

    def said() -> list[str]:
        assert server.log
        return [line for line in server.log.read_text().splitlines() if line.startswith(("execd ", "  "))]

    eventually(lambda: bool(said()), "the greeting")
    return said()


def paste(call: str) -> dict[str, Any]:
    """The answer to a line for a shell."""
    done = subprocess.run(["sh", "-c", call], capture_output=True, check=True)
    return dict(json.loads(done.stdout))


def test_a_server_shows_a_call_that_works(tmp_path: Path) -> None:
    folder = tmp_path / "services" / "It's mine"
    folder.mkdir(parents=True)
    (folder / "basics.xlsx").write_bytes(basics())
    with Server(tmp_path, "--no-examples") as server:
        where, call = greeting(server)
        assert where == f"execd 0.1.0 at {server.url}: 1 service"
        # The workbook's own values: 2 + 3.
        assert paste(call)["outputs"][0]["sum"] == 5
        assert httpx.get(server.url).json()["try"] == call.strip()


def test_a_server_without_services_says_where_one_belongs(tmp_path: Path) -> None:
    with Server(tmp_path, "--no-examples") as server:
        where, hint, call = greeting(server)
        assert where == f"execd 0.1.0 at {server.url}: no services"
        place = hint.split()[4].replace("FOLDER", "T").replace("SERVICE", "basics")
        Path(place).parent.mkdir()
        Path(place).write_bytes(basics())
        filled = call.replace("FOLDER", "T").replace("SERVICE", "basics")
        eventually(lambda: "outputs" in paste(filled), "the call is answered")


def test_programs_are_told_in_the_log(tmp_path: Path) -> None:
    with Server(tmp_path, "--no-examples", "--log-format", "json") as server:

        def serving() -> list[dict[str, Any]]:
            assert server.log
            every = map(json.loads, server.log.read_text().splitlines())
            return [one for one in every if one["event"] == "serving"]

        eventually(lambda: bool(serving()), "the address is told")
        (one,) = serving()
        assert (one["url"], one["services"]) == (server.url, 0)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_server_ends_as_it_should(tmp_path: Path, number: signal.Signals) -> None:
    with Server(tmp_path) as server:
        # As a terminal does: to the workers, too.
        for process in (*server.workers(), server.process.pid):
            os.kill(process, number)
        assert server.process.wait() == 0
        assert server.log
        assert "Traceback" not in server.log.read_text()


@pytest.mark.parametrize("command", ["check", "verify"])
@pytest.mark.parametrize("content", [b"", long_sum(200_000)], ids=["while it reads", "while it compiles"])
def test_an_interrupted_command_ends_with_130(tmp_path: Path, command: str, content: bytes) -> None:
    pipe = tmp_path / "book.xlsx"
    os.mkfifo(pipe)
    arguments = [sys.executable, "-m", "execd", command, str(pipe)]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        # Opening waits for the command to read.
        with pipe.open("wb") as writing:
            writing.write(content)
            if not content:
                process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGINT)
        said = process.communicate()[0]
    assert process.returncode == 130
    assert said == "execd: interrupted\n"
