"""Spark with two worker processes; `make test-engines` installs it, Java must be there."""

import datetime as dt
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from cases import check, table
from processes import SCHEMA, seen
from pyarrow import parquet as pq

import execd
from books import basics, slow, workbook

pytest.importorskip("pyspark", reason="Spark is not installed: make test-engines")
pytestmark = [
    pytest.mark.filterwarnings("default"),
    pytest.mark.skipif(not shutil.which("java"), reason="Spark needs Java 17 or newer"),
]

PARTS = 4


@pytest.fixture(scope="module")
def spark() -> Iterator[Any]:
    from pyspark.sql import SparkSession  # noqa: PLC0415

    options = {"spark.ui.enabled": "false", "spark.sql.session.timeZone": "UTC", "spark.driver.host": "127.0.0.1"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYSPARK_PYTHON", sys.executable)
        patch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
        session = SparkSession.builder.master("local[2]").config(map=options).getOrCreate()
        session.sparkContext.setLogLevel("OFF")
        yield session
        session.stop()


@pytest.fixture
def engine(spark: Any) -> Any:  # noqa: ARG001 - the session must be there
    import execd.spark  # noqa: PLC0415 - needs Spark

    return execd.spark


@pytest.fixture
def book(tmp_path: Path) -> Path:
    path = tmp_path / "basics.xlsx"
    path.write_bytes(basics())
    return path


def test_two_processes(spark: Any, engine: Any, book: Path, tmp_path: Path) -> None:
    for part in range(PARTS):
        pq.write_table(table(100, part * 100), tmp_path / f"{part}.parquet")
    pq.write_table(table(0), tmp_path / "empty.parquet")
    records = spark.read.parquet(str(tmp_path / "*.parquet")).repartition(PARTS)
    model = execd.load(book)
    answers = engine.evaluate(records, model, carry="id")
    check((row.asDict() for row in answers.collect()), PARTS * 100)
    (tmp_path / "seen").mkdir()

    def where(parts: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for _ in parts:
            yield from seen(tmp_path / "seen", model).to_batches()

    processes = records.mapInArrow(where, SCHEMA).collect()
    assert len({row.process for row in processes}) == 2
    assert {row.models for row in processes} == {1}, "compiled once in a process"
    assert engine.evaluate(records.where("id < 0"), model, carry="id").collect() == []


def test_dates_decimals_and_names(spark: Any, engine: Any) -> None:
    cells = {"A1": 1, "A2": "k", "A3": 7, "B1": "=A1*2", "B2": "=A3=5"}
    names = {"Xinput_a": "A1", "Xinput_T": "A2:A3", "Xoutput_twice": "B1", "Xoutput_five": "B2"}
    model = execd.load(workbook(cells, names))
    records = spark.sql("select 1.25BD as a, 5 as `T[1].k`, timestamp_ntz'2024-01-02 03:04:05' as `odd ``name`")
    found = engine.evaluate(records, model, carry="odd `name")
    (row,) = found.collect()
    assert row.asDict() == {
        "odd `name": dt.datetime(2024, 1, 2, 3, 4, 5),  # noqa: DTZ001
        "five": True,
        "twice": 2.5,
        "errors": None,
        "warnings": None,
    }
    assert found.schema["five"].dataType.simpleString() == "boolean"


def test_what_is_wrong_is_told(spark: Any, engine: Any, book: Path) -> None:
    records = spark.sql("select 1 as id, 2 as a")
    model = execd.load(book)
    with pytest.raises(execd.InputError, match="'id' is not an input"):
        engine.evaluate(records, model, strict=True)
    answers = engine.evaluate(records, model, carry="id")
    book.write_bytes(slow())
    with pytest.raises(Exception, match=r"basics.xlsx is not the workbook .* it has changed"):
        answers.collect()
