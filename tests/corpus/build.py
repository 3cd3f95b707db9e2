"""Builds the workbooks of this folder and the values of their formula cells, which LibreOffice calculates.

Writes NAME.xlsx, NAME.csv (sheet, cell, kind, value; every cell that a formula fills) and oracle.txt, which names the
program and its version. The files are committed; this runs only when formulas.py changes.

usage: python -m tests.corpus.build
"""

import csv
import datetime as dt
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from openpyxl import Workbook
from openpyxl.utils import range_boundaries
from openpyxl.utils.cell import get_column_letter
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.formula import ArrayFormula
from openpyxl.worksheet.table import Table
from openpyxl.worksheet.worksheet import Worksheet

from tests.corpus import formulas

HERE = Path(__file__).parent
MAIN = {"m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"

# Functions that files spell with a prefix, as Excel 2007 did not have them.
NEWER = re.compile(
    r"\b(ACOTH?|AGGREGATE|ARABIC|BASE|BETA\.DIST|BINOM\.DIST|BIT\w+|CEILING\.MATH|CHISQ\.\w+(\.RT)?|COMBINA|CONCAT|"
    r"CONFIDENCE\.\w+|COT|COVARIANCE\.[PS]|CSC|DAYS|DECIMAL|EXPON\.DIST|F\.DIST|F\.INV|FLOOR\.MATH|GAMMA\.DIST|"
    r"HYPGEOM\.DIST|IFNA|IFS|ISFORMULA|ISOWEEKNUM|LOGNORM\.DIST|MAXIFS|MINIFS|MODE\.SNGL|NEGBINOM\.DIST|NORM\.\w+"
    r"(\.\w+)?|NUMBERVALUE|PDURATION|PERCENTILE\.\w+|POISSON\.DIST|QUARTILE\.\w+|RANK\.\w+|RRI|SEC|SHEETS|STDEV\.[PS]|"
    r"SWITCH|T\.DIST(\.2T)?|T\.INV|TEXTJOIN|UNICHAR|UNICODE|VAR\.[PS]|WEIBULL\.DIST|XOR)\("
)

ITEMS = [
    ("apple", "north", 4, 1.25, (2024, 1, 1), True, 3),
    ("pear", "south", 7, 2.5, (2024, 1, 15), False, 5),
    ("plum", "north", 2, 3.75, (2024, 2, 29), True, 5),
    ("fig", "east", 9, 0.8, (2024, 4, 30), True, 1),
    ("peach", "south", 5, 1.1, (2024, 6, 1), False, 2),
    ("grape", "north", 6, 4.2, (2023, 12, 31), False, 5),
    ("melon", "east", 1, 6, (2024, 7, 4), True, 4),
    ("cherry", "south", 8, 2.2, (2024, 9, 9), True, 2),
    ("quince", "north", 3, 5.5, (2025, 1, 1), False, 7),
    ("date", "west", 10, 0.5, (2024, 12, 24), True, 6),
]
STEPS = [("from", "what", "down", "share"), (1, "one", 5, 0.1), (2, "two", 4, 0.2), (3, "three", 3, 0.3)]
STEPS += [(4, "four", 2, 0.4), (5, "five", 1, None)]
FLOWS = [("when", "flow", "rate"), ((2023, 1, 1), -10000, 0.09), ((2023, 3, 1), 2750, 0.11)]
FLOWS += [((2023, 10, 30), 4250, 0.1), ((2024, 2, 15), 3250, None), ((2024, 4, 1), 2750, None)]
NAMES = {"Rate": "0.05", "Prices": "Data!$D$2:$D$11", "Revenue": "SUMPRODUCT(Data!$C$2:$C$11,Prices)"}


def fill(sheet: Worksheet, rows: Sequence[Sequence[object]]) -> None:
    """Writes rows from A1 on; dates are given as tuples."""
    for row, values in enumerate(rows, start=1):
        for column, value in enumerate(values, start=1):
            cell = sheet.cell(row, column)
            cell.value = dt.date(*value) if isinstance(value, tuple) else value


def base() -> Workbook:
    """A workbook with the data that formulas refer to."""
    book = Workbook()
    data = book.worksheets[0]
    data.title = "Data"
    fill(data, [("Item", "Region", "Units", "Price", "When", "Organic", "Rank"), *ITEMS])
    fill(book.create_sheet("Steps"), STEPS)
    fill(book.create_sheet("Flows"), FLOWS)
    return book


def prefixed(formula: str) -> str:
    return NEWER.sub(lambda match: "_xlfn." + match[0], formula)


def listed(text: str) -> Callable[[], Workbook]:
    """A workbook with formulas one below the other on a sheet of their own."""

    def build() -> Workbook:
        book = base()
        sheet = book.create_sheet("Formulas")
        for row, formula in enumerate(text.split("\n")[1:-1], start=1):
            sheet.cell(row, 1).value = prefixed(formula)
        return book

    return build


def names() -> Workbook:
    """Names for a constant, a range and a formula, one name of a single sheet, a table, a sheet with an odd name."""
    book = listed(formulas.NAMES)()
    for name, text in {
        "Rate": "0.05",
        "Prices": "Data!$D$2:$D$11",
        "Revenue": "SUMPRODUCT(Data!$C$2:$C$11,Prices)",
    }.items():
        book.defined_names[name] = DefinedName(name, attr_text=text)
    book["Formulas"].defined_names["Local"] = DefinedName("Local", attr_text="Steps!$A$3*10")
    fill(book.create_sheet("Odd name's"), [(1.5,), (2.5,), (3.5,)])
    data = book["Data"]
    data.add_table(Table(displayName="Sales", ref=f"A1:G{len(ITEMS) + 1}"))
    data["H1"] = "Amount"
    for row in range(2, len(ITEMS) + 2):
        data.cell(row, 8).value = "=Sales[[#This Row],[Units]]*Sales[[#This Row],[Price]]"
    return book


def arrays() -> Workbook:
    book = base()
    sheet = book.create_sheet("Formulas")
    for area, formula in formulas.ARRAYS.items():
        sheet[area.partition(":")[0]] = ArrayFormula(area, formula)
    return book


def chains() -> Workbook:
    """A loan's schedule: rows of formulas that refer to the row above; saved as shared formulas."""
    book = base()
    sheet = book.create_sheet("Formulas")
    fill(sheet, [("Period", "Opening", "Interest", "Payment", "Closing"), (1, 10000)])
    for row in range(2, 26):
        if row > 2:
            sheet.cell(row, 1).value = f"=A{row - 1}+1"
            sheet.cell(row, 2).value = f"=E{row - 1}"
        sheet.cell(row, 3).value = f"=ROUND(B{row}*0.06/12,2)"
        sheet.cell(row, 4).value = f"=IF(A{row}=24,B{row}+C{row},450)"
        sheet.cell(row, 5).value = f"=B{row}+C{row}-D{row}"
    return book


# By name: how a workbook is built, and the columns of its sheet Formulas whose formulas are shared.
BOOKS: dict[str, tuple[Callable[[], Workbook], str]] = {
    "math": (listed(formulas.MATH), ""),
    "text": (listed(formulas.TEXT), ""),
    "dates": (listed(formulas.DATES), ""),
    "lookup": (listed(formulas.LOOKUP), ""),
    "logic": (listed(formulas.LOGIC), ""),
    "statistics": (listed(formulas.STATISTICS), ""),
    "money": (listed(formulas.MONEY), ""),
    "names": (names, ""),
    "arrays": (arrays, ""),
    "chains": (chains, "ABCDE"),
}


def save(book: Workbook, shared: str, path: Path) -> None:
    """Saves a workbook; formulas of the columns `shared` are written once, in the first cell of their column."""
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder, path.name)
        book.save(plain)
        part = f"xl/worksheets/sheet{book.sheetnames.index('Formulas') + 1}.xml"
        with zipfile.ZipFile(plain) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
            for entry in source.namelist():
                text = source.read(entry)
                target.writestr(entry, share(text.decode(), shared).encode() if entry == part else text)


def share(sheet: str, columns: str) -> str:
    """The XML of a sheet whose formulas in these columns, each one the one above it moved down, are shared."""
    for index, column in enumerate(columns):
        cell = re.compile(rf'(<c r="{column}(\d+)"[^>]*>)<f>(.*?)</f>')
        rows = [int(found[2]) for found in cell.finditer(sheet)]
        first = f'<f t="shared" ref="{column}{rows[0]}:{column}{rows[-1]}" si="{index}">'
        sheet = cell.sub(rf"\1{first}\3</f>", sheet, count=1)
        sheet = cell.sub(rf'\1<f t="shared" si="{index}"/>', sheet)
    return sheet


def filled(book: Workbook) -> Iterator[tuple[str, str]]:
    """Sheet and address of all cells that formulas fill."""
    for sheet in book:
        for row in sheet.iter_rows():
            for cell in row:
                yield from ((sheet.title, address) for address in area(cell.value, cell.coordinate))


def area(value: object, address: str) -> Iterator[str]:
    if isinstance(value, ArrayFormula):
        left, top, right, bottom = range_boundaries(value.ref)
        yield from (f"{get_column_letter(x)}{y}" for y in range(top, bottom + 1) for x in range(left, right + 1))
    elif isinstance(value, str) and value.startswith("="):
        yield address


def calculated(path: Path) -> dict[tuple[str, str], tuple[str, str]]:
    """Kind and value of every cell of a workbook, by sheet and address, as LibreOffice calculates it."""
    with tempfile.TemporaryDirectory() as folder:
        profile = f"-env:UserInstallation=file://{folder}/profile"
        command = ["soffice", profile, "--headless", "--convert-to", "xlsx", "--outdir", folder, str(path)]
        subprocess.run(command, check=True, capture_output=True)
        with zipfile.ZipFile(Path(folder, path.name)) as book:
            return dict(cells(book))


def cells(book: zipfile.ZipFile) -> Iterator[tuple[tuple[str, str], tuple[str, str]]]:
    def part(name: str) -> ET.Element:
        return ET.fromstring(book.read(name))

    texts = [
        "".join(text.text or "" for text in entry.iter(f"{{{MAIN['m']}}}t")) for entry in part("xl/sharedStrings.xml")
    ]
    targets = {entry.get("Id"): entry.get("Target") for entry in part("xl/_rels/workbook.xml.rels")}
    for sheet in part("xl/workbook.xml").iterfind("m:sheets/m:sheet", MAIN):
        for cell in part(f"xl/{targets[sheet.get(RELATION)]}").iterfind("m:sheetData/m:row/m:c", MAIN):
            text = cell.findtext("m:v", "", MAIN)
            place = (sheet.get("name", ""), cell.get("r", ""))
            match cell.get("t", "n"):
                case "s":
                    yield place, ("text", texts[int(text)])
                case "str":
                    yield place, ("text", text)
                case "b":
                    yield place, ("bool", "TRUE" if text == "1" else "FALSE")
                case "e":
                    yield place, ("error", text)
                case _:
                    yield place, ("number", text)


def main() -> None:
    """Builds everything."""
    version = subprocess.run(["soffice", "--version"], capture_output=True, text=True, check=True).stdout.strip()
    (HERE / "oracle.txt").write_text(f"{version}, full recalculation\n")
    for name, (build, shared) in BOOKS.items():
        book = build()
        save(book, shared, HERE / f"{name}.xlsx")
        values = calculated(HERE / f"{name}.xlsx")
        with (HERE / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(["sheet", "cell", "kind", "value"])
            writer.writerows((*place, *values[place]) for place in filled(book))
        sys.stdout.write(f"{name}\n")


if __name__ == "__main__":
    main()
