"""The same data mean the same in every form: JSON, CSV, NDJSON, Arrow and Parquet.

Dates are expected as Python's own `datetime` and `zoneinfo` tell them, numbers as Python's `float` reads them.
"""

# ruff: noqa: DTZ001 - Excel has no time zones

import datetime as dt
import io
import json
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
import polars as pl
import pyarrow as pa
import pytest
from pyarrow import csv
from pyarrow import parquet as pq

import execd
from books import slow, workbook

# Number formats of the workbook of `moments`, by the name of the input that has it.
FORMATS = {"day": "yyyy-mm-dd", "moment": "yyyy-mm-dd hh:mm:ss", "time": "hh:mm:ss"}
NOON = dt.datetime(2024, 1, 15, 12, 30)


@pytest.fixture
def moments(tmp_path: Path) -> Path:
    """Each input comes out as it is, as a number."""
    names = {f"Xinput_{name}": f"A{row}" for row, name in enumerate(FORMATS, 1)}
    names |= {f"Xoutput_{name}_out": f"B{row}" for row, name in enumerate(FORMATS, 1)}
    cells: dict[str, object] = {f"A{row}": 45000.5 for row in (1, 2, 3)} | {f"B{row}": f"=A{row}" for row in (1, 2, 3)}
    shown = {f"A{row}": text for row, text in enumerate(FORMATS.values(), 1)}
    return formatted(tmp_path / "moments.xlsx", workbook(cells, names), shown)


def formatted(path: Path, content: bytes, formats: Mapping[str, str]) -> Path:
    """A file of the workbook with number formats of cells."""
    book = openpyxl.load_workbook(io.BytesIO(content))
    for address, text in formats.items():
        book.worksheets[0][address].number_format = text
    book.save(path)
    return path


@pytest.fixture
def double(tmp_path: Path) -> Path:
    path = tmp_path / "double.xlsx"
    path.write_bytes(workbook({"A1": 1, "B1": "=A1*2"}, {"Xinput_a": "A1", "Xoutput_b": "B1"}))
    return path


def serial(moment: dt.datetime) -> float:
    """Excel's number of a moment of the 1900 system."""
    return (moment - dt.datetime(1899, 12, 30)) / dt.timedelta(days=1)


def run(book: Path, source: Path, *, suffix: str = "ndjson") -> list[dict[str, Any]]:
    target = source.with_name(f"out.{suffix}")
    command: list[str | Path] = [sys.executable, "-m", "execd", "run", book, "--input", source, "--output", target]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    if suffix == "ndjson":
        return [json.loads(line) for line in target.read_text().splitlines()]
    rows: list[dict[str, Any]] = pq.read_table(target).to_pylist()
    return rows


def executed(book: Path, record: dict[str, object]) -> dict[str, Any]:
    (answer,) = json.loads(execd.load(book).execute(json.dumps([record]).encode()).outputs)
    return dict(answer)


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Asia/Kolkata", "America/New_York", "UTC"])
@pytest.mark.parametrize("unit", ["s", "us", "ns"])
def test_zoned_timestamps_keep_their_local_time(moments: Path, tmp_path: Path, zone: str, unit: str) -> None:
    local = [NOON.replace(hour=hour, month=month) for month in (1, 7) for hour in (0, 12, 23)]
    zoned = [moment.replace(tzinfo=ZoneInfo(zone)) for moment in local]
    table = pa.table({"moment": pa.array(zoned, pa.timestamp(unit, zone))})
    expected = pytest.approx([serial(moment) for moment in local], abs=1e-9)
    assert pa.table(execd.load(moments).evaluate(table))["moment_out"].to_pylist() == expected
    pq.write_table(table, tmp_path / "in.parquet")
    assert [row["moment_out"] for row in run(moments, tmp_path / "in.parquet")] == expected
    pq.write_table(table, tmp_path / "in.parquet", use_deprecated_int96_timestamps=True)
    assert [row["moment_out"] for row in run(moments, tmp_path / "in.parquet")] == expected
    pl.DataFrame(table).write_ipc(tmp_path / "in.arrow")
    assert [row["moment_out"] for row in run(moments, tmp_path / "in.arrow")] == expected


def test_an_unknown_time_zone_is_told(moments: Path) -> None:
    table = pa.table({"moment": pa.array([0], pa.timestamp("s", "Europe/Nowhere"))})
    with pytest.raises(execd.InputError, match=r"'moment'.*Nowhere"):
        execd.load(moments).evaluate(table)


def test_int96_reaches_beyond_nanoseconds(moments: Path, tmp_path: Path) -> None:
    days = [dt.datetime(year, 1, 1) for year in (1901, 2024, 2262, 2500, 9999)]
    for store in (True, False):
        table = pa.table({"moment": pa.array(days, pa.timestamp("us"))})
        path = tmp_path / "in.parquet"
        pq.write_table(table, path, use_deprecated_int96_timestamps=True, store_schema=store)
        assert [row["moment_out"] for row in run(moments, path)] == [serial(day) for day in days]


OFFSETS = ["", "Z", "+01", "+0100", "+01:00", "-05:30", " +02:00", "+01:00[Europe/Berlin]", " UTC"]


@pytest.mark.parametrize("offset", OFFSETS)
@pytest.mark.parametrize("between", ["T", " "])
def test_texts_with_an_offset_are_local_times(moments: Path, tmp_path: Path, offset: str, between: str) -> None:
    record: dict[str, object] = {"moment": f"2024-01-15{between}12:30:00{offset}", "time": f"12:30{offset}"}
    expected = pytest.approx({"moment_out": serial(NOON), "time_out": 12.5 / 24})
    answers = [executed(moments, record)]
    (tmp_path / "in.ndjson").write_text(json.dumps(record))
    answers += run(moments, tmp_path / "in.ndjson")
    (tmp_path / "in.csv").write_text("moment,time\n{moment},{time}\n".format(**record))
    answers += run(moments, tmp_path / "in.csv")
    answers += pa.table(execd.load(moments).evaluate(pa.Table.from_pylist([record]))).to_pylist()
    for answer in answers:
        assert {name: answer[name] for name in ("moment_out", "time_out")} == expected


@pytest.mark.parametrize(
    ("shown", "value"), [("yyyy-mm-dd", 45306.0), ("hh:mm:ss", 0.5), (FORMATS["moment"], 45306.5)]
)
def test_dates_in_a_column_of_texts_look_as_in_json(tmp_path: Path, shown: str, value: float) -> None:
    content = workbook({"B1": '=IF(A1="","n/a",A1)'}, {"Xinput_a": "A1", "Xoutput_b": "B1"})
    path = formatted(tmp_path / "texts.xlsx", content, {"B1": shown})
    (tmp_path / "in.csv").write_text(f"a\n{value}\n\n")
    expected = [executed(path, {"a": value})["b"], "n/a"]
    assert [row["b"] for row in run(path, tmp_path / "in.csv", suffix="parquet")] == expected
    assert [row["b"] for row in run(path, tmp_path / "in.csv")] == expected


def test_blank_lines_of_one_column_are_records(double: Path, tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    values = [1, None, 3, None]
    pl.DataFrame({"a": values}).write_csv(path)
    assert [row["b"] for row in run(double, path)] == [2, 0, 6, 0]
    csv.write_csv(pa.table({"a": values}), path)
    assert [row["b"] for row in run(double, path)] == [2, 0, 6, 0]
    path.write_text("a,x\n1,\n\n3,\n")
    assert [row["b"] for row in run(double, path)] == [2, 6]


@pytest.mark.parametrize("text", [".5", "5.", "+1", "+.5", "-.5", "1e3", "1E+3", "5.e-1", "-0", "1e-400"])
def test_numbers_of_csv(double: Path, tmp_path: Path, text: str) -> None:
    (tmp_path / "in.csv").write_text(f"a\n{text}\n")
    assert run(double, tmp_path / "in.csv")[0]["b"] == 2 * float(text)


@pytest.mark.parametrize("text", ["1e400", "-1e400", "+1E999"])
def test_a_number_beyond_doubles_fails_its_record(double: Path, tmp_path: Path, text: str) -> None:
    (tmp_path / "in.csv").write_text(f"a\n{text}\n4\n")
    failed, good = run(double, tmp_path / "in.csv", suffix="parquet")
    assert failed == {"b": None, "errors": "a: the number is too large; b: #NUM!", "warnings": None}
    assert good == {"b": 8, "errors": None, "warnings": None}


def test_the_largest_double_is_written_as_a_double(tmp_path: Path) -> None:
    path = tmp_path / "same.xlsx"
    path.write_bytes(workbook({"A1": 1, "B1": "=A1*1"}, {"Xinput_a": "A1", "Xoutput_b": "B1"}))
    for number in (sys.float_info.max, -sys.float_info.max):
        once = executed(path, {"a": number})["b"]
        assert once == pytest.approx(number, rel=1e-14)
        assert executed(path, {"a": once})["b"] == once


def test_the_output_may_be_a_link(double: Path, tmp_path: Path) -> None:
    folder = tmp_path / "real"
    folder.mkdir()
    (tmp_path / "in.csv").write_text("a\n1\n")
    (tmp_path / "out.ndjson").symlink_to("real/next.ndjson")
    (folder / "next.ndjson").symlink_to(folder / "answers.ndjson")
    for _ in ("no file yet", "a file"):
        assert [row["b"] for row in run(double, tmp_path / "in.csv")] == [2]
        assert (tmp_path / "out.ndjson").is_symlink()
        assert json.loads((folder / "answers.ndjson").read_text())["b"] == 2
    assert sorted(path.name for path in folder.iterdir()) == ["answers.ndjson", "next.ndjson"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_run_that_is_ended_leaves_nothing(tmp_path: Path, number: signal.Signals) -> None:
    book, source, target = tmp_path / "slow.xlsx", tmp_path / "in.csv", tmp_path / "out.csv"
    book.write_bytes(slow())
    source.write_text("x\n" + "1\n" * 2_000_000)
    command: list[str | Path] = [sys.executable, "-m", "execd", "run", book, "--input", source, "--output", target]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        limit = time.monotonic() + 30
        while not (tmp_path / "out.csv.part").exists():
            assert time.monotonic() < limit
            time.sleep(0.05)
        process.send_signal(number)
        assert process.wait(30) == 128 + number
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.csv", "slow.xlsx"]


def test_a_run_that_waits_for_a_pipe_can_be_ended(double: Path) -> None:
    command: list[str | Path] = [sys.executable, "-m", "execd", "run", double, "--input", "-", "--output", "-"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write(b"a\n" + b"1\n" * 100_000)
        process.stdin.flush()
        # The header comes with the first answers, when the run waits for more.
        assert process.stdout.read(8)
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 128 + signal.SIGINT


class Failing:
    """A table whose export fails."""

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        raise TypeError("could not convert 'x' in the column price")


def test_what_an_export_says_is_shown(double: Path) -> None:
    model = execd.load(double)
    with pytest.raises(execd.InputError, match="could not convert 'x' in the column price") as failure:
        model.evaluate(Failing())
    assert isinstance(failure.value.__cause__, TypeError)
    with pytest.raises(execd.InputError, match="__arrow_c_stream__ is needed"):
        model.evaluate([1, 2])
