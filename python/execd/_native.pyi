"""The native module: workbooks to plans, records to results, permits. Everything else of the package is built on it.

All classes may be shared between threads. Whatever takes long releases the GIL. Times are seconds; bytes are UTF-8
JSON unless said otherwise. Every error has a stable `kind`.
"""

from collections.abc import Sequence
from os import PathLike
from typing import Any, Protocol, final, type_check_only

from execd.description import Description, Input, Output, Report

__all__ = [
    "Admission",
    "Call",
    "CancelToken",
    "Cancelled",
    "DeadlineExceeded",
    "Engine",
    "ExecdError",
    "FileRun",
    "FileSummary",
    "Fragments",
    "InputError",
    "InternalError",
    "Model",
    "Permit",
    "Table",
    "WorkbookError",
    "__version__",
    "check_json",
    "functions",
    "inspect",
    "recalculate",
    "scan",
]

__version__: str

@type_check_only
class ArrowStream(Protocol):
    """A table as Arrow's PyCapsule interface sees it."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...

class ExecdError(Exception):
    """Base of all errors of execd."""

    kind: str

class WorkbookError(ExecdError):
    """The workbook cannot be read or compiled; the message names sheet and cell.

    Kinds: not_a_workbook, encrypted, too_large, unsupported, circular, interface.
    """

class InputError(ExecdError):
    """The caller's data are wrong; the message names the record and the input. Kinds: invalid_input,
    invalid_json, too_large, file.

    `offset` is the byte of `inputs` where the mistake is, if it is known.
    """

    offset: int | None

class DeadlineExceeded(ExecdError):
    """The execution did not end in its time; nothing was kept. Kind: deadline."""

class Cancelled(ExecdError):
    """The execution was cancelled; nothing was kept. Kind: cancelled."""

class InternalError(ExecdError):
    """A bug in execd. Kind: internal."""

@final
class Table:
    """An Arrow table: `pyarrow.table(x)`, `polars.DataFrame(x)` and others read it without a copy."""

    @property
    def num_rows(self) -> int: ...
    @property
    def column_names(self) -> list[str]: ...
    def to_pydict(self) -> dict[str, list[Any]]:
        """The columns as lists: numbers, texts, booleans, `None`."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """The table as a stream; the requested schema is a hint and is ignored."""

    def __len__(self) -> int: ...

@final
class Model:
    """A compiled workbook."""

    def __new__(cls, workbook: bytes, token: CancelToken | None = None) -> Model:
        """Compile the bytes of an xlsx file. Raises WorkbookError; Cancelled when `token` stopped it."""

    @property
    def inputs(self) -> list[Input]:
        """One dict per input.

        `name`; `shape`, "scalar" or "table", the latter with `headings` and `rows`; `format`, one of general, date,
        time, datetime, text; `default`, a value or a list of rows, and `default_text`, the same as its cells show it;
        `validation`, `None` or a dict with `rule`, its `operator` and `limits` or its `options` (`None` for what each
        record has its own), the same in words as `text`, `message` and `ignore_blank`; of a table, a list of them with
        their `cells` (row, heading); `description`; `address`.
        """

    @property
    def outputs(self) -> list[Output]:
        """One dict per output: `name`, `shape` and so on as for inputs, `formats` (one per column), `address`."""

    @property
    def report(self) -> Report:
        """What was compiled, and what is wrong: see `Report`.

        A workbook with mistakes or unsupported cells does not compile; only `inspect` tells of them.
        """

    def answer(
        self, engine: Engine, call: Call, token: CancelToken | None = None, within: float | None = None
    ) -> Fragments:
        """Execute a call, for at most `within` seconds.

        Raises InputError (the whole call is refused), DeadlineExceeded, Cancelled, InternalError.
        """

    def evaluate(
        self,
        engine: Engine,
        table: ArrowStream,
        *,
        outputs: list[str] = ...,
        unix_now: float | None = None,
        strict: bool = False,
    ) -> tuple[Table, list[str]]:
        """One row of outputs per row of `table`: columns are inputs by name, nulls are blanks. Raises InputError.

        Beside the answers a line for each name that matches nothing; with `strict` such a name is an InputError.
        """

@final
class Engine:
    """The threads that calculate, and the thread that watches deadlines. Do not carry one over a fork."""

    def __new__(cls, threads: int = 0) -> Engine:
        """`threads` share big batches; with 1 the calling thread does all the work; 0 means one per core."""

    @staticmethod
    def shared() -> Engine:
        """The engine of this process for library use, made when first asked for."""

@final
class Call:
    """The raw `inputs` of an Execute v4 request with its options. `len` is the number of bytes."""

    def __new__(
        cls,
        body: bytes,
        span: tuple[int, int] | None = None,
        *,
        service: str = ...,
        outputs: list[str] = ...,
        unix_now: float | None = None,
        strict: bool = False,
        ignored: list[str] = ...,
    ) -> Call:
        """The inputs are the bytes of `body`, or of the span of it; nothing is copied.

        `service` names the service in error items; `outputs` are the names or patterns to keep, none for all.

        `unix_now` is the moment that NOW() gives, by default the moment of the execution. With `strict`, names that
        match nothing are an InputError, not a warning; `ignored` are options of the request that have no effect.
        """

    def __len__(self) -> int: ...

@final
class CancelToken:
    """Stops an execution from another thread."""

    def __new__(cls) -> CancelToken: ...
    def cancel(self) -> None:
        """Stop the execution within milliseconds; it raises Cancelled."""

@final
class Fragments:
    """The parts of an answer, JSON each, aligned by record."""

    @property
    def outputs(self) -> bytes: ...
    @property
    def process_time(self) -> bytes:
        """Milliseconds, whole, at least 1."""

    @property
    def warnings(self) -> bytes: ...
    @property
    def errors(self) -> bytes: ...
    @property
    def with_errors(self) -> int:
        """The number of records that have errors."""

    def joined(self, separators: tuple[bytes, bytes, bytes, bytes, bytes]) -> bytes:
        """Each part in this order after its separator, then the last separator."""

    def __len__(self) -> int:
        """The number of records."""

@final
class FileRun:
    """A file of records through a model, streaming. `-` is standard input or output."""

    def __new__(
        cls,
        model: Model,
        engine: Engine,
        source: str | PathLike[str],
        target: str | PathLike[str],
        *,
        more: Sequence[tuple[str, str | None, int | None, str | None]] | None = None,
        source_name: str | None = None,
        target_name: str | None = None,
        source_bytes: int | None = None,
        source_ranges: str | PathLike[str] | None = None,
        source_format: str | None = None,
        target_format: str | None = None,
        delimiter: str | None = None,
        quote: str | None = None,
        header: Sequence[str] | None = None,
        encoding: str | None = None,
        decimal_comma: bool = False,
        same_dialect: bool = False,
        sheet: str | None = None,
        carry: Sequence[str] | None = None,
        carry_all: bool = False,
        outputs: Sequence[str] | None = None,
        now: float | None = None,
        strict: bool = False,
    ) -> FileRun:
        """Formats are csv, ndjson, json, parquet, arrow, arrows and xlsx; without one, suffix or content says it.

        `more` files are read after the source: path, name, bytes and ranges of each. A pipe stands for something else
        of the name and size beside it; with `source_ranges` the source is a Parquet file whose ranges are asked for
        there (an offset and a length) and come from the source (a length and the bytes), numbers in 64 bits, lowest
        byte first. `delimiter` to `decimal_comma` are about CSV records, `quote` is "" where there are none; with
        `same_dialect` CSV answers are spelled likewise. `sheet` is that of a workbook.

        `carry` names columns of the records that go through to the answers, `outputs` those to keep. `now` is Unix
        seconds. With `strict`, names that match nothing are an error. Raises InputError.
        """

    def run(self) -> FileSummary:
        """Evaluate to the end. The target appears when all is done. Raises InputError, Cancelled, InternalError."""

    def cancel(self) -> None:
        """Stop; the target is left as it was."""

    @property
    def records(self) -> int:
        """Records written so far."""

    @property
    def fraction(self) -> float:
        """How much of the source has been read, 0 to 1."""

@final
class FileSummary:
    """What came of a run."""

    @property
    def records(self) -> int: ...
    @property
    def invalid(self) -> int:
        """Records with an invalid input."""

    @property
    def left_out(self) -> list[tuple[str, int]]:
        """Inputs that the first records left to the workbook, and how many: all of them if none has it."""

    @property
    def unmatched(self) -> list[str]:
        """A line for each name that matches nothing."""

    @property
    def errors(self) -> str:
        """The name of the column of errors."""

@final
class Admission:
    """The permits of the node, shared by all processes that open the same permit file, and this process's queues."""

    def __new__(cls, file: str | PathLike[str], *, permits: int, policies: list[tuple[str, int, float]]) -> Admission:
        """All processes must give equal `permits`.

        A policy has a name; how many calls may wait, 0 for none; and for at most how many seconds each.
        """

    @property
    def permits(self) -> int: ...
    @property
    def waiting(self) -> int: ...
    def in_use(self) -> int:
        """Permits held on the node now."""

    def offer(self, policy: str, within: float) -> Permit | int | None:
        """A call that must be answered `within` seconds: a permit, a ticket to wait with, or None if refused.

        Raises KeyError for a policy that was not given.
        """

    def is_full(self, policy: str) -> bool:
        """Whether the policy has a queue and no place is left in it."""

    def next(self) -> tuple[int, Permit] | None:
        """The ticket that has waited longest, with a permit for it, if one is free. Call again until `None`."""

    def expire(self) -> list[int]:
        """Tickets that have waited too long; they no longer wait."""

    def withdraw(self, ticket: int) -> bool:
        """Forget a ticket; false if it no longer waits."""

    def give_back(self, permit: Permit) -> bool:
        """An execution is over: advice to refused callers builds on how long. True if anybody waits for the permit."""

    def retry_after(self) -> float:
        """Seconds after which a refused caller may try again."""

@final
class Permit:
    """The right to execute now."""

    def release(self) -> None:
        """Give it back unused; a second time does nothing. The kernel does it for a process that dies."""

def scan(body: bytes) -> tuple[int, int, bytes] | None:
    """Where the value of the key `inputs` lies in the JSON object of a request, and the body with null in its place.

    What is around the value is valid JSON without repeated keys, else InputError is raised (kinds: invalid_json,
    too_large); the value itself is not looked at. `None` if the body does not have that shape or spells the key with
    escapes.
    """

def check_json(json: bytes) -> None:
    """Refuse what is not valid JSON, and an object that has a key twice, with InputError of kind invalid_json."""

def functions() -> list[str]:
    """The names of all functions that formulas can call, sorted."""

def inspect(workbook: bytes) -> Description:
    """`inputs`, `outputs` and `report` of a workbook as `Model` has them, also when it does not compile."""

def recalculate(workbook: bytes, now: float, *, brief: bool = False) -> Table:
    """Compute every formula cell: one row each, spilled cells too.

    Columns sheet, cell, kind, number, text; unless `brief` also formula, stored_kind, stored_number, stored_text:
    what the file held. `now` is Unix seconds. Raises WorkbookError.
    """
