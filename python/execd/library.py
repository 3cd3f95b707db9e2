"""The library: workbooks as models in this process. No server, no settings, no registry."""

import os
import time
from pathlib import Path
from typing import Any

from execd import _native

Address = str | os.PathLike[str]
Workbook = Address | bytes


class Model:
    """A compiled workbook. Threads may share it."""

    def __init__(self, native: _native.Model) -> None:
        self.native = native

    @property
    def inputs(self) -> list[dict[str, Any]]:
        """Name, shape, default, format and validation of every input."""
        return self.native.inputs

    @property
    def outputs(self) -> list[dict[str, Any]]:
        """Name, shape and formats of every output."""
        return self.native.outputs

    @property
    def report(self) -> dict[str, Any]:
        """What was compiled: formula cells, live cells, steps, slots, constants, and warnings for the author."""
        return self.native.report

    def evaluate(self, table: Any) -> Any:  # noqa: ANN401
        """One row of outputs per row of `table`, which is anything with `__arrow_c_stream__`.

        Columns are inputs by name; a missing column takes the workbook's default, a null is a blank. The result is a
        polars DataFrame if `table` is one, else a pyarrow Table, else (without pyarrow) an `execd.Table`.
        """
        if not type(table).__module__.startswith("polars."):
            return as_arrow(self.native.evaluate(_native.Engine.shared(), table))
        import polars as pl  # noqa: PLC0415

        if isinstance(table, pl.DataFrame):
            # What polars exports for a column without a type, arrow-rs refuses.
            table = table.cast({pl.Null: pl.Float64})
        return pl.DataFrame(self.native.evaluate(_native.Engine.shared(), table))

    def execute(self, inputs: bytes) -> bytes:
        """The `inputs` of Execute v4, in either layout, to its `outputs` in the same layout."""
        call = _native.Call(inputs)
        return self.native.answer(_native.Engine.shared(), call).outputs


def load(workbook: Workbook) -> Model:
    """Compile the workbook at a path (or its bytes)."""
    return Model(_native.Model(content(workbook)))


def inspect(workbook: Workbook) -> dict[str, Any]:
    """`inputs`, `outputs` and `report` of a workbook, also of one that does not compile."""
    return _native.inspect(content(workbook))


def recalculate(workbook: Workbook, now: float | None = None) -> Any:  # noqa: ANN401
    """Every formula cell, computed: an Arrow table with the columns sheet, cell, kind, number, text.

    `kind` is number, text, bool, error, blank or unsupported; `number` is null unless the kind is number; `text` is
    the text, TRUE or FALSE, the error's code, or why the cell is unsupported. `now` is the moment that NOW() gives,
    in seconds since 1970.
    """
    moment = time.time() if now is None else now
    return as_arrow(_native.recalculate(content(workbook), moment, brief=True))


def content(workbook: Workbook) -> bytes:
    """The bytes of a workbook given by path or as they are."""
    return workbook if isinstance(workbook, bytes) else Path(workbook).read_bytes()


def as_arrow(table: _native.Table) -> Any:  # noqa: ANN401
    """The table as pyarrow's, where pyarrow is installed."""
    try:
        import pyarrow as pa  # noqa: PLC0415
    except ImportError:
        return table
    return pa.table(table)
