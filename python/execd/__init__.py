"""Excel workbooks as calculation services: compile once, evaluate in batches.

`load` gives a model to evaluate tables with, `recalculate` the value of every formula cell of a workbook. The server
is started with `execd serve`; `execd.app.create_app` is the same application as a value.
"""

from execd._native import (
    Cancelled,
    DeadlineExceeded,
    ExecdError,
    InputError,
    InternalError,
    Table,
    WorkbookError,
    __version__,
)
from execd.library import Answer, JsonAnswer, Model, UnmatchedNameWarning, inspect, load, recalculate

__all__ = [
    "Answer",
    "Cancelled",
    "DeadlineExceeded",
    "ExecdError",
    "InputError",
    "InternalError",
    "JsonAnswer",
    "Model",
    "Table",
    "UnmatchedNameWarning",
    "WorkbookError",
    "__version__",
    "inspect",
    "load",
    "recalculate",
]
