"""Execute v4 over HTTP: the wire cases, identity, batches, tables."""

import gzip
import json
import uuid
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import brotli
import httpx
import pytest

from conftest import Server

CASES = Path(__file__).parents[2] / "wire" / "execute"
KEYS = [
    *("outputs", "process_time", "warnings", "errors", "service_id", "version_id", "version", "call_id"),
    *("compiler_version", "correlation_id", "request_timestamp"),
]


@pytest.mark.parametrize("case", sorted(path.name for path in CASES.iterdir()))
def test_wire_case(server: Server, case: str) -> None:
    expected = json.loads((CASES / case / "expected.json").read_text())
    response = server.post((CASES / case / "request.json").read_bytes())
    body = response.json()
    assert response.status_code == expected["status"], body
    assert {key: body.get(key) for key in expected.get("body", {})} == expected.get("body", {})
    assert expected.get("message", "") in body.get("message", "")


def test_the_answer_has_the_documented_keys(server: Server) -> None:
    inputs = [["a", "b", "text", "items"], [1, 2, "t", None], [3, 4, "u", None]]
    body = server.execute("tests/basics", inputs)
    assert list(body) == KEYS
    assert len(body["process_time"]) == len(body["warnings"]) == len(body["errors"]) == 2
    assert all(isinstance(time, int) and time >= 1 for time in body["process_time"])
    assert uuid.UUID(body["call_id"]) != uuid.UUID(server.execute("tests/basics", inputs)["call_id"])
    assert body["request_timestamp"].endswith("Z")


def test_both_layouts_agree_with_their_own_shape(server: Server) -> None:
    records: list[dict[str, Any]] = [{"a": n, "b": n / 7, "text": f"t{n}", "items": None} for n in range(1, 2000)]
    header = list(records[0])
    objects = server.execute("tests/basics", records)["outputs"]
    arrays = server.execute("tests/basics", [header, *([one[name] for name in header] for one in records)])["outputs"]
    assert [dict(zip(arrays[0], row, strict=True)) for row in arrays[1:]] == objects


@pytest.mark.parametrize("path", ["/t/API/V4/Execute", "/t/api/v4/public/execute", "/any-name/api/v4/execute"])
def test_paths_ignore_case_and_take_any_tenant(server: Server, path: str) -> None:
    body = b'{"service":"tests/basics","inputs":[["a"],[1]]}'
    assert httpx.post(server.url + path, content=body).status_code == 200


def test_a_version_id_goes_before_the_name(server: Server) -> None:
    first = server.execute("tests/basics", [["a"], [1]])
    again = server.execute("tests/slow", [["a"], [1]], version_id=first["version_id"])
    assert (again["version_id"], again["service_id"]) == (first["version_id"], first["service_id"])


def test_a_request_that_begins_and_ends_like_another_is_read_as_it_is(server: Server) -> None:
    # The others begin and end like the first one; what is between is more than its `inputs`.
    sample = '{"service": "tests/basics", "inputs": [["a", "b", "text", "items"], [1, 2, "t", null]]}'
    filtered = sample[:-1] + ', "output": ["sum"]}'
    twice = sample[:-1] + ', "inputs": [["a"], [1]]}'
    for _ in range(2):
        assert len(server.post(sample.encode()).json()["outputs"][0]) > 1
        assert server.post(filtered.encode()).json()["outputs"] == [["sum"], [3]]
        refused = server.post(twice.encode())
        assert (refused.status_code, refused.json()["code"]) == (400, "INVALID_JSON")


def test_a_hundred_thousand_records_of_eight_columns(server: Server) -> None:
    rows = [[n, n * 2, "t", None, n, n, n, n] for n in range(100_000)]
    body = server.execute("tests/basics", [["a", "b", "text", "items", "c", "d", "e", "f"], *rows], output=["sum"])
    assert body["outputs"] == [["sum"], *([n * 3] for n in range(100_000))]


def test_one_bad_record_spoils_no_other(server: Server) -> None:
    rows: list[list[Any]] = [[n, 1, "t", None] for n in range(100)]
    rows[50] = [{"a": [1]}, [[[1]]], 3, "no table"]
    outputs = server.execute("tests/basics", [["a", "b", "text", "items"], *rows], output=["sum"])["outputs"]
    assert [row for n, row in enumerate(outputs[1:]) if n != 50] == [[n + 1] for n in range(100) if n != 50]
    assert outputs[51] == ["#VALUE!"]


@pytest.mark.parametrize("version", ["http1", "http2"])
def test_both_versions_of_http(server: Server, version: str) -> None:
    with httpx.Client(http1=version == "http1", http2=version == "http2") as client:
        response = client.post(
            server.url + "/t/api/v4/execute", content=b'{"service":"tests/basics","inputs":[["a"],[1]]}'
        )
    assert response.status_code == 200


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br"])
def test_answers_are_compressed_for_who_asks(server: Server, coding: str) -> None:
    rows = [[n, 1, "t", None] for n in range(500)]
    request = json.dumps({"service": "tests/basics", "inputs": [["a", "b", "text", "items"], *rows]}).encode()
    plain, packed = server.post(request, accept_encoding="identity"), server.post(request, accept_encoding=coding)
    assert (plain.headers.get("content-encoding"), packed.headers["content-encoding"]) == (None, coding)
    assert packed.json()["outputs"] == plain.json()["outputs"]


@pytest.mark.parametrize(
    ("coding", "pack"), [("gzip", gzip.compress), ("deflate", zlib.compress), ("br", brotli.compress)]
)
def test_requests_may_be_compressed(server: Server, coding: str, pack: Callable[[bytes], bytes]) -> None:
    request = b'{"service":"tests/basics","output":"sum","inputs":[["a","b"],[1,2]]}'
    assert server.post(pack(request), content_encoding=coding).json()["outputs"] == [["sum"], [3]]


def test_status_pages(server: Server) -> None:
    def get(path: str) -> Any:
        return httpx.get(server.url + path).json()

    assert get("/health") == get("/healthz") == {"status": "UP"}
    assert get("/healthcheck") == {"msg": "ok"}
    assert get("/readyz")["permits"] >= 1
    assert "MyFolder/BlockParty" in {service["service"] for service in get("/")["services"]}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/t/api/v4/execute", 405),
        ("POST", "/nothing", 404),
        ("POST", "/t/api/v4/execute/", 404),
    ],
)
def test_a_wrong_turn_is_explained(server: Server, method: str, path: str, status: int) -> None:
    response = httpx.request(method, server.url + path)
    assert response.status_code == status
    assert "POST" in response.json()["message"]
    assert "application/json" in response.headers["content-type"]
