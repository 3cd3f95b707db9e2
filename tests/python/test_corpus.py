"""The corpus of the project's own: every formula cell comes out as its oracle says, which tests/corpus names."""

import csv
from pathlib import Path
from typing import Any

import pytest

import execd
from tests.corpus.build import BOOKS

CORPUS = Path(__file__).parents[1] / "corpus"
RELATIVE, NEAR_ZERO = 1e-9, 1e-12

Values = dict[tuple[str, str], Any]


def expected(name: str) -> Values:
    with (CORPUS / f"{name}.csv").open(newline="", encoding="utf-8") as file:
        return {(row["sheet"], row["cell"]): value(row["kind"], row["value"]) for row in csv.DictReader(file)}


def value(kind: str, text: str) -> Any:
    return (kind, pytest.approx(float(text), rel=RELATIVE, abs=NEAR_ZERO) if kind == "number" else text)


def recalculated(name: str) -> Values:
    rows = execd.recalculate(CORPUS / f"{name}.xlsx").to_pylist()
    return {
        (row["sheet"], row["cell"]): (row["kind"], row["text"] if row["number"] is None else row["number"])
        for row in rows
    }


@pytest.mark.parametrize("name", BOOKS)
def test_formulas_come_out_as_the_oracle_says(name: str) -> None:
    wanted, found = expected(name), recalculated(name)
    assert len(wanted) > 20
    assert {place: (found.get(place), one) for place, one in wanted.items() if found.get(place) != one} == {}
    assert found.keys() == wanted.keys()


def test_the_oracle_has_a_name() -> None:
    assert (CORPUS / "oracle.txt").read_text().startswith("LibreOffice ")
