"""The bodies that one worker reads: within limits and a deadline, unpacked, or thrown away. Not what they mean."""

import asyncio
from contextlib import suppress

from execd.errors import CallError, Kind
from execd.http import compression
from execd.http.compression import Inflater
from execd.http.held import Held
from execd.http.request import Request
from execd.runtime.deadline import Deadline, Timer
from execd.settings import Settings

# A body of up to this many declared bytes is read in one piece: fewer changes of threads than in several. If every
# connection that a worker may have sends one, they take no more memory than `max_held` by default.
SMALL = 256 * 1024
# To put together more than this takes a while, and nothing else would happen meanwhile.
MUCH = 1 << 20


class Bodies:
    """The bodies that one worker reads, and holds until they are answered."""

    def __init__(self, settings: Settings) -> None:
        self._most = min(settings.max_body, settings.max_held)
        """Bytes of a body, unpacked. One that is larger would never fit."""
        self._most_discarded = settings.max_discard
        self.held = Held(settings.max_held)
        """What they take together, and the answers with them."""
        self._timer = Timer()

    async def read(self, request: Request, deadline: Deadline) -> bytes:
        """The unpacked body. The caller gives it back when it lets go of it."""
        declared, limit = request.declared, self._most
        if declared is not None and declared > limit:
            raise CallError(Kind.TOO_LARGE, f"the body of {declared} bytes is larger than {limit} bytes")
        inflater = _inflater(request.header("content-encoding"), limit)
        try:
            if declared is not None and declared <= SMALL and not inflater:
                body = await self._timer.within(deadline, request.whole())
                self._hold(len(body), 0)
                return body
            return await self._timer.within(deadline, self._collect(request, inflater))
        except TimeoutError:
            raise deadline.error("the body did not arrive") from None

    async def _collect(self, request: Request, inflater: Inflater | None) -> bytes:
        pieces: list[bytes] = []
        size = 0
        try:
            async for raw in request.pieces():
                for piece in inflater.feed(raw) if inflater else (raw,):
                    self._hold(len(piece), size)
                    size += len(piece)
                    pieces.append(piece)
                    if len(piece) >= compression.PIECE:
                        await asyncio.sleep(0)
            if inflater:
                inflater.finish()
            return await asyncio.to_thread(_joined, pieces) if size > MUCH else _joined(pieces)
        except BaseException:
            self.held.give_back(size)
            raise

    def _hold(self, count: int, before: int) -> None:
        """Counts bytes of a body of which there were some before, if there is room for them."""
        if before + count > self._most:
            raise CallError(Kind.TOO_LARGE, f"the body is larger than {self._most} bytes")
        self.held.ask(count)

    def give_back(self, body: bytes) -> None:
        """A body is no longer held."""
        self.held.give_back(len(body))

    async def discard(self, request: Request, deadline: Deadline) -> None:
        """Read what is still to come and throw it away, as far as there is time and `max_discard` allows."""
        with suppress(TimeoutError):
            await self._timer.within(deadline, request.discard(self._most_discarded))


def _joined(pieces: list[bytes]) -> bytes:
    body = pieces[0] if len(pieces) == 1 else b"".join(pieces)
    # Here, and not by the one who waits: to free many takes its time.
    while pieces:
        pieces.pop()
    return body


def _inflater(named: str, limit: int) -> Inflater | None:
    coding = named.strip().lower()
    return None if coding in {"", "identity"} else Inflater(coding, limit)
