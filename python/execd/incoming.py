"""The body of a request: read within a limit and a deadline, unpacked, or thrown away. Its meaning is elsewhere."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterator, MutableMapping
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

from execd.compression import Inflater
from execd.errors import ApiError
from execd.settings import Settings

T = TypeVar("T")

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
        self.end = clock() + seconds

    @property
    def left(self) -> float:
        """Seconds that remain, never negative."""
        return max(0.0, self.end - self._clock())

    def error(self, what: str) -> ApiError:
        """The answer to a request that ran into the deadline."""
        return ApiError("deadline", f"{what} within the time limit of {self.seconds:g} s")


class Uploads:
    """The bodies that one worker reads, and holds until they are answered."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._held = 0
        self._reads = Reads()

    async def read(self, receive: Receive, headers: Headers, deadline: Deadline) -> bytes:
        """The unpacked body. The caller gives it back when it lets go of it."""
        digits = headers.get(b"content-length", b"")
        declared = int(digits) if digits.isdigit() else None
        limit = self._settings.max_body
        if declared is not None and declared > limit:
            raise ApiError("too_large", f"the body of {declared} bytes is larger than {limit} bytes")
        inflater = _inflater(headers, limit)
        try:
            return await self._reads.within(deadline, self._read(receive, declared, inflater))
        except TimeoutError:
            raise deadline.error("the body did not arrive") from None

    async def _read(self, receive: Receive, declared: int | None, inflater: Inflater | None) -> bytes:
        pieces: list[bytes] = []
        arrived = size = 0
        try:
            more = True
            # Behind the last declared byte there is only an empty piece, which takes as long to come as a full one.
            while more and arrived != declared:
                raw, more = _piece(await receive())
                arrived += len(raw)
                piece = inflater.feed(raw) if inflater else raw
                self._hold(len(piece), size)
                size += len(piece)
                pieces.append(piece)
            if inflater:
                inflater.finish()
        except BaseException:
            self._held -= size
            raise
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def _hold(self, count: int, before: int) -> None:
        """Counts bytes of a body of which there were some before, if there is room for them."""
        limit = self._settings.max_body
        if before + count > limit:
            raise ApiError("too_large", f"the body is larger than {limit} bytes")
        if self._held + count > self._settings.max_held:
            raise ApiError("overloaded", "the bodies of other requests fill this node's memory")
        self._held += count

    def give_back(self, body: bytes) -> None:
        """A body is no longer held."""
        self._held -= len(body)

    async def discard(self, receive: Receive, deadline: Deadline) -> None:
        """Read what is still to come and throw it away, so that the client gets to read the answer."""
        with suppress(TimeoutError, Gone):
            await self._reads.within(deadline, self._discard(receive))

    async def _discard(self, receive: Receive) -> None:
        thrown, more = 0, True
        while more and thrown <= self._settings.max_discard:
            piece, more = _piece(await receive())
            thrown += len(piece)


class Reads:
    """What tasks read under deadlines, with one timer for all: an `asyncio.timeout` each is a tenth of a call."""

    def __init__(self) -> None:
        self._deadlines: dict[asyncio.Task[Any], Deadline] = {}
        self._late: set[asyncio.Task[Any]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._next: Deadline | None = None

    async def within(self, deadline: Deadline, work: Coroutine[Any, Any, T]) -> T:
        """What `work` gives; TimeoutError if the deadline passes before. A task has one such work at a time."""
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("only a task can be stopped")
        self._deadlines[task] = deadline
        if self._next is None or deadline.end < self._next.end:
            self._set_timer(deadline)
        try:
            return await work
        except asyncio.CancelledError:
            if task in self._late and task.uncancel() == 0:
                raise TimeoutError from None
            raise
        finally:
            self._deadlines.pop(task, None)
            self._late.discard(task)

    def _set_timer(self, deadline: Deadline) -> None:
        if self._timer:
            self._timer.cancel()
        self._next = deadline
        self._timer = asyncio.get_running_loop().call_later(deadline.left, self._stop_late)

    def _stop_late(self) -> None:
        self._timer = self._next = None
        for task in [task for task, deadline in self._deadlines.items() if not deadline.left]:
            del self._deadlines[task]
            self._late.add(task)
            task.cancel()
        if self._deadlines:
            self._set_timer(min(self._deadlines.values(), key=lambda deadline: deadline.end))


def _piece(message: Message) -> tuple[bytes, bool]:
    """A piece of the body, and whether more of it will come."""
    if message["type"] == "http.disconnect":
        raise Gone
    return message.get("body", b""), message.get("more_body", False)


def _inflater(headers: Headers, limit: int) -> Inflater | None:
    named = headers.get(b"content-encoding")
    if not named:
        return None
    coding = named.decode("latin-1").strip().lower()
    return None if coding in {"", "identity"} else Inflater(coding, limit)


class Watch:
    """Notices that the client goes away after its body has been read. Costs nothing until somebody wants to know."""

    def __init__(self, receive: Receive) -> None:
        self.uploaded = False
        """Whether the body has been read to its end."""
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
