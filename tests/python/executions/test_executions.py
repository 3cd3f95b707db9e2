"""Executions over HTTP. What must be so is from the reference page of the API; figures are hand arithmetic."""

import gzip
import io
import json
import zlib
from pathlib import Path
from typing import Any

import httpx
import openpyxl
import pyarrow as pa
import pyarrow.parquet
import pytest

from conftest import Server
from submitting import FORM, JSON, PATH, RESULT, error, form, parts, result, run_log, submit
from tests.server import PATIENCE

CSV = b"a,b\n1,2\n10,20\n"
SUMS = b"sum,errors,warnings\n3,,\n30,,\n"
KEPT = {"output": "sum"}
NAMED = {"service": "tests/basics", "output": ["sum"]}
ASKED = json.dumps({"parameters": NAMED}).encode()
BOTH = (("executionRequest", ASKED), ("inputData", CSV))
CASES = Path(__file__).parents[2] / "wire" / "executions"


@pytest.mark.parametrize("case", sorted(path.name for path in CASES.iterdir()))
def test_wire_case(server: Server, case: str) -> None:
    folder = CASES / case
    expected = json.loads((folder / "expected.json").read_text())
    response = httpx.post(server.url + PATH, content=(folder / "body").read_bytes(), headers=FORM, timeout=PATIENCE)
    assert response.status_code == expected["status"], response.text
    if expected["status"] == 200:
        assert response.headers["fico-execution-model-status"] == expected.get("model", "OK")
        assert response.text == expected["result"]
    else:
        found = error(response, expected["status"])
        assert found["innerError"]["code"] == expected["code"]
        assert [detail["target"] for detail in found.get("details", [])] == expected["targets"]
    if "log" in expected:
        assert expected["log"] in run_log(server, response)


def test_a_file_in_and_a_file_out(server: Server) -> None:
    response = submit(server, CSV, KEPT)
    assert result(response) == SUMS
    assert response.headers["fico-execution-exit-code"] == "0"
    assert int(response.headers["content-length"]) == len(SUMS)


@pytest.mark.parametrize("type_", [None, "text/plain", "application/json", JSON])
@pytest.mark.parametrize("filename", [None, "request.json"])
@pytest.mark.parametrize("first", [0, 1])
def test_parts_come_in_any_order_type_and_name(
    server: Server, type_: str | None, filename: str | None, first: int
) -> None:
    request: Any = (filename, ASKED) if type_ is None else (filename, ASKED, type_)
    both = [("executionRequest", request), ("inputData", (filename, CSV))]
    files = [both[first], both[1 - first]]
    assert result(httpx.post(server.url + PATH, files=files, timeout=PATIENCE)) == SUMS


@pytest.mark.parametrize(
    "accept",
    [f"{RESULT}, {JSON}", f"{JSON},{RESULT};q=0.1", RESULT, JSON, "*/*", "application/*", "text/html, */*;q=0.1", ""],
)
def test_accepted_types(server: Server, accept: str) -> None:
    assert result(submit(server, CSV, KEPT, accept=accept)) == SUMS
    refused = submit(server, CSV, {"strict": "perhaps"}, accept=accept)
    if accept == RESULT:
        assert (refused.status_code, refused.content) == (422, b"")
        assert refused.headers["fico-execution-host"]
    else:
        error(refused, 422)


@pytest.mark.parametrize("accept", ["text/html", "application/json", "*/*;q=0", RESULT.replace("v2", "v3")])
def test_types_that_nobody_can_give(server: Server, accept: str) -> None:
    assert error(submit(server, CSV, KEPT, accept=accept), 406)["code"] == "FICO-Platform-Http-406"


def test_without_an_accept_header(server: Server) -> None:
    with httpx.Client(timeout=PATIENCE) as client:
        del client.headers["accept"]
        assert result(client.post(server.url + PATH, files=parts(CSV, NAMED))) == SUMS


@pytest.mark.parametrize(
    ("headers", "trace", "parent"),
    [
        (
            {"traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"},
            "4bf92f3577b34da6a3ce929d0e0e4736",
            "00f067aa0ba902b7",
        ),
        (
            {"b3": "80f198ee56343ba864fe8b2a57d3eff7-e457b5a2e4d86bd1-1"},
            "80f198ee56343ba864fe8b2a57d3eff7",
            "e457b5a2e4d86bd1",
        ),
        (
            {"x-b3-traceid": "463ac35c9f6413ad", "x-b3-spanid": "a2fb4a1d1a96d312"},
            "463ac35c9f6413ad",
            "a2fb4a1d1a96d312",
        ),
    ],
)
def test_errors_belong_to_the_callers_trace(server: Server, headers: dict[str, str], trace: str, parent: str) -> None:
    """Examples of the W3C recommendation and of B3's specification."""
    found = error(submit(server, CSV, {"strict": "perhaps"}, **headers), 422)
    assert (found["traceId"], found["parentId"]) == (trace, parent)
    assert found["spanId"] != parent


def test_errors_without_a_valid_trace_have_a_new_one(server: Server) -> None:
    first, second = (
        error(submit(server, CSV, {"strict": "perhaps"}, traceparent="00-zz-zz-01"), 422)["traceId"] for _ in range(2)
    )
    assert first != second


@pytest.mark.parametrize("path", [PATH, PATH + "/x", PATH + "/x/runlog", PATH + "/..%2F..%2Fpermits", PATH + "/x/y/z"])
def test_every_answer_names_the_host_and_has_the_object(server: Server, path: str) -> None:
    for method in ("GET", "DELETE", "PUT"):
        response = httpx.request(method, server.url + path)
        assert response.status_code in {404, 405}
        error(response, response.status_code)


@pytest.mark.parametrize(
    "parameters",
    [
        {"service": "tests/basics[0.1.0]"},
        {"service": "/tests/basics[0]"},
        {"service": "folders/tests/services/basics"},
        {"service": "", "version_by_timestamp": "2026-06-30", "service_id": "SERVICE"},
        {"service": None, "version_id": "VERSION"},
    ],
)
def test_any_address_of_a_service(server: Server, parameters: dict[str, Any]) -> None:
    known = server.execute("tests/basics", [{}])
    ids = {"SERVICE": known["service_id"], "VERSION": known["version_id"]}
    named = {name: ids.get(value, value) for name, value in parameters.items()}
    assert result(submit(server, CSV, KEPT | named)) == SUMS


def test_a_service_in_the_path(server: Server) -> None:
    url = f"{server.url}/tenant/services/tests/basics[0.1.0]{PATH}"
    assert result(httpx.post(url, files=parts(CSV, KEPT))) == SUMS
    named = httpx.post(url.replace("basics", "nobody"), files=parts(CSV, KEPT))
    assert error(named, 404)["innerError"]["code"] == "OPTI-Executor-Service-NotFound"


def test_parameters_are_texts_or_json(server: Server) -> None:
    records = b'{"a": "7", "b": 1, "id": "x, y"}\n'
    texts = {"output": "SUM,quotient", "carry": '"id"', "strict": "true", "manual_now": "0", "chunking": "1"}
    values = {"output": ["sum", "quotient"], "carry": ["id"], "strict": True, "manual_now": 0, "chunking": 1}
    given = [result(submit(server, records, form | {"outputFormat": "csv"})) for form in (texts, values)]
    assert given == [b'id,quotient,sum,errors,warnings\n"x, y",7,8,,\n'] * 2


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("inputFormat", "xml"),
        ("outputFormat", 3),
        ("compression", "rar"),
        ("output", 5),
        ("carry", [1]),
        ("strict", "perhaps"),
        ("manual_now", "soon"),
        ("manual_now", True),
        ("manual_now", "inf"),
        ("delimiter", ";;"),
        ("chunking", 0),
        ("chunking", "many"),
        ("version_by_timestamp", "soon"),
        ("service", 5),
    ],
)
def test_a_parameter_that_cannot_be_used_is_named(server: Server, name: str, value: Any) -> None:
    found = error(submit(server, CSV, {name: value}), 422)
    assert [detail["target"] for detail in found["details"]] == [f"executionRequest.parameters.{name}"]
    assert found["details"][0]["message"].startswith(f"{name}: ")


def test_all_that_is_wrong_is_told_at_once(server: Server) -> None:
    found = error(submit(server, CSV, {"strict": "perhaps", "compression": "rar"}), 422)
    assert len(found["details"]) == 2


def test_what_means_nothing_is_named_in_the_run_log(server: Server) -> None:
    body = form(
        (
            "executionRequest",
            b'{"parameters": {"service": "tests/basics", "colour": "red", "subservice": "x"}, "more": 1}',
        ),
        ("extra", b"whatever"),
        ("inputData", b"a,size\n1,2\n"),
    )
    response = httpx.post(server.url + PATH, content=body, headers=FORM)
    result(response)
    log = run_log(server, response)
    assert "ignored: colour, more, subservice (it has no effect yet), the part extra" in log
    assert "'size' is not an input of the service; it was ignored" in log
    assert "every record took the workbook's value of b" in log


def test_a_run_log_tells_what_was_read_and_is_read_by_offset(server: Server) -> None:
    bad = b"a,b\n" + b"1,0\n" * 30
    response = submit(server, bad, {"output": "quotient"})
    assert result(response).count(b"#DIV/0!") == 60
    log = run_log(server, response)
    assert f"read {len(bad)} bytes, 30 records" in log
    assert "records with errors: 30" in log
    assert "record 1: quotient: #DIV/0!" in log
    assert "record 20: quotient: #DIV/0!" in log
    assert "record 21:" not in log
    assert "and 10 more" in log
    assert run_log(server, response, 100) == log[100:]
    length = len(log.encode())
    assert run_log(server, response, length) == ""
    place = server.url + response.headers["fico-execution-run-log-location"]
    assert httpx.get(place).headers["x-next-offset"] == str(length)
    error(httpx.get(place, params={"offset": "-1"}), 400)


def test_how_an_execution_is(server: Server) -> None:
    response = submit(server, CSV, KEPT)
    state = httpx.get(f"{server.url}{PATH}/{response.headers['fico-execution-id']}")
    assert state.headers["fico-execution-host"] == response.headers["fico-execution-host"]
    expected = {
        "state": "ENDED",
        "modelStatus": "OK",
        "service": "tests/basics",
        "records": 2,
        "recordsWithErrors": 0,
        "progress": 1.0,
        "inputBytes": len(CSV),
        "resultBytes": len(SUMS),
        "runLog": response.headers["fico-execution-run-log-location"],
    }
    assert expected.items() <= state.json().items()
    gone = httpx.delete(f"{server.url}{PATH}/{response.headers['fico-execution-id']}")
    assert error(gone, 409)["code"] == "FICO-Platform-Http-409"


@pytest.mark.parametrize("first", [0, 1])
@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"PAR1 and no more", "inputData: "),
        (b"\x1f\x8b\x08 and no more", "inputData: "),
        (b"ARROW1\0\0 and no more", "inputData: "),
        (b'{"a": 1}\n{"a": }\n', "record 2"),
    ],
)
def test_records_that_cannot_be_read_are_ioerr(server: Server, content: bytes, said: str, first: int) -> None:
    both = (("executionRequest", ASKED), ("inputData", content))
    body = form(both[first], both[1 - first])
    response = httpx.post(server.url + PATH, content=body, headers=FORM)
    assert (response.status_code, response.content) == (200, b"")
    assert response.headers["fico-execution-model-status"] in {"IOERR", "ERROR"}
    assert response.headers["fico-execution-exit-code"] == "0"
    assert said in run_log(server, response)


def test_records_that_do_not_fit_are_error(server: Server) -> None:
    cases: list[tuple[bytes, dict[str, Any], str]] = [
        (b"x,y\n1,2\n", {}, "'x'"),
        (b"a,size\n1,2\n", {"strict": True}, "'size' is not an input of the service"),
        (b"a,b\n1,2\n", {"carry": "id"}, "id"),
    ]
    for records, parameters, said in cases:
        response = submit(server, records, parameters)
        assert response.headers["fico-execution-model-status"] == "ERROR"
        assert said in run_log(server, response)


def test_a_workbook_that_does_not_compile_is_load_error(server: Server) -> None:
    for body in (parts(CSV, {"service": "tests/circular"}), parts(CSV, {"service": "tests/circular"})[::-1]):
        response = httpx.post(server.url + PATH, files=body, timeout=PATIENCE)
        assert (response.status_code, response.content) == (200, b"")
        assert response.headers["fico-execution-model-status"] == "LOAD_ERROR"
        assert "circular" in run_log(server, response)


def test_bodies_in_chunks_and_packed(server: Server) -> None:
    body = form(*BOTH)

    def pieces() -> Any:
        for start in range(0, len(body), 7):
            yield body[start : start + 7]

    with httpx.Client(http1=False, http2=True, timeout=PATIENCE) as http2, httpx.Client(timeout=PATIENCE) as http1:
        for client in (http1, http2):
            assert result(client.post(server.url + PATH, content=pieces(), headers=FORM)) == SUMS
            for coding, packed in (("gzip", gzip.compress(body)), ("deflate", zlib.compress(body))):
                headers = FORM | {"content-encoding": coding}
                assert result(client.post(server.url + PATH, content=packed, headers=headers)) == SUMS


def test_formats_give_the_same_results(server: Server) -> None:
    table = pa.table({"a": [1.0, 10.0], "b": [2.0, 20.0]})
    parquet, arrow, stream = io.BytesIO(), io.BytesIO(), io.BytesIO()
    pyarrow.parquet.write_table(table, parquet)
    with pa.ipc.new_file(arrow, table.schema) as file:
        file.write_table(table)
    with pa.ipc.new_stream(stream, table.schema) as file:
        file.write_table(table)
    ndjson = b'{"a": 1, "b": 2}\n{"a": 10, "b": 20}\n'
    for records in (CSV, ndjson, parquet.getvalue(), arrow.getvalue(), stream.getvalue(), gzip.compress(CSV)):
        for first in (0, 1):
            both = parts(records, NAMED | {"outputFormat": "parquet"})
            response = httpx.post(server.url + PATH, files=[both[first], both[1 - first]])
            found = pyarrow.parquet.read_table(io.BytesIO(result(response)))
            assert found["sum"].to_pylist() == [3.0, 30.0]
    packed = result(submit(server, CSV, KEPT | {"compression": "gzip"}))
    assert gzip.decompress(packed) == SUMS


def test_dialects_of_csv(server: Server) -> None:
    records = "1,5;'x;y'\n10;é\n".encode("windows-1252")
    dialect = {
        "header": "a,text",
        "quote": "'",
        "decimalComma": "true",
        "encoding": "windows-1252",
        "sameDialect": True,
    }
    answers = result(submit(server, records, {"output": "sum,shout"} | dialect))
    assert answers.decode() == "shout;sum;errors;warnings\n'x;y!';4,5;;\né!;13;;\n"
    found = error(submit(server, CSV, {"encoding": "klingon"}), 422)
    assert "klingon" in found["innerError"]["message"]


def test_json_and_sheets(server: Server) -> None:
    objects, rows = b'[{"a": 1, "b": 2}, {"a": 10, "b": 20}]', b'[["a", "b"], [1, 2], [10, 20]]'
    assert [one["sum"] for one in json.loads(result(submit(server, objects, KEPT)))] == [3, 30]
    for records in (objects, rows):
        sheet = result(submit(server, records, KEPT | {"outputFormat": "xlsx"}))
        book = openpyxl.load_workbook(io.BytesIO(sheet))
        assert [row[0] for row in book.worksheets[0].iter_rows(values_only=True)] == ["sum", 3, 30]


def test_a_large_file_comes_back_whole(server: Server) -> None:
    rows = 400_000
    records = b"a,b\n" + b"".join(b"%d,1\n" % row for row in range(rows))
    expected = b"sum,errors,warnings\n" + b"".join(b"%d,,\n" % (row + 1) for row in range(rows))
    with httpx.Client(http1=False, http2=True, timeout=PATIENCE) as http2, httpx.Client(timeout=PATIENCE) as http1:
        for client in (http1, http2):
            response = client.post(server.url + PATH, files=parts(records, NAMED))
            assert result(response) == expected
            assert int(response.headers["content-length"]) == len(expected)
