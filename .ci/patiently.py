"""Runs a command that takes long, and shows that it goes on.

On a terminal the command shows its own progress. Elsewhere a line says now and then for how long it has been running,
and Cargo is told to name no crates.

usage: patiently.py WHAT COMMAND...
"""

import os
import subprocess
import sys
import time

SECONDS = 20.0


def main() -> int:
    """Run it; its exit code is ours."""
    what, *command = sys.argv[1:]
    if sys.stderr.isatty():
        return subprocess.run(command, check=False).returncode
    started = time.monotonic()
    process = subprocess.Popen(command, env=os.environ | {"CARGO_TERM_QUIET": "true"})
    while True:
        try:
            return process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            print(f"{what}: {time.monotonic() - started:.0f} s so far", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
