"""Workbooks in Polars: an expression, and the namespace `execd` of frames and lazy frames.

Everything is the one expression, which is calculated row by row, so that the streaming engine works on it in pieces.
"""

from collections.abc import Sequence
from typing import Any

import polars as pl

from execd.library import Model
from execd.partitions import Evaluation, begin, beside

# The column that holds all answers before it becomes several. No workbook or table has a column with such a name.
ANSWERS = "execd\0answers"


def evaluate(
    model: Model,
    *inputs: Any,  # noqa: ANN401
    outputs: Sequence[str] = (),
    now: float | None = None,
    strict: bool = False,
    threads: int | None = None,
) -> pl.Expr:
    """A struct per row: the outputs, `errors` and `warnings`.

    `inputs` are the columns or expressions that are named like inputs, all columns by default. NOW() is the moment of
    this call if `now` is not given. Other options as for `Model.evaluate`.
    """
    evaluation = begin(model, pl.DataFrame(), [], outputs=outputs, carry=(), now=now, strict=strict, threads=threads)
    return _expression(evaluation, inputs or (pl.all(),))


def _expression(evaluation: Evaluation, inputs: Sequence[Any]) -> pl.Expr:
    """The struct of answers, with names that leave room for what is carried."""
    schema = pl.DataFrame(evaluation.answers(pl.DataFrame())).schema
    columns = dict(zip(beside(list(schema), evaluation.carries), schema.values(), strict=True))

    def answers(rows: pl.Series) -> pl.Series:
        found = pl.DataFrame(evaluation.answers(rows.struct.unnest()))
        found.columns = list(columns)
        return found.to_struct()

    return pl.struct(*inputs).map_batches(answers, return_dtype=pl.Struct(columns), is_elementwise=True)


class Namespace:
    """`frame.execd` of a frame or lazy frame."""

    def __init__(self, frame: Any) -> None:  # noqa: ANN401
        self._frame = frame

    def evaluate(
        self,
        model: Model,
        *,
        outputs: Sequence[str] = (),
        carry: Sequence[str] = (),
        now: float | None = None,
        strict: bool = False,
        threads: int | None = None,
    ) -> Any:  # noqa: ANN401
        """One row of outputs, `errors` and `warnings` per row; the columns `carry`, or "all", stand before them.

        A lazy frame stays lazy: its schema is looked at, and later only the columns that are needed are read. NOW() is
        the moment of this call if `now` is not given. Other options as for `Model.evaluate`.
        """
        schema = self._frame.lazy().collect_schema()
        evaluation = begin(
            model, pl.DataFrame(schema=schema), schema.names(),
            outputs=outputs, carry=carry, now=now, strict=strict, threads=threads,
        )  # fmt: skip
        answers = _expression(evaluation, evaluation.reads)
        return self._frame.select(*evaluation.carries, answers.alias(ANSWERS)).unnest(ANSWERS)


pl.api.register_dataframe_namespace("execd")(Namespace)
pl.api.register_lazyframe_namespace("execd")(Namespace)
