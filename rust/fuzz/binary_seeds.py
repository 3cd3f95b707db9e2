"""Writes the seeds of the corpus that are no text: Arrow, Parquet, packed records, and workbooks packed by zip."""  # noqa: INP001

import datetime as dt
import gzip
import zipfile
from io import BytesIO
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

CORPUS = Path(__file__).parent / "corpus"
PENDING = Path(__file__).parent / "pending"
# Written into every archive, so that the same text gives the same bytes.
MOMENT = (2024, 1, 1, 0, 0, 0)


def columns() -> dict[str, pa.Table]:
    """Tables by the name of their seed: one for each kind of column that is read, and some that are refused."""
    day = dt.date(2024, 2, 29)
    moment = dt.datetime(2024, 2, 29, 12, 30, tzinfo=dt.UTC)
    time = dt.time(12, 30)
    texts = ["x", None, "a longer text", "2024-02-29"]
    return {
        "numbers": pa.table({"A": [1.0, None, -0.0, 1e300], "T[1].K": pa.array([1, 2, 3, 4], pa.int8())}),
        "no_numbers": pa.table({"A": pa.array([float("nan"), float("inf"), -float("inf")])}),
        "integers": pa.table(
            {"A": pa.array([2**64 - 1, 0], pa.uint64()), "Day": pa.array([2**31 - 1, -1], pa.int32())}
        ),
        "decimals": pa.table({"A": pa.array(["1.5", "-99999999999999999999999999.75"]).cast(pa.decimal128(38, 2))}),
        "half": pa.table({"A": pa.array([1.5, None], pa.float16())}),
        "texts": pa.table({"Name": texts, "Day": texts, "A": texts}),
        "large_texts": pa.table(
            {"Name": pa.array(texts, pa.large_string()), "Day": pa.array(texts, pa.string_view())}
        ),
        "dictionary": pa.table({"Name": pa.array(["red", "blue", "red", None]).dictionary_encode()}),
        "dictionary_of_numbers": pa.table({"A": pa.array([1.5, 2.5, 1.5]).dictionary_encode()}),
        "dates": pa.table({"Day": pa.array([day, None]), "A": pa.array([day, day], pa.date64())}),
        "early_dates": pa.table(
            {"Day": pa.array([-(2**31), 2**31 - 1, -25_567, -25_508], pa.int32()).cast(pa.date32())}
        ),
        "moments": pa.table({"Day": pa.array([moment, None], pa.timestamp("ns", "UTC")), "A": [moment, moment]}),
        "times": pa.table(
            {"Day": pa.array([time, None], pa.time32("s")), "A": pa.array([time, time], pa.time64("ns"))}
        ),
        "durations": pa.table({"A": pa.array([dt.timedelta(1)])}),
        "truth": pa.table({"A": [True, None, False], "Name": [True, False, None]}),
        "nulls": pa.table({"A": pa.nulls(3), "Name": pa.nulls(3)}),
        "nested": pa.table({"T": [[{"K": 1}], None], "other": [{"x": 1}, {"x": 2}]}),
        "runs": pa.table({"A": pa.RunEndEncodedArray.from_arrays([2, 3], [1.5, 2.5])}),
        "bytes": pa.table({"Name": [b"x", b"\xff"]}),
        "case": pa.table({"a": [1], "A": [2], "NAME": ["x"], "t[2].b.b1": [3], "T[9].K": [4]}),
        "empty": pa.table({"A": pa.array([], pa.float64())}),
        "no_columns": pa.table({}),
        "long_text": pa.table({"Name": ["x" * 33_000]}),
    }


def write_arrow(name: str, table: pa.Table, *, compression: str | None = None, stream: bool = False) -> None:
    """One table in batches of two rows, so that there are several. Compressed ones wait for their reader's mend."""
    sink = BytesIO()
    options = pa.ipc.IpcWriteOptions(compression=compression)
    new = pa.ipc.new_stream if stream else pa.ipc.new_file
    with new(sink, table.schema, options=options) as writer:
        writer.write_table(table, max_chunksize=2)
    folder = PENDING if compression else CORPUS
    (folder / "arrow" / name).write_bytes(sink.getvalue())


def write_parquet(name: str, table: pa.Table, **options: object) -> None:
    """One table in groups of two rows."""
    sink = BytesIO()
    pq.write_table(table, sink, row_group_size=2, store_schema=False, **options)
    (CORPUS / "parquet" / name).write_bytes(sink.getvalue())


def write_packed(name: str, content: bytes) -> None:
    """The same bytes by gzip and by zstd."""
    (CORPUS / "packed" / f"{name}.gz").write_bytes(gzip.compress(content, mtime=0))
    (CORPUS / "packed" / f"{name}.zst").write_bytes(pa.compress(content, codec="zstd", asbytes=True))


def write_archive(name: str, parts: str, method: int) -> None:
    """A workbook of the corpus as the archive that its text stands for."""
    sink = BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        for part in parts.split("== ")[1:]:
            title, content = part.split("\n", 1)
            archive.writestr(zipfile.ZipInfo(title, MOMENT), content, compress_type=method)
    (CORPUS / "xlsx" / name).write_bytes(sink.getvalue())


def packed() -> dict[str, bytes]:
    """Records of each format, and what unpacks to far more than it is."""
    return {
        "csv": b"A,Name\r\n1,x\r\n",
        "ndjson": b'{"A":1}\n{"A":2}\n',
        "arrow": (CORPUS / "arrow" / "numbers").read_bytes(),
        "parquet": (CORPUS / "parquet" / "numbers").read_bytes(),
        "spaces": b" " * 100_000,
        "long_field": b"Name\n" + b"x" * 1_000_000,
        "twice_packed": gzip.compress(b"A\n1\n", mtime=0),
        "empty": b"",
    }


def main() -> None:
    """Writes all of them."""
    for folder in ["arrow", "parquet", "packed"]:
        (CORPUS / folder).mkdir(exist_ok=True)
    for name, table in columns().items():
        if name != "long_text":
            write_arrow(name, table, stream=name in {"texts", "dates", "numbers"})
    several = pa.table({"A": [1.0] * 40, "Name": ["same"] * 40})
    write_arrow("file_lz4", several, compression="lz4")
    write_arrow("file_zstd", several, compression="zstd")
    write_arrow("stream_lz4", several, compression="lz4", stream=True)
    write_arrow("stream_zstd", columns()["long_text"], compression="zstd", stream=True)
    for name, table in columns().items():
        if name not in {"long_text", "no_columns", "runs"}:
            write_parquet(name, table, compression="none")
    for codec in ["snappy", "gzip", "zstd", "lz4"]:
        write_parquet(f"by_{codec}", several, compression=codec)
    write_parquet("new_pages", several, data_page_version="2.0", column_encoding="PLAIN", use_dictionary=False)
    for name, content in packed().items():
        write_packed(name, content)
    service = (CORPUS / "xlsx" / "service").read_text()
    write_archive("packed", service, zipfile.ZIP_DEFLATED)
    write_archive("stored", service, zipfile.ZIP_STORED)


if __name__ == "__main__":
    main()
