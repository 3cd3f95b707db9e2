"""Workbooks in Spark: a data frame in, a data frame out, by `mapInArrow`."""

from collections.abc import Iterator, Sequence

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql.functions import col
from pyspark.sql.types import (
    BooleanType,
    DataType,
    DateType,
    DoubleType,
    StringType,
    StructField,
    StructType,
    TimestampNTZType,
)

from execd.library import Model
from execd.partitions import begin

# The types that outputs have.
TYPES: dict[pa.DataType, DataType] = {
    pa.float64(): DoubleType(),
    pa.string(): StringType(),
    pa.bool_(): BooleanType(),
    pa.date32(): DateType(),
    pa.timestamp("us"): TimestampNTZType(),
}


def evaluate(
    frame: DataFrame,
    model: Model,
    *,
    outputs: Sequence[str] = (),
    carry: Sequence[str] = (),
    now: float | None = None,
    strict: bool = False,
    threads: int = 1,
) -> DataFrame:
    """One row of outputs, `errors` and `warnings` per row; the columns `carry`, or "all", stand before them.

    Nothing is calculated yet; NOW() is the moment of this call if `now` is not given. `threads` is how many each task
    uses. Other options as for `Model.evaluate`.
    """
    columns = frame.limit(0).toArrow().schema
    evaluation = begin(
        model, columns.empty_table(), columns.names,
        outputs=outputs, carry=carry, now=now, strict=strict, threads=threads,
    )  # fmt: skip

    needed = evaluation.needed

    def answers(parts: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for part in parts:
            yield from evaluation.over(pa.Table.from_batches([part]).rename_columns(needed)).to_batches()

    carried = [frame.schema[name] for name in evaluation.carries]
    found = list(evaluation.schema(columns))[len(carried) :]
    schema = StructType([*carried, *(StructField(column.name, TYPES[column.type]) for column in found)])
    # `mapInArrow` takes a name like T[1].K apart: on the way the columns have numbers.
    numbered = [col("`" + name.replace("`", "``") + "`").alias(f"c{number}") for number, name in enumerate(needed)]
    return frame.select(*numbered).mapInArrow(answers, schema)
