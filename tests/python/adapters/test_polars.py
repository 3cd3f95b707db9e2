"""The expression and the namespaces of Polars."""

import datetime as dt
import pickle
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from cases import answer, check, table

import execd
import execd.polars
from books import basics, workbook

# More than this process may have, as it lies in memory, in a file that is written by row groups.
LARGER = """
import resource, sys, warnings
resource.setrlimit(resource.RLIMIT_DATA, (640 << 20, 640 << 20))
import polars as pl, execd, execd.polars
model, source, target = execd.load(sys.argv[1]), *sys.argv[2:]
warnings.simplefilter("error")
pl.scan_parquet(source).execd.evaluate(model, carry="all").sink_parquet(
    target, engine="streaming", row_group_size=100_000, compression="uncompressed"
)
"""


@pytest.fixture(scope="module")
def model() -> execd.Model:
    return execd.load(basics())


@pytest.fixture
def frame() -> pl.DataFrame:
    return pl.DataFrame(table(1000))


def over(frame: Any) -> Any:
    """The namespace, of which a type checker does not know."""
    return frame.execd


def test_a_frame(model: execd.Model, frame: pl.DataFrame) -> None:
    check(over(frame).evaluate(model, carry="id").iter_rows(named=True), 1000)


@pytest.mark.parametrize("engine", ["streaming", "in-memory"])
def test_a_lazy_frame(model: execd.Model, frame: pl.DataFrame, tmp_path: Path, engine: str) -> None:
    frame.write_parquet(tmp_path / "in.parquet", row_group_size=100)
    answers = over(pl.scan_parquet(tmp_path / "in.parquet")).evaluate(model, carry=["id"])
    check(answers.collect(engine=engine).iter_rows(named=True), 1000)
    filtered = answers.filter(pl.col("id") >= 990).select("id", "sum").collect(engine=engine)
    assert filtered.rows() == [(number, answer(number)["sum"]) for number in range(990, 1000)]


def test_an_expression(model: execd.Model, frame: pl.DataFrame) -> None:
    answers = execd.polars.evaluate(model, "a", pl.col("b") * 2, outputs=["sum"])
    found = frame.with_columns(answers.struct.field("sum")).select("id", "sum")
    assert found.rows() == [(number, number % 7 + number % 5 * 2) for number in range(1000)]
    assert frame.select(answers.struct.unnest()).columns == ["sum", "errors", "warnings"]
    largest = frame.group_by("b").agg(answers.struct.field("sum").max()).sort("b")
    assert largest.rows() == [(number, 6 + number * 2) for number in range(5)]
    one = frame.head(2).select(execd.polars.evaluate(model, pl.lit(4).alias("a"), "b").struct.field("sum"))
    assert one["sum"].to_list() == [4, 5]


def test_the_schema_is_known_and_nothing_is_read_before_time(model: execd.Model, tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_text("a,b,other\n1,2,no number\n")
    lazy = pl.scan_csv(path, schema={"a": pl.Int64, "b": pl.Int64, "other": pl.Int64})
    with pytest.warns(execd.UnmatchedNameWarning, match="'other' is not an input"):
        answers = over(lazy).evaluate(model)
    kinds = [pl.Float64, pl.String, pl.Float64, pl.Float64, pl.String, pl.String]
    assert answers.collect_schema().dtypes() == kinds
    with pytest.raises(pl.exceptions.ComputeError):
        lazy.collect()
    assert answers.collect()["sum"].to_list() == [3], "the column that is no input is not read"
    path.write_text("a,b,other\n5,6,7\n")
    assert answers.collect()["sum"].to_list() == [11]


def test_what_does_not_match_is_told_at_the_call(model: execd.Model, frame: pl.DataFrame) -> None:
    lazy = over(frame.lazy())
    cases: list[tuple[dict[str, Any], str]] = [
        ({"strict": True}, "'id' is not an input"),
        ({"carry": "id,colour"}, "no column 'colour' to carry; the columns are 'id', 'a'"),
        ({"outputs": ["none"], "strict": True, "carry": "id"}, "'none' in output matches no output"),
    ]
    for options, message in cases:
        with pytest.raises(execd.InputError, match=message):
            lazy.evaluate(model, **options)
    with pytest.raises(execd.InputError, match="no column names an input"):
        over(frame.select("id")).evaluate(model)
    with pytest.raises(execd.InputError, match="'Sum' cannot be carried because an output has that name"):
        over(frame.rename({"id": "Sum"})).evaluate(model, carry="Sum")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert lazy.evaluate(model, strict=True, carry="id").collect().height == 1000
    told = over(frame.rename({"id": "Errors"})).evaluate(model, carry="Errors", outputs="sum")
    assert told.columns == ["Errors", "sum", "_errors", "warnings"]
    many = frame.select(items=pl.lit([{"price": 1.0, "count": 1}] * 3)).lazy()
    strict = over(many).evaluate(model, strict=True)
    with pytest.raises(execd.InputError, match="record 1, input 'items': The table is larger than its range"):
        strict.collect()


def test_all_parts_have_one_moment(tmp_path: Path) -> None:
    model = execd.load(workbook({"A1": 1, "B1": "=NOW()"}, {"Xinput_a": "A1", "Xoutput_b": "B1"}))
    frame = pl.DataFrame({"a": [1] * 400_000})
    frame.write_parquet(tmp_path / "in.parquet", row_group_size=1000)
    lazy = pl.scan_parquet(tmp_path / "in.parquet")
    assert over(lazy).evaluate(model).collect(engine="streaming")["b"].n_unique() == 1
    found = over(lazy).evaluate(model, now=0.0).collect(engine="streaming")["b"]
    assert found.unique().to_list() == [25569.0] or found.unique().to_list() == [dt.datetime(1970, 1, 1)]  # noqa: DTZ001


def test_types_of_polars(model: execd.Model) -> None:
    frame = pl.DataFrame(
        {
            "a": pl.Series([1, 2, None], dtype=pl.Int128),
            "b": pl.Series(["1.5", "2.5", "4"]).cast(pl.Decimal(9, 2)),
            "text": pl.Series(["x", None, "x"], dtype=pl.Categorical),
        }
    )
    found = over(frame).evaluate(model)
    assert found.select("sum", "shout").rows() == [(2.5, "x!"), (4.5, "!"), (4.0, "x!")]
    found = over(frame.select(a=pl.lit(None), b="b")).evaluate(model, outputs="sum")
    assert found["sum"].to_list() == [1.5, 2.5, 4.0]
    assert over(frame.clear()).evaluate(model, outputs="sum").shape == (0, 3)


def test_a_plan_travels(model: execd.Model) -> None:
    lazy = over(pl.LazyFrame({"a": [1], "b": [2]})).evaluate(model, outputs="sum")
    assert pickle.loads(pickle.dumps(lazy)).collect()["sum"].to_list() == [3]


def test_a_scan_larger_than_the_memory(tmp_path: Path) -> None:
    rows = 100_000
    group = pl.DataFrame({f"x{column}": pl.arange(rows, eager=True).cast(pl.Float64) for column in range(8)})
    group = group.rename({"x0": "a", "x1": "b"})
    groups = 120
    assert group.estimated_size() * groups > 640 << 20
    group.write_parquet(tmp_path / "000.parquet", compression="lz4")
    for part in range(1, groups):
        (tmp_path / f"{part:03}.parquet").hardlink_to(tmp_path / "000.parquet")
    model = tmp_path / "model.xlsx"
    names = {"Xinput_a": "A1", "Xinput_b": "A2", "Xoutput_sum": "B1"}
    model.write_bytes(workbook({"A1": 1, "A2": 1, "B1": "=A1+A2"}, names))
    target = tmp_path / "out.parquet"
    command = [sys.executable, "-c", LARGER, model, tmp_path / "*.parquet", target]
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    found = pl.scan_parquet(target).select(pl.len(), pl.col("sum").sum()).collect().row(0)
    assert found == (groups * rows, groups * rows * (rows - 1))
