"""`execd verify`: recomputed formula cells beside what Excel stored."""

import time
from pathlib import Path
from typing import Any

import click
from rich.markup import escape
from rich.table import Table as Grid

from execd.cli import terminal
from execd.cli.terminal import AS_JSON, FAILED, NOTHING_COMPARED, UNSUPPORTED, WORKBOOKS, count, out, print_json, say
from execd.errors import ExecdError
from execd.verify import WORST, Outcome, Verdict
from execd.verify import verify as compare

EXIT_CODES = {
    Outcome.MATCHED: 0,
    Outcome.UNSUPPORTED: UNSUPPORTED,
    Outcome.NOTHING_COMPARED: NOTHING_COMPARED,
    Outcome.MISMATCHED: FAILED,
}
# From the best to the worst; a file that cannot be read fails like a mismatch.
SEVERITY = [0, UNSUPPORTED, NOTHING_COMPARED, FAILED]


@click.command()
@WORKBOOKS
@AS_JSON
def verify(paths: tuple[Path, ...], *, as_json: bool) -> None:
    """Recompute every formula cell and compare with the values that Excel stored.

    FILE is a workbook, or a folder that is searched for workbooks. Exit code 0: all cells match. 1: a cell does not
    match, or a file cannot be read. 3: the others match, but some cells are unsupported. 4: a workbook has no cell to
    compare. Of several files the worst counts: 1, then 4, then 3.
    """
    alone = terminal.is_one_file(paths)
    results, codes = [], []
    for file in terminal.workbooks(paths):
        try:
            verdict = compare(file.read_bytes(), time.time())
        except (ExecdError, OSError) as error:
            codes.append(FAILED)
            results.append({"file": terminal.shown(file), "error": terminal.reading_failed(file, error)})
            if not as_json:
                terminal.fail(f"{terminal.shown(file)}: {results[-1]['error']}")
            continue
        codes.append(EXIT_CODES[verdict.outcome])
        results.append(_as_data(file, verdict))
        if not as_json:
            _print_verdict(verdict, "" if alone else f"{terminal.shown(file)}: ")
    if as_json:
        print_json(results[0] if alone else results)
    elif not alone:
        say(f"{codes.count(0):,} of {count(len(codes), 'workbook')} match")
    raise SystemExit(max(codes, key=SEVERITY.index))


def _as_data(file: Path, verdict: Verdict) -> dict[str, Any]:
    return {
        "file": terminal.shown(file),
        "error": None,
        "outcome": verdict.outcome,
        "compared": verdict.compared,
        "matched": verdict.matched,
        "mismatched": verdict.mismatched,
        "unsupported": verdict.unsupported,
        "not_stored": verdict.not_stored,
        "unsupported_reasons": verdict.reasons,
        "worst": verdict.worst(),
    }


def _print_verdict(verdict: Verdict, start: str) -> None:
    compared = verdict.compared
    share = f" ({verdict.matched / compared:.2%})" if compared else ""
    say(
        f"{start}{compared:,} formula cells with a stored value: {verdict.matched:,} matched{share}, "
        f"{verdict.mismatched:,} mismatched, {verdict.unsupported:,} unsupported"
    )
    if verdict.not_stored:
        say(
            f"{verdict.not_stored:,} formula cells were saved without a value to compare with: open the workbook in "
            "Excel and save it"
        )
    if verdict.outcome is Outcome.NOTHING_COMPARED:
        say("nothing could be compared", "red")
    if verdict.offenders:
        grid = Grid(title=f"worst mismatches (at most {WORST})", title_justify="left")
        for heading in ("cell", "formula", "computed", "stored"):
            grid.add_column(heading, overflow="fold")
        for row in verdict.worst():
            cells = (f"{row['sheet']}!{row['cell']}", row["formula"], row["computed"], row["stored"])
            grid.add_row(*map(escape, cells))
        out.print(grid)
    for reason, number in sorted(verdict.reasons.items(), key=lambda item: -item[1]):
        say(f"unsupported, {count(number, 'cell')}: {reason}")
