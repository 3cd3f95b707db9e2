"""`execd run`: a file of records through a workbook."""

import csv
import datetime as dt
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from execd.cli import progress
from execd.cli.terminal import INVALID, WORKBOOK, count, err, warn
from execd.library import load

FORMATS = click.Choice(["csv", "ndjson", "parquet", "arrow"])
DELIMITERS = {"tab": "\t", "\\t": "\t"}


def _names(_context: click.Context, _option: click.Parameter, values: Iterable[str]) -> list[str]:
    """Lists with commas, a name that has a comma in quotes."""
    return [name.strip() for row in csv.reader(values, skipinitialspace=True) for name in row if name.strip()]


def _moment(_context: click.Context, _option: click.Parameter, value: str | None) -> float | None:
    """Seconds since 1970. A moment without an offset is one of UTC, as NOW() is."""
    if value is None:
        return None
    try:
        moment = dt.datetime.fromisoformat(value)
    except ValueError:
        raise click.BadParameter(f"{value!r} is no date or moment of ISO 8601, like 2026-01-31T12:00") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)).timestamp()


def _delimiter(_context: click.Context, _option: click.Parameter, value: str | None) -> str | None:
    return DELIMITERS.get(value, value) if value else None


@click.command()
@WORKBOOK
@click.option(
    "--input",
    "source",
    required=True,
    type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path),
    help="File of records; - is standard input.",
)
@click.option(
    "--output",
    "target",
    required=True,
    type=click.Path(dir_okay=False, allow_dash=True, path_type=Path),
    help="File of answers; - is standard output.",
)
@click.option("--from", "source_format", type=FORMATS, help="Format of the input.  [by suffix or content]")
@click.option("--to", "target_format", type=FORMATS, help="Format of the output.  [by suffix, or the input's]")
@click.option("--delimiter", callback=_delimiter, help="Between the fields of CSV input; tab is one.  [comma]")
@click.option("--outputs", multiple=True, callback=_names, help="Outputs to keep: names or patterns.  [all]")
@click.option("--carry", multiple=True, callback=_names, help="Columns of the input to copy to the output, or all.")
@click.option("--now", callback=_moment, help="What NOW() is, in ISO 8601 and UTC.  [the clock's time]")
@click.option("--strict", is_flag=True, help="Names that match nothing are an error, not a warning.")
@click.option("--fail-on-invalid", is_flag=True, help=f"Exit with {INVALID} if a record has invalid inputs.")
@click.option("--threads", type=click.IntRange(0, 1024), default=0, help="Threads that calculate.  [one per core]")
def run(file: Path, source: Path, target: Path, threads: int, *, fail_on_invalid: bool, **options: Any) -> None:  # noqa: ANN401
    """Evaluate a file of records: csv, ndjson, parquet or arrow, also as .gz or .zst.

    Names may be lists with commas, and an option may be given again. Exit codes: 0 all records are answered, 1 the run
    failed, 2 a mistake in the command, 5 see --fail-on-invalid.
    """
    options["carry_all"] = options["carry"] == ["all"]
    started = time.monotonic()
    summary = progress.run(load(file), source, target, threads, err, **options)
    seconds = time.monotonic() - started
    place = "standard output" if str(target) == "-" else target
    err.print(f"{count(summary.records, 'record')} in {seconds:.1f} s to {place}", highlight=False, markup=False)
    if summary.invalid:
        have = "record has" if summary.invalid == 1 else "records have"
        warn(f"{summary.invalid:,} {have} invalid inputs; see the column {summary.errors}")
    if not summary.records:
        warn(f"there are no records in {'standard input' if str(source) == '-' else source}")
    for line in summary.unmatched:
        warn(f"{line}; it was ignored (--strict makes that an error)")
    _tell_left_out(summary.left_out, summary.records)
    if summary.invalid and fail_on_invalid:
        click.get_current_context().exit(INVALID)


def _tell_left_out(left_out: list[tuple[str, int]], all_records: int) -> None:
    """Say which inputs were left to the workbook, those of equally many records together."""
    by_count: dict[int, list[str]] = {}
    for name, records in left_out:
        by_count.setdefault(records, []).append(name)
    for left, names in by_count.items():
        whose = "every record" if left == all_records else f"the first {left:,} records"
        warn(f"{whose} took the workbook's value of {', '.join(names)}: there are no values for it")
