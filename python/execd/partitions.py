"""One model over the parts of a table that lives in another engine: what the adapters have in common.

Here is what is decided once for all parts, where the call is made: columns, options, the moment of NOW(), the schema.
What only one engine knows is in the file of its name.
"""

import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from execd import _native
from execd._native import InputError
from execd.library import Model, UnmatchedNameWarning, exportable, names, refused

if TYPE_CHECKING:
    import pyarrow as pa


class Source:
    """Where a model comes from. It is loaded where it is used first, not where it is unpickled.

    A workbook that is not there or has changed is an error of the task that needs it; an engine that cannot unpickle
    what it moves about may try for ever.
    """

    def __init__(self, load: Callable[..., Model], arguments: tuple[Any, ...], model: Model | None = None) -> None:
        self._load, self._arguments, self._model = load, arguments, model

    def model(self) -> Model:
        """The same for all parts in a process."""
        if self._model is None:
            self._model = self._load(*self._arguments)
        return self._model

    def __reduce__(self) -> tuple[type, tuple[Any, ...]]:
        return Source, (self._load, self._arguments)


@dataclass(frozen=True)
class Evaluation:
    """How every part is evaluated. It is pickled to wherever the parts are."""

    source: Source
    outputs: list[str]
    now: float
    """One moment for all parts, also for one that is calculated again because its process died."""
    strict: bool
    threads: int | None
    reads: list[str] = field(default_factory=list)
    """The columns that are inputs."""
    carries: list[str] = field(default_factory=list)
    """The columns that stand before the outputs."""
    told: frozenset[str] = frozenset()
    """The names that match nothing of which the caller was told."""

    @property
    def needed(self) -> list[str]:
        """The columns that a part must have."""
        return list(dict.fromkeys([*self.reads, *self.carries]))

    def answers(self, table: Any) -> _native.Table:  # noqa: ANN401
        """One row per row of a table that has the inputs and nothing else."""
        model = self.source.model()
        try:
            result, unmatched = model.answers(
                table, outputs=self.outputs, now=self.now, strict=self.strict, threads=self.threads
            )
        except InputError as error:
            counted = "; records are counted within a part of the table" if ", record " in str(error) else ""
            raise refused(f"{error}{counted}") from error
        warn([line for line in unmatched if line not in self.told], stacklevel=2)
        return result

    def over(self, part: "pa.Table") -> "pa.Table":
        """The carried columns of a part and the answers to it."""
        import pyarrow as pa  # noqa: PLC0415

        answers = pa.table(self.answers(part.select(self.reads)))
        answers = answers.rename_columns(beside(answers.column_names, self.carries))
        carried = part.select(self.carries)
        fields = pa.schema([*carried.schema, *answers.schema])
        return pa.Table.from_arrays([*carried.columns, *answers.columns], schema=fields)

    def schema(self, columns: "pa.Schema") -> "pa.Schema":
        """The schema of `over` for parts that have these columns."""
        return self.over(columns.empty_table()).schema


def begin(
    model: Model,
    sample: Any,  # noqa: ANN401
    columns: Sequence[str],
    *,
    outputs: Sequence[str],
    carry: Sequence[str],
    now: float | None,
    strict: bool,
    threads: int | None,
) -> Evaluation:
    """Looks at a table without rows, of pyarrow or Polars, and tells the caller what is wrong with it."""
    carries = list(dict.fromkeys(columns if carry == "all" else names(carry)))
    if missing := [name for name in carries if name not in columns]:
        message = f"there is no column {missing[0]!r} to carry; the columns are {', '.join(map(repr, columns))}"
        raise refused(message)
    if twice := [name for name in columns if list(columns).count(name) > 1]:
        raise refused(f"the column {twice[0]!r} appears twice: give one of them another name")
    reads = model.native.inputs_among(exportable(sample))
    if columns and not reads:
        raise refused("the workbook has no inputs: every row would be the same")
    # A carried column is no name that matches nothing.
    meant = [*reads, *(name for name in columns if name not in reads and name not in carries)]
    kept = names(outputs)
    answer, unmatched = model.answers(sample.select(meant), outputs=kept, strict=strict)
    beside(answer.column_names, carries)
    warn(unmatched, stacklevel=4)
    moment = time.time() if now is None else now
    source = Source(*model.__reduce__(), model)
    return Evaluation(source, kept, moment, strict, threads, reads, carries, frozenset(unmatched))


def beside(answers: list[str], carried: Sequence[str]) -> list[str]:
    """Names for the columns of answers: what is said of a record, in the last two, makes room for a carried column."""
    taken = {name.casefold() for name in carried}
    *outputs, errors, notes = answers
    found = {name.casefold() for name in outputs}
    if clash := [name for name in carried if name.casefold() in found]:
        message = f"the column {clash[0]!r} cannot be carried because an output has that name; rename it"
        raise refused(message)
    return [*outputs, *(f"_{name}" if name.casefold() in taken else name for name in (errors, notes))]


def warn(unmatched: Sequence[str], stacklevel: int) -> None:
    """Tells of names that match nothing, `stacklevel` calls above."""
    for line in unmatched:
        warnings.warn(f"{line}; it was ignored", UnmatchedNameWarning, stacklevel=stacklevel)
