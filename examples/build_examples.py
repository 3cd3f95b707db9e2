"""Builds the example workbooks under examples/services, with the cached values that a saved workbook has.

The files are committed, so this runs only when an example changes. openpyxl stores no results of formulas;
LibreOffice calculates them (`soffice` must be on the path) and they are written beside the formulas.

usage: build_examples.py
"""

import datetime as dt
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from openpyxl import Workbook, load_workbook
from openpyxl.styles import Alignment
from openpyxl.utils.datetime import to_excel
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

SERVICES = Path(__file__).parent / "services"
sys.path.insert(0, str(Path(__file__).parents[1] / "benches" / "models"))

from build_models import MODELS, rewrite, save, write_table  # noqa: E402

FORMULA_CELL = re.compile(rb'<c r="([A-Z]+[0-9]+)"([^>]*)><f([^>]*)>(.*?)</f><v\s*/?>(?:</v>)?</c>', re.DOTALL)


def block_party() -> Workbook:
    """One value, one table and one table with headings under headings; every output is twice its input."""
    book = Workbook()
    inputs = book.worksheets[0]
    inputs.title = "Inputs"
    outputs = book.create_sheet("Outputs")
    write_table(inputs, 1, 1, [["A11", 50]])
    write_table(inputs, 3, 1, [["A33"], ["A1", "A2", "A3"], [1, 2, 3], [11, 12, 13]])
    write_table(inputs, 8, 1, [["A44"], [], [], [1, 2, 3, 4], [11, 12, 13, 14]])
    write_table(outputs, 1, 1, [["A11", "=Inputs!B1*2"]])
    write_table(outputs, 3, 1, [["A33"], ["A1", "A2", "A3"], *doubled("ABC", (5, 6))])
    write_table(outputs, 8, 1, [["A44"], [], [], *doubled("ABCD", (11, 12))])
    for prefix, sheet in (("Xinput", inputs), ("Xoutput", outputs)):
        two_level_headings(sheet, 9)
        for name, area in (("A11", "$B$1"), ("A33", "$A$4:$C$6"), ("A44", "$A$9:$D$12")):
            defined = f"{prefix}_{name}"
            book.defined_names[defined] = DefinedName(defined, attr_text=f"{sheet.title}!{area}")
    # No alert text of its own: callers then get the standard message.
    rule = DataValidation(type="whole", operator="between", formula1="25", formula2="1000", allow_blank=True)
    rule.showErrorMessage = True
    rule.add("B1")
    inputs.add_data_validation(rule)
    return book


def doubled(columns: str, rows: tuple[int, ...]) -> list[list[str]]:
    """Formulas that double the cells of the sheet Inputs."""
    return [[f"=Inputs!{column}{row}*2" for column in columns] for row in rows]


def two_level_headings(sheet: Worksheet, row: int) -> None:
    """A1, B over B1 and B2, C1: the outer ones merged over two rows, B over two columns."""
    write_table(sheet, row, 1, [["A1", "B", None, "C1"], [None, "B1", "B2", None]])
    for area in (f"A{row}:A{row + 1}", f"B{row}:C{row}", f"D{row}:D{row + 1}"):
        sheet.merge_cells(area)
    for column in "ABD":
        sheet[f"{column}{row}"].alignment = Alignment(horizontal="center", vertical="center")


def calculated(path: Path) -> dict[str, dict[str, Any]]:
    """The value of every cell of a workbook, by sheet and cell, as LibreOffice calculates it."""
    with tempfile.TemporaryDirectory() as folder:
        profile = f"-env:UserInstallation=file://{folder}/profile"
        command = ["soffice", profile, "--headless", "--convert-to", "xlsx", "--outdir", folder, str(path)]
        subprocess.run(command, check=True, capture_output=True)
        book = load_workbook(Path(folder, path.name), data_only=True)
        return {
            sheet.title: {cell.coordinate: cell.value for row in sheet.iter_rows() for cell in row} for sheet in book
        }


def store_values(path: Path) -> None:
    """Writes the value of every formula beside it."""
    values = calculated(path)
    titles = list(values)

    def change(part: str, data: bytes) -> bytes:
        number = re.fullmatch(r"xl/worksheets/sheet(\d+)\.xml", part)
        if not number:
            return data
        cells = values[titles[int(number[1]) - 1]]
        return FORMULA_CELL.sub(lambda match: stored_cell(match, cells[match[1].decode()]), data)

    rewrite(path, change)


def stored_cell(match: re.Match[bytes], value: Any) -> bytes:
    """The XML of a formula cell with its value. openpyxl reads an empty text as None."""
    if value is None:
        value = ""
    if isinstance(value, dt.datetime):
        value = to_excel(value)
    reference, attributes, formula_attributes, formula = (group.decode() for group in match.groups())
    if isinstance(value, bool):
        kind, text = ' t="b"', str(int(value))
    elif isinstance(value, str):
        kind, text = ' t="str"', escape(value)
    elif isinstance(value, (int, float)):
        kind, text = "", repr(value)
    else:
        raise TypeError(f"{reference}: no value to store: {value!r}")
    return f'<c r="{reference}"{attributes}{kind}><f{formula_attributes}>{formula}</f><v>{text}</v></c>'.encode()


def write_example(book: Workbook, path: Path) -> None:
    """Saves a workbook with stored values."""
    book.calculation.fullCalcOnLoad = False
    save(book, path)
    store_values(path)
    print(path.name)


def main() -> None:
    """Builds all examples."""
    write_example(block_party(), SERVICES / "MyFolder" / "BlockParty.xlsx")
    for name, build in MODELS.items():
        write_example(build().workbook, SERVICES / "models" / f"{name}.xlsx")


if __name__ == "__main__":
    main()
