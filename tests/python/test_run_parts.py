"""`execd run` over many files: folders, patterns, one answer or many, going on, failing parts, broken pipes.

Numbers are calculated by hand.
"""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from openpyxl.worksheet.datavalidation import DataValidation
from pyarrow import parquet as pq

from books import slow, workbook
from record_files import execd, read


@pytest.fixture
def double(tmp_path: Path) -> Path:
    path = tmp_path / "double.xlsx"
    path.write_bytes(workbook({"A1": 1, "B1": "=A1*2"}, {"Xinput_a": "A1", "Xoutput_b": "B1"}))
    return path


@pytest.fixture
def parts(tmp_path: Path) -> Path:
    """Three part files as Spark leaves them, with values 0, 1 and 2."""
    folder = tmp_path / "in"
    folder.mkdir()
    for number in range(3):
        (folder / f"part-{number}.csv").write_text(f"a,id\n{number},{number}\n")
    (folder / "_SUCCESS").touch()
    (folder / ".part-0.csv.crc").write_bytes(b"\1")
    return folder


def answers(folder: Path) -> dict[str, list[str]]:
    return {path.name: [row["b"] for row in read(path)] for path in sorted(folder.iterdir())}


EXPECTED = {f"part-{number}.csv": [str(2 * number)] for number in range(3)}


@pytest.mark.parametrize("how", ["folder", "pattern", "names"])
@pytest.mark.parametrize("jobs", ["1", "3"])
def test_each_file_has_its_answers(double: Path, parts: Path, tmp_path: Path, how: str, jobs: str) -> None:
    names: dict[str, list[str | Path]] = {
        "folder": ["--input", parts],
        "pattern": ["--input", parts / "*.csv"],
        "names": [word for path in sorted(parts.glob("*.csv")) for word in ("--input", path)],
    }
    result = execd(double, *names[how], "--output", tmp_path / "out", "--jobs", jobs)
    assert result.returncode == 0, result.stderr
    assert b"3 files answered, 0 failed, 0 were there already: 3 records" in result.stderr
    assert b"records/s" in result.stderr
    assert answers(tmp_path / "out") == EXPECTED


def test_answers_in_another_format_have_its_suffix(double: Path, parts: Path, tmp_path: Path) -> None:
    assert execd(double, "--input", parts, "--output", f"{tmp_path}/new/out/", "--to", "parquet").returncode == 0
    found = {path.name: pq.read_table(path)["b"].to_pylist() for path in (tmp_path / "new/out").iterdir()}
    assert found == {f"part-{number}.parquet": [2.0 * number] for number in range(3)}


@pytest.mark.parametrize("suffix", ["csv", "json", "parquet", "xlsx"])
def test_many_files_have_one_answer(double: Path, parts: Path, tmp_path: Path, suffix: str) -> None:
    (parts / "part-3.ndjson").write_text('{"id": "3", "a": 3}\n')
    out = tmp_path / f"out.{suffix}"
    for carry in ([], ["--carry", "id"]):
        result = execd(double, "--input", parts / "*.csv", "--output", out, *carry)
        assert result.returncode == 0, result.stderr
        assert [float(row["b"]) for row in read(out)] == [0, 2, 4]
    assert [str(row["id"]) for row in read(out)] == ["0", "1", "2"]
    # Values of JSON have types, those of CSV have none.
    result = execd(double, "--input", parts, "--output", out, "--carry", "id")
    assert result.returncode == 1
    assert b"part-3.ndjson: the columns to be carried are not those of the files before" in result.stderr
    assert execd(double, "--input", parts, "--output", out).returncode == 0
    assert [float(row["b"]) for row in read(out)] == [0, 2, 4, 6]


def test_a_mistake_in_one_of_many_files_names_it(double: Path, parts: Path, tmp_path: Path) -> None:
    (parts / "part-1.csv").write_text("a,id\n1,1\n2\n")
    result = execd(double, "--input", parts, "--output", tmp_path / "out.csv")
    assert result.returncode == 1
    assert b"record 2: 1 of the header's 2 columns are there (in " in result.stderr
    assert b"part-1.csv)" in result.stderr
    assert not (tmp_path / "out.csv").exists()


def test_a_part_that_fails_stops_no_other(double: Path, parts: Path, tmp_path: Path) -> None:
    (parts / "part-1.csv").write_text("nothing\n1\n")
    out = tmp_path / "out"
    result = execd(double, "--input", parts, "--output", out)
    assert result.returncode == 1
    assert b"part-1.csv: inputs: no column names an input" in result.stderr
    assert b"2 files answered, 1 failed, 0 were there already: 2 records" in result.stderr
    assert sorted(path.name for path in out.iterdir()) == ["part-0.csv", "part-2.csv"]
    (parts / "part-1.csv").write_text("a\n1\n")
    written = (out / "part-0.csv").stat().st_mtime_ns
    result = execd(double, "--input", parts, "--output", out)
    assert result.returncode == 0
    assert b"1 file answered, 0 failed, 2 were there already: 1 record " in result.stderr
    assert answers(out) == EXPECTED
    assert (out / "part-0.csv").stat().st_mtime_ns == written


def test_what_is_newer_than_its_answers_is_answered_again(double: Path, parts: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert execd(double, "--input", parts, "--output", out).returncode == 0
    later = time.time() + 10
    os.utime(parts / "part-2.csv", (later, later))
    assert b"1 file answered, 0 failed, 2 were there" in execd(double, "--input", parts, "--output", out).stderr
    assert b"3 files answered, 0 failed, 0 were" in execd(double, "--input", parts, "--output", out, "--again").stderr
    os.utime(double, (later, later))
    assert b"3 files answered, 0 failed, 0 were" in execd(double, "--input", parts, "--output", out).stderr


def test_a_run_that_was_killed_goes_on(tmp_path: Path) -> None:
    book, folder, out = tmp_path / "slow.xlsx", tmp_path / "in", tmp_path / "out"
    book.write_bytes(slow())
    folder.mkdir()
    for number in range(4):
        (folder / f"{number}.csv").write_text("x\n" + "1\n" * (20_000 if number < 3 else 2_000_000))
    command: list[str | Path] = [sys.executable, "-m", "execd", "run", book, "--input", folder, "--output", out]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        end = time.monotonic() + 60
        while not (out / "3.csv.part").exists():
            assert time.monotonic() < end
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.wait(30)
    assert not (out / "3.csv").exists()
    (folder / "3.csv").write_text("x\n1\n")
    before = {path: path.stat().st_mtime_ns for path in out.glob("[012].csv")}
    assert len(before) == 3
    result = execd(book, "--input", folder, "--output", out)
    assert result.returncode == 0, result.stderr
    assert b"1 file answered, 0 failed, 3 were there already" in result.stderr
    assert sorted(path.name for path in out.iterdir()) == ["0.csv", "1.csv", "2.csv", "3.csv"]
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_answers_never_replace_records(double: Path, parts: Path) -> None:
    before = {path: path.read_bytes() for path in parts.iterdir()}
    result = execd(double, "--input", parts, "--output", parts)
    assert result.returncode == 2
    assert b"The answers would replace the records" in result.stderr
    assert {path: path.read_bytes() for path in parts.iterdir()} == before
    (parts / "part-0.ndjson").write_text('{"a":1}')
    result = execd(double, "--input", parts, "--output", f"{parts}/../out/", "--to", "json")
    assert result.returncode == 2
    assert b"would have one name" in result.stderr


def test_what_is_not_there(double: Path, tmp_path: Path) -> None:
    result = execd(double, "--input", tmp_path / "none.csv", "--output", "-")
    assert result.returncode == 2
    assert b"does not exist" in result.stderr
    result = execd(double, "--input", tmp_path / "*.csv", "--output", "-")
    assert result.returncode == 2
    assert b"There are no files in" in result.stderr


def test_invalid_records_of_one_part_fail_a_run_that_is_asked_to(tmp_path: Path, parts: Path) -> None:
    book = tmp_path / "valid.xlsx"
    names = {"Xinput_a": "A1", "Xoutput_b": "B1"}
    content = workbook({"A1": 1, "B1": "=A1*2"}, names, {"A1": DataValidation("decimal", "0", "1")})
    book.write_bytes(content)
    result = execd(book, "--input", parts, "--output", tmp_path / "out", "--fail-on-invalid")
    assert result.returncode == 5
    assert b"part-2.csv: 1 record has invalid inputs" in result.stderr


def test_a_reader_that_goes_away_is_no_mistake(double: Path, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("a\n" + "1\n" * 500_000)
    command: list[str | Path] = [sys.executable, "-m", "execd", "run", double]
    command += ["--input", tmp_path / "in.csv", "--output", "-"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stderr
        assert process.stdout.read(4) == b"b,er"
        process.stdout.close()
        assert process.wait(60) == 141
        assert process.stderr.read() == b""


def test_all_formats_of_part_files_at_once(double: Path, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.csv").write_text("a\n1\n")
    (folder / "b.ndjson").write_text('{"a":2}\n')
    (folder / "c.json").write_text('[["a"],[3]]')
    assert execd(double, "--input", folder, "--output", f"{tmp_path}/out/", "--jobs", "2").returncode == 0
    assert list(csv.reader((tmp_path / "out/a.csv").read_text().splitlines())) == [
        ["b", "errors", "warnings"],
        ["2", "", ""],
    ]
    assert json.loads((tmp_path / "out/b.ndjson").read_text())["b"] == 4
    assert json.loads((tmp_path / "out/c.json").read_text())[0]["b"] == 6
