"""How the time of a run was spent, in words."""

from collections.abc import Iterable

STAGES = ("reading", "calculating", "writing")


def shares(times: Iterable[tuple[float, float, float]]) -> str:
    """The share of each stage in the seconds that all threads took for it, of one run or several."""
    seconds = [sum(stage) for stage in zip(*times, strict=True)]
    total = sum(seconds)
    if not total:
        return "no time"
    return ", ".join(f"{taken / total:.0%} {stage}" for stage, taken in zip(STAGES, seconds, strict=True))
