"""Large bodies, piece by piece and unpacked, from clients that keep sending. Small ones are read by `body`."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator

from execd.errors import CallError, Kind
from execd.http.compression import Inflater
from execd.http.request import Request

# Bytes a second that a client must send on the whole, while somebody waits for them.
SLOWEST = 64 * 1024
# Packed bytes that are unpacked at once: no more than a thousand times as many come out.
PACKED = 16 * 1024
NO_LIMIT = 1 << 62


async def pieces(request: Request, patience: float) -> AsyncIterator[bytes]:
    """The body as it arrives. Raises CallError if it breaks off or is damaged, and if its client is too slow.

    That is one who sends nothing for `patience` seconds, or less than `SLOWEST` in all. Time that the server takes for
    what has arrived does not count.
    """
    coding = request.header("content-encoding").strip().lower()
    inflater = None if coding in {"", "identity"} else Inflater(coding, NO_LIMIT)
    async for piece in _in_time(request, patience):
        if inflater is None:
            yield piece
            continue
        for plain in _unpacked(inflater, piece):
            yield plain
            # Others are served meanwhile.
            await asyncio.sleep(0)
    if inflater:
        inflater.finish()


async def _in_time(request: Request, patience: float) -> AsyncIterator[bytes]:
    arriving = request.pieces()
    left = patience
    while True:
        began = time.monotonic()
        try:
            async with asyncio.timeout(min(left, patience)):
                piece = await anext(arriving, None)
        except TimeoutError:
            message = f"the body arrives too slowly: nothing for {patience:g} s, or less than {SLOWEST} bytes a second"
            raise CallError(Kind.DEADLINE, message) from None
        if piece is None:
            return
        left += len(piece) / SLOWEST - (time.monotonic() - began)
        yield piece


def _unpacked(inflater: Inflater, piece: bytes) -> Iterator[bytes]:
    for start in range(0, len(piece), PACKED):
        yield from inflater.feed(piece[start : start + PACKED])
