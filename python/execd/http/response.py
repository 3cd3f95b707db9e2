"""An answer as handlers give it, and how it goes out.

Bytes are packed as the client likes; what was put aside goes out as it is; others are a stream, or a file.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
from granian.rsgi import HTTPProtocol

from execd import _native
from execd.errors import RETRY_AFTER, CallError, Kind
from execd.http import compression
from execd.http.held import Held
from execd.http.pouring import pour
from execd.http.request import Request
from execd.telemetry.logs import logger

log = logger("execd.http")

Headers = list[tuple[str, str]]
Body = bytes | _native.Spool | AsyncIterator[bytes] | Path

JSON = ("content-type", "application/json")

# From here on packing is worth a thread: it holds up the event loop longer than the hand-off takes.
LARGE = 256 * 1024
# Answers of up to this many bytes are sent in one piece. If every connection that a worker may have waits for one,
# they take no more memory than `max_held` by default. A connection of HTTP/2 may wait for many.
AT_ONCE, AT_ONCE_HTTP2 = 256 * 1024, 64 * 1024
# The transport keeps what a client does not read of a stream, without a limit, and a stream that fails ends like one
# that is complete. So a stream is for little, with an end mark of its own; results go out as bytes or as a file.
MOST_STREAMED = 16 << 20

_encoder = msgspec.json.Encoder()


@dataclass(slots=True)
class Response:
    """What a handler answers with."""

    status: int
    body: Body
    headers: Headers = field(default_factory=lambda: [JSON])


def encode(value: Any) -> bytes:  # noqa: ANN401
    """JSON of a small value."""
    return _encoder.encode(value)


def refusal_headers(error: CallError) -> Headers:
    """What the kind of an error adds to the headers, in every API."""
    match error.kind:
        case Kind.OVERLOADED | Kind.SUSPENDED | Kind.NO_SPACE:
            seconds: float = error.data.get("retry_after", RETRY_AFTER)
            # Retry-After speaks whole seconds, at least one.
            return [("retry-after", str(max(1, -int(-seconds // 1)))), ("x-retry-after", f"{seconds:.3f}")]
        case Kind.METHOD_NOT_ALLOWED:
            return [("allow", ", ".join(error.data["allowed"]))]
    return []


class Sender:
    """Sends the answers of one worker. What clients are slow to take counts among what it holds."""

    def __init__(self, held: Held, patience: float) -> None:
        """A client that takes nothing of a large answer for `patience` seconds is given up."""
        self._held = held
        self._patience = patience

    async def send(self, protocol: HTTPProtocol, request: Request, response: Response) -> None:
        """Send an answer to a request. Raises Gone."""
        body = response.body
        most = AT_ONCE_HTTP2 if request.is_http2 else AT_ONCE
        if isinstance(body, bytes):
            if len(body) >= compression.WORTHWHILE and (accepted := request.header("accept-encoding")):
                body = await _packed(body, response.headers, accepted)
            if len(body) <= most:
                protocol.response_bytes(response.status, response.headers, body)
            else:
                await self._pour(protocol, request, response, body, len(body))
        elif isinstance(body, _native.Spool):
            if body.size <= most:
                protocol.response_bytes(response.status, response.headers, os.pread(body.fileno(), body.size, 0))
            else:
                await self._pour(protocol, request, response, body, body.size)
        elif isinstance(body, Path):
            protocol.response_file(response.status, response.headers, str(body))
        else:
            await _stream(protocol, response, body)

    async def _pour(
        self, protocol: HTTPProtocol, request: Request, response: Response, body: bytes | _native.Spool, size: int
    ) -> None:
        headers = [*response.headers, ("content-length", str(size))]
        held = size if isinstance(body, bytes) or body.in_memory else 0
        self._held.add(held)
        try:
            await pour(body, request, partial(protocol.response_file, response.status, headers), self._patience)
        except TimeoutError:
            log.warning("the client does not take its answer", path=request.path, bytes=size)
        finally:
            self._held.give_back(held)


async def _packed(body: bytes, headers: Headers, accepted: str) -> bytes:
    coding = compression.choose(accepted)
    if coding is None:
        return body
    headers += [("content-encoding", coding), ("vary", "accept-encoding")]
    if len(body) >= LARGE:
        return await asyncio.to_thread(compression.compress, coding, body)
    return compression.compress(coding, body)


async def _stream(protocol: HTTPProtocol, response: Response, pieces: AsyncIterator[bytes]) -> None:
    transport = protocol.response_stream(response.status, response.headers)
    sent = 0
    async for piece in pieces:
        sent += len(piece)
        if sent > MOST_STREAMED:
            raise RuntimeError(f"a stream of more than {MOST_STREAMED} bytes must be a file")
        await transport.send_bytes(piece)
