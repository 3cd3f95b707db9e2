"""The one table of a benchmark run: ratios first. What is measured is elsewhere."""

import statistics
from collections.abc import Callable
from dataclasses import dataclass


@dataclass
class Row:
    """A measurement beside its yardstick. A ratio above 1 is better than the yardstick."""

    ratio: float
    aim: float | None
    what: str
    ours: str
    yardstick: str


def parse(line: str) -> Row:
    """A row as the Rust program prints it."""
    ratio, aim, what, ours, yardstick = line.rstrip("\n").split("\t")
    return Row(float(ratio), float(aim) if aim else None, what, ours, yardstick)


def show(rows: list[Row]) -> str:
    """The table as text; a ratio below its aim is marked."""
    lines = [f"{'ratio':>7}  {'aim':>5}  {'what':<52}  {'execd':>18}  yardstick"]
    for row in rows:
        aim = "" if row.aim is None else f"{row.aim:.2f}"
        short = "  < aim" if row.aim is not None and row.ratio < row.aim else ""
        lines.append(f"{row.ratio:7.2f}  {aim:>5}  {row.what:<52}  {row.ours:>18}  {row.yardstick}{short}")
    return "\n".join(lines)


def alternate(runs: int, *contestants: Callable[[], float]) -> list[float]:
    """The median of what each contestant returns, over rounds in which the first turn goes round."""
    results: list[list[float]] = [[] for _ in contestants]
    for run in range(runs):
        for turn in range(len(contestants)):
            k = (turn + run) % len(contestants)
            results[k].append(contestants[k]())
    return [statistics.median(values) for values in results]
