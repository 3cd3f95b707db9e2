"""What hostile or broken clients send: the right status, a message that names the place, and a server that stays."""

import gzip
import http.client
import json
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from conftest import EXECUTE, Server

START = b'{"service":"tests/basics","inputs":'


@pytest.fixture(autouse=True)
def workers_stay(server: Server) -> Iterator[None]:
    """A worker that dies is replaced at once, which would hide its end."""
    before = server.workers()
    yield
    assert server.workers() == before


# name: (body, status, words of the message)
BODIES: dict[str, tuple[bytes, int, list[str]]] = {
    "empty": (b"", 400, ["JSON"]),
    "no json": (b"hello", 400, ["JSON"]),
    "truncated": (START + b'[{"a":1},{"a":2', 400, ["truncated"]),
    "an array": (b"[1,2]", 400, ["object"]),
    "no inputs": (b'{"service":"tests/basics"}', 400, ["inputs"]),
    "no service": (b'{"inputs":[{"a":1}]}', 400, ["service"]),
    "inputs is a number": (START + b"5}", 400, ["inputs"]),
    "inputs is a text": (START + b'"x"}', 400, ["inputs"]),
    "inputs is an object": (START + b'{"a":1}}', 400, ["inputs"]),
    "a record is a number": (START + b'[{"a":1},5]}', 400, ["record 2"]),
    "a header is no text": (START + b"[[1,2],[3,4]]}", 400, ["byte 2"]),
    "service is a number": (b'{"service":5,"inputs":[{"a":1}]}', 400, ["service"]),
    "deep nesting": (START + b"[" * 1_000_000, 400, ["deep"]),
    "deep nesting, closed": (START + b'[{"a":' + b"[" * 500_000 + b"]" * 500_000 + b"}]}", 400, ["deep"]),
    "deep nesting beside inputs": (b'{"x":' + b"[" * 100_000 + b"]" * 100_000 + b',"inputs":[[1]]}', 400, ["deep"]),
    "a huge number": (START + b'[{"a":1},{"a":1e400}]}', 400, ["record 2", "'a'"]),
    "NaN": (START + b'[{"a":1},{"b":NaN}]}', 400, ["record 2", "'b'", "NaN"]),
    "Infinity": (START + b'[["a","b"],[1,-Infinity]]}', 400, ["record 1", "'b'", "Infinity"]),
    "a lone surrogate": (START + b'[{"a":1},{"text":"\\ud800"}]}', 400, ["record 2", "'text'", "surrogate"]),
    "bad UTF-8": (START + b'[{"a":1},{"text":"\xff"}]}', 400, ["record 2", "UTF-8"]),
    "a key twice in a record": (START + b'[{"a":1},{"a":1,"b":2,"a":3}]}', 400, ["record 2", "'a'"]),
    "inputs twice": (START + b'[{"a":1}],"inputs":[{"a":2}]}', 400, ["'inputs'", "twice"]),
    "service twice": (b'{"service":"a/b",' + START[1:] + b'[{"a":1}]}', 400, ["'service'", "twice"]),
    "more after the end": (START + b'[{"a":1}]}}', 400, ["JSON"]),
    "manual_now is a word": (START + b'[{"a":1}],"manual_now":"soon"}', 400, ["manual_now"]),
    "a time that is none": (START + b'[{"a":1}],"version_by_timestamp":"soon"}', 400, ["version_by_timestamp"]),
    "a long integer in an unknown key": (START + b'[{"a":1}],"x":' + b"9" * 10_000 + b"}", 400, ["JSON"]),
}


def test_a_body_that_can_never_be_held_is_too_large(start: Callable[..., Server]) -> None:
    server = start("--max-held", "1000", "--workers", "1")
    response = server.post(START + b'[{"a":1}]' + b" " * 1000 + b"}")
    assert (response.status_code, response.json()["code"]) == (413, "BODY_TOO_LARGE")
    assert server.post(START + b'[{"a":1}]}').status_code == 200


@pytest.mark.parametrize("name", BODIES)
def test_a_broken_body_is_refused_by_name(server: Server, name: str) -> None:
    body, status, words = BODIES[name]
    response = server.post(body)
    answer = response.json()
    assert response.status_code == status, answer
    assert [word for word in words if word not in answer.get("message", "")] == [], answer


def test_a_table_with_an_unknown_heading_names_it(server: Server) -> None:
    record = {"a": 1, "b": 1, "text": "t", "items": [{"price": 1, "colour": 2}]}
    body = server.execute("tests/basics", [record, {**record, "items": None}])
    assert "colour" in json.dumps([body["errors"][0], body["warnings"][0]])
    assert body["errors"][1] is None


@pytest.mark.parametrize("service", ["encrypted", "truncated", "notaworkbook", "empty", "bomb"])
def test_a_file_that_is_no_workbook_is_named(server: Server, service: str) -> None:
    response = server.post(json.dumps({"service": f"tests/{service}", "inputs": [["x"], [1]]}).encode())
    assert response.status_code == 422
    assert response.json()["code"] == "WORKBOOK_NOT_COMPILED"
    assert f"tests/{service}" in response.json()["message"]


def test_macros_are_not_run_and_do_no_harm(server: Server) -> None:
    assert server.execute("tests/macro", [["a", "b"], [1, 2]], output="sum")["outputs"] == [["sum"], [3]]


def test_a_body_of_a_gigabyte_is_refused_in_flat_memory(server: Server, raw_http: http.client.HTTPConnection) -> None:
    before = peak_memory(server)
    piece = b" " * (1 << 20)
    raw_http.putrequest("POST", EXECUTE)
    raw_http.putheader("Content-Length", str(1 << 30))
    raw_http.endheaders()
    for _ in range(1 << 10):
        raw_http.send(piece)
    response = raw_http.getresponse()
    assert (response.status, json.load(response)["code"]) == (413, "BODY_TOO_LARGE")
    assert peak_memory(server) - before < 200 << 20


@pytest.mark.parametrize(("coding", "pack"), [("gzip", gzip.compress), ("deflate", zlib.compress)])
def test_a_compressed_bomb_is_refused_in_flat_memory(server: Server, coding: str, pack: object) -> None:
    assert callable(pack)
    before = peak_memory(server)
    bomb = pack(b" " * (400 << 20))
    response = server.post(bomb, content_encoding=coding)
    assert (response.status_code, response.json()["code"]) == (413, "BODY_TOO_LARGE")
    assert peak_memory(server) - before < 600 << 20


def test_content_that_is_not_compressed_as_it_says(server: Server) -> None:
    assert server.post(b"hello", content_encoding="gzip").status_code == 400
    assert server.post(b"hello", content_encoding="zstd").status_code == 415


def test_the_server_is_still_there(server: Server) -> None:
    assert server.execute("tests/basics", [["a", "b"], [1, 2]], output="sum")["outputs"] == [["sum"], [3]]


def peak_memory(server: Server) -> int:
    """Bytes of the largest worker at its largest."""
    peaks = []
    for worker in server.workers():
        status = Path(f"/proc/{worker}/status").read_text()
        line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
        peaks.append(int(line.split()[1]) << 10)
    return max(peaks)
