"""The library: workbooks as models in this process. No server, no settings, no registry."""

import datetime as dt
import hashlib
import json
import os
import threading
import time
import warnings
from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple, overload

import msgspec

from execd import _native
from execd._native import InputError
from execd.description import Description, Input, Output, Report

Address = str | os.PathLike[str]
Workbook = Address | bytes
Records = Sequence[Any]


class Answer(NamedTuple):
    """What became of some records."""

    outputs: list[Any] | None
    """In the layout of the records; None if there are none."""
    warnings: list[Any] | None
    """One element per record: None, or a list of what there is to know."""
    errors: list[Any] | None
    """One element per record: None, or a list of what is wrong with it; its outputs are not to be relied on."""


class JsonAnswer(bytes):
    """What became of records that came as JSON: the bytes of the outputs, with warnings and errors beside them."""

    warnings: bytes
    """JSON like `Answer.warnings`."""
    errors: bytes
    """JSON like `Answer.errors`."""

    @property
    def outputs(self) -> bytes:
        """The same bytes as the answer itself."""
        return bytes(self)


class UnmatchedNameWarning(UserWarning):
    """A column, heading or output that the workbook does not have; it was ignored."""


class Model:
    """A compiled workbook. Threads may share it.

    A model that was loaded from a path is pickled as that path and the hash of the workbook, one that was loaded from
    bytes as those bytes; each process compiles it once.
    """

    def __init__(self, native: _native.Model, workbook: Workbook, digest: str) -> None:
        self.native = native
        self._workbook = workbook
        self.digest = digest
        """SHA-256 of the workbook."""

    @property
    def inputs(self) -> list[Input]:
        """Name, shape, default, format and validation of every input."""
        return self.native.inputs

    @property
    def outputs(self) -> list[Output]:
        """Name, shape and formats of every output."""
        return self.native.outputs

    @property
    def report(self) -> Report:
        """What was compiled: formula cells, live cells, steps, slots, constants, and warnings for the author."""
        return self.native.report

    def evaluate(
        self,
        table: Any,  # noqa: ANN401
        *,
        outputs: Sequence[str] = (),
        now: float | None = None,
        threads: int | None = None,
        strict: bool = False,
    ) -> Any:  # noqa: ANN401
        """One row of outputs per row of `table`, which is anything with `__arrow_c_stream__`.

        Columns are inputs by name; a missing column takes the workbook's default, a null is a blank. A table input is
        columns like `Drivers[1].Age`, or one column of lists of structs. The result is a polars DataFrame if `table`
        is one, else a pyarrow Table, else (without pyarrow) an `execd.Table`. Its columns `errors` and `warnings` say
        what there is to say about single rows.

        `outputs` are the names or patterns to keep, none for all; `now` is the moment that NOW() gives, in seconds
        since 1970; `threads` is how many calculate, by default one per core. Names that match nothing are warned of
        (UnmatchedNameWarning); with `strict` they raise InputError.
        """
        result, unmatched = self.answers(table, outputs=outputs, now=now, threads=threads, strict=strict)
        for line in unmatched:
            warnings.warn(f"{line}; it was ignored", UnmatchedNameWarning, stacklevel=2)
        if _is_polars(table):
            import polars as pl  # noqa: PLC0415

            return pl.DataFrame(result)
        return as_arrow(result)

    def answers(
        self,
        table: Any,  # noqa: ANN401
        *,
        outputs: Sequence[str] = (),
        now: float | None = None,
        threads: int | None = None,
        strict: bool = False,
    ) -> tuple[_native.Table, list[str]]:
        """What `evaluate` gives as it comes from the native code, and a line for each name that matches nothing."""
        engine = _native.Engine.shared() if threads is None else _engine(threads)
        return self.native.evaluate(engine, exportable(table), outputs=names(outputs), unix_now=now, strict=strict)

    def schema(self, outputs: Sequence[str] = ()) -> Any:  # noqa: ANN401
        """The columns that `evaluate` gives, whatever the table: a `pyarrow.Schema`. Nothing of a table is needed."""
        import pyarrow as pa  # noqa: PLC0415

        return self.evaluate(pa.table({}), outputs=outputs).schema

    @overload
    def execute(
        self, inputs: bytes, *, outputs: Sequence[str] = ..., now: float | None = ..., strict: bool = ...
    ) -> JsonAnswer: ...
    @overload
    def execute(
        self, inputs: Records, *, outputs: Sequence[str] = ..., now: float | None = ..., strict: bool = ...
    ) -> Answer: ...
    def execute(
        self,
        inputs: bytes | Records,
        *,
        outputs: Sequence[str] = (),
        now: float | None = None,
        strict: bool = False,
    ) -> Answer | JsonAnswer:
        """The `inputs` of Execute v4, in either layout, to outputs in the same layout, with warnings and errors.

        A list of dicts, or of a header and rows, gives Python values; JSON as bytes gives JSON. Options as for
        `evaluate`. Raises InputError, which names the record and the input.
        """
        if isinstance(inputs, (bytearray, memoryview)):
            inputs = bytes(inputs)
        if isinstance(inputs, (dict, str)):
            message = "inputs are a list of records, or JSON as bytes: put a single record into a list"
            raise refused(message)
        raw = inputs if isinstance(inputs, bytes) else json.dumps(inputs, default=_as_json).encode()
        call = _native.Call(raw, outputs=names(outputs), unix_now=now, strict=strict)
        parts = self.native.answer(_native.Engine.shared(), call)
        if not isinstance(inputs, bytes):
            return Answer(*map(msgspec.json.decode, (parts.outputs, parts.warnings, parts.errors)))
        answer = JsonAnswer(parts.outputs)
        answer.warnings, answer.errors = parts.warnings, parts.errors
        return answer

    def __repr__(self) -> str:
        name = f"{len(self._workbook):,} bytes" if isinstance(self._workbook, bytes) else repr(str(self._workbook))
        return f"<execd.Model {name}: {_listed(self.inputs)} -> {_listed(self.outputs)}>"

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return _again, (self._workbook, self.digest)


def names(chosen: Sequence[str]) -> list[str]:
    """Names given as a sequence, or as a text with commas."""
    return chosen.split(",") if isinstance(chosen, str) else list(chosen)


def _listed(described: Sequence[Input] | Sequence[Output]) -> str:
    found = [one["name"] for one in described]
    return ", ".join(found[:6]) + (f" and {len(found) - 6} more" if len(found) > 6 else "")  # noqa: PLR2004


@lru_cache(8)
def _engine(threads: int) -> _native.Engine:
    return _native.Engine(threads)


def _is_polars(table: object) -> bool:
    return type(table).__module__.partition(".")[0] == "polars"


def _is_pandas(table: object) -> bool:
    return type(table).__module__.partition(".")[0] == "pandas" and hasattr(table, "index")


# What people pass that is no table, and what to do with it.
NO_TABLES = {
    dict: "a dict: pass polars.DataFrame(d) or pyarrow.table(d); for one record, call execute([d])",
    list: "a list: pass polars.DataFrame(rows), or call execute(rows)",
    "LazyFrame": "a LazyFrame, which has no rows yet: pass frame.collect(), or see execd.polars",
    "Series": "a Series, one column: pass series.to_frame(), with a name like an input's",
    "Expr": "an expression: pass the frame that it is for",
}


def refused(message: str) -> InputError:
    """A mistake of the caller."""
    error = InputError(message)
    error.kind, error.offset = "invalid_input", None
    return error


def _as_json(value: Any) -> Any:  # noqa: ANN401
    """A value of a record that JSON has no type for. NaN is left to the decoder, which names record and input."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, (dt.date, dt.time)):
        return value.isoformat()
    if hasattr(value, "item"):
        return value.item()
    raise refused(f"a value of type {type(value).__name__} cannot be an input: {value!r:.60}")


def exportable(table: Any) -> Any:  # noqa: ANN401
    """The table in a form that can be exported, or an error that says how to make one of it."""
    kind = type(table)
    what = NO_TABLES.get(kind) or (NO_TABLES.get(kind.__name__) if _is_polars(table) else None)
    if what:
        message = f"a table with __arrow_c_stream__ is needed (pyarrow, polars, pandas >= 2.2 ...), not {what}"
        raise refused(message)
    if _is_pandas(table) and not any(table.index.names):
        # It would become a column. One with a name may be an input.
        return table.reset_index(drop=True)
    if not _is_polars(table):
        return table
    import polars as pl  # noqa: PLC0415

    if isinstance(table, pl.DataFrame):
        # Column types of polars that other readers of Arrow do not know.
        foreign = [pl.Null, *(kind for kind in (getattr(pl, "Int128", None), getattr(pl, "UInt128", None)) if kind)]
        return table.cast(dict.fromkeys(foreign, pl.Float64))
    return table


def load(workbook: Workbook) -> Model:
    """Compile the workbook at a path (or its bytes)."""
    compiled = content(workbook)
    address = workbook if isinstance(workbook, bytes) else Path(workbook).absolute()
    return Model(_native.Model(compiled), address, hashlib.sha256(compiled).hexdigest())


def _again(workbook: bytes | Path, digest: str) -> Model:
    """The model of a pickle, once per process, however many threads ask for it."""
    with _ONCE:
        return _loaded(workbook, digest)


_ONCE = threading.Lock()


@lru_cache(64)
def _loaded(workbook: bytes | Path, digest: str) -> Model:
    if isinstance(workbook, bytes):
        return load(workbook)
    try:
        model = load(workbook)
    except FileNotFoundError:
        message = f"{workbook} is not on this machine: load the model from bytes, execd.load(path.read_bytes())"
        raise FileNotFoundError(message) from None
    if model.digest != digest:
        message = f"{workbook} is not the workbook that the pickled model was made from: it has changed"
        raise ValueError(message)
    return model


def inspect(workbook: Workbook) -> Description:
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
