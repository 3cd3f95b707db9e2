"""pandas frames, with NumPy's types and with Arrow's, in `Model.evaluate`."""

import warnings
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import execd
from books import basics


@pytest.fixture(scope="module")
def model() -> execd.Model:
    return execd.load(basics())


@pytest.mark.parametrize(
    ("values", "sums"),
    [
        (np.array([1, 2], "int8"), [4, 5]),
        (np.array([1.5, np.nan], "float32"), [4.5, 3]),
        (np.array([True, False]), [4, 3]),
        (pd.array([1, None], "Int64"), [4, 3]),
        (pd.array([1.5, None], "double[pyarrow]"), [4.5, 3]),
        (pd.Series([1, 2.5], dtype=object), [4, 5.5]),
        (pd.Series([None, None], dtype=object), [3, 3]),
        (pd.Categorical([2, None]), [5, 3]),
    ],
    ids=str,
)
def test_numbers_and_what_is_missing(model: execd.Model, values: Any, sums: list[float]) -> None:
    """Nothing, NaN and NA are blanks, and a blank is 0 in a sum; b is 3 in the workbook."""
    found = model.evaluate(pd.DataFrame({"a": values}), outputs="sum")
    assert found["sum"].to_pylist() == sums


def test_texts(model: execd.Model) -> None:
    for kind in (object, "str", "category", "string[pyarrow]"):
        found = model.evaluate(pd.DataFrame({"text": pd.Series(["x", None], dtype=kind)}), outputs="shout")
        assert found["shout"].to_pylist() == ["x!", "!"]


def test_an_index(model: execd.Model) -> None:
    """One with a name is a column, one without is none."""
    frame = pd.DataFrame({"a": [1, 2]}, index=["k", "l"])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert model.evaluate(frame, outputs="sum", strict=True)["sum"].to_pylist() == [4, 5]
        named = pd.DataFrame({"a": [1, 2]}, index=pd.Index([10, 20], name="b"))
        assert model.evaluate(named, outputs="sum", strict=True)["sum"].to_pylist() == [11, 22]


def test_mixed_objects_are_refused_with_their_column(model: execd.Model) -> None:
    with pytest.raises(execd.InputError, match=r"Could not convert 'x' with type str.*column a"):
        model.evaluate(pd.DataFrame({"a": [1, "x"]}))


def test_tables(model: execd.Model) -> None:
    """A part that has no rows at all has a column without a type, or of lists of nothing."""
    rows = [[{"price": 2.0, "count": 3}], None]
    assert model.evaluate(pd.DataFrame({"items": rows}))["total"].to_pylist() == [6, 0]
    first: Any
    for first in (None, []):
        frame = pd.DataFrame({"a": [1, 2], "items": pd.Series([first, None], dtype=object)})
        assert model.evaluate(frame, strict=True)["total"].to_pylist() == [0, 0]
    typed = pd.Series(rows, dtype=pd.ArrowDtype(pa.list_(pa.struct({"price": pa.float64(), "count": pa.int64()}))))
    assert model.evaluate(pd.DataFrame({"items": typed}))["total"].to_pylist() == [6, 0]


def test_a_schema_without_a_table(model: execd.Model) -> None:
    schema = model.schema("sum,shout")
    assert schema == model.evaluate(pd.DataFrame({"a": [1]}), outputs="sum,shout").schema
    assert schema.names == ["shout", "sum", "errors", "warnings"]


def test_columns_of_an_empty_table_are_looked_at(model: execd.Model) -> None:
    with pytest.raises(execd.InputError, match="'colour' is not an input"):
        model.evaluate(pa.table({"a": pa.array([], pa.float64()), "colour": pa.array([], pa.string())}), strict=True)
