"""Ray Data on a local Ray with two worker processes; `make test-engines` installs it."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from cases import check, table
from processes import seen

import execd
from books import basics, slow

ray = pytest.importorskip("ray", reason="Ray is not installed: make test-engines")
pytestmark = pytest.mark.filterwarnings("default")

PARTS = 8


@pytest.fixture(scope="module")
def engine() -> Iterator[Any]:
    import ray.data  # noqa: PLC0415

    import execd.ray  # noqa: PLC0415 - needs Ray

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
        ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
        ray.data.DataContext.get_current().enable_progress_bars = False
        yield execd.ray
        ray.shutdown()


@pytest.fixture
def book(tmp_path: Path) -> Path:
    path = tmp_path / "basics.xlsx"
    path.write_bytes(basics())
    return path


def test_two_processes(engine: Any, book: Path, tmp_path: Path) -> None:
    blocks = [table(100, part * 100) for part in range(PARTS)]
    records = ray.data.from_arrow([*blocks, table(0)])
    model = execd.load(book)
    check(engine.evaluate(records, model, carry="id").take_all(), PARTS * 100)
    (tmp_path / "seen").mkdir()
    found = records.map_batches(
        lambda _, model: seen(tmp_path / "seen", model),
        batch_format="pyarrow",
        batch_size=None,
        fn_kwargs={"model": model},
    ).take_all()
    assert len({row["process"] for row in found}) == 2
    assert {row["models"] for row in found} == {1}, "compiled once in a process"


def test_blocks_of_pandas_guess_their_types(engine: Any, book: Path) -> None:
    tables: list[Any] = [[None, []], [[{"price": 2.0, "count": 3}], None]]
    parts = [pd.DataFrame({"items": rows}) for rows in tables]
    answers = engine.evaluate(ray.data.from_pandas(parts), execd.load(book), outputs="total", strict=True)
    assert sorted(row["total"] for row in answers.take_all()) == [0, 0, 0, 6]


def test_what_is_wrong_is_told(engine: Any, book: Path) -> None:
    records = ray.data.from_arrow(table(10))
    model = execd.load(book)
    with pytest.raises(execd.InputError, match="'id' is not an input"):
        engine.evaluate(records, model, strict=True)
    answers = engine.evaluate(records, model, carry="id")
    book.write_bytes(slow())
    with pytest.raises(Exception, match=r"basics.xlsx is not the workbook .* it has changed"):
        answers.take_all()
