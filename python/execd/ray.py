"""Workbooks in Ray Data: a dataset in, a dataset out, block by block."""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
from ray.data import Dataset

from execd.library import Model
from execd.partitions import Evaluation, begin


def evaluate(
    dataset: Dataset,
    model: Model,
    *,
    outputs: Sequence[str] = (),
    carry: Sequence[str] = (),
    now: float | None = None,
    strict: bool = False,
    threads: int = 1,
    **options: Any,  # noqa: ANN401
) -> Dataset:
    """One row of outputs, `errors` and `warnings` per row; the columns `carry`, or "all", stand before them.

    `options` are those of `Dataset.map_batches`, like `compute`. Nothing is calculated yet, but Ray is asked for the
    schema, for which it may run what comes before up to the first row. NOW() is the moment of this call if `now` is
    not given; `threads` is how many each task uses. Other options as for `Model.evaluate`.
    """
    columns = _columns(dataset)
    evaluation = begin(
        model, columns.empty_table(), columns.names,
        outputs=outputs, carry=carry, now=now, strict=strict, threads=threads,
    )  # fmt: skip
    options = {"batch_size": None, **options, "batch_format": "pyarrow", "fn_kwargs": {"evaluation": evaluation}}
    return dataset.select_columns(evaluation.needed).map_batches(_block, **options)


def _block(block: pa.Table, evaluation: Evaluation) -> pa.Table:
    return evaluation.over(block)


def _columns(dataset: Dataset) -> pa.Schema:
    """Names and, where Ray knows them before it reads, types; each block has its own types where it does not."""
    found = dataset.schema()
    if found is None:
        return pa.schema([])
    if isinstance(found.base_schema, pa.Schema):
        return found.base_schema
    return pa.schema([(name, pa.null()) for name in found.names])
