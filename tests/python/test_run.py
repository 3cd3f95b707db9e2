"""`execd run` as a pipeline: what is carried, what is told of single records, pipes, packed files, exit codes.

Answers are read by Python's `csv`, `json` and `gzip`, and by pyarrow and polars; numbers are calculated by hand.
"""

import csv
import datetime as dt
import gzip
import io
import json
import os
import threading
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pytest
from openpyxl.worksheet.datavalidation import DataValidation
from pyarrow import ipc
from pyarrow import parquet as pq

from books import workbook
from record_files import execd, read, refused, run, table, write, write_sheet

SUFFIXES = ["csv", "ndjson", "json", "parquet", "arrow", "arrows", "xlsx"]
TYPED = ["parquet", "arrow", "arrows"]
# Each format is read once and written once.
PAIRS = [(suffix, "ndjson") for suffix in SUFFIXES] + [("csv", suffix) for suffix in SUFFIXES if suffix != "ndjson"]
LEFT_OUT = "not given, the workbook's value is used"


@pytest.fixture
def share(tmp_path: Path) -> Path:
    """The inputs a (1 to 100) and b (4); the output c is a / b."""
    cells = {"A1": 1, "A2": 4, "B1": "=A1/A2"}
    names = {"Xinput_a": "A1", "Xinput_b": "A2", "Xoutput_c": "B1"}
    content = workbook(cells, names, {"A1": DataValidation("decimal", "1", "100", error="From 1 to 100")})
    path = tmp_path / "share.xlsx"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(("source", "target"), PAIRS)
def test_every_format_tells_the_same_of_a_record(share: Path, tmp_path: Path, source: str, target: str) -> None:
    path = write(tmp_path, source, pa.table({"a": [2.0, 500.0, 3.0, 0.0], "b": [8.0, 2.0, 0.0, 0.0]}))
    rows = run(share, path, tmp_path / f"out.{target}")
    assert list(rows[0]) == ["c", "errors", "warnings"]
    none = "" if target == "csv" else None
    wrong = "a: From 1 to 100: 500 is not a number between 1 and 100"
    told = [none, wrong, "c: #DIV/0!", f"{wrong.replace('500', '0')}; c: #DIV/0!"]
    assert [row["errors"] for row in rows] == told
    assert [row["warnings"] for row in rows] == [none] * 4
    shown: list[Any] = [0.25, 250, None, None] if target in TYPED else [0.25, 250, "#DIV/0!", "#DIV/0!"]
    assert [row["c"] for row in rows] == (list(map(str, shown)) if target == "csv" else shown)


@pytest.mark.parametrize("target", SUFFIXES)
def test_what_only_some_records_leave_out_is_a_warning(share: Path, tmp_path: Path, target: str) -> None:
    path, out = tmp_path / "in.ndjson", tmp_path / f"out.{target}"
    path.write_text('{"a":2}\n{"a":2,"b":1}\n{}\n')
    none = "" if target == "csv" else None
    assert [row["warnings"] for row in run(share, path, out)] == [f"b: {LEFT_OUT}", none, f"a, b: {LEFT_OUT}"]
    path.write_text('{"a":2}\n' * 3)
    result = execd(share, "--input", path, "--output", out)
    assert [row["warnings"] for row in read(out)] == [none] * 3
    assert "every record took the workbook's value of b" in result.stderr.decode()


def test_what_the_first_records_leave_out_is_told_once(share: Path, tmp_path: Path) -> None:
    path, out = tmp_path / "in.ndjson", tmp_path / "out.ndjson"
    many = 100_000
    path.write_text('{"a":2}\n' * many + '{"a":2,"b":1}\n{"a":2}\n')
    result = execd(share, "--input", path, "--output", out)
    warned = [index for index, row in enumerate(read(out)) if row["warnings"]]
    said = result.stderr.decode()
    untold = int(said.split("the first ")[1].split(" records took the workbook's value of b")[0].replace(",", ""))
    assert warned == [*range(untold, many), many + 1]


def test_the_columns_of_remarks_make_room(tmp_path: Path) -> None:
    path = tmp_path / "errors.xlsx"
    path.write_bytes(workbook({"A1": 1, "B1": "=1/A1"}, {"Xinput_a": "A1", "Xoutput_errors": "B1"}))
    source = write(tmp_path, "parquet", pa.table({"a": [0.0], "Warnings": ["w"]}))
    for suffix in SUFFIXES:
        (row,) = run(path, source, tmp_path / f"out.{suffix}", "--carry", "Warnings")
        assert list(row) == ["Warnings", "errors", "_errors", "_warnings"]
        assert (row["Warnings"], row["_errors"]) == ("w", "errors: #DIV/0!")


RECORDS = pa.table(
    {
        "policy_id": pa.array([9007199254740993, 2, None], pa.int64()),
        "a": pa.array([2.0, 4.0, 8.0]),
        "name": pa.array(['x, "y"', None, "ü\n"]),
        "since": pa.array([dt.date(2024, 2, 29), None, dt.date(1850, 1, 1)]),
        "rate": pa.array([Decimal("1.50"), None, Decimal("0.01")], pa.decimal128(10, 2)),
        "fine": pa.array([True, None, False]),
    }
)
CARRIED = ["policy_id", "a", "name", "since", "rate", "fine"]
# As CSV and JSON spell them; a date and an exact decimal have no type there.
CSV_TEXTS = {
    "policy_id": ["9007199254740993", "2", ""],
    "a": ["2.0", "4.0", "8.0"],
    "name": ['x, "y"', "", "ü\n"],
    "since": ["2024-02-29", "", "1850-01-01"],
    "rate": ["1.50", "", "0.01"],
    "fine": ["true", "", "false"],
}
JSON_VALUES: dict[str, list[Any]] = {
    "policy_id": [9007199254740993, 2, None],
    "a": [2.0, 4.0, 8.0],
    "name": ['x, "y"', None, "ü\n"],
    "since": ["2024-02-29", None, "1850-01-01"],
    "rate": [1.5, None, 0.01],
    "fine": [True, None, False],
}
# A cell holds no such number, and a sheet has no such date.
SHEET_VALUES: dict[str, list[Any]] = {"policy_id": ["9007199254740993", 2, None]}


@pytest.mark.parametrize("source", TYPED)
@pytest.mark.parametrize("target", SUFFIXES)
def test_typed_columns_go_through(share: Path, tmp_path: Path, source: str, target: str) -> None:
    out = tmp_path / f"out.{target}"
    rows = run(share, write(tmp_path, source, RECORDS), out, "--carry", "all")
    assert list(rows[0]) == [*CARRIED, "c", "errors", "warnings"]
    if target in TYPED:
        assert table(out).select(CARRIED).equals(RECORDS)
        return
    expected = {"csv": CSV_TEXTS, "xlsx": JSON_VALUES | SHEET_VALUES}.get(target, JSON_VALUES)
    with out.open(newline="") as file:
        found = list(csv.DictReader(file)) if target == "csv" else rows
    assert {name: [row[name] for row in found] for name in CARRIED} == expected


@pytest.mark.parametrize("target", SUFFIXES)
def test_fields_of_csv_go_through_as_texts(share: Path, tmp_path: Path, target: str) -> None:
    path = tmp_path / "in.csv"
    path.write_text('id,a,note\n007,2,"x, ""y"""\n1e3,4,\n')
    rows = run(share, path, tmp_path / f"out.{target}", "--carry", "note,ID")
    none = "" if target == "csv" else None
    assert [(row["id"], row["note"]) for row in rows] == [("007", 'x, "y"'), ("1e3", none)]
    assert list(rows[0])[:3] == ["id", "note", "c"]


LINES = ['{"id":1,"a":2,"x":1.50,"n":{"q":[1, "z"]},"t":"\\u00fc"}', '{"t":"","ID":12345678901234567890,"a":4}']


def test_fields_of_ndjson_go_through_as_spelled(share: Path, tmp_path: Path) -> None:
    path, out = tmp_path / "in.ndjson", tmp_path / "out.ndjson"
    path.write_text("\n".join(LINES))
    run(share, path, out, "--carry", "id", "--carry", "x,n,t")
    first, second = out.read_text().splitlines()
    assert first.startswith('{"id":1,"x":1.50,"n":{"q":[1, "z"]},"t":"\\u00fc","c":0.5,')
    assert second.startswith('{"id":12345678901234567890,"x":null,"n":null,"t":"","c":1,')
    rows = run(share, path, tmp_path / "out.csv", "--carry", "id,x,n,t")
    assert [list(row.values())[:4] for row in rows] == [
        ["1", "1.50", '{"q":[1, "z"]}', "ü"],
        ["12345678901234567890", "", "", ""],
    ]


def test_fields_of_ndjson_get_types(share: Path, tmp_path: Path) -> None:
    path = tmp_path / "in.ndjson"
    records = [{"a": 2, "i": 9007199254740993, "f": 1, "b1": True, "s": "x", "m": 1, "z": None}]
    records += [{"a": 4, "i": None, "f": 2.5, "b1": None, "m": "y", "z": None}]
    path.write_text("\n".join(map(json.dumps, records)))
    for suffix in TYPED:
        rows = run(share, path, tmp_path / f"out.{suffix}", "--carry", "i,f,b1,s,m,z")
        assert [list(row.values())[:7] for row in rows] == [
            [9007199254740993, 1.0, True, "x", "1", None, 0.5],
            [None, 2.5, None, None, "y", None, 1.0],
        ]


def test_what_cannot_be_carried_is_told(share: Path, tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_text("a,x,C,d,d\n1,2,3,4,5\n")
    assert "there is no column 'y' to be carried; the columns are 'a', 'x'" in refused(share, path, "--carry", "x,y")
    assert "'C' cannot be carried because an output has that name" in refused(share, path, "--carry", "c")
    assert "the column 'd' appears twice" in refused(share, path, "--carry", "d")
    path = tmp_path / "in.ndjson"
    path.write_text('{"a":1,"x":1,"X":2}\n')
    assert "record 1: the column 'X' appears twice" in refused(share, path, "--carry", "x")
    assert "no record has the keys to be carried: 'y', 'z'" in refused(share, path, "--carry", "y,z,a")
    path.write_text('{"a":1,"x":1}\n' * 70_000 + '{"a":1,"x":1.5,"y":0}\n')
    assert "record 70001: the key 'y' is in none of the first" in refused(share, path, "--carry", "all")
    result = execd(share, "--input", path, "--output", tmp_path / "out.parquet", "--carry", "x")
    assert b"record 70001: 1.5 cannot be carried: the column 'x' has the type Int64" in result.stderr
    assert [row["x"] for row in run(share, path, tmp_path / "out.ndjson", "--carry", "x")][-1] == 1.5


def test_dictionaries_of_many_batches_go_through(share: Path, tmp_path: Path) -> None:
    path = tmp_path / "in.arrow"
    batches = [
        pa.record_batch({"a": [1.0], "k": pa.array([text]).dictionary_encode()}) for text in ("one", "two", "three")
    ]
    with ipc.new_stream(path, batches[0].schema) as file:
        for batch in batches:
            file.write_batch(batch)
    for suffix in SUFFIXES:
        rows = run(share, path, tmp_path / f"out.{suffix}", "--carry", "k")
        assert [row["k"] for row in rows] == ["one", "two", "three"]


def encoded(suffix: str) -> bytes:
    """Three records, a = 1, 2, 3 and an id."""
    frame = pl.DataFrame({"a": [1.0, 2.0, 3.0], "id": ["p", "q", "r"]})
    buffer = io.BytesIO()
    writers: dict[str, Callable[[io.BytesIO], object]] = {"csv": frame.write_csv, "ndjson": frame.write_ndjson}
    writers |= {"parquet": frame.write_parquet, "json": frame.write_json}
    writers |= {"arrow": frame.write_ipc, "arrows": frame.write_ipc_stream, "xlsx": partial(write_sheet, frame)}
    writers[suffix](buffer)
    return buffer.getvalue()


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("packing", [None, "gzip", "zstd"])
def test_standard_input_tells_its_format(share: Path, suffix: str, packing: str | None) -> None:
    content = encoded(suffix)
    if packing:
        content = pa.compress(content, codec=packing, asbytes=True)
    result = execd(share, "--input", "-", "--output", "-", "--to", "ndjson", "--carry", "id", given=content)
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert [(row["id"], row["c"]) for row in rows] == [("p", 0.25), ("q", 0.5), ("r", 0.75)]
    assert b"3 records in" in result.stderr


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_standard_output_has_the_format_of_the_input(share: Path, tmp_path: Path, suffix: str) -> None:
    result = execd(share, "--input", "-", "--output", "-", given=encoded(suffix))
    path = tmp_path / f"out.{suffix}"
    path.write_bytes(result.stdout)
    assert [float(row["c"]) for row in read(path)] == [0.25, 0.5, 0.75]


@pytest.mark.parametrize("inner", SUFFIXES)
@pytest.mark.parametrize("outer", ["gz", "zst"])
def test_files_are_packed_and_unpacked(share: Path, tmp_path: Path, inner: str, outer: str) -> None:
    codec = {"gz": "gzip", "zst": "zstd"}[outer]
    source, target = tmp_path / f"in.{inner}.{outer}", tmp_path / f"out.{inner}.{outer}"
    source.write_bytes(pa.compress(encoded(inner), codec=codec, asbytes=True))
    result = execd(share, "--input", source, "--output", target)
    assert result.returncode == 0, result.stderr
    packed = pa.input_stream(io.BytesIO(target.read_bytes()), compression=codec).read()
    plain = tmp_path / f"plain.{inner}"
    plain.write_bytes(packed)
    assert [float(row["c"]) for row in read(plain)] == [0.25, 0.5, 0.75]


def test_packed_files_may_have_pieces_and_must_be_whole(share: Path, tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_bytes(gzip.compress(b"a\n1\n") + gzip.compress(b"2\n"))
    assert [row["c"] for row in run(share, path, tmp_path / "out.csv")] == ["0.25", "0.5"]
    path.write_bytes(gzip.compress(b"a\n1\n")[:-4])
    assert "in.csv: " in refused(share, path)


def test_formats_may_be_named(share: Path, tmp_path: Path) -> None:
    path, out = tmp_path / "in.data", tmp_path / "out.data"
    path.write_bytes(encoded("csv"))
    assert "the suffix must be .csv" in refused(share, path)
    assert execd(share, "--input", path, "--output", out, "--from", "csv").returncode == 1
    assert execd(share, "--input", path, "--output", out, "--from", "csv", "--to", "parquet").returncode == 0
    assert pq.read_table(out)["c"].to_pylist() == [0.25, 0.5, 0.75]


def test_a_pipe_stays_a_pipe(share: Path, tmp_path: Path) -> None:
    source, target = tmp_path / "in", tmp_path / "out"
    os.mkfifo(source)
    os.mkfifo(target)
    read_back: list[bytes] = []
    threads = [
        threading.Thread(target=source.write_bytes, args=(encoded("parquet"),)),
        threading.Thread(target=lambda: read_back.append(target.read_bytes())),
    ]
    for thread in threads:
        thread.start()
    result = execd(share, "--input", source, "--output", target, "--to", "csv")
    for thread in threads:
        thread.join(30)
    assert result.returncode == 0, result.stderr
    assert [row["c"] for row in csv.DictReader(read_back[0].decode().splitlines())] == ["0.25", "0.5", "0.75"]
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_fifo()) == ["in", "out"]


def test_invalid_records_fail_a_run_that_is_asked_to(share: Path, tmp_path: Path) -> None:
    path, out = tmp_path / "in.csv", tmp_path / "out.csv"
    for content, code in (("a\n1\n1000\n", 5), ("a\n1\n100\n", 0)):
        path.write_text(content)
        assert execd(share, "--input", path, "--output", out).returncode == 0
        result = execd(share, "--input", path, "--output", out, "--fail-on-invalid")
        assert (result.returncode, len(read(out))) == (code, 2)
    path.write_text("a\n1\n1000\n")
    told = execd(share, "--input", path, "--output", out).stderr.decode()
    assert "1 record has invalid inputs; see the column errors" in told
    assert execd(share, "--input", path).returncode == 2, "click's code for a mistake in the command"


def test_outputs_and_now(tmp_path: Path) -> None:
    book, path = tmp_path / "now.xlsx", tmp_path / "in.csv"
    cells = {"A1": 1, "B1": "=A1+1", "B2": "=NOW()-A1", "B3": "=A1*3"}
    book.write_bytes(workbook(cells, {"Xinput_a": "A1", "Xoutput_b": "B1", "Xoutput_now": "B2", "Xoutput_d": "B3"}))
    path.write_text("a\n0\n")
    # 1 January 2008 is serial 39448, says Excel's documentation.
    for moment in ("2008-01-01T12:00", "2008-01-01T12:00Z", "2008-01-01T13:00+01:00"):
        (row,) = run(book, path, tmp_path / "out.ndjson", "--outputs", "now,D", "--now", moment)
        assert row == {"d": 0, "now": 39448.5, "errors": None, "warnings": None}
    result = execd(book, "--input", path, "--output", tmp_path / "out.csv", "--now", "noon")
    assert (result.returncode, b"ISO 8601" in result.stderr) == (2, True)
    path.write_text("a\n" + "0\n" * 150_000)
    rows = run(book, path, tmp_path / "out.ndjson", "--outputs", "now")
    assert len({row["now"] for row in rows}) == 1


@pytest.mark.parametrize(("delimiter", "option"), [(";", ";"), ("\t", "tab"), ("\t", "\t"), ("|", "|")])
def test_delimiters(share: Path, tmp_path: Path, delimiter: str, option: str) -> None:
    path = tmp_path / "in.csv"
    for first in ("", f"sep={delimiter}\n"):
        path.write_text(first + "a,id,b\n2,x,8\n".replace(",", delimiter))
        assert "no column names an input" in refused(share, path)
        (row,) = run(share, path, tmp_path / "out.csv", "--delimiter", option, "--carry", "id")
        assert (row["id"], row["c"]) == ("x", "0.25")
    assert b"one ASCII character" in execd(share, "--input", path, "--output", path, "--delimiter", ";;").stderr


def test_a_decimal_comma_is_no_thousands_separator(share: Path, tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_text("a;b\n1,500;2\n15;2\n")
    failed, good = run(share, path, tmp_path / "out.csv", "--delimiter", ";")
    assert failed["errors"].startswith("a: a number has a decimal point, not a comma")
    assert (failed["c"], good["c"]) == ("#VALUE!", "7.5")


def test_keys_of_which_none_names_an_input_are_refused(share: Path, tmp_path: Path) -> None:
    path = tmp_path / "in.ndjson"
    path.write_text('{"A ":1}\n{"x":1}\n')
    assert "no key names an input; the keys are 'A ', 'x'; the inputs are 'a', 'b'" in refused(share, path)
    path.write_text('{"x":1}\n{"B":1}\n')
    assert [row["c"] for row in run(share, path, tmp_path / "out.ndjson")] == [0.25, 1]


class Pickled(pa.ExtensionType):  # type: ignore[misc]
    """A type whose metadata is no text."""

    def __init__(self) -> None:
        super().__init__(pa.int64(), "a.type")

    def __arrow_ext_serialize__(self) -> bytes:
        return b"\xff\x00"

    @classmethod
    def __arrow_ext_deserialize__(cls, _storage: pa.DataType, _serialized: bytes) -> "Pickled":
        return cls()


def strange() -> dict[str, pa.Array]:
    """Columns of types that few programs read."""
    return {
        "map": pa.array([[("k", 1)], None], pa.map_(pa.string(), pa.int64())),
        "union": pa.UnionArray.from_sparse(pa.array([0, 1], pa.int8()), [pa.array([1, 2]), pa.array(["q", "r"])]),
        "interval": pa.array([pa.MonthDayNano([1, 2, 3]), None]),
        "decimal": pa.array([Decimal("1.5"), None], pa.decimal256(60, 1)),
        "runs": pa.RunEndEncodedArray.from_arrays([1, 2], ["a", "b"]),
        "view": pa.array([[1], [2]], pa.list_view(pa.int64())),
        "nested": pa.array([{"q": [{"r": 1}]}, None]),
        "pickled": pa.ExtensionArray.from_storage(Pickled(), pa.array([1, 2])),
        "empty": pa.array([{}, {}], pa.struct([])),
    }


@pytest.mark.parametrize("name", list(strange()))
@pytest.mark.parametrize("suffix", ["parquet", "arrow", "stream"])
def test_columns_that_are_no_inputs_may_have_any_type(share: Path, tmp_path: Path, name: str, suffix: str) -> None:
    records = pa.table({"x": strange()[name], "a": [1.0, 2.0]})
    path = tmp_path / f"in.{'arrow' if suffix == 'stream' else suffix}"
    if suffix == "parquet":
        try:
            pq.write_table(records, path)
        except (pa.ArrowNotImplementedError, pa.ArrowInvalid) as error:
            pytest.skip(f"pyarrow does not write it: {error}")
    else:
        with (ipc.new_file if suffix == "arrow" else ipc.new_stream)(path, records.schema) as file:
            file.write_table(records)
    assert [row["c"] for row in run(share, path, tmp_path / "out.ndjson")] == [0.25, 0.5]


@pytest.mark.parametrize("suffix", ["parquet", "arrow", "stream"])
def test_integers_of_128_bits_refuse_no_file(share: Path, tmp_path: Path, suffix: str) -> None:
    zoned = pl.Series([dt.datetime(2024, 1, 1, tzinfo=dt.UTC)] * 2).dt.convert_time_zone("Asia/Kolkata")
    wide = pl.Series([1, None], dtype=pl.Int128)
    frame = pl.DataFrame({"wide": wide, "lists": [[1], []], "a": [1.0, 2.0], "zoned": zoned})
    frame = frame.with_columns(pl.col("lists").cast(pl.List(pl.Int128)))
    path = tmp_path / f"in.{'arrow' if suffix == 'stream' else suffix}"
    writers: dict[str, Callable[[Path], object]] = {"parquet": frame.write_parquet, "arrow": frame.write_ipc}
    writers["stream"] = frame.write_ipc_stream
    writers[suffix](path)
    out = tmp_path / "out.parquet"
    assert [row["c"] for row in run(share, path, out, "--carry", "zoned")] == [0.25, 0.5]
    assert pq.read_table(out).schema.field("zoned").type.tz == "Asia/Kolkata"
    assert "the column 'wide' has a type that cannot be carried" in refused(share, path, "--carry", "wide")


ROOT = Path(__file__).parents[2]
# Formats that have tables as lists of rows.
NESTED = {"ndjson", "json"}
SAMPLE = ROOT / "tests" / "wire" / "execute" / "sample-objects"


def flat(record: dict[str, Any]) -> dict[str, float]:
    """Cells of tables as columns, as flat formats have them."""
    cells: dict[str, float] = {}
    for name, value in record.items():
        rows = enumerate(value, 1) if isinstance(value, list) else ()
        cells |= {f"{name}[{row}].{heading}": cell for row, fields in rows for heading, cell in fields.items()}
        if not isinstance(value, list):
            cells[name] = value
    return cells


@pytest.mark.parametrize(("source", "target"), PAIRS)
def test_the_documented_sample(tmp_path: Path, source: str, target: str) -> None:
    book = ROOT / "examples" / "services" / "MyFolder" / "BlockParty.xlsx"
    inputs = json.loads((SAMPLE / "request.json").read_text())["inputs"]
    outputs = json.loads((SAMPLE / "expected.json").read_text())["body"]["outputs"]
    if source in NESTED:
        path = tmp_path / f"in.{source}"
        path.write_text(json.dumps(inputs) if source == "json" else "\n".join(map(json.dumps, inputs)))
    else:
        path = write(tmp_path, source, pa.Table.from_pylist([flat(record) for record in inputs]))
    for row, expected in zip(run(book, path, tmp_path / f"out.{target}"), outputs, strict=True):
        assert row.pop("errors").startswith("A11: Input Not Valid: ")
        assert not row.pop("warnings")
        if target in NESTED:
            assert row == expected
        else:
            cells = flat(expected)
            assert {name: float(value) for name, value in row.items() if name in cells} == cells
