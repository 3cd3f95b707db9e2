"""`execd run`: files of records through a workbook."""

import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import click

from execd import _native, options
from execd.cli import parts, progress
from execd.cli.parts import DASH, Part
from execd.cli.progress import Job, Outcome
from execd.cli.terminal import FAILED, INVALID, PIPE_CLOSED, WORKBOOK, count, err, fail, warn
from execd.errors import ExecdError
from execd.library import load
from execd.telemetry.stages import shares

FORMATS = click.Choice(options.FORMATS)
# Seconds of a run from which on it matters what took them.
LONG = 1.0


def _read(reader: Callable[[Any], Any]) -> Callable[[click.Context, click.Parameter, Any], Any]:
    """What reads the value of an option, if it has one."""

    def read(_context: click.Context, _option: click.Parameter, value: Any) -> Any:  # noqa: ANN401
        try:
            return None if value is None else reader(value)
        except ValueError as error:
            raise click.BadParameter(f"{value!r} {error}") from None

    return read


_names, _moment = _read(options.names), _read(options.moment)
_delimiter, _quote = _read(options.delimiter), _read(options.quote)
_header = _read(lambda text: options.names([text]))


@click.command()
@WORKBOOK
@click.option(
    "--input",
    "inputs",
    required=True,
    multiple=True,
    metavar="PLACE",
    help="File of records, folder of part files, pattern like 'in/*.csv', or URL like s3://bucket/in/; - is standard "
    "input.",
)
@click.option(
    "--output",
    "target",
    required=True,
    metavar="PLACE",
    help="File of answers, folder for the answers to each file, or URL; - is standard output.",
)
@click.option("--from", "source_format", type=FORMATS, help="Format of the input.  [by suffix or content]")
@click.option("--to", "target_format", type=FORMATS, help="Format of the output.  [by suffix, or the input's]")
@click.option("--delimiter", callback=_delimiter, help="Between the fields of CSV input; tab is one.  [comma]")
@click.option("--quote", callback=_quote, help='Around fields of CSV input; none if there are no quotes.  ["]')
@click.option(
    "--header",
    callback=_header,
    metavar="NAMES",
    help="Names of the columns of CSV without a header row.",
)
@click.option("--encoding", help="Of CSV input, such as utf-16le or windows-1252.  [UTF-8, or as its first bytes say]")
@click.option("--decimal-comma", is_flag=True, help="Numbers of CSV input are 1,5 and its delimiter is a semicolon.")
@click.option("--same-dialect", is_flag=True, help="CSV output has the delimiter, quote and decimals of the input.")
@click.option("--sheet", help="Sheet of a workbook with the records.  [the first]")
@click.option("--outputs", multiple=True, callback=_names, help="Outputs to keep: names or patterns.  [all]")
@click.option("--carry", multiple=True, callback=_names, help="Columns of the input to copy to the output, or all.")
@click.option("--now", callback=_moment, help="What NOW() is, in ISO 8601 and UTC.  [the clock's time]")
@click.option("--strict", is_flag=True, help="Names that match nothing are an error, not a warning.")
@click.option("--fail-on-invalid", is_flag=True, help=f"Exit with {INVALID} if a record has invalid inputs.")
@click.option("--threads", type=click.IntRange(0, 1024), default=0, help="Threads that calculate.  [one per core]")
@click.option("--jobs", type=click.IntRange(1, 64), default=1, help="Files at once; they share the threads.  [1]")
@click.option("--again", is_flag=True, help="Answer part files again whose answers are there and newer.")
def run(
    file: Path,
    inputs: Sequence[str],
    target: str,
    threads: int,
    jobs: int,
    *,
    again: bool,
    fail_on_invalid: bool,
    **chosen: Any,  # noqa: ANN401
) -> None:
    """Evaluate files of records: csv, ndjson, json, parquet, arrow or xlsx, also as .gz or .zst.

    Each of several files has its answers in the output if that is a folder; else they have one output, in their
    order. Started again, a run goes on with the part files whose answers are not there. Names may be lists with
    commas, and an option may be given again. Exit codes: 0 all records are answered, 1 the run failed, or a part of
    it did, 2 a mistake in the command, 5 see --fail-on-invalid, 141 whoever reads standard output went away.
    """
    chosen["carry_all"] = chosen["carry"] == ["all"]
    # One moment for all files.
    chosen["now"] = time.time() if chosen["now"] is None else chosen["now"]
    model = load(file)
    planned = parts.plan(inputs, target, chosen["target_format"])
    left = planned if again else parts.left(planned, file.stat().st_mtime)
    started = time.monotonic()
    engine = _native.Engine(threads)
    outcomes = progress.run([Job(part, model, engine, chosen) for part in left], jobs, err) if left else []
    if len(planned) == 1 and outcomes:
        _raise(outcomes[0], target)
    _tell(planned, outcomes, target, time.monotonic() - started)
    if any(outcome.error for outcome in outcomes):
        click.get_current_context().exit(FAILED)
    if fail_on_invalid and any(outcome.summary and outcome.summary.invalid for outcome in outcomes):
        click.get_current_context().exit(INVALID)


def _raise(outcome: Outcome, target: str) -> None:
    """Fail as the only part did; silently, if nobody reads any more."""
    error = outcome.error
    if isinstance(error, ExecdError) and target == DASH and "broken pipe" in str(error).lower():
        click.get_current_context().exit(PIPE_CLOSED)
    if error:
        raise error


def _tell(planned: list[Part], outcomes: list[Outcome], target: str, seconds: float) -> None:
    """What came of the run as a whole, and what there is to know about its records."""
    for outcome in outcomes:
        if outcome.error:
            fail(f"{outcome.part.name}: {outcome.error}")
    answered = [(outcome.part, outcome.summary) for outcome in outcomes if outcome.summary]
    records = sum(summary.records for _, summary in answered)
    read = sum(part.size for part, _ in answered)
    place = "standard output" if target == DASH else target
    speed = progress.rate(records, read, seconds)
    if seconds >= LONG:
        speed += f"; {shares(summary.seconds for _, summary in answered)}"
    told = f"{count(records, 'record')} in {seconds:.1f} s to {place} ({speed})"
    if planned[0].named:
        failed, there = len(outcomes) - len(answered), len(planned) - len(outcomes)
        told = f"{count(len(answered), 'file')} answered, {failed:,} failed, {there:,} were there already: {told}"
    err.print(told, highlight=False, markup=False, soft_wrap=True)
    said: set[str] = set()
    for part, summary in answered:
        start = f"{part.name}: " if planned[0].named else ""
        for line in _warnings(part, summary):
            # Parts are alike, and so is what is wrong with them.
            if line not in said:
                said.add(line)
                warn(start + line)


def _warnings(part: Part, summary: _native.FileSummary) -> Iterable[str]:
    if summary.invalid:
        have = "record has" if summary.invalid == 1 else "records have"
        yield f"{summary.invalid:,} {have} invalid inputs; see the column {summary.errors}"
    if not summary.records:
        yield f"there are no records in {'standard input' if part.name == DASH else part.name}"
    for line in summary.unmatched:
        yield f"{line}; it was ignored (--strict makes that an error)"
    yield from _left_out(summary.left_out, summary.records)


def _left_out(left_out: list[tuple[str, int]], all_records: int) -> Iterable[str]:
    """Say which inputs were left to the workbook, those of equally many records together."""
    by_count: dict[int, list[str]] = {}
    for name, records in left_out:
        by_count.setdefault(records, []).append(name)
    for left, names in by_count.items():
        whose = "every record" if left == all_records else f"the first {left:,} records"
        yield f"{whose} took the workbook's value of {', '.join(names)}: there are no values for it"
