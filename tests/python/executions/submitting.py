"""Executions as clients submit them."""

import json
import re
from typing import Any

import httpx

from conftest import Server
from tests.server import PATIENCE

PATH = "/api/executions"
RESULT = "application/vnd.com.fico.executor.v2+octet-stream"
JSON = "application/vnd.com.fico.executor.v2+json"
# What `error.code` may be, from the reference page of the API.
CODES = {f"FICO-Platform-Http-{status}" for status in (400, 404, 406, 409, 413, 422, 423, 429, 500, 503)}
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
HEX = re.compile(r"[0-9a-f]{16}([0-9a-f]{16})?")
FIVE = {f"fico-execution-{name}" for name in ("exit-code", "host", "id", "model-status", "run-log-location")}


def parts(records: bytes, parameters: dict[str, Any]) -> list[tuple[str, tuple[str | None, bytes]]]:
    """The two parts, the request first."""
    request = json.dumps({"parameters": parameters}).encode()
    return [("executionRequest", (None, request)), ("inputData", ("records", records))]


def submit(server: Server, records: bytes, parameters: dict[str, Any] | None = None, **headers: str) -> httpx.Response:
    """An execution of tests/basics, or of the service that the parameters name."""
    files = parts(records, {"service": "tests/basics"} | (parameters or {}))
    return httpx.post(server.url + PATH, files=files, headers=headers, timeout=PATIENCE)


def result(response: httpx.Response) -> bytes:
    """The result of an execution that went well."""
    assert (response.status_code, response.headers.get("fico-execution-model-status")) == (200, "OK"), response.text
    assert response.headers["content-type"] == RESULT
    assert response.headers.keys() >= FIVE
    return response.content


def error(response: httpx.Response, status: int) -> dict[str, Any]:
    """The error object of an answer, which must be as the reference page has it."""
    assert response.status_code == status, response.text
    assert response.headers["fico-execution-host"]
    assert response.headers["content-type"] == JSON
    body = response.json()
    assert list(body) == ["error"]
    found: dict[str, Any] = body["error"]
    assert found["code"] in CODES
    assert found["desc"] == found["message"]
    assert MOMENT.fullmatch(found["timestamp"])
    assert all(HEX.fullmatch(found[name]) for name in ("traceId", "spanId", "parentId"))
    assert found["innerError"].keys() == {"code", "desc", "message"}
    for detail in found.get("details", []):
        assert detail.keys() == {"code", "desc", "message", "target", "timestamp"}
    return found


def run_log(server: Server, response: httpx.Response, offset: int = 0) -> str:
    """The run log of an execution, from a byte on."""
    place = response.headers["fico-execution-run-log-location"]
    return httpx.get(server.url + place, params={"offset": offset}).raise_for_status().text


def form(*named: tuple[str, bytes], boundary: bytes = b"b") -> bytes:
    """A body of multipart/form-data by hand."""
    heads = (
        (b'--%b\r\nContent-Disposition: form-data; name="%b"\r\n\r\n' % (boundary, n.encode()), c) for n, c in named
    )
    return b"".join(head + content + b"\r\n" for head, content in heads) + b"--%b--\r\n" % boundary


FORM = {"content-type": "multipart/form-data; boundary=b"}
