"""The body of a request: read within a limit and a deadline, unpacked, or thrown away. Its meaning is elsewhere."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any

from execd.compression import Inflater
from execd.errors import ApiError

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Headers = dict[bytes, bytes]


class Gone(Exception):
    """The client closed the connection; nobody is left to answer."""


class Deadline:
    """A moment on the monotonic clock by which a request must be answered."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.seconds = seconds
        self._clock = clock
        self._end = clock() + seconds

    @property
    def left(self) -> float:
        """Seconds that remain, never negative."""
        return max(0.0, self._end - self._clock())

    def error(self, what: str) -> ApiError:
        """The answer to a request that ran into the deadline."""
        return ApiError("deadline", f"{what} within the time limit of {self.seconds:g} s")


class Holdings:
    """Bytes of request bodies that one worker holds at once."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.used = 0

    def take(self, count: int) -> bool:
        """Room for `count` more bytes? Then they are counted."""
        if self.used + count > self.limit:
            return False
        self.used += count
        return True

    def give_back(self, count: int) -> None:
        """Bytes are no longer held."""
        self.used -= count


async def read(receive: Receive, headers: Headers, limit: int, holdings: Holdings, deadline: Deadline) -> bytes:
    """The unpacked body. The caller gives `len(body)` back to `holdings` when it lets go of it."""
    declared = headers.get(b"content-length", b"")
    if declared.isdigit() and int(declared) > limit:
        raise ApiError("too_large", f"the body of {int(declared)} bytes is larger than {limit} bytes")
    inflater = _inflater(headers, limit)
    pieces: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(deadline.left):
            more = True
            while more:
                raw, more = await _piece(receive)
                piece = inflater.feed(raw) if inflater else raw
                size += len(piece)
                if size > limit:
                    raise ApiError("too_large", f"the body is larger than {limit} bytes")
                if not holdings.take(len(piece)):
                    size -= len(piece)
                    raise ApiError("overloaded", "the bodies of other requests fill this node's memory")
                pieces.append(piece)
            if inflater:
                inflater.finish()
    except BaseException as error:
        holdings.give_back(sum(map(len, pieces)))
        if isinstance(error, TimeoutError):
            raise deadline.error("the body did not arrive") from None
        raise
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


async def discard(receive: Receive, limit: int, deadline: Deadline) -> None:
    """Read what is still to come and throw it away, so that the client gets to read the answer."""
    thrown = 0
    try:
        async with asyncio.timeout(deadline.left):
            more = True
            while more and thrown <= limit:
                piece, more = await _piece(receive)
                thrown += len(piece)
    except (TimeoutError, Gone):
        return


async def _piece(receive: Receive) -> tuple[bytes, bool]:
    """The next piece of the body, and whether more of it will come."""
    message = await receive()
    if message["type"] == "http.disconnect":
        raise Gone
    return message.get("body", b""), message.get("more_body", False)


def _inflater(headers: Headers, limit: int) -> Inflater | None:
    coding = headers.get(b"content-encoding", b"").decode("latin-1").strip().lower()
    return None if coding in {"", "identity"} else Inflater(coding, limit)


class Watch:
    """Notices that the client goes away after its body has been read. Costs nothing until somebody wants to know."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._task: asyncio.Task[None] | None = None
        self._on_gone: Callable[[], None] | None = None
        self._gone = False

    @contextmanager
    def telling(self, on_gone: Callable[[], None]) -> Iterator[None]:
        """Call `on_gone` if the client goes away during the block, or is gone already."""
        self._on_gone = on_gone
        if self._gone:
            on_gone()
        elif self._task is None:
            self._task = asyncio.ensure_future(self._wait())
        try:
            yield
        finally:
            self._on_gone = None

    async def _wait(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self._gone = True
        if self._on_gone:
            self._on_gone()

    def close(self) -> None:
        """Nobody will want to know any more."""
        if self._task:
            self._task.cancel()
