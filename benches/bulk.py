"""Millions of records from Parquet to Parquet, as `execd run` takes them: records a second, what reading, calculating
and writing have of the time, and the most memory. On two threads; each file is run in a process of its own.

usage: python -m benches.run bulk [MODEL]
       python -m benches.bulk MODEL SOURCE TARGET      one run, told as JSON
"""

import json
import subprocess
import sys
import time
from pathlib import Path

import pyarrow.parquet as pq

from benches.rows import Row

FOLDER = Path(__file__).parents[1] / "build" / "bench"
RECORDS = 3_000_000
ONCE = 500_000
THREADS = 2
RUNS = 3
# 30 million records are to take no longer, in seconds.
AIMS = {"double": 20, "premium": 60}


def main(only: str | None = None) -> list[Row]:
    """A row for each model."""
    return [row(name, seconds) for name, seconds in AIMS.items() if only in {None, name}]


def row(name: str, seconds: int) -> Row:
    """The fastest of several runs."""
    source = records(name)
    command = [sys.executable, "-m", "benches.bulk", name, source, source.with_suffix(".answers.parquet")]
    runs = [json.loads(subprocess.run(command, check=True, capture_output=True).stdout) for _ in range(RUNS)]
    best = min(runs, key=lambda run: run["seconds"])
    rate, aim = RECORDS / best["seconds"], 30e6 / seconds
    shares = ", ".join(f"{share:.0%}" for share in best["shares"])
    what = f"{name} in Parquet, {best['megabytes']} MB, shares {shares}"
    return Row(rate / aim, 1.0, what, f"{rate / 1e6:.2f} M records/s", f"{aim / 1e6:.2f} M records/s")


def records(name: str) -> Path:
    """A file of random records, made once."""
    path = FOLDER / "bulk" / f"{name}.parquet"
    if not path.exists():
        sys.path.insert(0, str(Path(__file__).parent / "models"))
        from records import records as random_records  # noqa: PLC0415  a program of its own, with its own paths

        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        writer = None
        for seed in range(RECORDS // ONCE):
            table = random_records(name, ONCE, seed)
            writer = writer or pq.ParquetWriter(part, table.schema)
            writer.write_table(table)
        if writer:
            writer.close()
        part.rename(path)
    return path


def run(name: str, source: Path, target: Path) -> None:
    """Runs a file and tells what it took."""
    import execd  # noqa: PLC0415  only the child needs it
    from execd import _native  # noqa: PLC0415

    model = execd.load(FOLDER / f"{name}.xlsx")
    files = _native.FileRun(model.native, _native.Engine(THREADS), source, target)
    started = time.perf_counter()
    summary = files.run()
    seconds = time.perf_counter() - started
    shares = [stage / sum(summary.seconds) for stage in summary.seconds]
    # What the parent held does not count, as it does in `getrusage`.
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text("ascii").splitlines())
    megabytes = int(status["VmHWM"].split()[0]) // 1024
    sys.stdout.write(json.dumps({"seconds": seconds, "shares": shares, "megabytes": megabytes}))


if __name__ == "__main__":
    run(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
