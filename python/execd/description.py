"""What a model says about itself, as types. The values are made in Rust; nothing is computed here."""

from typing import Literal, NotRequired, TypedDict

Format = Literal["general", "date", "time", "datetime", "text"]
Cell = float | str | bool | None


class Validation(TypedDict):
    """A data validation of an input."""

    text: str
    """The rule in words: `a whole number between 1 and 10`."""
    rule: Literal["whole", "decimal", "date", "time", "text_length", "list", "custom"]
    operator: NotRequired[str]
    """`between`, `at_least` and so on, where the rule has limits."""
    limits: NotRequired[list[float | None]]
    """None for a limit that each record has its own."""
    options: NotRequired[list[Cell] | None]
    """Of a list; None where each record has its own."""
    cells: NotRequired[list[tuple[int, str]]]
    """Of a table: row from 1, heading."""
    message: str | None
    ignore_blank: bool


class ScalarInput(TypedDict):
    """An input of one cell."""

    name: str
    shape: Literal["scalar"]
    format: Format
    default: Cell
    """What the workbook holds."""
    default_text: str
    """The same as the cell shows it."""
    validation: Validation | None
    description: str | None
    address: str


class TableInput(TypedDict):
    """An input of rows under headings."""

    name: str
    shape: Literal["table"]
    headings: list[str]
    rows: int
    format: Format
    default: list[list[Cell]]
    """The rows that the workbook holds."""
    default_text: list[list[str]]
    """The same as the cells show them."""
    validation: list[Validation] | None
    description: str | None
    address: str


Input = ScalarInput | TableInput


class Output(TypedDict):
    """An output of a service."""

    name: str
    shape: Literal["scalar", "table"]
    headings: NotRequired[list[str]]
    rows: NotRequired[int]
    formats: list[Format]
    """One for a scalar, one per column for a table."""
    description: str | None
    address: str


class Unsupported(TypedDict):
    """A formula cell that cannot be compiled."""

    sheet: str
    cell: str
    formula: str
    reason: str


class Remark(TypedDict):
    """A mistake in a workbook, or a doubt about it. What belongs to no sheet, cell or name has None there."""

    sheet: str | None
    cell: str | None
    name: str | None
    message: str


class Report(TypedDict):
    """What was compiled."""

    sheets: int
    formula_cells: int
    live_cells: int
    steps: int
    slots: int
    constants: int
    mistakes: list[Remark]
    unsupported: list[Unsupported]
    warnings: list[Remark]


class Description(TypedDict):
    """All that is known of a workbook, also of one that does not compile."""

    inputs: list[Input]
    outputs: list[Output]
    report: Report
