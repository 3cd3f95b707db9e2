"""Draws the pictures of docs/workbooks.md from the cells of real workbooks: columns, rows, values, names.

usage: python docs/pictures/draw.py      writes the .svg files beside this one
"""

import datetime as dt
import re
from collections.abc import Mapping
from html import escape
from itertools import pairwise
from pathlib import Path

from openpyxl import Workbook, load_workbook
from openpyxl.cell import Cell, MergedCell
from openpyxl.utils import get_column_letter
from openpyxl.utils.cell import range_boundaries
from openpyxl.worksheet.worksheet import Worksheet

HERE = Path(__file__).parent
ROOT = HERE.parents[1]

ROW, MARGIN, LETTER = 22, 40, 7.6
FONT = 'font-family="Liberation Sans, Arial, sans-serif" font-size="13"'
COLOURS = {"xinput": "#C55A11", "xoutput": "#2E7D32", "xvalidate": "#6A1B9A"}


def pictures() -> dict[str, str]:
    """The text of every picture by its file name."""
    template = load_workbook(ROOT / "python" / "execd" / "template.xlsx", data_only=True)
    party = load_workbook(ROOT / "examples" / "services" / "MyFolder" / "BlockParty.xlsx", data_only=True)
    return {
        "inputs.svg": draw(template["Inputs"], names(template, "Inputs")),
        "outputs.svg": draw(template["Outputs"], names(template, "Outputs")),
        "two-rows-of-headings.svg": draw(party["Inputs"], {"Xinput_A44": "A9:D12"}, rows=(8, 12)),
        "headings-missed.svg": draw(drivers(), {"Xinput_Drivers": "A2:B4"}),
        "headings-named.svg": draw(drivers(), {"Xinput_Drivers": "A1:B4"}),
    }


def drivers() -> Worksheet:
    """A table whose name may miss the headings."""
    sheet = Workbook().worksheets[0]
    for row in (["Name", "Age"], ["Ann", 41], ["Bob", 23], ["Eve", 67]):
        sheet.append(row)
    return sheet


def names(book: Workbook, sheet: str) -> dict[str, str]:
    """The X-names on a sheet and their cells."""
    found = {}
    for name, defined in book.defined_names.items():
        title, cells = defined.attr_text.split("!")
        if title.strip("'") == sheet:
            found[name] = cells.replace("$", "")
    return found


def draw(sheet: Worksheet, names: Mapping[str, str], rows: tuple[int, int] | None = None) -> str:
    """A sheet with a frame and a tag around the cells of each name."""
    first, last = rows or (1, sheet.max_row)
    lefts = [MARGIN]
    for column in range(1, sheet.max_column + 1):
        lefts.append(lefts[-1] + width(sheet, column))
    tags = max(len(name) for name in names) * LETTER + 40
    size = (lefts[-1] + tags, (last - first + 2) * ROW + 2)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{size[0]:g}" height="{size[1]:g}" {FONT}>',
        f'<rect width="{size[0]:g}" height="{size[1]:g}" fill="#FFFFFF"/>',
    ]
    parts += heads(lefts, first, last)
    for row in range(first, last + 1):
        for column in range(1, sheet.max_column + 1):
            parts += draw_cell(sheet, sheet.cell(row, column), lefts, first)
    for name, cells in names.items():
        parts += draw_name(name, cells, lefts, first)
    return "\n".join([*parts, "</svg>", ""])


def width(sheet: Worksheet, column: int) -> float:
    """Of a column, in pixels."""
    letter = get_column_letter(column)
    return sheet.column_dimensions[letter].width * LETTER if letter in sheet.column_dimensions else 80


def heads(lefts: list[float], first: int, last: int) -> list[str]:
    """Column letters and row numbers."""
    parts = []
    for column, (left, right) in enumerate(pairwise(lefts), start=1):
        parts.append(box(left, 0, right - left, ROW, "#E7E6E6"))
        parts.append(words((left + right) / 2, ROW, get_column_letter(column), "middle", "#555555"))
    parts.append(box(0, 0, MARGIN, ROW, "#E7E6E6"))
    for row in range(first, last + 1):
        top = (row - first + 1) * ROW
        parts.append(box(0, top, MARGIN, ROW, "#E7E6E6"))
        parts.append(words(MARGIN / 2, top + ROW, str(row), "middle", "#555555"))
    return parts


def draw_cell(sheet: Worksheet, cell: Cell | MergedCell, lefts: list[float], first: int) -> list[str]:
    """A cell with its value; a merged area once."""
    area = next((one for one in sheet.merged_cells.ranges if cell.coordinate in one), None)
    if area and (cell.row, cell.column) != (area.min_row, area.min_col):
        return []
    last_column, rows = (area.max_col, area.max_row - area.min_row + 1) if area else (cell.column, 1)
    left, right, top = lefts[cell.column - 1], lefts[last_column], (cell.row - first + 1) * ROW
    solid = cell.fill.fill_type == "solid"
    parts = [box(left, top, right - left, rows * ROW, f"#{cell.fill.fgColor.rgb[-6:]}" if solid else "#FFFFFF")]
    text = shown(cell)
    if text:
        colour = f"#{cell.font.color.rgb[-6:]}" if solid and cell.font.b else "#000000"
        weight = ' font-weight="bold"' if cell.font.b else ""
        middle = top + (rows + 1) * ROW / 2
        if isinstance(cell.value, str):
            parts.append(words(left + 5, middle, text, "start", colour, weight))
        else:
            parts.append(words(right - 5, middle, text, "end", colour, weight))
    return parts


def shown(cell: Cell | MergedCell) -> str:
    """A value as its number format shows it."""
    value = cell.value
    if isinstance(value, dt.datetime):
        return f"{value:%Y-%m-%d}"
    if isinstance(value, int | float):
        if cell.number_format == "0%":
            return f"{value:.0%}"
        return f"{value:,.2f}" if "0.00" in cell.number_format else f"{value:g}"
    return value or ""


def draw_name(name: str, cells: str, lefts: list[float], first: int) -> list[str]:
    """A frame around the cells, and the name beside the sheet."""
    first_column, first_row, last_column, last_row = range_boundaries(cells)
    colour = COLOURS[re.split("_", name.lower())[0]]
    left, top = lefts[first_column - 1], (first_row - first + 1) * ROW
    right, height = lefts[last_column], (last_row - first_row + 1) * ROW
    middle = top + ROW / 2
    frame = f'x="{left + 1:g}" y="{top + 1:g}" width="{right - left - 2:g}" height="{height - 2:g}"'
    line = f'x1="{lefts[-1]:g}" y1="{middle:g}" x2="{lefts[-1] + 16:g}" y2="{middle:g}"'
    return [
        f'<rect {frame} fill="none" stroke="{colour}" stroke-width="2"/>',
        f'<line {line} stroke="{colour}" stroke-dasharray="3 3"/>',
        words(lefts[-1] + 20, top + ROW, name, "start", colour, ' font-weight="bold"'),
    ]


def box(left: float, top: float, width: float, height: float, fill: str) -> str:
    """The area of a cell."""
    size = f'width="{width:g}" height="{height:g}"'
    return f'<rect x="{left:g}" y="{top:g}" {size} fill="{fill}" stroke="#D0D0D0"/>'


def words(x: float, bottom: float, text: str, anchor: str, colour: str, more: str = "") -> str:
    """A line of text in a row that ends at `bottom`."""
    place = f'x="{x:g}" y="{bottom - 6:g}" text-anchor="{anchor}" fill="{colour}"{more}'
    return f"<text {place}>{escape(text)}</text>"


if __name__ == "__main__":
    for file_name, picture in pictures().items():
        (HERE / file_name).write_text(picture, "utf-8")
