"""Builds the workbook that `execd template` writes: python/execd/template.xlsx, with stored values.

The file is committed, so this runs only when it changes. Like build_examples.py it needs `soffice`.

usage: build_template.py
"""

import datetime as dt
from pathlib import Path

from build_examples import write_example
from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

TARGET = Path(__file__).parents[1] / "python" / "execd" / "template.xlsx"

NOTES = [
    ("A template for a calculation service", ""),
    ("", ""),
    ("What is where", "Inputs: what a caller sends. Rates: your own tables. Outputs: what a caller gets."),
    ("Names", "Formulas, Name Manager shows which cells are inputs and outputs: Xinput_… and Xoutput_…"),
    (
        "A new input",
        "Select the cell, type Xinput_ and a name into the Name Box, left of the formula bar.",
    ),
    ("A table", "Select the headings and the rows under them, then name them in the same way."),
    ("Defaults", "What the input cells hold now is used where a caller sends nothing."),
    ("Validations", "Data, Data Validation: callers get your error message. Xvalidate_… is a formula that complains."),
    ("Then", "execd check FILE says whether the workbook is ready, execd run and execd serve calculate with it."),
]
INPUTS = {
    "Quantity": (10, "0", "pieces"),
    "UnitPrice": (25, "#,##0.00", "EUR"),
    "OrderDate": (dt.date(2026, 1, 15), "yyyy-mm-dd", ""),
    "Customer": ("Regular", "General", "New, Regular or Key"),
}
EXTRAS = [["Item", "Price"], ["Gift wrap", 5], ["Express", 15], [None, None], [None, None]]
RATES = [["Customer", "Discount"], ["New", 0], ["Regular", 0.05], ["Key", 0.1]]
OUTPUTS = {
    "Discount": ("=VLOOKUP(Inputs!B5,Rates!A2:B4,2,FALSE)", "0%"),
    "NetPrice": ("=Inputs!B2*Inputs!B3*(1-B2)", "#,##0.00"),
    "ExtrasTotal": ("=SUM(Inputs!B9:B12)", "#,##0.00"),
    "Total": ("=B3+B4", "#,##0.00"),
    "DeliveryDate": ("=Inputs!B4+14", "yyyy-mm-dd"),
}
COMPLAINT = '=IF(SUM(Inputs!B9:B12)>1000,"Extras cost more than 1,000","")'

HEADING = Font(bold=True, color="FFFFFF")
DARK = PatternFill("solid", fgColor="1F4E78")
YELLOW = PatternFill("solid", fgColor="FFF2CC")
GREEN = PatternFill("solid", fgColor="E2EFDA")


def template() -> Workbook:
    """A price quote: four values and a table in, five values and a table out."""
    book = Workbook()
    write_notes(book.worksheets[0])
    write_inputs(book.create_sheet("Inputs"))
    write_rates(book.create_sheet("Rates"))
    write_outputs(book.create_sheet("Outputs"))
    for row, name in enumerate(INPUTS, start=2):
        declare(book, f"Xinput_{name}", f"Inputs!$B${row}")
    declare(book, "Xinput_Extras", "Inputs!$A$8:$B$12")
    for row, name in enumerate(OUTPUTS, start=2):
        declare(book, f"Xoutput_{name}", f"Outputs!$B${row}")
    declare(book, "Xoutput_Instalments", "Outputs!$A$9:$C$12")
    declare(book, "Xvalidate_Extras", "Outputs!$B$15")
    return book


def declare(book: Workbook, name: str, cells: str) -> None:
    """Gives cells a name."""
    book.defined_names[name] = DefinedName(name, attr_text=cells)


def headings(sheet: Worksheet, row: int, *texts: str) -> None:
    """A row of headings."""
    for column, text in enumerate(texts, start=1):
        cell = sheet.cell(row, column, text)
        cell.font, cell.fill = HEADING, DARK


def widths(sheet: Worksheet, **of_columns: float) -> None:
    """Column widths in characters."""
    for column, width in of_columns.items():
        sheet.column_dimensions[column].width = width


def write_notes(sheet: Worksheet) -> None:
    """What an author reads first."""
    sheet.title = "Notes"
    widths(sheet, A=24, B=96)
    for row, (title, text) in enumerate(NOTES, start=1):
        sheet.cell(row, 1, title or None).font = Font(bold=True, size=14 if row == 1 else 11)
        sheet.cell(row, 2, text or None).alignment = Alignment(wrap_text=True, vertical="top")


def write_inputs(sheet: Worksheet) -> None:
    """Values with their validations, and a table."""
    widths(sheet, A=18, B=14, C=24)
    headings(sheet, 1, "Input", "Value", "Unit or choice")
    for row, (name, (value, number_format, unit)) in enumerate(INPUTS.items(), start=2):
        sheet.cell(row, 1, name)
        cell = sheet.cell(row, 2, value)
        cell.number_format, cell.fill = number_format, YELLOW
        sheet.cell(row, 3, unit or None)
    sheet["A7"] = "Extras"
    sheet["A7"].font = Font(bold=True)
    headings(sheet, 8, *EXTRAS[0])
    for row, values in enumerate(EXTRAS[1:], start=9):
        for column, value in enumerate(values, start=1):
            sheet.cell(row, column, value).fill = YELLOW
        sheet.cell(row, 2).number_format = "#,##0.00"
    validate(sheet, "B2", "Quantity is a whole number from 1 to 1,000", "whole", "1", "1000")
    validate(sheet, "B3", "The unit price is above 0", "decimal", "0", operator="greaterThan")
    validate(sheet, "B4", "Orders are from 2020 on", "date", "DATE(2020,1,1)", operator="greaterThanOrEqual")
    validate(sheet, "B5", "A customer is New, Regular or Key", "list", "Rates!$A$2:$A$4")
    validate(sheet, "B9:B12", "An extra costs 0 or more", "decimal", "0", operator="greaterThanOrEqual", blank=True)


def validate(
    sheet: Worksheet,
    cells: str,
    message: str,
    kind: str,
    first: str,
    second: str | None = None,
    operator: str = "between",
    *,
    blank: bool = False,
) -> None:
    """A data validation with its error message."""
    rule = DataValidation(kind, first, second, operator=operator, allow_blank=blank, error=message)
    rule.showErrorMessage = True
    rule.add(cells)
    sheet.add_data_validation(rule)


def write_rates(sheet: Worksheet) -> None:
    """The author's own table."""
    widths(sheet, A=18, B=14)
    headings(sheet, 1, *RATES[0])
    for row, (customer, discount) in enumerate(RATES[1:], start=2):
        sheet.cell(row, 1, customer)
        sheet.cell(row, 2, discount).number_format = "0%"


def write_outputs(sheet: Worksheet) -> None:
    """Results, a table of three instalments, and a check of the inputs."""
    widths(sheet, A=18, B=14, C=14)
    headings(sheet, 1, "Output", "Value")
    for row, (name, (formula, number_format)) in enumerate(OUTPUTS.items(), start=2):
        sheet.cell(row, 1, name)
        cell = sheet.cell(row, 2, formula)
        cell.number_format, cell.fill = number_format, GREEN
    sheet["A8"] = "Instalments"
    sheet["A8"].font = Font(bold=True)
    headings(sheet, 9, "Number", "Due", "Amount")
    for row in (10, 11, 12):
        amount = (
            "=ROUND($B$5/3,2)" if row < 12 else "=ROUND($B$5-SUM(C10:C11),2)"
        )  # the last one takes what rounding left
        for column, value, number_format in (
            (1, row - 9, "0"),
            (2, f"=EDATE($B$6,A{row})", "yyyy-mm-dd"),
            (3, amount, "#,##0.00"),
        ):
            cell = sheet.cell(row, column, value)
            cell.number_format, cell.fill = number_format, GREEN
    headings(sheet, 14, "Check", "Complaint")
    sheet["A15"], sheet["B15"] = "Extras", COMPLAINT


if __name__ == "__main__":
    write_example(template(), TARGET)
