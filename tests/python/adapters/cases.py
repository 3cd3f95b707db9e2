"""One table for all engines, and what `books.basics` makes of it by hand arithmetic."""

from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow as pa

# The first part has no text and no items at all, so that an engine that guesses types guesses none.
NULLS = 100
ITEMS = pa.list_(pa.struct({"price": pa.float64(), "count": pa.int64()}))


def record(number: int) -> dict[str, Any]:
    nothing = number < NULLS
    return {
        "id": number,
        "a": float(number % 7),
        "b": number % 5,
        "text": None if nothing else f"t{number % 3}",
        "items": None if nothing or number % 3 == 0 else [{"price": number / 2, "count": 4}],
    }


def table(records: int, first: int = 0) -> pa.Table:
    """Records, each with a column that is no input beside those that are."""
    rows = [record(number) for number in range(first, first + records)]
    kinds = {"id": pa.int64(), "a": pa.float64(), "b": pa.int64(), "text": pa.string(), "items": ITEMS}
    return pa.Table.from_pylist(rows, schema=pa.schema(kinds))


def answer(number: int) -> dict[str, Any]:
    given = record(number)
    return {
        "id": number,
        "quotient": given["a"] / given["b"] if given["b"] else None,
        "shout": (given["text"] or "") + "!",
        "sum": given["a"] + given["b"],
        "total": number * 2.0 if given["items"] else 0.0,
        "errors": None if given["b"] else "quotient: #DIV/0!",
        "warnings": None,
    }


def check(rows: Iterable[Mapping[str, Any]], records: int) -> None:
    """All records, none twice, each with its own answer."""
    found = sorted((dict(row) for row in rows), key=lambda row: row["id"])
    assert [list(row) for row in found[:1]] == [list(answer(0))]
    assert found == [answer(number) for number in range(records)]
