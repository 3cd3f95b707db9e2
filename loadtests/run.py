"""Runs the suites one after another, each against a server of its own: `make load`.

usage: python -m loadtests.run [--seconds N] [SUITE ...]
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from loadtests import bodies
from tests.python.books import write_services
from tests.server import Server, execd_command

HERE = Path(__file__).parent
REPORTS = HERE / "reports"

WORKERS = 2

# suite: (users, options of the server, how many times the seconds it may take)
SUITES = {
    "execute": (9, [], 1),
    # One worker: the callers need a processor of their own.
    "overload": (400, ["--workers", "1"], 1),
    "time_limit": (6, ["--time-limit", "1"], 1),
    "hostile": (4, ["--workers", str(WORKERS), "--time-limit", "3"], 5),
}


def main() -> None:
    """Run every suite, and fail if one fails."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seconds", type=int, default=20)
    arguments.add_argument("suites", nargs="*", metavar="SUITE", help="all without any")
    given = arguments.parse_args()
    REPORTS.mkdir(exist_ok=True)
    suites = {name: SUITES[name] for name in given.suites or SUITES}
    failed = [
        suite
        for suite, (users, options, times) in suites.items()
        if not passes(suite, users, options, given.seconds * times)
    ]
    if failed:
        sys.exit(f"load: {', '.join(failed)} failed")
    print(f"load: all suites passed, reports in {REPORTS}")


def passes(suite: str, users: int, options: list[str], seconds: int) -> bool:
    """Run one suite headless."""
    with tempfile.TemporaryDirectory() as data:
        write_services(Path(data))
        if suite == "hostile":
            bodies.write_services(Path(data))
        return drive(suite, users, execd_command(Path(data), *options), seconds)


def drive(suite: str, users: int, server_command: list[str], seconds: int) -> bool:
    """Run one suite against a server of its own."""
    with Server(server_command, log=REPORTS / f"{suite}.log") as server:
        command = [
            *(sys.executable, "-m", "locust", "--locustfile", str(HERE / f"{suite}.py"), "--host", server.url),
            *("--headless", "--only-summary", "--users", str(users), "--spawn-rate", str(users)),
            *("--run-time", f"{seconds}s", "--stop-timeout", "30", "--html", str(REPORTS / f"{suite}.html")),
        ]
        about = {"SERVER_PID": str(server.process.pid), "SERVER_WORKERS": str(WORKERS)}
        return subprocess.run(command, check=False, cwd=HERE, env=os.environ | about).returncode == 0


if __name__ == "__main__":
    main()
