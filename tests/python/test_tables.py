"""Tables through the library: however columns are stored and wherever they are cut, the answers are those of the
oracle, and numbers are not copied on the way out. What is copied on the way in is tested in Rust.
"""

import itertools
import math
from collections.abc import Callable

import numpy as np
import polars as pl
import pyarrow as pa
import pytest

from execd import _native
from test_models_oracle import differences, model, reference


def each(table: pa.Table, change: Callable[[pa.ChunkedArray], pa.ChunkedArray]) -> pa.Table:
    return pa.table({name: change(table[name]) for name in table.column_names})


def texts_as(kind: pa.DataType) -> Callable[[pa.Table], pa.Table]:
    return lambda table: each(table, lambda one: one.cast(kind) if pa.types.is_string(one.type) else one)


def cut(table: pa.Table, *edges: int) -> pa.Table:
    """Columns in chunks, those of every second column at other places."""
    places = [0, *edges, table.num_rows]
    columns = {}
    for number, name in enumerate(table.column_names):
        ends = [max(0, end - number % 2) for end in places[:-1]] + [table.num_rows]
        chunks = [table[name].combine_chunks().slice(a, b - a) for a, b in itertools.pairwise(ends)]
        columns[name] = pa.chunked_array(chunks)
    return pa.table(columns)


def with_bitmap(table: pa.Table) -> pa.Table:
    """Columns that could have nulls and have none: cut off a table that has some."""
    nulls = pa.table({field.name: pa.nulls(1, field.type) for field in table.schema})
    return pa.concat_tables([nulls, table]).combine_chunks().slice(1)


STORED = {
    "as they are": lambda table: table,
    "large texts": texts_as(pa.large_string()),
    "views": texts_as(pa.string_view()),
    "dictionaries": lambda table: each(
        table, lambda one: one.dictionary_encode() if pa.types.is_string(one.type) else one
    ),
    "dictionaries of numbers": lambda table: each(
        table, lambda one: one.dictionary_encode() if pa.types.is_floating(one.type) else one
    ),
    "chunks": lambda table: cut(table, 1, 2, 700, 701, 1999),
    "bitmaps": with_bitmap,
    "polars": pl.DataFrame,
    "polars categories": lambda table: pl.DataFrame(table).with_columns(pl.col(pl.String).cast(pl.Categorical)),
    "polars chunks": lambda table: pl.concat(
        [pl.DataFrame(table.slice(0, 999)), pl.DataFrame(table.slice(999))], rechunk=False
    ),
}


@pytest.mark.parametrize("stored", STORED)
@pytest.mark.parametrize("name", ["premium", "double"])
def test_the_answers_are_those_of_the_oracle(name: str, stored: str) -> None:
    table = STORED[stored](reference(name, "in").combine_chunks())
    answer = model(name).evaluate(table)
    answer = answer.to_arrow() if isinstance(answer, pl.DataFrame) else answer
    assert not differences(name, answer)
    assert answer["errors"].null_count == answer.num_rows


def test_numbers_go_out_without_a_copy() -> None:
    """300,000 records are more than one batch of the answer, and columns of it are large enough to be kept."""
    numbers = np.arange(300_000.0)
    table = pa.table({"A": numbers, "B": numbers, "C": numbers})
    native, _ = model("double").native.evaluate(_native.Engine(2), table)
    once, again = pa.table(native), pa.table(native)
    places = [[chunk.buffers()[1].address for chunk in one["Double"].chunks] for one in (once, again)]
    assert places[0] == places[1]
    frame = pl.DataFrame(native.with_views())
    first = frame["Double"].head(1000).to_numpy()
    assert not first.flags.owndata or first.base is not None
    assert first.__array_interface__["data"][0] == places[0][0]
    assert np.array_equal(frame["Double"].to_numpy(), 2 * numbers)


def test_answers_stay_while_memory_is_used_again() -> None:
    """Doubles of whole numbers, by hand."""
    count = np.arange(300_000.0)

    def double(first: float) -> pa.Table:
        column = count + first
        return model("double").evaluate(pa.table({"A": column, "B": column, "C": column}))["Double"]

    kept = double(1.0)
    part = double(2.0).slice(299_990)
    for turn in range(6):
        assert np.array_equal(double(3.0 + turn).to_numpy(), 2 * (count + 3.0 + turn))
    assert np.array_equal(kept.to_numpy(), 2 * (count + 1.0))
    assert np.array_equal(part.to_numpy(), 2 * (count + 2.0)[299_990:])


def test_numbers_that_excel_does_not_have() -> None:
    """Excel has no -0 and no subnormals, which are 0, and no NaN and infinities: errors of their records alone."""
    odd = [1.5, -0.0, 5e-324, math.nan, math.inf, -2.0]
    answer = model("double").evaluate(pa.table({"A": odd, "B": [1.0] * 6, "C": [1.0] * 6}))
    doubles = answer["Double"].to_pylist()
    assert doubles == [3.0, 0.0, 0.0, None, None, -4.0]
    assert [math.copysign(1, x) for x in doubles if x == 0] == [1.0, 1.0]
    assert [error is not None for error in answer["errors"].to_pylist()] == [False] * 3 + [True] * 2 + [False]
    # B is 0 and A negative: their product is -0 where processors are asked.
    mix = model("double").evaluate(pa.table({"A": [0.0] * 6, "B": [-1.0] * 6, "C": [0.0] * 6}))["Mix"].to_pylist()
    assert [math.copysign(1, x) for x in mix] == [1.0] * 6
