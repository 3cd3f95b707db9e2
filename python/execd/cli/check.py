"""`execd check`: what a workbook offers, what is wrong with it, and whether it can serve."""

from pathlib import Path
from typing import Any

import click
from rich.markup import escape
from rich.table import Table as Grid

from execd.cli import terminal
from execd.cli.terminal import AS_JSON, FAILED, WORKBOOKS, count, out, print_json, say
from execd.errors import ExecdError
from execd.library import inspect

# Rows of a table's defaults that are shown.
MOST_ROWS = 3

NOTHING: dict[str, Any] = {"inputs": [], "outputs": [], "report": None}


@click.command()
@WORKBOOKS
@AS_JSON
def check(paths: tuple[Path, ...], *, as_json: bool) -> None:
    """Tell whether workbooks can serve: inputs, outputs, problems, warnings and a verdict.

    FILE is a workbook, or a folder that is searched for workbooks. Exit code 0: all are ready. 1: one is not ready, or
    cannot be read.
    """
    alone = terminal.is_one_file(paths)
    ready = []
    results = []
    for file in terminal.workbooks(paths):
        result = examine(file)
        ready.append(result["ready"])
        if as_json:
            results.append(result)
        elif alone:
            _print_whole(result)
        else:
            _print_brief(result)
    if as_json:
        print_json(results[0] if alone else results)
    elif not alone:
        say(f"{sum(ready):,} of {count(len(ready), 'workbook')} ready", "green" if all(ready) else "red")
    if not all(ready):
        raise SystemExit(FAILED)


def examine(file: Path) -> dict[str, Any]:
    """`file`, `ready`, `inputs`, `outputs`, `report`, and in `error` why there is no report."""
    try:
        workbook = inspect(file)
    except (ExecdError, OSError) as error:
        return {"file": terminal.shown(file), "ready": False, "error": terminal.reading_failed(file, error), **NOTHING}
    report = workbook["report"]
    ready = not report["mistakes"] and not report["unsupported"]
    return {"file": terminal.shown(file), "ready": ready, "error": None, **workbook}


def _print_whole(result: dict[str, Any]) -> None:
    if result["error"]:
        terminal.fail(f"{result['file']}: {result['error']}")
    else:
        _print_inputs(result["inputs"])
        _print_outputs(result["outputs"])
        _print_figures(result["report"])
        _print_remarks(result)
    say(verdict(result), "green" if result["ready"] else "red")


def _print_brief(result: dict[str, Any]) -> None:
    say(f"{result['file']}: {verdict(result)}", "green" if result["ready"] else "red")
    _print_remarks(result, indent="  ")


def verdict(result: dict[str, Any]) -> str:
    """The last word on a workbook."""
    if result["error"]:
        return f"Not ready: {result['error']}"
    report = result["report"]
    warnings = f", {count(len(report['warnings']), 'warning')}" if report["warnings"] else ""
    if result["ready"]:
        inputs, outputs = count(len(result["inputs"]), "input"), count(len(result["outputs"]), "output")
        return f"Ready: {inputs}, {outputs}{warnings}"
    return f"Not ready: {count(len(report['mistakes']) + len(report['unsupported']), 'problem')}{warnings}"


def _print_inputs(inputs: list[dict[str, Any]]) -> None:
    grid = _grid("inputs", "name", "cells", "shape", "default", "must be")
    for row in inputs:
        grid.add_row(*map(escape, (row["name"], row["address"], _shape(row), _default(row), _rules(row))))
    out.print(grid)


def _print_outputs(outputs: list[dict[str, Any]]) -> None:
    grid = _grid("outputs", "name", "cells", "shape", "format")
    for row in outputs:
        formats = ", ".join(dict.fromkeys(row["formats"]))
        grid.add_row(*map(escape, (row["name"], row["address"], _shape(row), formats)))
    out.print(grid)


def _grid(title: str, *headings: str) -> Grid:
    grid = Grid(title=title, title_justify="left")
    for heading in headings:
        grid.add_column(heading, overflow="fold")
    return grid


def _shape(row: dict[str, Any]) -> str:
    return "scalar" if row["shape"] == "scalar" else f"{row['rows']} x {', '.join(row['headings'])}"


def _default(row: dict[str, Any]) -> str:
    if row["shape"] == "scalar":
        return str(row["default_text"])
    rows = [", ".join(cells) for cells in row["default_text"][:MOST_ROWS]]
    return "; ".join([*rows, "…"] if len(row["default_text"]) > MOST_ROWS else rows)


def _rules(row: dict[str, Any]) -> str:
    """The validations of an input in words; those of a table by heading."""
    if not row["validation"]:
        return ""
    if row["shape"] == "scalar":
        return _rule(row["validation"])
    by_heading: dict[str, None] = {}
    for one in row["validation"]:
        headings = dict.fromkeys(heading for _, heading in one["cells"])
        by_heading[f"{', '.join(headings)}: {_rule(one)}"] = None
    return "; ".join(by_heading)


def _rule(validation: dict[str, Any]) -> str:
    return f"{validation['text']}{', or blank' if validation['ignore_blank'] else ''}"


def _print_figures(report: dict[str, Any]) -> None:
    say(
        f"{report['formula_cells']:,} formula cells on {count(report['sheets'], 'sheet')}; "
        f"{report['live_cells']:,} depend on inputs and matter to outputs; plan of {count(report['steps'], 'step')}, "
        f"{count(report['slots'], 'slot')}, {count(report['constants'], 'constant')}"
    )


def _print_remarks(result: dict[str, Any], indent: str = "") -> None:
    report = result["report"]
    if not report:
        return
    for mistake in report["mistakes"]:
        say(f"{indent}problem: {_place(mistake)}{mistake['message']}", "red")
    for gap in report["unsupported"]:
        formula = f" ({gap['formula']})" if gap["formula"] else ""
        say(f"{indent}problem: {_place(gap)}{gap['reason']}{formula}", "red")
    for warning in report["warnings"]:
        say(f"{indent}warning: {_place(warning)}{warning['message']}", "yellow")


def _place(remark: dict[str, Any]) -> str:
    return f"{remark['sheet']}!{remark['cell']}: " if remark["cell"] else ""
