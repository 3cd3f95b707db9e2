"""Recomputed cells against the values that Excel stored in the file."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from execd import _native

RELATIVE = 1e-9
ABSOLUTE = 1e-12
# Mismatches that a person is shown.
WORST = 20


class Outcome(StrEnum):
    """What a comparison comes to."""

    MATCHED = "matched"
    UNSUPPORTED = "unsupported"
    """No cell differs, but some could not be computed."""
    NOTHING_COMPARED = "nothing_compared"
    MISMATCHED = "mismatched"


@dataclass
class Verdict:
    """How many formula cells matched, and the rest by name."""

    matched: int = 0
    mismatched: int = 0
    unsupported: int = 0
    # Cells for which the file holds no value to compare with.
    not_stored: int = 0
    offenders: list[dict[str, Any]] = field(default_factory=list)
    reasons: dict[str, int] = field(default_factory=dict)

    @property
    def compared(self) -> int:
        """Formula cells that have a stored value."""
        return self.matched + self.mismatched + self.unsupported

    @property
    def outcome(self) -> Outcome:
        """The comparison in a word."""
        if self.mismatched:
            return Outcome.MISMATCHED
        if self.unsupported:
            return Outcome.UNSUPPORTED
        return Outcome.MATCHED if self.matched else Outcome.NOTHING_COMPARED

    def worst(self) -> list[dict[str, Any]]:
        """The mismatches that are furthest off."""
        return sorted(self.offenders, key=lambda row: -row["off"])[:WORST]


def verify(workbook: bytes, now: float) -> Verdict:
    """Recompute every formula cell of `workbook` and compare."""
    columns = _native.recalculate(workbook, now).to_pydict()
    verdict = Verdict()
    for row in zip(*columns.values(), strict=True):
        _judge(verdict, dict(zip(columns, row, strict=True)))
    return verdict


def _judge(verdict: Verdict, row: dict[str, Any]) -> None:
    if row["stored_kind"] == "blank":
        verdict.not_stored += 1
    elif row["kind"] == "unsupported":
        verdict.unsupported += 1
        reason = str(row["text"])
        verdict.reasons[reason] = verdict.reasons.get(reason, 0) + 1
    elif (off := difference(row)) == 0:
        verdict.matched += 1
    else:
        verdict.mismatched += 1
        verdict.offenders.append(_offender(row, off))


def difference(row: dict[str, Any]) -> float:
    """0 for a match, the relative difference of two numbers, infinity for different kinds or texts."""
    if row["kind"] == row["stored_kind"] == "number":
        ours, theirs = row["number"], row["stored_number"]
        apart = abs(ours - theirs)
        size = max(abs(ours), abs(theirs))
        return 0.0 if apart <= max(RELATIVE * size, ABSOLUTE) else apart / size
    ours, theirs = _plain(row["kind"], row["text"]), _plain(row["stored_kind"], row["stored_text"])
    return 0.0 if ours == theirs and row["kind"] != "number" else float("inf")


def _plain(kind: str, text: str | None) -> tuple[str, str]:
    """Empty text equals blank."""
    return ("blank", "") if kind in {"blank", "text"} and not text else (kind, text or "")


def _offender(row: dict[str, Any], off: float) -> dict[str, Any]:
    def shown(kind: str, number: float | None, text: str | None) -> str:
        return repr(number) if kind == "number" else f"{kind} {text or ''}".strip()

    return {
        "sheet": row["sheet"],
        "cell": row["cell"],
        "formula": row["formula"],
        "computed": shown(row["kind"], row["number"], row["text"]),
        "stored": shown(row["stored_kind"], row["stored_number"], row["stored_text"]),
        "off": off,
    }
