"""The command line, run as a user runs it."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow import feather

from books import basics
from conftest import Server

Run = subprocess.CompletedProcess[str]


def execd(*arguments: str | Path) -> Run:
    return subprocess.run(
        [sys.executable, "-m", "execd", *map(str, arguments)], capture_output=True, text=True, check=False
    )


@pytest.fixture
def book(tmp_path: Path) -> Path:
    path = tmp_path / "basics.xlsx"
    path.write_bytes(basics())
    return path


def test_help_and_version() -> None:
    assert "serve" in execd("--help").stdout
    assert "0.1.0" in execd("--version").stdout


SUFFIXES = ["csv", "parquet", "ndjson", "arrow"]


@pytest.mark.parametrize("source", SUFFIXES)
@pytest.mark.parametrize("target", SUFFIXES)
def test_run_takes_and_gives_every_format(book: Path, tmp_path: Path, source: str, target: str) -> None:
    frame = pl.DataFrame({"a": [1.5, 2.5, 3.0], "b": [1, 2, 4], "text": ["p", "q", None]})
    path, result_path = tmp_path / f"in.{source}", tmp_path / f"out.{target}"
    writers: dict[str, Callable[[Path], object]] = {"csv": frame.write_csv, "parquet": frame.write_parquet}
    writers |= {"ndjson": frame.write_ndjson, "arrow": frame.write_ipc}
    writers[source](path)
    result = execd("run", book, "--input", path, "--output", result_path)
    assert result.returncode == 0, result.stderr
    readers: dict[str, Callable[[Path], pl.DataFrame]] = {
        "csv": pl.read_csv,
        "parquet": pl.read_parquet,
        "ndjson": pl.read_ndjson,
        "arrow": pl.read_ipc,
    }
    rows = readers[target](result_path)
    assert rows["sum"].to_list() == [2.5, 4.5, 7.0]
    assert rows["shout"].to_list() == ["p!", "q!", "!"]
    assert "\x1b" not in result.stderr


def test_run_warns_of_what_may_be_a_mistake(book: Path, tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_text("a;b;text\n1;2;x\n")
    result = execd("run", book, "--input", path, "--output", tmp_path / "out.csv")
    assert result.returncode == 1
    said = "no column names an input; the columns are 'a;b;text'; the inputs are 'a', 'b', 'items', 'text'"
    assert said in " ".join(result.stderr.split())
    assert not (tmp_path / "out.csv").exists()
    assert "the delimiter seems to be ';', choose it by --delimiter" in " ".join(result.stderr.split())
    path.write_text("text\nx\n")
    result = execd("run", book, "--input", path, "--output", tmp_path / "out.csv")
    assert result.returncode == 0
    assert "every record took the workbook's value of a, b, items" in " ".join(result.stderr.split())
    path.write_text("a,b\n1,2,5\n")
    result = execd("run", book, "--input", path, "--output", tmp_path / "out.csv")
    assert result.returncode == 1
    assert "record 1" in result.stderr
    assert "Traceback" not in execd("run", book, "--input", path, "--output", path, "--threads", "-1").stderr


def test_run_says_what_it_cannot_read(book: Path, tmp_path: Path) -> None:
    path = tmp_path / "in.xml"
    path.write_text("<a/>")
    result = execd("run", book, "--input", path, "--output", tmp_path / "out.csv")
    assert result.returncode == 1
    assert "xml" in result.stderr


def test_serve_refuses_what_it_must() -> None:
    result = execd("serve", "--host", "0.0.0.0")
    assert result.returncode == 1
    assert "loopback" in result.stderr
    assert execd("serve", "--port", "70000").returncode == 1


def test_a_port_that_is_taken_is_not_shared(server: Server) -> None:
    result = execd("serve", "--host", "localhost", "--port", str(server.port))
    assert result.returncode == 1
    assert result.stderr.startswith(f"execd: --port {server.port}: ")


def test_a_host_may_be_a_name(start: Callable[..., Server]) -> None:
    body = start("--host", "localhost").execute("tests/basics", [["a", "b"], [1, 2]], output="sum")
    assert body["outputs"] == [["sum"], [3]]


def test_run_reads_what_pandas_and_spark_write(book: Path, tmp_path: Path) -> None:
    table = pa.table({"a": [1.5, 2.5], "b": [1, 2]})
    feather.write_feather(table, tmp_path / "lz4.feather")
    feather.write_feather(table, tmp_path / "zstd.feather", compression="zstd")
    for compression in ("gzip", "snappy", "lz4", "zstd"):
        pq.write_table(table, tmp_path / f"{compression}.parquet", compression=compression)
    for path in sorted(tmp_path.glob("*.feather")) + sorted(tmp_path.glob("*.parquet")):
        result = execd("run", book, "--input", path, "--output", tmp_path / "out.csv")
        assert result.returncode == 0, f"{path.name}: {result.stderr}"
        assert pl.read_csv(tmp_path / "out.csv")["sum"].to_list() == [2.5, 4.5]
