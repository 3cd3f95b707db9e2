"""The command line: arguments to settings or files, results to the terminal. No other module prints."""

import time
from pathlib import Path
from typing import Any

import click
import msgspec
from rich.console import Console
from rich.table import Table as Grid

from execd import __version__, settings, transfer
from execd.errors import ExecdError
from execd.model import inspect, load
from execd.verify import WORST, Verdict, verify

out = Console()
err = Console(stderr=True)

# Suffixes of files that have a column for what is wrong with a record.
TELLING = (".parquet", ".arrow", ".ipc", ".feather")

# Exit codes beside 0 and click's own 2.
FAILED = 1

WORKBOOK = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")


class Command(click.Group):
    """Turns the errors that a caller can cause into one line and an exit code."""

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401
        """Run a command."""
        try:
            return super().invoke(ctx)
        except (ExecdError, OSError, ValueError) as error:
            err.print(f"execd: {error}", style="red", markup=False, highlight=False)
            ctx.exit(FAILED)


@click.group(cls=Command, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="execd")
def main() -> None:
    """Excel workbooks as calculation services."""


@main.command()
@click.option("--host", help="Address to listen on; loopback only while no keys are configured.  [127.0.0.1]")
@click.option("--port", type=int, help="Port to listen on.  [8000]")
@click.option("--workers", type=int, help="Processes that serve.  [one per core]")
@click.option("--threads", type=int, help="Threads of one worker that calculate.  [cores / workers]")
@click.option(
    "--data", type=click.Path(file_okay=False, path_type=Path), help="Folder with services/; made if missing."
)
@click.option("--examples", is_flag=True, default=None, help="Serve the example workbooks too.")
@click.option("--max-executions", type=int, help="Executions at once on this node, over all workers.  [2 per core]")
@click.option("--time-limit", type=float, help="Seconds until an execution is stopped and answered with 504.  [55]")
@click.option("--config", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Settings in TOML.")
def serve(config: Path | None, **options: Any) -> None:  # noqa: ANN401
    """Serve Execute v4 for the workbooks of a folder."""
    from execd import supervise  # noqa: PLC0415 - the other commands do not need a server

    supervise.serve(settings.load(config, **options))


@main.command()
@WORKBOOK
@AS_JSON
def check(file: Path, *, as_json: bool) -> None:
    """What compiles, the interface, the plan's size, what is unsupported and where. Exit code 1 if it cannot serve."""
    workbook = inspect(file)
    report = workbook["report"]
    if as_json:
        _print_json({"file": str(file), **workbook})
    else:
        _print_interface(workbook)
        _print_report(report)
    if report["unsupported"]:
        raise SystemExit(FAILED)


@main.command()
@WORKBOOK
@click.option("--input", "source", required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--output", "target", required=True, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--threads", type=click.IntRange(0, 1024), default=0, help="Threads that calculate.  [one per core]")
def run(file: Path, source: Path, target: Path, threads: int) -> None:
    """Evaluate a file of records: csv, parquet, ndjson or arrow, told by the suffix."""
    started = time.monotonic()
    records, invalid, left_out = transfer.run(load(file), source, target, threads, err)
    seconds = time.monotonic() - started
    err.print(f"{records:,} records in {seconds:.1f} s to {target}", highlight=False, markup=False)
    if invalid:
        where = "see the column errors" if target.suffix in TELLING else f"a {TELLING[0]} file would tell which"
        _warn(f"{invalid:,} records have invalid inputs; {where}")
    if records and left_out:
        _warn(f"every record took the workbook's value of {', '.join(left_out)}: {source} has no values for it")


@main.command("verify")
@WORKBOOK
@AS_JSON
def verify_(file: Path, *, as_json: bool) -> None:
    """Recompute every formula cell and compare with the values Excel stored. Exit code 1 if one mismatches."""
    verdict = verify(file.read_bytes(), time.time())
    if as_json:
        _print_json(
            {
                "file": str(file),
                "compared": verdict.compared,
                "matched": verdict.matched,
                "mismatched": verdict.mismatched,
                "unsupported": verdict.unsupported,
                "not_stored": verdict.not_stored,
                "unsupported_reasons": verdict.reasons,
                "worst": verdict.worst(),
            }
        )
    else:
        _print_verdict(verdict)
    if verdict.mismatched:
        raise SystemExit(FAILED)


def _warn(text: str) -> None:
    err.print(f"warning: {text}", highlight=False, markup=False, style="yellow")


def _print_json(value: Any) -> None:  # noqa: ANN401
    click.echo(msgspec.json.format(msgspec.json.encode(value), indent=2))


def _print_interface(workbook: dict[str, Any]) -> None:
    for title in ("inputs", "outputs"):
        grid = Grid(title=title, title_justify="left")
        for heading in ("name", "cells", "shape", "default" if title == "inputs" else "format"):
            grid.add_column(heading, overflow="fold")
        for row in workbook[title]:
            shape = "scalar" if row["shape"] == "scalar" else f"{row['rows']} x {', '.join(row['headings'])}"
            last = row["default"] if title == "inputs" else ", ".join(dict.fromkeys(row["formats"]))
            grid.add_row(row["name"], row["address"], shape, "" if last is None else str(last))
        out.print(grid)


def _print_report(report: dict[str, Any]) -> None:
    out.print(
        f"{report['formula_cells']:,} formula cells on {report['sheets']} sheets; {report['live_cells']:,} depend on "
        f"inputs and matter to outputs; plan of {report['steps']:,} steps, {report['slots']:,} slots, "
        f"{report['constants']:,} constants",
        highlight=False,
    )
    for warning in report["warnings"]:
        out.print(f"warning: {warning}", highlight=False, markup=False, style="yellow")
    for gap in report["unsupported"]:
        place = f"{gap['sheet']}!{gap['cell']}"
        out.print(
            f"unsupported: {place}: {gap['reason']}: {gap['formula']}",
            highlight=False,
            markup=False,
            style="red",
        )


def _print_verdict(verdict: Verdict) -> None:
    compared = verdict.compared
    share = f" ({verdict.matched / compared:.2%})" if compared else ""
    out.print(
        f"{compared:,} formula cells with a stored value: {verdict.matched:,} matched{share}, "
        f"{verdict.mismatched:,} mismatched, {verdict.unsupported:,} unsupported",
        highlight=False,
    )
    if verdict.not_stored:
        out.print(f"{verdict.not_stored:,} formula cells were saved without a value to compare with", highlight=False)
    if verdict.offenders:
        grid = Grid(title=f"worst mismatches (at most {WORST})", title_justify="left")
        for heading in ("cell", "formula", "computed", "stored"):
            grid.add_column(heading, overflow="fold")
        for row in verdict.worst():
            grid.add_row(f"{row['sheet']}!{row['cell']}", row["formula"], row["computed"], row["stored"])
        out.print(grid)
    for reason, count in sorted(verdict.reasons.items(), key=lambda item: -item[1]):
        out.print(f"unsupported, {count:,} cells: {reason}", highlight=False, markup=False)
