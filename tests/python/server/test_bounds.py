"""What no call and no workbook takes from others: the event loop, a worker's memory, the threads that compile."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from books import slow_to_compile, workbook
from conftest import Server, eventually
from tests.server import PATIENCE

Start = Callable[..., Server]

MIB = 1 << 20

PRODUCT = "=SUM(MMULT(SEQUENCE(A1,A1),SEQUENCE(A1,A1)))"
# 8 * 10^9 multiplications, in a call that is about as long as the quick ones.
ENDLESS = b'{"service":"T/product","inputs":[{"n":2000}]}'


def formula(text: str) -> bytes:
    """Input `n` (1) and output `o`, which is a formula over A1."""
    return workbook({"A1": 1, "B1": text}, {"Xinput_n": "A1", "Xoutput_o": "B1"})


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Start]:
    """A server with one worker for the workbooks of one folder `T`, by name."""
    running: list[Server] = []

    def begin(books: dict[str, bytes], *options: str) -> Server:
        folder = tmp_path / "services" / "T"
        folder.mkdir(parents=True)
        for name, book in books.items():
            (folder / f"{name}.xlsx").write_bytes(book)
        running.append(Server(tmp_path, "--workers", "1", *options))
        return running[-1]

    yield begin
    for one in running:
        one.stop()


def call(server: Server, service: str, inputs: list[Any]) -> httpx.Response:
    return server.post(json.dumps({"service": f"T/{service}", "inputs": inputs}).encode())


def test_what_was_quick_so_far_holds_up_no_other_call(serve: Start) -> None:
    server = serve({"product": formula(PRODUCT)})
    for _ in range(30):
        assert call(server, "product", [{"n": 1}]).json()["outputs"] == [{"o": 1}]
    with server.send_only(ENDLESS):
        # The worker answers while the product is calculated.
        eventually(lambda: server.status()["in_use"] == 1, "the long call")
        assert call(server, "product", [{"n": 2}]).json()["outputs"] == [{"o": 54}]
        assert server.status()["in_use"] == 1


def test_inputs_beyond_the_memory_of_an_execution_are_too_large(serve: Start) -> None:
    server = serve({"twice": formula("=A1*2")}, "--max-execution-memory", str(2 * MIB))
    many = call(server, "twice", [["n"], *([1],) * 400_000])
    assert (many.status_code, many.json()["code"]) == (413, "BODY_TOO_LARGE")
    assert "memory of the inputs in bytes, at most 2097152" in many.json()["message"]
    assert call(server, "twice", [["n"], *([1],) * 100_000]).status_code == 200


def test_a_record_beyond_the_memory_of_an_execution_has_an_error(serve: Start) -> None:
    server = serve({"sum": formula("=SUM(SEQUENCE(A1))")}, "--max-execution-memory", str(4 * MIB))
    answer = call(server, "sum", [{"n": 10}, {"n": 1_000_000}, {"n": 100}]).json()
    assert [record["o"] for record in answer["outputs"]] == [55, "#CALC!", 5050]
    assert [errors and errors[0]["error_type"] for errors in answer["errors"]] == [None, "error.LIMIT", None]


# In each, beside the numbers that the product holds, more than is left: 8 MB of inputs, of an array, or of an answer.
LARGE: dict[str, list[Any]] = {
    "twice": [["n"], *([1],) * 1_000_000],
    "sum": [{"n": 1_000_000}],
    "repeated": [["n"], *([30_000],) * 150],
}


@pytest.mark.parametrize("service", LARGE)
def test_a_call_for_which_others_leave_no_memory_may_be_made_again(serve: Start, service: str) -> None:
    texts = {"twice": "=A1*2", "sum": "=SUM(SEQUENCE(A1))", "repeated": '=REPT("x",A1)', "product": PRODUCT}
    books = {name: formula(text) for name, text in texts.items()}
    # Two matrices of 2,000 x 2,000 numbers take 64 MB.
    server = serve(books, "--max-worker-memory", "66000000", "--max-execution-memory", "66000000")
    with server.send_only(ENDLESS):
        eventually(lambda: call(server, service, LARGE[service]).status_code == 429, "the product holds its memory")
        refused = call(server, service, LARGE[service])
        assert (refused.status_code, refused.json()["code"]) == (429, "TOO_MANY_EXECUTIONS")
        assert int(refused.headers["retry-after"]) >= 1
        assert float(refused.headers["x-retry-after"]) > 0
        assert call(server, service, [{"n": 1}]).status_code == 200
    eventually(lambda: call(server, service, LARGE[service]).status_code == 200, "the memory is free again")


def test_workbooks_that_never_end_to_compile_are_tried_once_and_keep_no_other_waiting(
    serve: Start,
) -> None:
    endless = {f"endless{number}": slow_to_compile(number) for number in range(8)}
    server = serve(endless | {"twice": formula("=A1*2")}, "--compile-seconds", "1")
    started = time.monotonic()
    statuses: dict[str, httpx.Response] = {}
    callers = [
        threading.Thread(target=lambda name=name: statuses.update({name: call(server, name, [{}])}))
        for name in endless
    ]
    for caller in callers:
        caller.start()
    assert call(server, "twice", [{"n": 21}]).json()["outputs"] == [{"o": 42}]
    for caller in callers:
        caller.join(PATIENCE)
    first = time.monotonic() - started
    assert {answer.status_code for answer in statuses.values()} == {422}
    assert all("S!B1" in answer.json()["message"] for answer in statuses.values())
    assert all("after 1 seconds" in answer.json()["message"] for answer in statuses.values())
    # All eight together again take less than one took: none is compiled again.
    started = time.monotonic()
    assert {call(server, name, [{}]).status_code for name in endless} == {422}
    assert time.monotonic() - started < first / 4
