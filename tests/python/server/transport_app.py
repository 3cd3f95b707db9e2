"""An application with handlers of every shape, served by Granian in `test_transport`."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

from execd.errors import CallError, Kind
from execd.http.application import Application
from execd.http.body import Bodies
from execd.http.request import Request
from execd.http.response import MOST_STREAMED, Response
from execd.http.routing import Router, route
from execd.runtime.deadline import Deadline
from execd.settings import Settings

TEXT = [("content-type", "text/plain")]
LARGE = 48 << 20
TIME_LIMIT = float(os.environ.get("TIME_LIMIT", "30"))
# A large answer that nobody takes leaves no room for bodies.
bodies = Bodies(Settings(max_body=1 << 20, max_held=LARGE))


async def lengths(request: Request) -> Response:
    """The number of bytes of the body."""
    body = await bodies.read(request, Deadline(30))
    bodies.give_back(body)
    return Response(200, f"{len(body)} {bodies.held.bytes}".encode(), TEXT)


async def streamed(_: Request) -> Response:
    """A body in pieces."""

    async def pieces() -> AsyncIterator[bytes]:
        for number in range(3):
            await asyncio.sleep(0)
            yield f"piece {number}\n".encode()

    return Response(200, pieces(), TEXT)


async def endless(_: Request) -> Response:
    """A stream that would fill the memory of a server whose client does not read."""

    async def pieces() -> AsyncIterator[bytes]:
        while True:
            await asyncio.sleep(0)
            yield bytes(MOST_STREAMED // 8)

    return Response(200, pieces(), TEXT)


async def file(request: Request) -> Response:
    """A file of the folder that the header names."""
    return Response(200, Path(request.header("x-folder")) / "large", TEXT)


async def large(_: Request) -> Response:
    """More than a client's and a server's system hold of a connection."""
    return Response(200, bytes(range(256)) * (LARGE // 256), TEXT)


async def held(_: Request) -> Response:
    """What all calls hold."""
    return Response(200, str(bodies.held.bytes).encode(), TEXT)


async def tenant(request: Request) -> Response:
    """What the path says."""
    return Response(200, request.parameters["tenant"].encode(), TEXT)


async def refused(_: Request) -> Response:
    """A refusal before the body is read."""
    raise CallError(Kind.OVERLOADED, "no room", retry_after=1.0)


async def broken(_: Request) -> Response:
    """A bug."""
    raise RuntimeError("a bug in a handler")


def refusal(_: Request, error: CallError) -> Response:
    """Errors as these tests want them."""
    status = {Kind.OVERLOADED: 429, Kind.INTERNAL: 500, Kind.NOT_FOUND: 404, Kind.TOO_LARGE: 413}
    return Response(status.get(error.kind, 400), f"{error.kind}: {error}".encode(), TEXT)


router = Router(
    [
        route("POST", "/length", lengths),
        route("GET", "/stream", streamed),
        route("GET", "/endless", endless),
        route("GET", "/file", file),
        route("GET", "/large", large),
        route("GET", "/held", held),
        route("GET", "/{tenant}/name", tenant),
        route("POST", "/refused", refused),
        route("POST", "/broken", broken),
    ]
)
app = Application(router, bodies, refusal, TIME_LIMIT)
