"""`execd verify`: recomputed formula cells beside what Excel stored."""

import time
from pathlib import Path

import click
from rich.table import Table as Grid

from execd.cli.terminal import AS_JSON, FAILED, WORKBOOK, out, print_json
from execd.verify import WORST, Verdict
from execd.verify import verify as compare


@click.command()
@WORKBOOK
@AS_JSON
def verify(file: Path, *, as_json: bool) -> None:
    """Recompute every formula cell and compare with the values Excel stored. Exit code 1 if one mismatches."""
    verdict = compare(file.read_bytes(), time.time())
    if as_json:
        print_json(
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
