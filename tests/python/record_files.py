"""Files of records for tests of `execd run`: written and read by Python, openpyxl, pyarrow and polars."""

import csv
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pyarrow as pa
from pyarrow import ipc
from pyarrow import parquet as pq


def execd(book: Path, *arguments: str | Path, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "execd", "run", book, *arguments]
    return subprocess.run(command, input=given, capture_output=True, check=False)


def run(book: Path, source: Path, target: Path, *options: str) -> list[dict[str, Any]]:
    result = execd(book, "--input", source, "--output", target, *options)
    assert result.returncode == 0, result.stderr.decode()
    return read(target)


def refused(book: Path, source: Path, *options: str) -> str:
    """What is said of a run that fails."""
    target = source.with_name("none.csv")
    result = execd(book, "--input", source, "--output", target, *options)
    assert (result.returncode, target.exists()) == (1, False)
    return result.stderr.decode()


def read(path: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]]
    if path.suffix == ".csv":
        rows = list(csv.DictReader(path.read_text().splitlines()))
    elif path.suffix == ".ndjson":
        rows = [json.loads(line) for line in path.read_text().splitlines()]
    elif path.suffix == ".json":
        rows = json.loads(path.read_text())
    elif path.suffix == ".xlsx":
        header, *values = openpyxl.load_workbook(path, data_only=True).worksheets[0].iter_rows(values_only=True)
        rows = [dict(zip(map(str, header), row, strict=True)) for row in values]
    else:
        rows = table(path).to_pylist()
    return rows


def table(path: Path) -> pa.Table:
    if path.suffix == ".arrows":
        return ipc.open_stream(path).read_all()
    return pq.read_table(path) if path.suffix == ".parquet" else ipc.open_file(path).read_all()


def write(folder: Path, suffix: str, rows: pa.Table) -> Path:
    path = folder / f"in.{suffix}"
    frame = pl.DataFrame(rows)
    if suffix == "csv":
        frame.write_csv(path)
    elif suffix == "ndjson":
        frame.write_ndjson(path)
    elif suffix == "json":
        frame.write_json(path)
    elif suffix == "xlsx":
        write_sheet(frame, path)
    elif suffix == "parquet":
        pq.write_table(rows, path)
    elif suffix == "arrows":
        with ipc.new_stream(path, rows.schema) as stream:
            stream.write_table(rows)
    else:
        with ipc.new_file(path, rows.schema) as file:
            file.write_table(rows)
    return path


def write_sheet(frame: pl.DataFrame, file: Path | io.BytesIO) -> None:
    book = openpyxl.Workbook()
    for row in (frame.columns, *frame.iter_rows()):
        book.worksheets[0].append(row)
    book.save(file)
