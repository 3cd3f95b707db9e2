"""`execd check`, `verify` and `template`: what they tell of workbooks, in words, in JSON and by exit codes."""

import datetime as dt
import json
import os
import re
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from books import HOSTILE, TEMPLATE, basics, edited_template, validated, workbook
from test_cli import execd


@pytest.fixture
def book(tmp_path: Path) -> Path:
    path = tmp_path / "basics.xlsx"
    path.write_bytes(basics())
    return path


def test_check_prints_the_interface(book: Path) -> None:
    result = execd("check", book)
    assert result.returncode == 0, result.stderr
    assert all(word in result.stdout for word in ("items", "price, count", "quotient", "4 formula cells"))
    report = json.loads(execd("check", book, "--json").stdout)
    assert report["report"]["formula_cells"] == 4


def test_check_names_what_is_unsupported(tmp_path: Path) -> None:
    path = tmp_path / "u.xlsx"
    path.write_bytes(HOSTILE["unsupported"]())
    result = execd("check", path)
    assert result.returncode == 1
    assert "S!B1" in result.stdout
    assert "NOSUCHFUNCTION" in result.stdout


@pytest.mark.parametrize("command", ["check", "verify"])
@pytest.mark.parametrize("name", ["encrypted", "truncated", "notaworkbook", "empty"])
def test_a_file_that_is_no_workbook_is_one_line(tmp_path: Path, command: str, name: str) -> None:
    path = tmp_path / "x.xlsx"
    path.write_bytes(HOSTILE[name]())
    result = execd(command, path)
    assert result.returncode == 1
    assert result.stderr.startswith("execd: ")
    assert "Traceback" not in result.stderr


def test_verify_agrees_with_stored_values() -> None:
    examples = Path(__file__).parents[2] / "examples" / "services"
    paths = sorted(examples.rglob("*.xlsx"))
    assert len(paths) > 1
    for path in paths:
        result = execd("verify", path, "--json")
        verdict = json.loads(result.stdout)
        assert (result.returncode, verdict["mismatched"], verdict["unsupported"]) == (0, 0, 0), path
        assert verdict["matched"] > 0


def template_with(old: bytes, new: bytes) -> bytes:
    """The template with something else in its sheets."""
    return edited_template(lambda name, data: data.replace(old, new) if "worksheets" in name else data)


# What is in the file, what `verify` makes of it, and its exit code.
VERIFIED: dict[str, tuple[Callable[[], bytes], str, int]] = {
    "right": (TEMPLATE.read_bytes, "matched", 0),
    "wrong": (lambda: template_with(b"<v>257.5</v>", b"<v>257.6</v>"), "mismatched", 1),
    "unsupported": (lambda: template_with(b"<f>SUM(", b"<f>NOSUCHFUNCTION("), "unsupported", 3),
    "unstored": (lambda: workbook({"A1": "=1+1"}, {}), "nothing_compared", 4),
    "without formulas": (lambda: workbook({"A1": 1}, {}), "nothing_compared", 4),
}


@pytest.mark.parametrize("name", VERIFIED)
def test_verify_tells_what_it_found_by_its_exit_code(name: str, tmp_path: Path) -> None:
    build, outcome, code = VERIFIED[name]
    path = tmp_path / "book.xlsx"
    path.write_bytes(build())
    result = execd("verify", path, "--json")
    assert (json.loads(result.stdout)["outcome"], result.returncode) == (outcome, code)
    told = execd("verify", path)
    assert told.returncode == code
    if name == "unstored":
        assert "1 formula cells were saved without a value" in told.stdout
    assert ("nothing could be compared" in told.stdout) == (outcome == "nothing_compared")
    assert re.search(rf"\b{code}: ", " ".join(execd("verify", "--help").stdout.split()))


def test_verify_of_several_files_ends_with_the_worst(tmp_path: Path) -> None:
    for name, (build, _, _) in VERIFIED.items():
        (tmp_path / f"{name}.xlsx").write_bytes(build())
    result = execd("verify", tmp_path)
    assert result.returncode == 1
    assert result.stdout.splitlines()[-1] == "1 of 5 workbooks match"
    (tmp_path / "wrong.xlsx").unlink()
    assert execd("verify", tmp_path).returncode == 4
    assert execd("verify", tmp_path / "right.xlsx", tmp_path / "unsupported.xlsx").returncode == 3
    listed = json.loads(execd("verify", tmp_path, tmp_path / "missing.xlsx", "--json").stdout)
    assert [row["error"] for row in listed] == [None, None, None, None, "there is no such file"]


def test_check_of_a_folder_has_a_verdict_per_file(book: Path) -> None:
    folder = book.parent
    (folder / "deep").mkdir()
    (folder / "deep" / "broken.xlsx").write_bytes(HOSTILE["circular"]())
    (folder / "~$basics.xlsx").write_bytes(b"a lock file")
    (folder / "notes.txt").write_text("no workbook")
    result = execd("check", folder)
    assert result.returncode == 1
    lines = result.stdout.splitlines()
    assert lines[0] == f"{book}: Ready: 4 inputs, 4 outputs"
    assert lines[1].endswith("broken.xlsx: Not ready: 1 problem")
    assert lines[2] == "  problem: S!B1: circular reference: S!B1 → S!B2 → S!B1 (=B2+A1)"
    assert lines[-1] == "1 of 2 workbooks ready"
    (folder / "deep" / "broken.xlsx").unlink()
    assert execd("check", folder).returncode == 0
    assert execd("check", folder / "deep").returncode == 1


@pytest.mark.parametrize("name", ["missing", "folder", *HOSTILE])
def test_json_of_check_is_json_in_every_case(name: str, tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    if name in HOSTILE:
        path.write_bytes(HOSTILE[name]())
    elif name == "folder":
        path.mkdir()
    result = execd("check", path, "--json")
    assert result.returncode == 1
    told = json.loads(result.stdout)
    (row,) = told if name == "folder" else [told]
    assert row["file"] == str(path)
    assert not row["ready"]
    assert row["error"] or row["report"]["unsupported"]


def test_a_name_that_is_no_utf8_is_shown(tmp_path: Path, book: Path) -> None:
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.xlsx")).write_bytes(book.read_bytes())
    for command in ("check", "verify"):
        assert "\ufffd.xlsx: " in execd(command, tmp_path).stdout
        files = [Path(row["file"]).name for row in json.loads(execd(command, tmp_path, "--json").stdout)]
        assert files == ["basics.xlsx", "\ufffd.xlsx"]


def test_check_shows_dates_and_rules_in_words(tmp_path: Path) -> None:
    path = tmp_path / "quote.xlsx"
    assert execd("template", path).returncode == 0
    shown = execd("check", path).stdout
    for words in (
        "2026-01-15",
        "a whole number between 1 and 1000",
        "a number greater than 0",
        "a date not before 2020-01-01",
        "one of New, Regular, Key",
        "Price: a number of at least 0, or blank",
    ):
        assert words in shown
    (tmp_path / "validated.xlsx").write_bytes(validated())
    shown = execd("check", tmp_path / "validated.xlsx").stdout
    for words in (
        "a whole number between 1 and $B$1*2",
        "a number less than $B$5",
        "a text of exactly LEN($B$2) characters",
        "one of the values of INDIRECT($B$2)",
        "a value for which AND($B$1>0,LEN(C10)<5) is TRUE",
    ):
        assert words in shown


def test_dates_in_a_column_of_a_table_are_shown_as_dates(tmp_path: Path) -> None:
    born = dt.date(1990, 5, 17)
    cells = {"A1": "Name", "B1": "Born", "A2": "Ann", "B2": born, "C1": "=YEAR(B2)"}
    (tmp_path / "people.xlsx").write_bytes(workbook(cells, {"Xinput_People": "A1:B2", "Xoutput_y": "C1"}))
    assert "Ann, 1990-05-17" in execd("check", tmp_path / "people.xlsx").stdout


def test_lines_are_not_wrapped_where_there_is_no_terminal(tmp_path: Path) -> None:
    names = {f"Xinput_{'long' * 30}": "A1", f"Xoutput_{'result' * 20}": "B1"}
    path = tmp_path / "long.xlsx"
    path.write_bytes(workbook({"A1": 1, "B1": "=A1*2"}, names))
    shown = execd("check", path).stdout
    assert "long" * 30 in shown
    assert "result" * 20 in shown


def test_the_template_is_ready_and_calculates(tmp_path: Path) -> None:
    path = tmp_path / "quote.xlsx"
    assert execd("template", path).returncode == 0
    assert execd("template", path).returncode == 1
    assert execd("template", path, "--force").returncode == 0
    assert execd("template", tmp_path / "quote.csv").returncode == 2
    told = json.loads(execd("check", path, "--json").stdout)
    assert (told["ready"], told["report"]["warnings"]) == (True, [])
    records = pl.DataFrame({"Quantity": [10, 200], "UnitPrice": [25.0, 24.5], "Customer": ["Key", "New"]})
    (tmp_path / "in.csv").write_text(records.write_csv())
    result = execd("run", path, "--input", tmp_path / "in.csv", "--output", tmp_path / "out.csv")
    assert result.returncode == 0, result.stderr
    rows = pl.read_csv(tmp_path / "out.csv")
    # By hand: 10 x 25 less a tenth, 200 x 24.5; the extras of the workbook are 5 and 15; thirds, rounded to cents.
    assert rows["NetPrice"].to_list() == [225, 4900]
    assert rows["Total"].to_list() == [245, 4920]
    assert rows["Instalments[1].Amount"].to_list() == [81.67, 1640]
    assert rows["Instalments[3].Amount"].to_list() == [81.66, 1640]
    assert rows["Instalments[3].Due"].to_list() == ["2026-04-29", "2026-04-29"]
