"""Runs the benchmarks and prints one table: `make bench`, or this with a section and a model to see less.

Workbooks and records are built into build/bench; the Rust program `execd-benches` measures kernels, tables,
JSON and compilation; bulk.py measures files, http_calls.py the server.

usage: python -m benches.run [kernel|table|codec|compile|bulk|http] [MODEL]
"""

import subprocess
import sys
from pathlib import Path

from benches.rows import Row, parse, show

HERE = Path(__file__).parent
ROOT = HERE.parent
FOLDER = ROOT / "build" / "bench"


def prepare() -> None:
    """Builds workbooks and records unless they are newer than what builds them."""
    sources = [*HERE.glob("models/*.py"), *ROOT.glob("tests/oracle/*.parquet")]
    done = FOLDER / "prepared"
    if done.exists() and done.stat().st_mtime > max(source.stat().st_mtime for source in sources):
        return
    for script in ("build_models.py", "records.py"):
        subprocess.run([sys.executable, str(HERE / "models" / script), str(FOLDER)], check=True)
    done.touch()


def in_rust(arguments: list[str]) -> list[Row]:
    """The rows of the Rust program."""
    command = [
        "cargo",
        "run",
        "--quiet",
        "--release",
        "-p",
        "execd-benches",
        "--",
        str(FOLDER),
        sys.executable,
    ]
    with subprocess.Popen([*command, *arguments], cwd=ROOT, stdout=subprocess.PIPE, text=True) as program:
        rows = [parse(line) for line in program.stdout or ()]
    if program.returncode:
        raise SystemExit(program.returncode)
    return rows


def main() -> None:
    """Runs what was asked for."""
    arguments = sys.argv[1:]
    rows = []
    if arguments != ["http"]:
        prepare()
    if arguments[:1] not in (["http"], ["bulk"]):
        rows += in_rust(arguments)
    if not arguments or arguments[0] == "bulk":
        from benches import bulk  # noqa: PLC0415  its dependencies are the library's

        rows += bulk.main(*arguments[1:])
    if not arguments or arguments == ["http"]:
        from benches import http_calls  # noqa: PLC0415  its dependencies are the server's

        rows += http_calls.main()
    sys.stdout.write(show(rows) + "\n")


if __name__ == "__main__":
    main()
