"""`execd run`: a file of records through a workbook."""

import time
from pathlib import Path

import click

from execd.cli import progress
from execd.cli.terminal import WORKBOOK, err, warn
from execd.library import load

# Suffixes of files that have a column for what is wrong with a record.
TELLING = (".parquet", ".arrow", ".ipc", ".feather")


@click.command()
@WORKBOOK
@click.option("--input", "source", required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--output", "target", required=True, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--threads", type=click.IntRange(0, 1024), default=0, help="Threads that calculate.  [one per core]")
def run(file: Path, source: Path, target: Path, threads: int) -> None:
    """Evaluate a file of records: csv, parquet, ndjson or arrow, told by the suffix."""
    started = time.monotonic()
    records, invalid, left_out = progress.run(load(file), source, target, threads, err)
    seconds = time.monotonic() - started
    err.print(f"{records:,} records in {seconds:.1f} s to {target}", highlight=False, markup=False)
    if invalid:
        where = "see the column errors" if target.suffix in TELLING else f"a {TELLING[0]} file would tell which"
        warn(f"{invalid:,} records have invalid inputs; {where}")
    if records and left_out:
        warn(f"every record took the workbook's value of {', '.join(left_out)}: {source} has no values for it")
