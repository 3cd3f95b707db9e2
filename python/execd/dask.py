"""Workbooks in Dask: a data frame in, a data frame out, partition by partition."""

from collections.abc import Sequence

import dask
import dask.dataframe as dd
import pandas as pd
import pyarrow as pa
from dask.dataframe.utils import make_meta

from execd.library import Model
from execd.partitions import Evaluation, begin, beside


def evaluate(
    frame: dd.DataFrame,
    model: Model,
    *,
    outputs: Sequence[str] = (),
    carry: Sequence[str] = (),
    now: float | None = None,
    strict: bool = False,
    threads: int = 1,
) -> dd.DataFrame:
    """One row of outputs, `errors` and `warnings` per row, with the index and the partitions of `frame`.

    The columns `carry`, or "all", stand before the outputs. Numbers are float64 with NaN where there is none, truth
    values are boolean, dates datetime64, whatever a partition holds. Nothing is calculated yet; NOW() is the moment of
    this call if `now` is not given. `threads` is how many each task uses. Other options as for `Model.evaluate`.
    """
    empty = make_meta(frame)
    sample = pa.Table.from_pandas(_with_index(empty), preserve_index=False)
    evaluation = begin(
        model, sample, [str(name) for name in empty.columns],
        outputs=outputs, carry=carry, now=now, strict=strict, threads=threads,
    )  # fmt: skip
    needed = [name for name in empty.columns if str(name) in evaluation.needed]
    # Delayed: a value of its own in the graph, sent to a worker once and not with every task.
    return frame[needed].map_partitions(
        _partition,
        dask.delayed(evaluation, pure=True, traverse=False),
        meta=_partition(empty, evaluation),
        transform_divisions=False,
    )


def _partition(part: pd.DataFrame, evaluation: Evaluation) -> pd.DataFrame:
    """What is carried of a partition and the answers to it."""
    rows = _with_index(part)[evaluation.reads].reset_index(drop=True)
    kinds = {pa.bool_(): pd.BooleanDtype()}
    answers = pa.table(evaluation.answers(rows)).to_pandas(date_as_object=False, types_mapper=kinds.get)
    answers.columns = beside(list(answers.columns), evaluation.carries)
    return pd.concat([part.rename(columns=str)[evaluation.carries], answers.set_index(part.index)], axis=1)


def _with_index(part: pd.DataFrame) -> pd.DataFrame:
    """The partition with its index as columns, too, as far as it has names: one may be an input."""
    part = part.rename(columns=str)
    levels = [name for name in part.index.names if name is not None and name not in part.columns]
    return part.reset_index(level=levels) if levels else part
