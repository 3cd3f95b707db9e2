"""Bytes out: status, headers, content coding. What is in the body is the caller's business."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from types import MappingProxyType
from typing import Any

import msgspec

from execd import compression
from execd.errors import ApiError

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_encoder = msgspec.json.Encoder()

# From here on packing is worth a thread: it holds up the event loop longer than the hand-off takes.
LONG = 256 * 1024

NONE: Mapping[str, str] = MappingProxyType({})


async def send_json(
    send: Send, status: int, body: bytes, accepted: bytes = b"", headers: Mapping[str, str] = NONE
) -> None:
    """Send `body`, which is JSON, in a coding that the client accepts."""
    coding = None
    if accepted and len(body) >= compression.WORTHWHILE:
        coding = compression.choose(accepted.decode("latin-1"))
    if coding and len(body) >= LONG:
        body = await asyncio.to_thread(compression.compress, coding, body)
    elif coding:
        body = compression.compress(coding, body)
    start = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    if coding:
        start += [(b"content-encoding", coding.encode()), (b"vary", b"accept-encoding")]
    if headers:
        start += [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": start})
    await send({"type": "http.response.body", "body": body})


async def send_error(send: Send, error: ApiError) -> None:
    """Send the body and headers of an error."""
    await send_json(send, error.status, encode(error.body), headers=error.headers)


def encode(value: Any) -> bytes:  # noqa: ANN401
    """JSON of a small value."""
    return _encoder.encode(value)
