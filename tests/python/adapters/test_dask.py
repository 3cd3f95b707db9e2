"""Dask on a cluster of two processes, one of which dies."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dask
import dask.dataframe as dd
import pandas as pd
import pyarrow as pa
import pytest
from cases import check, table
from distributed import Client, LocalCluster, get_worker, wait
from pyarrow import parquet as pq

import execd
import execd.dask
from books import LINKS, basics, slow

RECORDS, PARTS = 3000, 60


@pytest.fixture(scope="module")
def cluster() -> Iterator[Client]:
    """Two worker processes of two threads each."""
    with (
        LocalCluster(n_workers=2, threads_per_worker=2, processes=True, dashboard_address=None) as cluster,
        Client(cluster) as client,
    ):
        yield client


@pytest.fixture
def book(tmp_path: Path) -> Path:
    path = tmp_path / "basics.xlsx"
    path.write_bytes(basics())
    return path


@pytest.fixture
def frame(tmp_path: Path) -> Any:
    """30 files, the first of which have nothing but nulls in two columns; one is empty."""
    for part in range(30):
        pq.write_table(table(RECORDS // 30, part * RECORDS // 30), tmp_path / f"{part:02}.parquet")
    pq.write_table(table(0), tmp_path / "99.parquet")
    return dd.read_parquet(tmp_path / "*.parquet", split_row_groups=True, aggregate_files=False)


def rows(found: pd.DataFrame) -> list[dict[str, Any]]:
    """With None for what is missing."""
    return list(pa.Table.from_pandas(found, preserve_index=False).to_pylist())


def test_two_processes(cluster: Client, book: Path, frame: Any) -> None:
    for model in (execd.load(book), execd.load(book.read_bytes())):
        answers = execd.dask.evaluate(frame, model, carry="id")
        check(rows(cluster.compute(answers).result()), RECORDS)


def held(_part: int, model: execd.Model) -> int:
    """Keeps a model in the worker, so that no two can be at one address."""
    worker = get_worker()
    worker.held = [*getattr(worker, "held", []), model]
    return os.getpid()


def compiled(dask_worker: Any) -> int:
    return len({id(model.native) for model in dask_worker.held})


def test_a_model_is_compiled_once_in_a_process(cluster: Client, book: Path) -> None:
    model = execd.load(book)
    pids = cluster.gather(cluster.map(held, range(40), model=model, pure=False))
    assert len(set(pids)) == 2
    assert set(cluster.run(compiled).values()) == {1}


def test_a_workbook_that_has_changed_is_refused(cluster: Client, tmp_path: Path, frame: Any) -> None:
    path = tmp_path / "book.xlsx"
    path.write_bytes(basics())
    answers = execd.dask.evaluate(frame, execd.load(path), carry="id")
    path.write_bytes(slow())
    with pytest.raises(Exception, match="it has changed") as caught:
        cluster.compute(answers).result()
    assert "book.xlsx" in str(caught.value)


def test_a_worker_is_killed(cluster: Client) -> None:
    model = execd.load(slow())
    expected = {}
    for x in range(1, 4):
        value = float(x)
        for _ in range(LINKS - 1):
            value = value * 1.0000001 + x
        expected[x] = value
    records = pd.DataFrame({"id": range(PARTS * 1000)})
    records["x"] = records["id"] % 3 + 1
    answers = execd.dask.evaluate(dd.from_pandas(records, npartitions=PARTS), model, carry="id,x")
    pids = cluster.run(os.getpid)
    futures = cluster.compute(answers.to_delayed())
    wait(futures, return_when="FIRST_COMPLETED")
    busy = next(worker for worker, keys in cluster.processing().items() if keys)
    os.kill(pids[busy], signal.SIGKILL)
    assert not all(future.done() for future in futures), "it died in the middle"
    found = pd.concat(cluster.gather(futures))
    assert sorted(found["id"]) == list(range(PARTS * 1000))
    assert found["y"].tolist() == pytest.approx([expected[x] for x in found["x"]], rel=1e-15)
    assert pids[busy] not in cluster.run(os.getpid).values()


def test_index_divisions_and_types_are_known_and_kept(book: Path) -> None:
    given = pd.DataFrame({"b": [1, 2, 4, 5], "k": ["p", "q", "r", "s"]}, index=pd.Index([10, 20, 30, 40], name="a"))
    parts = dd.from_pandas(given, npartitions=2)
    model = execd.load(book)
    answers = execd.dask.evaluate(parts, model, outputs="sum,shout", carry="k")
    assert answers.divisions == parts.divisions
    found = answers.compute(scheduler="synchronous")
    assert found.index.equals(given.index)
    assert found["sum"].tolist() == [11, 22, 34, 45], "an index with a name is a column as good as another"
    assert list(found.dtypes) == list(answers.dtypes)
    assert found["sum"].dtype == "float64"
    again = [execd.dask.evaluate(parts, model, now=1.0, carry="k")._name for _ in range(2)]
    assert again[0] == again[1], "the same call has the same name"


def test_what_does_not_match_is_told_at_the_call(book: Path) -> None:
    parts = dd.from_pandas(pd.DataFrame({"a": [1], "other": [2]}), npartitions=1)
    model = execd.load(book)
    with pytest.raises(execd.InputError, match="'other' is not an input"):
        execd.dask.evaluate(parts, model, strict=True)
    with pytest.warns(execd.UnmatchedNameWarning, match="'other'") as told:
        execd.dask.evaluate(parts, model).compute(scheduler="synchronous")
    assert [Path(one.filename) for one in told] == [Path(__file__)]


def test_nested_tables_as_objects(book: Path) -> None:
    given = pd.DataFrame({"items": [None, [], [{"price": 2.0, "count": 3}], None]})
    model = execd.load(book)
    with dask.config.set({"dataframe.convert-string": False}):
        parts = dd.from_pandas(given, npartitions=2)
        found = execd.dask.evaluate(parts, model, outputs="total").compute(scheduler="synchronous")
    assert found["total"].tolist() == [0, 0, 6, 0]
    with pytest.raises(execd.InputError, match=r"items\[1\].heading"):
        execd.dask.evaluate(dd.from_pandas(given, npartitions=2), model)
