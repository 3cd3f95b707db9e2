"""One record means the same in every form: JSON objects and arrays, nested and flat Arrow, Parquet, CSV and NDJSON,
through the library and through runs over files. The forms are the oracle of each other.
"""

import csv
import datetime as dt
import json
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import execd
from execd import _native

Record = dict[str, Any]

WORKBOOKS = sorted((Path(__file__).parents[2] / "examples" / "services").rglob("*.xlsx"))
# A text in CSV has no type: none of these reads as a number, a date or a truth value, and none is empty.
TEXTS = st.sampled_from(["x", "red", "ä ö", "a,b", 'say "hi"', "two\nlines"])
NUMBERS = st.integers(-1000, 100_000) | st.floats(-1e6, 1e6).map(lambda x: round(x, 6) + 0.0)
STRANGER = "Stranger"


@dataclass
class Told:
    """What a form says of a record."""

    outputs: Record
    """By cell; as JSON shows them, or as the columns of a table have them."""
    errors: str
    unmatched: set[str]


def values_like(default: object) -> st.SearchStrategy[Any]:
    """What the workbook holds or a value of its kind. A number may also be of another kind."""
    if isinstance(default, str):
        return st.just(default) | TEXTS | st.none()
    return st.just(default) | NUMBERS | NUMBERS | TEXTS | st.booleans() | st.none()


def records_of(model: execd.Model) -> st.SearchStrategy[Record]:
    """Records with some inputs left out, tables of fewer rows, and perhaps a name that no input has."""
    inputs: dict[str, st.SearchStrategy[Any]] = {STRANGER: NUMBERS}
    for one in model.inputs:
        if one["shape"] == "scalar":
            inputs[one["name"]] = values_like(one["default"])
        else:
            rows = [
                st.fixed_dictionaries(
                    {name: values_like(cell) for name, cell in zip(one["headings"], row, strict=True)}
                )
                for row in one["default"]
            ]
            inputs[one["name"]] = st.one_of([st.tuples(*rows[:count]) for count in range(1, len(rows) + 1)])
    first = model.inputs[0]["name"]
    return st.fixed_dictionaries({first: inputs.pop(first)}, optional=inputs)


def by_cell(record: Record) -> Record:
    """A column for each cell of a table."""
    cells: Record = {}
    for name, value in record.items():
        if isinstance(value, (list, tuple)):
            cells |= {f"{name}[{at}].{heading}": row[heading] for at, row in enumerate(value, 1) for heading in row}
        else:
            cells[name] = value
    return cells


def with_rows(header: list[Any], row: list[Any]) -> Record:
    """A record in array layout as one of objects."""
    tables = {
        name: [dict(zip(map(str, value[0]), cells, strict=True)) for cells in value[1:]]
        for name, value in zip(header, row, strict=True)
        if isinstance(value, list)
    }
    return dict(zip(header, row, strict=True)) | tables


def of_answer(answer: execd.Answer, outputs: Record) -> Told:
    """What an answer of Execute v4 says of its only record."""
    items = [
        f"{item['source_path'].removeprefix('$.Input.')}: {item['message']}"
        for item in (answer.errors or [None])[0] or []
    ]
    ignored = [
        item["source_path"] for item in (answer.warnings or [None])[0] or [] if "was ignored" in item["message"]
    ]
    return Told(by_cell(outputs), "; ".join(items), {path.removeprefix("inputs.") for path in ignored})


def objects(model: execd.Model, record: Record) -> Told:
    """The record as a JSON object."""
    answer = model.execute([record])
    assert answer.outputs is not None
    return of_answer(answer, answer.outputs[0])


def arrays(model: execd.Model, record: Record) -> Told:
    """The record as JSON arrays."""
    row = [
        [list(value[0]), *([one[name] for name in value[0]] for one in value)] if isinstance(value, tuple) else value
        for value in record.values()
    ]
    answer = model.execute([list(record), row])
    assert answer.outputs is not None
    return of_answer(answer, with_rows(*answer.outputs))


def tables(record: Record) -> Iterator[pa.Table]:
    """The record as a table of one row: with lists of rows, and with a column per cell; where types allow it."""
    for columns in ({name: list(v) if isinstance(v, tuple) else v for name, v in record.items()}, by_cell(record)):
        try:
            yield pa.Table.from_pylist([columns])
        except (pa.ArrowInvalid, pa.ArrowTypeError):
            return


def of_row(row: Record, unmatched: list[str]) -> Told:
    """What a row of a result says."""
    names = {name for name in [STRANGER] if any(f"'{name}'" in line for line in unmatched)}
    outputs = {name: value for name, value in row.items() if name not in ("errors", "warnings")}
    return Told(by_cell(outputs), row.get("errors") or "", names)


def evaluated(model: execd.Model, table: pa.Table) -> Told:
    """The record through the library."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        result = model.evaluate(table)
    return of_row(result.to_pylist()[0], [str(one.message) for one in caught])


def through(model: execd.Model, source: Path, target: Path) -> Told:
    """The record through a run over files."""
    summary = _native.FileRun(model.native, _native.Engine(1), [_native.Place(source)], _native.Place(target)).run()
    row = pq.read_table(target).to_pylist()[0] if target.suffix == ".parquet" else json.loads(target.read_text())
    return of_row(row, summary.unmatched)


def write_csv(path: Path, record: Record) -> None:
    """The record as CSV: a truth value is TRUE or FALSE, a blank is nothing."""
    cells = by_cell(record)
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(cells)
        writer.writerow([str(value).upper() if isinstance(value, bool) else value for value in cells.values()])


def write_sheet(path: Path, record: Record) -> None:
    """The record as a sheet: what looks like a formula is a text."""
    book = openpyxl.Workbook()
    for row, values in enumerate(zip(*by_cell(record).items(), strict=True), 1):
        for column, value in enumerate(values, 1):
            cell = book.worksheets[0].cell(row, column, value)
            if isinstance(value, str):
                cell.data_type = "s"
    book.save(path)


def is_as_typed(shown: Any, typed: Any, name: str, errors: str) -> bool:
    """A value of a JSON answer in a typed column: numbers have 15 digits in JSON; what does not fit is told."""
    if shown is None:
        return typed is None
    if typed is None:
        # A day that the calendar does not have is told by its number.
        text = "" if str(shown)[4:5] == "-" else str(shown).upper() if isinstance(shown, bool) else shown
        return f"{name}: {text:.15g}" in errors if isinstance(text, (int, float)) else f"{name}: {text}" in errors
    if isinstance(typed, (dt.date, dt.datetime)):
        return str(shown).startswith(str(typed)[:10])
    if isinstance(shown, (bool, str)) and isinstance(typed, (bool, str)):
        return str(shown).upper() == str(typed).upper()
    return bool(float(f"{float(typed):.15g}") == shown)


def compare(model: execd.Model, record: Record, folder: Path) -> None:
    """The same outputs, errors and names in every form of the record."""
    expected = objects(model, record)
    (folder / "in.ndjson").write_text(json.dumps(record) + "\n")
    (folder / "in.json").write_text(json.dumps([record]))
    write_csv(folder / "in.csv", record)
    write_sheet(folder / "in.xlsx", record)
    shown = [arrays(model, record)]
    # In a sheet, blank cells at the end are no record.
    is_blank = all(value is None for value in by_cell(record).values())
    forms = ["ndjson", "json", "csv", *(["xlsx"] if not is_blank else [])]
    shown += [through(model, folder / f"in.{form}", folder / "out.ndjson") for form in forms]
    typed = []
    for table in tables(record):
        pq.write_table(table, folder / "in.parquet")
        typed += [evaluated(model, table), through(model, folder / "in.parquet", folder / "out.parquet")]
    for one in shown:
        assert one.outputs == expected.outputs
    for one in typed:
        assert one.outputs == typed[0].outputs
        pairs = {name: (expected.outputs[name], value, name, one.errors) for name, value in one.outputs.items()}
        assert {name: pair for name, pair in pairs.items() if not is_as_typed(*pair)} == {}
    for one in [*shown, *typed]:
        assert one.unmatched == expected.unmatched == {STRANGER} & set(record)
        told = [line for line in expected.errors.split("; ") if line]
        assert [line for line in told if line not in one.errors] == []
        assert bool(told) or "Input Not Valid" not in one.errors


@pytest.mark.parametrize("workbook", WORKBOOKS, ids=lambda path: path.stem)
def test_one_record_in_every_form(workbook: Path, tmp_path: Path) -> None:
    model = execd.load(workbook)

    @settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
    @given(record=records_of(model))
    def check(record: Record) -> None:
        compare(model, record, tmp_path)

    check()
