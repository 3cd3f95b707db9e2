"""What is special about formats of `execd run`: dialects of CSV, JSON arrays, Arrow streams, sheets of workbooks.

Sheets are written and read by openpyxl, texts by Python; numbers are calculated by hand.
"""

# ruff: noqa: DTZ001 - Excel has no time zones

import codecs
import datetime as dt
import io
import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pyarrow as pa
import pytest
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from pyarrow import ipc

from books import workbook
from record_files import execd, read, refused, run


@pytest.fixture
def share(tmp_path: Path) -> Path:
    """The inputs a (1), b (4) and name ("x"); the outputs c = a / b and greeting."""
    cells = {"A1": 1, "A2": 4, "A3": "x", "B1": "=A1/A2", "B2": '="Hi "&A3'}
    names = {"Xinput_a": "A1", "Xinput_b": "A2", "Xinput_name": "A3", "Xoutput_c": "B1", "Xoutput_greeting": "B2"}
    path = tmp_path / "share.xlsx"
    path.write_bytes(workbook(cells, names))
    return path


@pytest.fixture
def moments(tmp_path: Path) -> Path:
    """Each input comes out as it is: a date, a moment, and anything."""
    content = workbook(
        {"A1": 45000, "A2": 45000.5, "B1": "=A1", "B2": "=A2", "B3": "=A3"},
        {
            f"X{kind}put_{name}": f"{column}{row}"
            for row, name in enumerate(["day", "moment", "any"], 1)
            for kind, column in (("in", "A"), ("out", "B"))
        }
        | {},
    )
    names = {"day": "yyyy-mm-dd", "moment": "yyyy-mm-dd hh:mm:ss"}
    book = openpyxl.load_workbook(io.BytesIO(content))
    for row, shown in enumerate(names.values(), 1):
        for column in "AB":
            book.worksheets[0][f"{column}{row}"].number_format = shown
    path = tmp_path / "moments.xlsx"
    book.save(path)
    return path


# --- CSV


def test_a_decimal_comma(share: Path, tmp_path: Path) -> None:
    path, out = tmp_path / "in.csv", tmp_path / "out.csv"
    path.write_text("a;b;name\n1,5;2;1,5\n-,5;1e1;x\n+2;0,25;y\n1.500;1;z\n1.5,0;1;z\n")
    rows = run(share, path, out, "--decimal-comma")
    assert [row["c"] for row in rows] == ["0.75", "-0.05", "8", "#VALUE!", "#VALUE!"]
    # A text is what it is.
    assert rows[0]["greeting"] == "Hi 1,5"
    assert rows[3]["errors"] == "a: a number has a decimal comma, and no points; c: #VALUE!"
    assert execd(share, "--input", path, "--output", out, "--decimal-comma", "--same-dialect").returncode == 0
    assert out.read_text().splitlines()[:2] == ["c;greeting;errors;warnings", "0,75;Hi 1,5;;"]
    message = "numbers with a decimal comma need another delimiter than a comma"
    assert message in refused(share, path, "--decimal-comma", "--delimiter", ",")


@pytest.mark.parametrize(("quote", "text"), [("'", "'x;''y'"), ("none", '"x""')])
def test_quotes(share: Path, tmp_path: Path, quote: str, text: str) -> None:
    path, out = tmp_path / "in.csv", tmp_path / "out.csv"
    path.write_text(f"a;name\n1;{text}\n")
    options = ["--delimiter", ";", "--quote", quote, "--same-dialect"]
    (row,) = run(share, path, tmp_path / "out.ndjson", *options)
    assert row["greeting"] == {"'": "Hi x;'y", "none": 'Hi "x""'}[quote]
    assert execd(share, "--input", path, "--output", out, *options).returncode == 0
    written = {"'": "0.25;'Hi x;''y';;", "none": '0.25;"Hi ""x""""";;'}[quote]
    assert out.read_text().splitlines()[1] == written
    assert "a quote is one ASCII character" in refused(share, path, "--quote", "xx")
    assert "the delimiter and the quote of CSV are the same" in refused(share, path, "--quote", ",")


def test_blank_lines_without_quotes(share: Path, tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_text("a\n1\n\n2\n")
    assert [row["c"] for row in run(share, path, tmp_path / "out.ndjson", "--quote", "none")] == [0.25, 0, 0.5]


def test_a_file_without_a_header_row(share: Path, tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_text("2,x,8\n4,y,1\n")
    rows = run(share, path, tmp_path / "out.ndjson", "--header", 'b,name,"a"')
    assert [(row["c"], row["greeting"]) for row in rows] == [(4, "Hi x"), (0.25, "Hi y")]
    assert "record 1: 3 of the header's 4 columns are there" in refused(share, path, "--header", "b,name,a,z")
    assert 'record 1: "8" comes after the last of the header\'s 2' in refused(share, path, "--header", "b,name")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "utf-8+16"])
def test_encodings(share: Path, tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "in.csv"
    text = "a,name,größe\n1,Zoë €,ß\n" + "2,é,é\n" * 50_000
    if encoding == "utf-8+16":
        # A mark comes before what is named.
        content, named = codecs.BOM_UTF16_BE + text.encode("utf-16-be"), ["--encoding", "utf-8"]
    else:
        marked = encoding in {"utf-8", "utf-8-sig", "utf-16"}
        content, named = text.encode(encoding), [] if marked else ["--encoding", encoding.replace("-16-", "-16")]
    path.write_bytes(content)
    rows = run(share, path, tmp_path / "out.ndjson", "--carry", "größe", *named)
    assert (rows[0]["greeting"], rows[0]["größe"]) == ("Hi Zoë €", "ß")
    assert {(row["greeting"], row["größe"]) for row in rows[1:]} == {("Hi é", "é")}
    assert len(rows) == 50_001


def test_texts_that_are_in_no_encoding(share: Path, tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_bytes("a,name\n1,x\n".encode("utf-16") + b"\x00\xd8\x00")
    assert "in.csv: not valid UTF-16LE near byte" in refused(share, path)
    path.write_bytes("a,name\n1,é\n".encode("latin1"))
    assert "record 1, input 'name': not valid UTF-8" in refused(share, path)
    path.write_bytes("a,name\n1,é\n".encode("utf-16-le"))
    assert "name the encoding, such as utf-16le, by --encoding" in refused(share, path)
    assert "'utf-99' is no encoding that is known here" in refused(share, path, "--encoding", "utf-99")


def test_a_field_of_100_megabytes(share: Path, tmp_path: Path) -> None:
    path, out = tmp_path / "in.csv", tmp_path / "out.csv"
    with path.open("w") as file:
        file.write("a,name\n1,x\n2," + "y" * 100_000_000 + "\n3,z\n")
    rows = run(share, path, out)
    assert [row["c"] for row in rows] == ["0.25", "0.5", "0.75"]
    assert rows[1]["errors"] == "name: a text has at most 32767 characters; greeting: #VALUE!"
    with path.open("a") as file:
        file.write('4,"' + "y" * 200_000_000 + "\n")
    message = "record 4: the record is longer than 134217728 bytes; perhaps a quote is not closed"
    assert message in refused(share, path)


# --- JSON


@pytest.mark.parametrize(
    "text",
    [
        '[{"a": 2, "b": 8, "name": "x"}, {"a": 1, "name": "]}\\"\\\\"}]',
        '\ufeff [\n{"a": 2,\n "b": 8, "name": "x"}\n,\n{"a": 1, "name": "]}\\"\\\\"}\n]\n\n',
        '[["a", "b", "name"], [2, 8, "x"], [1, 4, "]}\\"\\\\"]]',
        '{\n"a": 2, "b": 8, "name": "x"}\n{"a": 1, "name": "]}\\"\\\\"}',
    ],
)
def test_json_arrays(share: Path, tmp_path: Path, text: str) -> None:
    for path in (tmp_path / "in.json", tmp_path / "in"):
        path.write_text(text)
        out = tmp_path / "out.json"
        rows = run(share, path, out, "--carry", "name")
        assert [row["c"] for row in rows] == [0.25, 0.25]
        assert [row["greeting"] for row in rows] == ["Hi x", 'Hi ]}"\\']
        assert [row["name"] for row in rows] == ["x", ']}"\\']


def test_json_is_answered_as_an_array(share: Path, tmp_path: Path) -> None:
    (tmp_path / "none.json").write_text("[]")
    assert execd(share, "--input", tmp_path / "none.json", "--output", tmp_path / "out.json").returncode == 0
    assert json.loads((tmp_path / "out.json").read_text()) == []
    result = execd(share, "--input", "-", "--output", "-", given=b' [ ["b", "A"] , null, [2, 1] ] ')
    assert json.loads(result.stdout) == [
        {"c": 0.25, "greeting": "Hi x", "errors": None, "warnings": "a, b: not given, the workbook's value is used"},
        {"c": 0.5, "greeting": "Hi x", "errors": None, "warnings": None},
    ]


def test_a_long_json_array(share: Path, tmp_path: Path) -> None:
    many = 200_000
    for name, text in {
        "objects": json.dumps([{"a": number, "b": 1} for number in range(many)]),
        "rows": json.dumps([["a", "b"], *([number, 1] for number in range(many))], indent=1),
    }.items():
        path = tmp_path / f"{name}.json"
        path.write_text(text)
        assert [row["c"] for row in run(share, path, tmp_path / "out.json", "--carry", "b")] == list(range(many))
        path.write_text(text[:-40])
        assert re.search(r"record (199\d\d\d|200000): the text ends", refused(share, path))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[{"a":1},{"a":}]', "record 2, input 'a': expected value"),
        ('[{"a":1} {"a":2}]', "record 2: a comma or the end of the array is expected"),
        ('[{"a":1},]', "record 2: a record is expected after the comma"),
        ('[{"a":1}', "record 2: the text ends before its array does"),
        ('[{"a":1},{"a":2', "record 2: the text ends in the middle of the record"),
        ('[{"a":1}] x', "record 2: there is more behind the end of the array"),
        ('"text"', "record 1: an array of records is expected"),
        ('[{"a":1},[2]]', "record 2"),
        ('[["a"],[1],{"a":2}]', "record 2"),
        ('[["z"],[1]]', "no column names an input; the columns are 'z'"),
        ('[["a",1],[1]]', "the header row is an array of names"),
        ('[{"z":1}]', "no key names an input; the keys are 'z'"),
        ('[{"a":1,"a":2}]', "record 1"),
    ],
)
def test_mistakes_in_json_arrays(share: Path, tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "in.json"
    path.write_text(text)
    assert message in refused(share, path)


# --- Arrow


def test_an_arrow_stream_is_answered_as_one(share: Path) -> None:
    batch = pa.record_batch({"a": [1.0, 2.0]})
    buffer = io.BytesIO()
    with ipc.new_stream(buffer, batch.schema) as stream:
        stream.write_batch(batch)
    result = execd(share, "--input", "-", "--output", "-", given=buffer.getvalue())
    assert ipc.open_stream(result.stdout).read_all()["c"].to_pylist() == [0.25, 0.5]
    opening: dict[str, Callable[[bytes], Any]] = {"arrow": ipc.open_file, "arrows": ipc.open_stream}
    for name, opened in opening.items():
        result = execd(share, "--input", "-", "--output", "-", "--to", name, given=buffer.getvalue())
        assert opened(result.stdout).read_all()["c"].to_pylist() == [0.25, 0.5]


def test_truncated_files(share: Path, tmp_path: Path) -> None:
    frame = pl.DataFrame({"a": [float(number) for number in range(100_000)]})
    writing: dict[str, Callable[[Path], object]] = {"parquet": frame.write_parquet, "arrow": frame.write_ipc}
    for suffix, write in writing.items():
        path = tmp_path / f"in.{suffix}"
        write(path)
        path.write_bytes(path.read_bytes()[:-100])
        assert f"in.{suffix}: " in refused(share, path)


# --- Sheets


def sheet(path: Path, *rows: Sequence[object], **more: Sequence[Sequence[object]]) -> Path:
    book = openpyxl.Workbook()
    for row in rows:
        book.worksheets[0].append(row)
    for title, others in more.items():
        book.create_sheet(title)
        for row in others:
            book[title].append(row)
    book.save(path)
    return path


def test_sheets_by_name(share: Path, tmp_path: Path) -> None:
    path = sheet(tmp_path / "in.xlsx", ["a"], [1], Second=[["a"], [2]])
    assert [row["c"] for row in run(share, path, tmp_path / "out.csv")] == ["0.25"]
    assert [row["c"] for row in run(share, path, tmp_path / "out.csv", "--sheet", "second")] == ["0.5"]
    assert "there is no sheet 'Third' with cells; the sheets are 'Sheet', 'Second'" in refused(
        share, path, "--sheet", "Third"
    )
    # Its bytes tell what it is.
    (tmp_path / "plain").write_bytes(path.read_bytes())
    result = execd(share, "--input", tmp_path / "plain", "--output", "-")
    assert openpyxl.load_workbook(io.BytesIO(result.stdout), data_only=True).worksheets[0]["A2"].value == 0.25


def test_blank_rows_and_cells(share: Path, tmp_path: Path) -> None:
    path = sheet(tmp_path / "in.xlsx", [], [], [None, "a", "name"], [None, 1, "x"], [], [None, None, "y"], [])
    book = openpyxl.load_workbook(path)
    # Cells with a look and nothing in them, at the end.
    book.worksheets[0]["B9"].number_format = "0.00"
    book.worksheets[0]["D7"] = "a note"
    book.save(path)
    result = execd(share, "--input", path, "--output", tmp_path / "out.csv")
    rows = read(tmp_path / "out.csv")
    assert [(row["c"], row["greeting"]) for row in rows] == [
        ("0.25", "Hi x"),
        ("0", "Hi "),
        ("0", "Hi y"),
        ("0", "Hi "),
    ]
    assert b"column D, which has no heading" in result.stderr


def test_values_of_cells(share: Path, tmp_path: Path) -> None:
    path = sheet(tmp_path / "in.xlsx", ["a", "name"], [True, 7], ["12", 0.1], ["x", "#N/A"], [2, "007"])
    rows = run(share, path, tmp_path / "out.ndjson", "--carry", "name,a")
    # As Excel calculates with them: TRUE/4, "12"/4, "x"/4.
    assert [row["c"] for row in rows] == [0.25, 3, "#VALUE!", 0.5]
    assert [row["name"] for row in rows] == [7, 0.1, "#N/A", "007"]
    assert [row["a"] for row in rows] == [True, "12", "x", 2]
    assert rows[2]["errors"] == "name: the cell holds #N/A; c: #VALUE!; greeting: #N/A"


@pytest.mark.parametrize("system", ["1900", "1904"])
def test_dates_of_sheets(moments: Path, tmp_path: Path, system: str) -> None:
    book = openpyxl.Workbook()
    if system == "1904":
        book.epoch = CALENDAR_MAC_1904
    book.worksheets[0].append(["day", "moment", "any"])
    book.worksheets[0].append([dt.date(2024, 2, 29), dt.datetime(2024, 1, 15, 18, 0), 45000])
    book.worksheets[0].append(["2024-02-29", "2024-01-15T18:00:00", "2024"])
    path = tmp_path / "in.xlsx"
    book.save(path)
    rows = run(moments, path, tmp_path / "out.csv")
    assert [(row["day"], row["moment"]) for row in rows] == [("2024-02-29", "2024-01-15 18:00:00")] * 2
    assert [row["any"] for row in rows] == ["45000", "2024"]
    (first, _) = run(moments, path, tmp_path / "out.xlsx")
    assert (first["day"], first["moment"]) == (dt.datetime(2024, 2, 29), dt.datetime(2024, 1, 15, 18, 0))


def test_a_formula_has_the_value_that_was_stored(share: Path, tmp_path: Path) -> None:
    path = sheet(tmp_path / "in.xlsx", ["a"], [1], ["=A2+1"])
    assert "the formula of cell A3 was saved without its value" in refused(share, path)
    # The answers are a workbook whose errors are formulas with stored values.
    source = tmp_path / "in.csv"
    source.write_text("a,b\n1,0\n")
    run(share, source, tmp_path / "a.xlsx")
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    assert book.worksheets[0]["A2"].value == "=#DIV/0!"
    book = openpyxl.load_workbook(tmp_path / "a.xlsx", data_only=True)
    assert (book.worksheets[0]["A2"].value, book.worksheets[0]["A2"].data_type) == ("#DIV/0!", "e")
    other = tmp_path / "other.xlsx"
    other.write_bytes(workbook({"A1": 1, "B1": "=A1"}, {"Xinput_c": "A1", "Xoutput_d": "B1"}))
    assert [row["d"] for row in run(other, tmp_path / "a.xlsx", tmp_path / "o.ndjson")] == ["#DIV/0!"]


def unpacked(path: Path, part: str, change: tuple[bytes, bytes]) -> Path:
    """The workbook with a change in one of its parts."""
    result = io.BytesIO()
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(result, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            content = source.read(name)
            target.writestr(name, content.replace(*change) if name == part else content)
    path.write_bytes(result.getvalue())
    return path


SHEET = "xl/worksheets/sheet1.xml"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ((b"<v>1</v>", b"<v>one</v>"), 'the value "one" of cell A2 does not fit its type'),
        ((b'<row r="2"', b'<row r="1"'), "the rows are not in order"),
        ((b"</sheetData>", b""), f"the part {SHEET} is broken"),
        ((b"<sheetData>", b"<sheetData>" + b" " * 200_000_000), "one tag or text is longer than allowed"),
    ],
)
def test_broken_sheets(share: Path, tmp_path: Path, change: tuple[bytes, bytes], message: str) -> None:
    path = unpacked(sheet(tmp_path / "in.xlsx", ["a"], [1], [2]), SHEET, change)
    assert message in refused(share, path)


def test_what_is_no_workbook(share: Path, tmp_path: Path) -> None:
    path = tmp_path / "in.xlsx"
    path.write_text("a\n1\n")
    assert "in.xlsx: the file is a plain text, such as csv, whatever its name says" in refused(share, path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.txt", "x")
    assert "in.xlsx: the file is not an xlsx workbook: it is a zip archive without a workbook" in refused(share, path)


def test_a_bomb_of_rows_takes_no_memory(share: Path, tmp_path: Path) -> None:
    path = sheet(tmp_path / "in.xlsx", ["a", "name"], [1, "x"])
    row = b'<row><c t="inlineStr"><is><t>' + b"y" * 1_000 + b"</t></is></c></row>"
    unpacked(path, SHEET, (b"</sheetData>", row * 600_000 + b"</sheetData>"))
    assert path.stat().st_size < 4_000_000
    command: list[str | Path] = [sys.executable, "-m", "execd", "run", share, "--input", path]
    with subprocess.Popen([*command, "--output", tmp_path / "out.csv"], stderr=subprocess.DEVNULL) as process:
        most = [highest(process.pid)]
        while process.poll() is None:
            most.append(highest(process.pid))
    assert process.returncode == 0
    # A third of what the rows are.
    assert 0 < max(most) < 200_000


def highest(process: int) -> int:
    """The most memory that a process has had, in kilobytes; 0 once it has ended."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{process}/status").read_text())
    return int(found[1]) if found else 0


def test_a_sheet_that_is_full(share: Path, tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_text("a\n" + "1\n" * 1_048_576)
    result = execd(share, "--input", path, "--output", tmp_path / "out.xlsx", "--outputs", "c")
    assert result.returncode == 1
    assert b"a sheet has 1048576 rows, which are too few; write csv or parquet" in result.stderr
    assert not (tmp_path / "out.xlsx").exists()
