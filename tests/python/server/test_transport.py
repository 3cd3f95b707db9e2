"""What handlers are given and give, over real connections: bodies that break off, streams, files, early answers."""

import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import h2.connection
import h2.events
import httpx
import pytest

from conftest import eventually
from tests.server import PATIENCE, Server

HERE = Path(__file__).parent
Connected = socket.socket


GRANIAN = [sys.executable, "-m", "granian", "--interface", "rsgi", "--loop", "uvloop", "--no-ws", "transport_app:app"]


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Where `transport_app` is served."""
    log = tmp_path_factory.mktemp("transport") / "log"
    with Server(GRANIAN, folder=HERE, log=log) as server:
        yield server.port


@pytest.fixture
def impatient(tmp_path: Path) -> Iterator[int]:
    """Where it is served with a time limit of a second."""
    with Server(GRANIAN, folder=HERE, log=tmp_path / "log", environment={"TIME_LIMIT": "1"}) as server:
        yield server.port


def connect(port: int) -> Connected:
    return socket.create_connection(("127.0.0.1", port), PATIENCE)


def answer(connection: Connected) -> tuple[int, bytes]:
    """Status and body of an answer, read until the server closes or the body is whole."""
    with connection.makefile("rb") as stream:
        status = int(stream.readline().split()[1])
        length = 0
        while (line := stream.readline().strip()) != b"":
            name, _, value = line.partition(b": ")
            length = int(value) if name.lower() == b"content-length" else length
        return status, stream.read(length)


HEAD = "POST {path} HTTP/1.1\r\nHost: x\r\n{more}\r\n\r\n"


def sent(port: int, path: str, more: str, body: bytes, *, end: bool = False) -> tuple[int, bytes]:
    """The answer to a request; with `end` the client closes its sending half."""
    with connect(port) as connection:
        connection.sendall(HEAD.format(path=path, more=more).encode() + body)
        if end:
            connection.shutdown(socket.SHUT_WR)
        return answer(connection)


@pytest.mark.parametrize("length", [0, 1, 100_000, 400_000])
def test_bodies_arrive_whole_however_they_are_sent(port: int, length: int) -> None:
    body = bytes(length)
    chunked = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces(body)) + b"0\r\n\r\n"
    assert sent(port, "/length", f"Content-Length: {length}", body) == (200, b"%d 0" % length)
    assert sent(port, "/length", "Transfer-Encoding: chunked", chunked) == (200, b"%d 0" % length)
    with httpx.Client(http1=False, http2=True) as client:
        url = f"http://127.0.0.1:{port}/length"
        assert client.post(url, content=body).content == b"%d 0" % length
        assert client.post(url, content=pieces(body)).content == b"%d 0" % length


def pieces(body: bytes) -> Iterator[bytes]:
    return (body[at : at + 30_000] for at in range(0, len(body), 30_000))


@pytest.mark.parametrize(
    ("more", "body"),
    [
        ("Content-Length: 100", b"x"),
        ("Content-Length: 500000", bytes(300_000)),
        ("Transfer-Encoding: chunked", b"3\r\nabc\r\n"),
        ("Transfer-Encoding: chunked", b"3\r\nabc\r\nZZ\r\n"),
        ("Content-Length: 100\r\nContent-Encoding: gzip", b"\x1f\x8b"),
    ],
)
def test_a_body_that_breaks_off_is_never_taken_for_a_whole_one(port: int, more: str, body: bytes) -> None:
    status, said = sent(port, "/length", more, body, end=True)
    assert (status, said) == (400, b"invalid_request: the body broke off before its end")
    assert sent(port, "/length", "Content-Length: 1", b"x") == (200, b"1 0"), "bytes are still held"


def test_a_reset_stream_is_never_taken_for_a_whole_body(port: int) -> None:
    with connect(port) as connection:
        http2 = h2.connection.H2Connection()
        http2.initiate_connection()
        fields = [(":method", "POST"), (":path", "/length"), (":scheme", "http"), (":authority", "x")]
        for stream, ends in ((1, False), (3, True)):
            http2.send_headers(stream, fields)
            http2.send_data(stream, b"abc")
            if ends:
                http2.end_stream(stream)
            else:
                http2.reset_stream(stream)
            connection.sendall(http2.data_to_send())
        answered = {}
        end = time.monotonic() + PATIENCE
        while 3 not in answered and time.monotonic() < end:
            for event in http2.receive_data(connection.recv(65_536)):
                if isinstance(event, h2.events.DataReceived):
                    answered[event.stream_id] = event.data
    assert answered == {3: b"3 0"}


@pytest.mark.parametrize("http2", [False, True])
def test_a_refusal_comes_before_the_body_and_reaches_who_sends_it(port: int, *, http2: bool) -> None:
    with connect(port) as connection:
        connection.sendall(HEAD.format(path="/refused", more="Content-Length: 50000000").encode())
        assert answer(connection)[0] == 429
    with httpx.Client(http1=not http2, http2=http2, timeout=PATIENCE) as client:
        for length in (0, 100, 100_000, 20 << 20):
            assert client.post(f"http://127.0.0.1:{port}/refused", content=bytes(length)).status_code == 429


def test_a_client_that_waits_to_be_asked_for_its_body_is_not_asked(port: int) -> None:
    more = "Content-Length: 50000000\r\nExpect: 100-continue"
    assert sent(port, "/refused", more, b"") == (429, b"overloaded: no room")


def test_a_client_that_sends_everything_first_gets_its_refusal(port: int) -> None:
    assert sent(port, "/refused", "Content-Length: 20000000", bytes(20_000_000))[0] == 429
    assert sent(port, "/length", "Content-Length: 20000000", bytes(20_000_000))[0] == 413


@pytest.mark.parametrize("http2", [False, True])
def test_streams_and_files_go_out(port: int, tmp_path: Path, *, http2: bool) -> None:
    large = bytes(range(256)) * 40_000
    (tmp_path / "large").write_bytes(large)
    with httpx.Client(http1=not http2, http2=http2, timeout=PATIENCE) as client:
        assert client.get(f"http://127.0.0.1:{port}/stream").text == "piece 0\npiece 1\npiece 2\n"
        assert client.get(f"http://127.0.0.1:{port}/file", headers={"x-folder": str(tmp_path)}).content == large


LARGE = 48 << 20


@pytest.mark.parametrize("http2", [False, True])
def test_large_answers_go_out_whole(port: int, *, http2: bool) -> None:
    as_it_is = {"accept-encoding": "identity"}
    with httpx.Client(http1=not http2, http2=http2, timeout=PATIENCE, headers=as_it_is) as client:
        for _ in range(2):
            answer = client.get(f"http://127.0.0.1:{port}/large")
            assert answer.headers["content-length"] == str(LARGE)
            assert answer.content == bytes(range(256)) * (LARGE // 256)
    eventually(lambda: held(port) == 0, "nothing is held")


def held(port: int) -> int:
    return int(httpx.get(f"http://127.0.0.1:{port}/held").text)


def ask(port: int) -> Connected:
    """A client that takes little of a large answer, or nothing."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.connect(("127.0.0.1", port))
    connection.sendall(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
    return connection


def test_what_a_client_does_not_take_leaves_no_room_until_it_leaves(port: int) -> None:
    with ask(port) as connection:
        eventually(lambda: held(port) == LARGE, "the answer is held")
        assert sent(port, "/length", "Content-Length: 1", b"x")[0] == 429
        connection.recv(10_000)
        assert held(port) == LARGE
    eventually(lambda: held(port) == 0, "nothing is held")
    assert sent(port, "/length", "Content-Length: 1", b"x") == (200, b"1 0")


def test_a_stream_that_is_reset_frees_its_answer_and_no_other(port: int) -> None:
    with connect(port) as connection:
        http2 = h2.connection.H2Connection()
        http2.initiate_connection()
        fields = [(":method", "GET"), (":scheme", "http"), (":authority", "x")]
        for stream in (1, 3):
            http2.send_headers(stream, [*fields, (":path", "/large")], end_stream=True)
        connection.sendall(http2.data_to_send())
        # Both answers have begun and fill their windows, and nothing is said of having read them.
        begun: set[int] = set()
        while begun != {1, 3}:
            events = http2.receive_data(connection.recv(1 << 16))
            begun |= {event.stream_id for event in events if isinstance(event, h2.events.ResponseReceived)}
        eventually(lambda: held(port) == 2 * LARGE, "both answers are held")
        http2.reset_stream(3)
        connection.sendall(http2.data_to_send())
        eventually(lambda: held(port) == LARGE, "one answer is held")
    eventually(lambda: held(port) == 0, "nothing is held")


def test_a_client_that_takes_nothing_is_given_up(impatient: int) -> None:
    with ask(impatient) as connection:
        eventually(lambda: held(impatient) == LARGE, "the answer is held")
        eventually(lambda: held(impatient) == 0, "nothing is held")
        eventually(lambda: not is_open(impatient, connection), "the connection is ended")


def is_open(port: int, connection: Connected) -> bool:
    """Whether the server's end of a connection is there. Nothing tells its other end until that says something."""
    ends = f":{port:04X}", f":{connection.getsockname()[1]:04X}"
    fields = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()]
    return any(local.endswith(ends[0]) and remote.endswith(ends[1]) for _, local, remote, *_ in fields)


def test_a_stream_ends_before_it_fills_the_memory(port: int) -> None:
    length = 0
    with httpx.Client(timeout=PATIENCE) as client, client.stream("GET", f"http://127.0.0.1:{port}/endless") as answer:
        try:
            length = sum(map(len, answer.iter_raw()))
        except httpx.RemoteProtocolError:
            return
    assert length <= 16 << 20


def test_a_bug_is_500_and_the_server_goes_on(port: int) -> None:
    assert sent(port, "/broken", "Content-Length: 1", b"x")[0] == 500
    assert sent(port, "/length", "Content-Length: 1", b"x") == (200, b"1 0")


def test_paths_are_decoded_and_their_fixed_parts_ignore_case(port: int) -> None:
    url = f"http://127.0.0.1:{port}"
    assert httpx.get(url + "/caf%C3%A9%20x/NAME").text == "café x"
    assert httpx.head(url + "/x/name").status_code == 200
    wrong = httpx.get(url + "/length")
    assert (wrong.status_code, wrong.text) == (400, "method_not_allowed: GET /length: this path takes POST")
    assert httpx.get(url + "/nothing").status_code == 404
