"""A server in a process of its own: for tests, load tests, benchmarks and the demo.

`with Server(execd_command(data)) as server:` serves at `server.url` until the block ends. Programs that use it are
started as modules in the project's folder: `python -m examples.demo`.
"""

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

# Seconds that anything on this machine may take before a server is given up.
PATIENCE = 60.0


def free_port(wanted: int = 0) -> int:
    """`wanted`, or any other port of loopback if somebody listens there."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise OSError("there is no port to listen on")


class Server:
    """A command that serves HTTP on loopback at the port it is given. Once this is made it answers."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        port: int | None = None,
        folder: Path | None = None,
        log: Path | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """`folder` is where it runs; what it prints goes into `log`, or where ours goes."""
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = log
        with log.open("wb") if log else contextlib.nullcontext() as output:
            self.process = subprocess.Popen(
                [*command, "--port", str(self.port)],
                stdout=output,
                stderr=output,
                cwd=folder,
                env=os.environ | (environment or {}),
            )
        try:
            self._wait()
        except BaseException:
            self.stop()
            raise

    def _wait(self) -> None:
        """Poll until it answers, whatever the answer is."""
        end = time.monotonic() + PATIENCE
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"the server did not start\n{self.log.read_text() if self.log else ''}")
            time.sleep(0.02)

    def answers(self) -> bool:
        """It serves."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request("GET", "/health")
            return connection.getresponse().status < http.HTTPStatus.INTERNAL_SERVER_ERROR
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def stop(self) -> None:
        """End it as an operator would."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.process.wait(PATIENCE)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def execd_command(data: Path, *options: str) -> list[str]:
    """`execd serve` with the example workbooks and those in the data folder."""
    return [sys.executable, "-m", "execd", "serve", "--examples", "--data", str(data), *options]
