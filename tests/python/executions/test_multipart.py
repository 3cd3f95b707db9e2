"""Bodies of executions that no client would send on purpose: each gets an answer that says what is wrong."""

import gzip
import json
import zlib
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import Server
from submitting import FORM, PATH, error, form, result, run_log
from tests.server import PATIENCE

ASKED = b'{"parameters": {"service": "tests/basics", "output": "sum"}}'
RECORDS = b"a,b\n1,2\n10,20\n"
WHOLE = form(("executionRequest", ASKED), ("inputData", RECORDS))
SUMS = b"sum,errors,warnings\n3,,\n30,,\n"

# Pieces that mean something to a reader of such bodies.
MARKS = b'\r\n,\r,\n,--,--b,--b--,\r\n--b\r\n,\r\n--b--\r\n,\r\n\r\n,:,;,=,",\\,\0,\xff'.split(b",")
TOKENS = [
    *MARKS,
    b"Content-Disposition: form-data",
    b'; name="executionRequest"',
    b'; name="inputData"',
    b"name*=UTF-8''x",
    b"Content-Type: text/plain\r\n",
    b"Content-Transfer-Encoding: base64\r\n",
    b"x" * 5000,
    ASKED,
    RECORDS,
]


@pytest.fixture(scope="module")
def client(server: Server) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, timeout=PATIENCE, headers=FORM) as found:
        yield found


def check(answer: httpx.Response) -> None:
    """An answer is one of a run, or tells what is wrong with the request."""
    if answer.status_code != 200:
        assert answer.status_code in {400, 404, 413, 422}
        assert error(answer, answer.status_code)["innerError"]["message"]


@settings(max_examples=150)
@given(st.lists(st.sampled_from(TOKENS), max_size=25))
def test_pieces_in_any_order(client: httpx.Client, pieces: list[bytes]) -> None:
    check(client.post(PATH, content=b"".join(pieces)))


@settings(max_examples=150)
@given(st.integers(0, len(WHOLE)), st.integers(0, 8), st.binary(max_size=8) | st.sampled_from(TOKENS))
def test_a_body_with_a_change(client: httpx.Client, at: int, removed: int, added: bytes) -> None:
    check(client.post(PATH, content=WHOLE[:at] + added + WHOLE[at + removed :]))


@settings(max_examples=60)
@given(st.integers(0, len(WHOLE) - 3))
def test_a_body_that_is_cut_off(client: httpx.Client, length: int) -> None:
    assert error(client.post(PATH, content=WHOLE[:length]), 400)


@settings(max_examples=60)
@given(st.lists(st.integers(1, 40), min_size=1, max_size=20), st.binary(max_size=60))
def test_however_a_body_is_cut_into_pieces(client: httpx.Client, lengths: list[int], data: bytes) -> None:
    """Bytes of records may be anything: those of a column that is no input change nothing."""
    text = data.hex().encode() + b"\r--b\r--\r-"
    records = b'a,b,c\r\n1,2,"%b"\r\n10,20,""\r\n' % text
    body = form(("inputData", records), ("executionRequest", ASKED))

    def pieces() -> Iterator[bytes]:
        start, turn = 0, 0
        while start < len(body):
            length = lengths[turn % len(lengths)]
            yield body[start : start + length]
            start, turn = start + length, turn + 1

    assert result(client.post(PATH, content=pieces())) == SUMS


@settings(max_examples=100)
@given(
    st.recursive(
        st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=20),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4),
    ),
    st.sampled_from(
        ["service", "output", "carry", "strict", "manual_now", "chunking", "delimiter", "inputFormat", "x"]
    ),
)
def test_parameters_of_any_kind(client: httpx.Client, value: object, name: str) -> None:
    request = json.dumps({"parameters": {"service": "tests/basics", name: value}}).encode()
    check(client.post(PATH, content=form(("executionRequest", request), ("inputData", RECORDS))))


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/plain",
        "application/json",
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/mixed; boundary=b",
        "multipart/form-data; boundary=" + "b" * 71,
    ],
)
def test_other_types_of_bodies(server: Server, content_type: str) -> None:
    answer = httpx.post(server.url + PATH, content=WHOLE, headers={"content-type": content_type})
    assert error(answer, 400)


def test_many_parts_and_long_headers(client: httpx.Client) -> None:
    error(client.post(PATH, content=form(*[("x", b"")] * 101)), 400)
    error(client.post(PATH, content=WHOLE.replace(b"name=", b"x=%b; name=" % (b"y" * 5000), 1)), 400)
    error(client.post(PATH, content=WHOLE.replace(b"\r\nContent", b"\r\nA: b" * 17 + b"\r\nContent", 1)), 400)


@pytest.mark.parametrize("coding", ["zstd", "gzip, gzip", "compress"])
def test_codings_that_are_not_known(client: httpx.Client, coding: str) -> None:
    error(client.post(PATH, content=WHOLE, headers={"content-encoding": coding}), 400)


def test_a_packed_body_that_is_damaged(client: httpx.Client) -> None:
    packed = gzip.compress(WHOLE)
    for body in (packed[:-9], b"\x1f\x8b" + packed[2:].replace(packed[20:24], b"????"), packed + b"more", WHOLE):
        error(client.post(PATH, content=body, headers={"content-encoding": "gzip"}), 400)


def peak(server: Server) -> int:
    """MiB of the worker that took most memory."""
    texts = [Path(f"/proc/{worker}/status").read_text() for worker in server.workers()]
    return max(int(text.split("VmHWM:")[1].split()[0]) for text in texts) // 1024


@pytest.mark.parametrize("inside", [False, True])
def test_bombs_take_no_memory(data: Path, *, inside: bool) -> None:
    """A field without an end, packed as the body or as the file, is read until a record is too long."""
    server = Server(data, "--workers", "1")
    try:
        packer = zlib.compressobj(9, wbits=31)
        before, after = WHOLE.split(RECORDS)
        head = b"" if inside else before
        pieces = [packer.compress(head + b'a,b\n1,"')]
        pieces += [packer.compress(bytes(1 << 20).replace(b"\0", b"7")) for _ in range(160)]
        packed = b"".join(pieces) + packer.compress(b'"\n' + (b"" if inside else after)) + packer.flush()
        body, headers = (before + packed + after, {}) if inside else (packed, {"content-encoding": "gzip"})
        answer = httpx.post(server.url + PATH, content=body, headers=FORM | headers, timeout=PATIENCE)
        assert (answer.status_code, answer.headers["fico-execution-model-status"]) == (200, "ERROR")
        assert "the record is longer than" in run_log(server, answer)
        assert peak(server) < 512
        assert result(httpx.post(server.url + PATH, content=WHOLE, headers=FORM)) == SUMS
    finally:
        server.stop()
