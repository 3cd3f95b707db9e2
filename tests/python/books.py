"""Workbooks that the tests build for themselves, with openpyxl."""

import copy
import io
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

from openpyxl import Workbook
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.cell_range import MultiCellRange
from openpyxl.worksheet.datavalidation import DataValidation

Cells = Mapping[str, object]


def workbook(cells: Cells, names: Mapping[str, str], validations: Mapping[str, DataValidation] | None = None) -> bytes:
    """One sheet `S` with `cells`, and defined names for addresses like `B2` or `B2:C4`."""
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = "S"
    for address, value in cells.items():
        sheet[address] = value
    for name, address in names.items():
        absolute = ":".join("$" + part[0] + "$" + part[1:] for part in address.split(":"))
        book.defined_names[name] = DefinedName(name, attr_text=f"S!{absolute}")
    for address, validation in (validations or {}).items():
        validation.add(address)
        sheet.add_data_validation(validation)
    return saved(book)


def saved(book: Workbook) -> bytes:
    """The file of a workbook."""
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def long_sum(length: int) -> bytes:
    """The output `b` is the input `a` and the sum of 2 to `length`, each added by a cell of its own."""
    plain = workbook({"B1": 1, "C1": f"=B1+A{length}"}, {"Xinput_a": "B1", "Xoutput_b": "C1"})
    rows = (f'<row r="{row}"><c r="A{row}"><f>A{row - 1}+{row}</f></c></row>' for row in range(2, length + 1))
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(plain)) as source, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        for part in source.namelist():
            content = source.read(part)
            if part == "xl/worksheets/sheet1.xml":
                content = content.replace(b"</row>", b"</row>" + "".join(rows).encode(), 1)
            target.writestr(part, content)
    return buffer.getvalue()


# What `execd template` writes, saved with values.
TEMPLATE = Path(__file__).parents[2] / "python" / "execd" / "template.xlsx"


def edited_template(change: Callable[[str, bytes], bytes]) -> bytes:
    """The template with changes in its parts: `change` gets the name of a part and its bytes."""
    result = io.BytesIO()
    with zipfile.ZipFile(TEMPLATE) as source, zipfile.ZipFile(result, "w") as target:
        for name in source.namelist():
            target.writestr(name, change(name, source.read(name)))
    return result.getvalue()


def basics() -> bytes:
    """Two numbers, a text and a table in; a sum, a quotient, a text and the table's total out."""
    cells = {
        "B1": 2,
        "B2": 3,
        "B3": "x",
        "D1": "price",
        "E1": "count",
        "D2": 1.5,
        "E2": 2,
        "D3": 10,
        "E3": 1,
        "B5": "=B1+B2",
        "B6": "=B1/B2",
        "B7": '=B3&"!"',
        "B8": "=SUMPRODUCT(D2:D3,E2:E3)",
    }
    inputs = {"Xinput_a": "B1", "Xinput_b": "B2", "Xinput_text": "B3", "Xinput_items": "D1:E3"}
    outputs = {"Xoutput_sum": "B5", "Xoutput_quotient": "B6", "Xoutput_shout": "B7", "Xoutput_total": "B8"}
    return workbook(cells, inputs | outputs)


# Excel's "Ignore blank" box, ticked.
BLANK = {"allow_blank": True}

# By name: the validation of an input of `validated` in column C, whose rows are in this order. From an input in row n,
# Cn is the value itself.
VALIDATIONS = {
    "whole": DataValidation("whole", formula1="1", formula2="$B$1*2", error="At most twice the base"),
    "decimal": DataValidation("decimal", "$B$5", operator="lessThan"),
    "date": DataValidation("date", "TODAY()", operator="greaterThanOrEqual", errorStyle="warning"),
    "time": DataValidation("time", "TIME(9,0,0)", "TIME(9,0,0)+$B$1/24", operator="notBetween"),
    "length": DataValidation("textLength", "LEN($B$2)", operator="equal"),
    "range": DataValidation("list", "$D$1:$D$3"),
    "dependent": DataValidation("list", "INDIRECT($B$2)", **BLANK),
    "mixed": DataValidation("list", "$B$1:$B$2"),
    "single": DataValidation("list", "$B$1", **BLANK),
    "custom": DataValidation("custom", "AND($B$1>0,LEN(C10)<5)", **BLANK),
    "fraction": DataValidation("custom", "1/($B$1-10)>0"),
    "not_equal": DataValidation("whole", "$B$1", operator="notEqual"),
    "greater": DataValidation("decimal", "$B$1", operator="greaterThan"),
    "at_most": DataValidation("decimal", "$B$1*0.1", operator="lessThanOrEqual", **BLANK),
}


def validated() -> bytes:
    """Inputs `base` (10) and `word` ("abc"), and one for each of `VALIDATIONS`; the output is base * 2.

    `Xvalidate_base` complains about a negative base, `Xvalidate_Other` is an error when the base is 99.
    """
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = "S"
    sheet["B1"], sheet["B2"], sheet["B5"] = 10, "abc", "=B1*2"
    for row, (colour, fruit) in enumerate([("red", "apple"), ("green", "pear"), (None, None)], start=1):
        sheet[f"D{row}"], sheet[f"E{row}"] = colour, fruit
    addresses = {"Xinput_base": "$B$1", "Xinput_word": "$B$2", "Xoutput_twice": "$B$5", "fruit": "$E$1:$E$2"}
    for row, (name, validation) in enumerate(VALIDATIONS.items(), start=1):
        addresses[f"Xinput_{name}"] = f"$C${row}"
        copied = copy.copy(validation)
        copied.sqref = MultiCellRange(f"C{row}")
        sheet.add_data_validation(copied)
    sheet["F1"], sheet["F2"] = '=IF(B1<0,"Base is "&B1,"")', "=IF(B1=99,1/0)"
    addresses |= {"Xvalidate_base": "$F$1", "xvalidate_Other": "$F$2"}
    sheet["G1"], sheet["H1"] = "low", "high"
    for row in (2, 3):
        sheet[f"G{row}"], sheet[f"H{row}"] = 1, 2
    addresses["Xinput_table"] = "$G$1:$H$3"
    sheet.add_data_validation(
        DataValidation("decimal", "G2", operator="greaterThan", sqref="H2:H3", error="High must be above low")
    )
    for name, address in addresses.items():
        book.defined_names[name] = DefinedName(name, attr_text=f"S!{address}")
    return saved(book)


# Steps of `slow`: some tens of microseconds per record, which only many records make long.
LINKS = 10_000


def slow() -> bytes:
    """A chain of dependent cells that cannot be folded: records times `LINKS` multiplications."""
    cells: dict[str, object] = {"A1": 1}
    cells |= {f"B{row}": f"=B{row - 1}*1.0000001+$A$1" for row in range(2, LINKS + 1)}
    cells["B1"] = "=A1"
    return workbook(cells, {"Xinput_x": "A1", "Xoutput_y": f"B{LINKS}"})


def slow_inputs(records: int) -> bytes:
    """The `inputs` for `slow`, in array layout, with the given number of records."""
    return b'[["x"]' + b",[1]" * records + b"]"


def slow_to_compile(first: int = 1) -> bytes:
    """A million sums of 3,000 products, all of which are known before any record comes."""
    cells: dict[str, object] = {"A1": first}
    cells |= {f"C{row}": row for row in range(1, 3_001)}
    sums = "MAKEARRAY(1000,1000,LAMBDA(r,c,SUMPRODUCT(C1:C3000,C1:C3000*r+c)))"
    cells["B1"] = f"=SUM({sums})+A1"
    return workbook(cells, {"Xinput_x": "A1", "Xoutput_y": "B1"})


def doubling() -> bytes:
    """A LAMBDA that applies one twice that applies one twice …: 2^40 different sums."""
    doubled = "".join(f"f_{n + 1}_,LAMBDA(x,f_{n}_(f_{n}_(x)))," for n in range(40))
    formula = f"=LET(f_0_,LAMBDA(x,x+1),{doubled}f_40_(A1))"
    cells: dict[str, object] = {"A1": 1, "B1": formula}
    return workbook(cells, {"Xinput_x": "A1", "Xoutput_y": "B1"})


def circular() -> bytes:
    """Two cells that refer to each other."""
    return workbook({"A1": 1, "B1": "=B2+A1", "B2": "=B1"}, {"Xinput_x": "A1", "Xoutput_y": "B1"})


def unsupported() -> bytes:
    """An output that needs a function nobody knows."""
    return workbook({"A1": 1, "B1": "=NOSUCHFUNCTION(A1)"}, {"Xinput_x": "A1", "Xoutput_y": "B1"})


def encrypted() -> bytes:
    """An OLE2 file whose directory has the entry under which Excel stores a workbook with a password."""
    header = bytes.fromhex("D0CF11E0A1B11AE1").ljust(512, b"\0")
    entry = "EncryptedPackage".encode("utf-16-le").ljust(128, b"\0")
    return header + entry + bytes(4096)


def with_macro() -> bytes:
    """`basics` as a macro-enabled workbook."""
    result = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(basics())) as source, zipfile.ZipFile(result, "w") as target:
        for entry in source.namelist():
            data = source.read(entry)
            if entry == "[Content_Types].xml":
                plain = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
                data = data.replace(plain, b"application/vnd.ms-excel.sheet.macroEnabled.main+xml")
            target.writestr(entry, data)
        target.writestr("xl/vbaProject.bin", bytes(64))
    return result.getvalue()


def zip_bomb() -> bytes:
    """A workbook whose sheet unpacks to more than a gigabyte."""
    result = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(basics())) as source, zipfile.ZipFile(result, "w", zipfile.ZIP_DEFLATED) as target:
        for entry in source.namelist():
            if entry.startswith("xl/worksheets/sheet"):
                with target.open(entry, "w", force_zip64=True) as part:
                    part.write(b"<worksheet><sheetData>")
                    for _ in range(1100):
                        part.write(b" " * (1 << 20))
            else:
                target.writestr(entry, source.read(entry))
    return result.getvalue()


HOSTILE: dict[str, Callable[[], bytes]] = {
    "circular": circular,
    "unsupported": unsupported,
    "encrypted": encrypted,
    "truncated": lambda: basics()[:2000],
    "notaworkbook": lambda: b"not a workbook",
    "empty": lambda: b"",
    "bomb": zip_bomb,
}


def write_services(data: Path) -> None:
    """The services that a test server serves, in the folder `tests`."""
    folder = data / "services" / "tests"
    folder.mkdir(parents=True)
    (folder / "basics.xlsx").write_bytes(basics())
    (folder / "slow.xlsx").write_bytes(slow())
    (folder / "validated.xlsx").write_bytes(validated())
    for name, build in HOSTILE.items():
        (folder / f"{name}.xlsx").write_bytes(build())
    (folder / "macro.xlsm").write_bytes(with_macro())
