"""The comparison of recomputed with stored values: rules, not results."""

from typing import Any

import pytest

from execd.verify import difference

INF = float("inf")


def row(kind: str, value: float | str | None, stored_kind: str, stored: float | str | None) -> dict[str, Any]:
    def split(value: float | str | None) -> tuple[float | None, str | None]:
        return (None, value) if isinstance(value, str) or value is None else (value, None)

    (number, text), (stored_number, stored_text) = split(value), split(stored)
    return {
        "kind": kind,
        "number": number,
        "text": text,
        "stored_kind": stored_kind,
        "stored_number": stored_number,
        "stored_text": stored_text,
    }


@pytest.mark.parametrize(
    ("case", "off"),
    [
        (("number", 1.0, "number", 1.0), 0),
        (("number", 1e6, "number", 1e6 + 1e-4), 0),
        (("number", 0.0, "number", 1e-13), 0),
        (("number", 1.0, "number", 2.0), 0.5),
        (("number", 0.0, "number", 1.0), 1.0),
        (("text", "a", "text", "a"), 0),
        (("text", "a", "text", "A"), INF),
        (("text", "", "blank", None), 0),
        (("blank", None, "text", ""), 0),
        (("error", "#N/A", "error", "#N/A"), 0),
        (("error", "#N/A", "error", "#REF!"), INF),
        (("bool", "TRUE", "bool", "FALSE"), INF),
        (("number", 1.0, "text", "1"), INF),
        (("blank", None, "number", 0.0), INF),
    ],
)
def test_difference(case: tuple[Any, Any, Any, Any], off: float) -> None:
    assert difference(row(*case)) == off
