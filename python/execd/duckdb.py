"""Workbooks in DuckDB, by its Arrow interface: a relation in, a stream of record batches that DuckDB reads out."""

from collections.abc import Iterator, Sequence

import duckdb
import pyarrow as pa

from execd.library import Model
from execd.partitions import begin


def evaluate(
    relation: duckdb.DuckDBPyRelation,
    model: Model,
    *,
    outputs: Sequence[str] = (),
    carry: Sequence[str] = (),
    now: float | None = None,
    strict: bool = False,
    threads: int | None = None,
    batch_size: int = 100_000,
) -> pa.RecordBatchReader:
    """One row of outputs, `errors` and `warnings` per row; the columns `carry`, or "all", stand before them.

    `batch_size` rows are in memory at a time. The stream can be read once, and its relation keeps the connection busy
    until then: query the stream on a `cursor()` of it. NOW() is the moment of this call if `now` is not given. Other
    options as for `Model.evaluate`.
    """
    columns = relation.limit(0).to_arrow_table().schema
    evaluation = begin(
        model, columns.empty_table(), columns.names,
        outputs=outputs, carry=carry, now=now, strict=strict, threads=threads,
    )  # fmt: skip
    rows = relation.select(*map(duckdb.ColumnExpression, evaluation.needed)).to_arrow_reader(batch_size)

    def answers() -> Iterator[pa.RecordBatch]:
        for batch in rows:
            yield from evaluation.over(pa.Table.from_batches([batch])).to_batches()

    return pa.RecordBatchReader.from_batches(evaluation.schema(columns), answers())
