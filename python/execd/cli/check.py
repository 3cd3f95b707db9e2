"""`execd check`: what a workbook offers, and what of it cannot be compiled."""

from pathlib import Path
from typing import Any

import click
from rich.table import Table as Grid

from execd.cli.terminal import AS_JSON, FAILED, WORKBOOK, out, print_json
from execd.library import inspect


@click.command()
@WORKBOOK
@AS_JSON
def check(file: Path, *, as_json: bool) -> None:
    """What compiles, the interface, the plan's size, what is unsupported and where. Exit code 1 if it cannot serve."""
    workbook = inspect(file)
    report = workbook["report"]
    if as_json:
        print_json({"file": str(file), **workbook})
    else:
        _print_interface(workbook)
        _print_report(report)
    if report["unsupported"]:
        raise SystemExit(FAILED)


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
