"""DuckDB by its Arrow interface; `make test-engines` installs it."""

from pathlib import Path
from typing import Any

import pytest
from cases import check, table
from pyarrow import parquet as pq

import execd
from books import basics

duckdb = pytest.importorskip("duckdb", reason="DuckDB is not installed: make test-engines")


@pytest.fixture
def engine() -> Any:
    import execd.duckdb  # noqa: PLC0415 - needs DuckDB

    return execd.duckdb


@pytest.fixture(scope="module")
def model() -> execd.Model:
    return execd.load(basics())


@pytest.fixture
def connection() -> Any:
    return duckdb.connect()


def test_a_relation(engine: Any, model: execd.Model, connection: Any, tmp_path: Path) -> None:
    pq.write_table(table(5000), tmp_path / "in.parquet")
    relation = connection.read_parquet(str(tmp_path / "in.parquet"))
    answers = engine.evaluate(relation, model, carry="id", batch_size=2048)
    assert answers.schema.names[:2] == ["id", "quotient"]
    check(answers.read_all().to_pylist(), 5000)
    answers = engine.evaluate(relation, model, carry="id", batch_size=2048)
    found = connection.cursor().sql("select count(*), sum(sum), count(distinct id) from answers").fetchall()
    assert found == [(5000, sum(number % 7 + number % 5 for number in range(5000)), 5000)]


def test_an_error_in_a_later_batch_is_an_error(engine: Any, model: execd.Model, connection: Any) -> None:
    relation = connection.sql(
        "select 1 as a, list_transform(range(if(i = 9999, 3, 1)), lambda x: {'price': 1, 'count': 1}) as items"
        " from range(10000) as numbers(i)"
    )
    answers = engine.evaluate(relation, model, strict=True, batch_size=2048)
    with pytest.raises(duckdb.Error, match="input 'items': The table is larger than its range"):
        connection.cursor().sql("select count(*) from answers").fetchall()
    assert answers is not None


def test_what_is_wrong_is_told(engine: Any, model: execd.Model, connection: Any) -> None:
    with pytest.raises(execd.InputError, match="'other' is not an input"):
        engine.evaluate(connection.sql("select 1 as a, 2 as other"), model, strict=True)
    answers = engine.evaluate(connection.sql("select 1 as a"), model)
    with pytest.raises(duckdb.Error, match="connection has an open result"):
        connection.from_arrow(answers).fetchall()
