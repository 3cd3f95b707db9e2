"""`execd run` from and to an object store: moto's server, which speaks S3, by its plain HTTP.

Numbers are calculated by hand.
"""

import io
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import httpx
import polars as pl
import pytest

from books import slow, workbook
from record_files import execd
from tests.server import PATIENCE, free_port

pytest.importorskip("obstore", reason="object stores need the extra 'object-stores'")
MOTO = Path(sys.executable).with_name("moto_server")
pytestmark = pytest.mark.skipif(not MOTO.exists(), reason="moto[server] is not installed")


class Store:
    """A bucket, and `execd run` with it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.environment = os.environ | {
            "AWS_ENDPOINT_URL": url.rsplit("/", 1)[0],
            "AWS_ACCESS_KEY_ID": "a",
            "AWS_SECRET_ACCESS_KEY": "b",
            "AWS_REGION": "us-east-1",
        }

    def put(self, key: str, content: bytes) -> None:
        httpx.put(f"{self.url}/{key}", content=content).raise_for_status()

    def get(self, key: str) -> bytes:
        return httpx.get(f"{self.url}/{key}").raise_for_status().content

    def has(self, key: str) -> bool:
        return httpx.head(f"{self.url}/{key}").status_code == 200

    def unfinished(self) -> int:
        """Uploads that were begun and neither finished nor given up."""
        return httpx.get(f"{self.url}?uploads").text.count("<UploadId>")

    def command(self, book: Path, source: str, target: str, *options: str) -> list[str]:
        return [sys.executable, "-m", "execd", "run", str(book), "--input", source, "--output", target, *options]

    def run(self, *words: str | Path) -> subprocess.CompletedProcess[bytes]:
        book, source, target, *options = words
        command = self.command(Path(book), str(source), str(target), *map(str, options))
        return subprocess.run(command, env=self.environment, capture_output=True, check=False)


def wait_for(port: int) -> None:
    """Until somebody answers there."""
    end = time.monotonic() + PATIENCE
    while True:
        try:
            httpx.get(f"http://127.0.0.1:{port}/")
            break
        except httpx.TransportError:
            assert time.monotonic() < end
            time.sleep(0.05)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    port = free_port()
    command: Sequence[str | Path] = [MOTO, "-H", "127.0.0.1", "-p", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        wait_for(port)
        yield f"http://127.0.0.1:{port}"
        process.terminate()


@pytest.fixture
def store(server: str, request: pytest.FixtureRequest) -> Store:
    url = f"{server}/bucket{abs(hash(request.node.name))}"
    httpx.put(url).raise_for_status()
    return Store(url)


@pytest.fixture
def double(tmp_path: Path) -> Path:
    path = tmp_path / "double.xlsx"
    path.write_bytes(workbook({"A1": 1, "B1": "=A1*2"}, {"Xinput_a": "A1", "Xoutput_b": "B1"}))
    return path


def bucket(store: Store) -> str:
    return f"s3://{store.url.rsplit('/', 1)[1]}"


MANY = 400_000


@pytest.mark.parametrize("suffix", ["csv", "csv.gz", "ndjson", "parquet", "arrow", "xlsx"])
def test_objects_are_read_and_written(store: Store, double: Path, tmp_path: Path, suffix: str) -> None:
    records = 1_000 if suffix == "xlsx" else MANY
    frame = pl.DataFrame({"a": range(records)}).cast(pl.Float64)
    (tmp_path / "in.ndjson").write_bytes(frame.write_ndjson().encode())
    local: list[str | Path] = [sys.executable, "-m", "execd", "run", double, "--input", tmp_path / "in.ndjson"]
    named = tmp_path / f"in.{suffix}"
    if suffix in {"parquet", "arrow"}:
        (frame.write_parquet if suffix == "parquet" else frame.write_ipc)(named)
    elif suffix == "ndjson":
        named = tmp_path / "in.ndjson"
    else:
        subprocess.run([*local, "--output", named, "--carry", "a"], check=True, capture_output=True)
    store.put(f"in.{suffix}", named.read_bytes())
    result = store.run(double, f"{bucket(store)}/in.{suffix}", f"{bucket(store)}/out/answers.ndjson")
    assert result.returncode == 0, result.stderr
    found = pl.read_ndjson(io.BytesIO(store.get("out/answers.ndjson")))["b"]
    assert found.cast(pl.Float64).to_list() == [2.0 * value for value in range(records)]
    assert f"{bucket(store)}/out/answers.ndjson".encode() in result.stderr
    result = store.run(double, f"{bucket(store)}/in.{suffix}", f"{bucket(store)}/out.parquet")
    assert result.returncode == 0, result.stderr
    assert pl.read_parquet(io.BytesIO(store.get("out.parquet")))["b"].to_list() == found.to_list()
    assert store.unfinished() == 0


def test_folders_and_patterns(store: Store, double: Path, tmp_path: Path) -> None:
    for number in range(3):
        store.put(f"in/part-{number}.csv", f"a\n{number}\n".encode())
    store.put("in/_SUCCESS", b"")
    store.put("in/deeper/part-9.csv", b"a\n9\n")
    for source in ("in/", "in/part-*.csv"):
        target = f"{bucket(store)}/out{len(source)}/"
        result = store.run(double, f"{bucket(store)}/{source}", target, "--jobs", "2")
        assert b"3 files answered, 0 failed, 0 were there already" in result.stderr
        assert store.get(f"out{len(source)}/part-2.csv") == b"b,errors,warnings\n4,,\n"
        result = store.run(double, f"{bucket(store)}/{source}", target)
        assert b"0 files answered, 0 failed, 3 were there already" in result.stderr
    result = store.run(double, f"{bucket(store)}/in/", f"{tmp_path}/out/")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["part-0.csv", "part-1.csv", "part-2.csv"]


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_many_objects_have_one_answer(store: Store, double: Path, suffix: str) -> None:
    for number in range(20):
        content = io.BytesIO()
        frame = pl.DataFrame({"a": [float(number), 100.0]})
        (frame.write_csv if suffix == "csv" else frame.write_parquet)(content)
        store.put(f"in/part-{number:02}.{suffix}", content.getvalue())
    result = store.run(double, f"{bucket(store)}/in/", f"{bucket(store)}/all.parquet")
    assert result.returncode == 0, result.stderr
    expected = [value for number in range(20) for value in (2.0 * number, 200.0)]
    assert pl.read_parquet(io.BytesIO(store.get("all.parquet")))["b"].to_list() == expected
    store.put(f"in/part-10-wrong.{suffix}", b"z\n1\n")
    result = store.run(double, f"{bucket(store)}/in/", f"{bucket(store)}/other.parquet")
    assert result.returncode == 1
    assert not store.has("other.parquet")
    if suffix == "parquet":
        assert f"{bucket(store)}/in/part-10-wrong.parquet: ".encode() in result.stderr


def test_a_mistake_leaves_no_object(store: Store, double: Path, tmp_path: Path) -> None:
    store.put("in.csv", b"a\n" + b"1\n" * 200_000 + b'"2\n')
    result = store.run(double, f"{bucket(store)}/in.csv", f"{bucket(store)}/out.csv")
    assert result.returncode == 1
    assert b"record 200001: a quote is not closed" in result.stderr
    assert not store.has("out.csv")
    assert store.unfinished() == 0
    result = store.run(double, f"{bucket(store)}/none.csv", tmp_path / "out.csv")
    assert result.returncode == 1
    assert f"{bucket(store)}/none.csv: ".encode() in result.stderr
    result = store.run(double, f"{bucket(store)}/none.parquet", tmp_path / "out.csv")
    assert result.returncode == 1
    store.put("in.parquet", b"PAR1 no parquet at all PAR1")
    result = store.run(double, f"{bucket(store)}/in.parquet", tmp_path / "out.csv")
    assert result.returncode == 1
    assert f"{bucket(store)}/in.parquet: ".encode() in result.stderr
    assert not (tmp_path / "out.csv").exists()


def test_a_store_that_is_not_there(double: Path, store: Store, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("a\n1\n")
    result = store.run(double, tmp_path / "in.csv", "s3://no-such-bucket/out.csv")
    assert result.returncode == 1
    assert b"s3://no-such-bucket/out.csv: " in result.stderr
    result = store.run(double, tmp_path / "in.csv", "what://ever/out.csv")
    assert result.returncode in {1, 2}
    assert b"what://ever" in result.stderr


def test_a_run_that_is_ended_leaves_no_object(store: Store, tmp_path: Path) -> None:
    book = tmp_path / "slow.xlsx"
    book.write_bytes(slow())
    store.put("in.csv", b"x\n" + b"1\n" * 2_000_000)
    command = store.command(book, f"{bucket(store)}/in.csv", f"{bucket(store)}/out.csv")
    with subprocess.Popen(command, env=store.environment, stderr=subprocess.PIPE) as process:
        end = time.monotonic() + PATIENCE
        while not store.unfinished():
            assert time.monotonic() < end
            time.sleep(0.05)
        process.terminate()
        assert process.wait(PATIENCE) == 128 + 15
    assert not store.has("out.csv")
    assert store.unfinished() == 0


def test_a_web_server_is_read(double: Path, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("a\n1\n")
    port = free_port()
    command: Sequence[str | Path] = [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        wait_for(port)
        result = execd(double, "--input", f"http://127.0.0.1:{port}/in.csv", "--output", "-")
        process.terminate()
    assert result.stdout == b"b,errors,warnings\n2,,\n", result.stderr
