"""Runs the suites one after another, each against a server of its own: `make load`.

usage: run.py [--seconds N]
"""

import argparse
import contextlib
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).parent
REPORTS = HERE / "reports"
# Seconds that the server may take to start.
PATIENCE = 30.0

# suite: (users, options of the server)
SUITES = {
    "execute": (9, []),
    # One worker: the callers need a processor of their own.
    "overload": (400, ["--workers", "1"]),
    "time_limit": (6, ["--time-limit", "1"]),
}


def main() -> None:
    """Run every suite, and fail if one fails."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seconds", type=int, default=20)
    seconds = arguments.parse_args().seconds
    REPORTS.mkdir(exist_ok=True)
    failed = [suite for suite, (users, options) in SUITES.items() if not passes(suite, users, options, seconds)]
    if failed:
        sys.exit(f"load: {', '.join(failed)} failed")
    print(f"load: all suites passed, reports in {REPORTS}")


def passes(suite: str, users: int, options: list[str], seconds: int) -> bool:
    """Run one suite headless."""
    with server(options) as url:
        command = [
            *(sys.executable, "-m", "locust", "--locustfile", str(HERE / f"{suite}.py"), "--host", url),
            *("--headless", "--only-summary", "--users", str(users), "--spawn-rate", str(users)),
            *("--run-time", f"{seconds}s", "--stop-timeout", "30", "--html", str(REPORTS / f"{suite}.html")),
        ]
        return subprocess.run(command, check=False, cwd=HERE).returncode == 0


@contextlib.contextmanager
def server(options: list[str]) -> Iterator[str]:
    """A server with the example services on a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory() as data:
        command = [sys.executable, "-m", "execd", "serve", "--examples", "--data", data, "--port", str(port), *options]
        process = subprocess.Popen(command)
        try:
            wait_until_ready(process, url)
            yield url
        finally:
            process.terminate()
            process.wait()


def wait_until_ready(process: "subprocess.Popen[bytes]", url: str) -> None:
    """Poll until the server answers."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and process.poll() is None:
        try:
            urllib.request.urlopen(url + "/health", timeout=1)
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise SystemExit("the server did not start")


if __name__ == "__main__":
    main()
