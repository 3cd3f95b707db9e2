"""A real server on loopback for the tests that need one."""

import contextlib
import http.client
import json
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import hypothesis
import pytest

from books import write_services
from tests import server as process
from tests.server import PATIENCE, execd_command, free_port

# The same examples in every run: what fails has been changed. An example may be a call, and a machine may be busy.
hypothesis.settings.register_profile("same", derandomize=True, deadline=None)
hypothesis.settings.load_profile("same")

EXECUTE = "/tenant/api/v4/execute"


def eventually(condition: Callable[[], bool], what: str) -> None:
    """Wait until `condition` holds."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, f"{what} did not happen within {PATIENCE} s"
        time.sleep(0.002)


class Server(process.Server):
    """`execd serve` in a process of its own, with what tests ask of it."""

    def __init__(self, data: Path, *options: str, environment: Mapping[str, str] | None = None) -> None:
        port = free_port()
        log = data / f"server-{port}.log"
        super().__init__(execd_command(data, *options), port=port, log=log, environment=environment)

    def post(self, content: bytes, **headers: str) -> httpx.Response:
        """One execute call with a body of any kind."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return httpx.post(self.url + EXECUTE, content=content, headers=named, timeout=PATIENCE)

    def execute(self, service: str, inputs: Any, **more: Any) -> dict[str, Any]:
        """One execute call that succeeds."""
        response = self.post(json.dumps({"inputs": inputs, "service": service, **more}).encode())
        assert response.status_code == 200, response.text
        return dict(response.json())

    def send_only(self, body: bytes) -> socket.socket:
        """A call whose answer nobody has read yet."""
        connection = self.send_head(len(body))
        connection.sendall(body)
        return connection

    def send_head(self, length: int) -> socket.socket:
        """A call whose body is still to come."""
        connection = socket.create_connection(("127.0.0.1", self.port))
        head = f"POST {EXECUTE} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n"
        connection.sendall(head.encode())
        return connection

    def status(self) -> dict[str, Any]:
        """Permits and queue."""
        return dict(httpx.get(self.url + "/readyz").json())

    def workers(self) -> list[int]:
        """Process ids of the workers; none once the server has ended."""
        found = []
        # Processes end while they are looked at.
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
            for child in map(int, children.split()):
                with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                    if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes():
                        found.append(child)
        return found


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the test services."""
    path = tmp_path_factory.mktemp("data")
    write_services(path)
    return path


@pytest.fixture(scope="session")
def server(data: Path) -> Iterator[Server]:
    """The server that tests share which do it no harm."""
    running = Server(data)
    yield running
    running.stop()


@pytest.fixture
def start(data: Path) -> Iterator[Callable[..., Server]]:
    """Servers of a test's own, with its own options."""
    started: list[Server] = []

    def begin(*options: str, **environment: str) -> Server:
        started.append(Server(data, *options, environment=environment))
        return started[-1]

    yield begin
    for one in started:
        one.stop()


@pytest.fixture
def raw_http(server: Server) -> Iterator[http.client.HTTPConnection]:
    """A connection for requests that httpx would not send."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)
    yield connection
    connection.close()
