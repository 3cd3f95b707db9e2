"""The mistakes of docs/workbooks.md are made, and `execd check` prints the lines of the page, and some more."""

import importlib.util
import io
import re
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from openpyxl import load_workbook
from openpyxl.workbook.defined_name import DefinedName
from pages import ROOT, page

from books import edited_template, saved, workbook
from test_cli import execd

DOCS = ROOT / "docs"
MISTAKE = re.compile(r"^### \d+\. (.*?)\n(.*?)(?=^### |^A file that)", re.DOTALL | re.MULTILINE)
LINE = re.compile(r"^    ((?:warning|problem): .*)$", re.MULTILINE)


def with_deleted_cells() -> bytes:
    path = workbook({"A1": 1, "B1": "=A1"}, {"Xinput_x": "A1", "Xoutput_y": "B1"})
    return renamed(path, "Xinput_Age", "S!#REF!")


def with_an_input_on_a_formula(_: str, data: bytes) -> bytes:
    name = b'<definedName name="Xinput_NetPrice">Outputs!$B$3</definedName>'
    return data.replace(b"<definedNames>", b"<definedNames>" + name)


def renamed(content: bytes, name: str, target: str) -> bytes:
    """A workbook with one more name."""
    book = load_workbook(io.BytesIO(content))
    book.defined_names[name] = DefinedName(name, attr_text=target)
    return saved(book)


TABLE = {"A1": "Age", "B1": "Rate", "A2": 1, "B2": 0.5, "A3": 2, "B3": 0.7}
MADE: dict[str, Callable[[], bytes]] = {
    "A name that is nearly right": lambda: workbook(
        {"B1": 40, "B2": "=B1*2"}, {"Xinputs_Age": "B1", "Xoutput_y": "B2"}
    ),
    "The name is on the label": lambda: workbook(
        {"A1": 1, "A2": "Total", "B2": "=A1*2"}, {"Xinput_x": "A1", "Xoutput_Total": "A2"}
    ),
    "The name of a table begins below the headings": lambda: workbook(
        TABLE | {"D1": "=SUM(B2:B3)"}, {"Xinput_Rates": "A2:B3", "Xoutput_y": "D1"}
    ),
    "A column without a heading": lambda: workbook(
        {"A1": "Name", "B1": "Age", "A2": "Ann", "B2": 41, "C2": 1, "D1": "=SUM(B2:C3)"},
        {"Xinput_Drivers": "A1:C3", "Xoutput_y": "D1"},
    ),
    "The cells of a name were deleted": with_deleted_cells,
    "An input cell holds a formula": lambda: edited_template(with_an_input_on_a_formula),
    "An input that nothing uses": lambda: workbook(
        {"B1": 2, "B2": 1, "B3": "=B1*2"}, {"Xinput_x": "B1", "Xinput_Smoker": "B2", "Xoutput_y": "B3"}
    ),
    "Cells that need each other": lambda: workbook(
        {"A1": 1, "B1": "=A1+B3", "B2": "=B1+1", "B3": "=B2*0.1"}, {"Xinput_x": "A1", "Xoutput_y": "B1"}
    ),
    "A function that is not there": lambda: workbook(
        {"B1": 1, "B2": "=SUMM(B1,1)"}, {"Xinput_x": "B1", "Xoutput_y": "B2"}
    ),
    "A result that is always an error": lambda: workbook(
        {"B1": 1, "B2": "=1/0", "B3": "=B2+1", "B4": "=ROUND(B1*B3,2)"}, {"Xinput_x": "B1", "Xoutput_Total": "B4"}
    ),
}


def checked(content: bytes, folder: Path) -> list[str]:
    """The lines of `execd check`."""
    path = folder / "book.xlsx"
    path.write_bytes(content)
    return execd("check", path).stdout.splitlines()


def test_the_page_has_ten_mistakes() -> None:
    assert [heading for heading, _ in MISTAKE.findall(page("docs/workbooks.md"))] == list(MADE)
    assert len(MADE) == 10


@pytest.mark.parametrize(("heading", "text"), MISTAKE.findall(page("docs/workbooks.md")))
def test_a_mistake_gives_the_line_of_the_page(heading: str, text: str, tmp_path: Path) -> None:
    lines = checked(MADE[heading](), tmp_path)
    (expected,) = LINE.findall(text)
    assert expected in lines
    assert lines[-1].startswith("Not ready: 1 problem" if expected.startswith("problem") else "Ready: ")


GOOD = {"A1": 1, "B1": "=A1*2"}
NAMES = {"Xinput_x": "A1", "Xoutput_y": "B1"}


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (
            lambda: workbook(GOOD, NAMES | {"Xoutput_Total": "D9"}),
            "warning: S!D9: the output Total is on a blank cell: let the name refer to the cell with the result",
        ),
        (
            lambda: workbook(GOOD | {"D1": 5}, NAMES | {"Xoutput_Total": "D1"}),
            "warning: S!D1: the output Total is on the constant 5, not on a formula: every record gets the same",
        ),
        (
            lambda: renamed(workbook(GOOD | {"D1": "Age", "D2": 3}, NAMES), "Xinput_Ages", "S!$D:$D"),
            "warning: S!D1: the name Xinput_Ages covers a whole column, which ends with the last cell in use (D2)",
        ),
        (
            lambda: workbook({"A1": 1}, {"Xinput_x": "A1"}),
            "problem: the workbook has no output: define a name such as Xoutput_Total on a cell",
        ),
        (
            lambda: workbook(GOOD | {"A2": 2}, NAMES | {"Xinput_z": "A1"}),
            "problem: S!A1: the inputs x and z both cover the cell A1 of the sheet S",
        ),
    ],
)
def test_more_mistakes_are_told(content: Callable[[], bytes], line: str, tmp_path: Path) -> None:
    assert any(told.startswith(line) for told in checked(content(), tmp_path))


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("X_input_A", "Xinput_A"),
        ("XOutputPremium", "Xoutput_Premium"),
        ("Xinput.A", "Xinput_A"),
        ("xouput_A", "Xoutput_A"),
        ("Xvalidation_A", "Xvalidate_A"),
    ],
)
def test_the_name_that_is_meant_is_told(name: str, meant: str, tmp_path: Path) -> None:
    lines = checked(workbook(GOOD, NAMES | {name: "A1"}), tmp_path)
    assert f"warning: S!A1: the name {name} declares nothing: did you mean {meant}?" in lines


def test_a_title_over_a_table_is_told(tmp_path: Path) -> None:
    cells = {"A1": "Prices", "A2": "Item", "B2": "Price", "A3": "Pen", "B3": 2, "D1": "=SUM(B3:B4)"}
    book = load_workbook(io.BytesIO(workbook(cells, {"Xinput_Prices": "A1:B4", "Xoutput_y": "D1"})))
    book.worksheets[0].merge_cells("A1:B1")
    assert any('the merged title "Prices"' in line for line in checked(saved(book), tmp_path))


@pytest.mark.parametrize(
    ("formula", "needed", "said"),
    [
        ("=OFFSET(C1,A1,0)", "=NOSUCHFUNCTION(A1)", "problem: S!C2: the function NOSUCHFUNCTION is not supported"),
        ('=INDIRECT("C2")+1', "=B1+1", "problem: S!B1: circular reference through S!B1"),
    ],
)
def test_a_problem_that_no_formula_names_is_told(formula: str, needed: str, said: str, tmp_path: Path) -> None:
    cells = {"A1": 1, "B1": formula, "C2": needed, "C3": 5}
    lines = checked(workbook(cells, {"Xinput_x": "A1", "Xoutput_y": "B1"}), tmp_path)
    assert any(line.startswith(said) for line in lines)
    assert lines[-1] == "Not ready: 1 problem"


def test_a_blank_heading_that_makes_two_rows_of_headings_is_told(tmp_path: Path) -> None:
    cells = {"A1": "Name", "A2": "Ann", "B2": "Bern", "A3": "Bob", "B3": "Basel", "D1": "=A3&B3"}
    lines = checked(workbook(cells, {"Xinput_People": "A1:B3", "Xoutput_y": "D1"}), tmp_path)
    told = "the first two rows of the table are its headings (Name.Ann, Name.Bern), because B1 is blank"
    assert any(line.startswith(f"warning: S!A1: the name Xinput_People: {told}") for line in lines)


@pytest.mark.parametrize(("first", "warned"), [(1.5, True), (7, True), (2024, False)])
def test_values_under_merged_headings_are_told(first: float, tmp_path: Path, *, warned: bool) -> None:
    cells = {"A1": "Rates", "C1": "Age", "A2": first, "B2": first + 1, "A3": 1, "B3": 2, "C3": 3, "E1": "=A3+B4"}
    book = load_workbook(io.BytesIO(workbook(cells, {"Xinput_Rates": "A1:C4", "Xoutput_y": "E1"})))
    book.worksheets[0].merge_cells("A1:B1")
    told = "warning: S!A1: the name Xinput_Rates: the second row of the table is headings"
    lines = [line for line in checked(saved(book), tmp_path) if line.startswith(told)]
    assert [f"(A2: {first:g})" in line for line in lines] == [True] * warned


def with_errors(name: str, data: bytes) -> bytes:
    """What Excel saves when the customer is in no row of the rates."""
    for cell in (b"B2", b"B3") if name.endswith("sheet4.xml") else ():
        stored = rb'(<c r="%b"[^>]*)>(<f>.*?</f>)<v>.*?</v>' % cell
        data, count = re.subn(stored, rb'\1 t="e">\2<v>#N/A</v>', data)
        assert count == 1
    return data


def test_an_error_that_the_workbook_was_saved_with_is_told(tmp_path: Path) -> None:
    lines = checked(edited_template(with_errors), tmp_path)
    formula = "(=VLOOKUP(Inputs!B5,Rates!A2:B4,2,FALSE))"
    error = "is #N/A with the workbook's own values"
    assert f"warning: Outputs!B2: the output Discount {error} {formula}" in lines
    assert f"warning: Outputs!B3: the output NetPrice {error}, which comes from Outputs!B2 {formula}" in lines
    assert lines[-1] == "Ready: 5 inputs, 6 outputs, 2 warnings"


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    cells = {"A1": 1, "B1": "=SUMM(A1)+FOO(A1)", "B2": "=B1+VLOKUP(A1,A1:A2,1)", "C1": 1, "C2": "=A1"}
    names = {"Xinput_x": "A1", "Xinput_t": "D1:E3", "Xoutput_y": "B2", "Xoutput_z": "C2", "xOUTPUT_Z": "C1"}
    lines = checked(workbook(cells, names), tmp_path)
    problems = [line for line in lines if line.startswith("problem: ")]
    for word in ("SUM?", "VLOOKUP?", "FOO is not supported", "D1", "defined twice"):
        assert sum(word in line for line in problems) == 1, (word, problems)
    assert lines[-1].startswith("Not ready: 5 problems")


def script(path: Path) -> ModuleType:
    """A script of the documentation as a module."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


def test_the_pictures_show_the_workbooks_as_they_are() -> None:
    pictures = script(DOCS / "pictures" / "draw.py").pictures()
    assert {path.name for path in (DOCS / "pictures").glob("*.svg")} == set(pictures)
    for name, picture in pictures.items():
        assert (DOCS / "pictures" / name).read_text("utf-8") == picture, "python docs/pictures/draw.py draws them anew"
        assert f"pictures/{name}" in page("docs/workbooks.md")


def test_the_list_of_functions_is_that_of_the_code() -> None:
    text = script(DOCS / "list_functions.py").page()
    assert page("docs/functions.md") == text, "python docs/list_functions.py writes it anew"
    listed = execd("functions").stdout.split()
    assert {"SUM", "XLOOKUP", "LAMBDA", "IF"} < set(listed)
    assert f"The {len(listed)} worksheet functions" in text


def test_links_between_pages_lead_somewhere() -> None:
    for path in [ROOT / "README.md", *DOCS.glob("*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)\)", path.read_text("utf-8")):
            assert (path.parent / target).exists(), f"{path.name}: {target}"
