"""The upload of an execution: its two parts, in either order.

What records are for is known when the request is there: records that come first are put aside, others go straight into
the run.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable
from functools import partial

from execd import _native
from execd.api.executions import request as requests
from execd.api.executions.request import Asked
from execd.errors import CallError, Kind, from_native
from execd.http import multipart, upload
from execd.http.request import Request
from execd.runtime.disconnect import Gone, Watch
from execd.state import State

REQUEST, RECORDS = requests.PART, "inputData"
# Bytes of records that wait for their run.
WAITING = 4 << 20


class Upload:
    """The parts as far as they have arrived."""

    def __init__(
        self,
        state: State,
        request: Request,
        watch: Watch,
        on_request: Callable[[Asked], Awaitable[None]],
        on_records: Callable[[_native.Feed | _native.Spool], asyncio.Future[object] | None],
    ) -> None:
        """`on_request` is told what is asked for, and then `on_records` where the records come from.

        `on_records` gives the run that reads them; None if there is none, because the workbook cannot be loaded.
        """
        self._state, self._request, self._watch = state, request, watch
        self._on_request, self._on_records = on_request, on_records
        self._part = ""
        self._text = bytearray()
        self._asked: Asked | None = None
        self._feed: _native.Feed | None = None
        self._put_aside: _native.Spool | None = None
        self._reading: asyncio.Future[object] | None = None
        """What reads the records: the run, or what puts them aside."""
        self._until: asyncio.Timeout | None = None
        self._seen: set[str] = set()
        self.others: list[str] = []
        """Names of parts that mean nothing."""
        self.size = 0
        """Bytes of records so far."""

    async def read(self) -> None:
        """Read the parts to their end, or until nobody wants more of them. Raises CallError and Gone."""
        try:
            # It has no end of its own: that is when nobody wants more, however long the client takes to send it.
            async with asyncio.timeout(None) as self._until:
                await self._read_parts()
        except TimeoutError:
            if not self._is_over:
                raise
        self._until = None
        if self._put_aside:
            await self._until_put_aside()
            self._reading = self._on_records(self._put_aside)

    async def _read_parts(self) -> None:
        separator = multipart.boundary(self._request.header("content-type"))
        pieces = upload.pieces(self._request, self._state.settings.time_limit)
        async for found in multipart.parts(pieces, separator):
            if isinstance(found, multipart.Part):
                await self._end_part()
                self._begin_part(found.name)
            else:
                await self._take(found)
            if self._is_over:
                return
        await self._end_part()
        self._check_missing()

    def _end_if_over(self, _: object) -> None:
        if self._until and self._is_over:
            self._until.reschedule(0)

    @property
    def _is_over(self) -> bool:
        """Whether the run failed before it had all records, or there is none."""
        if self._feed is None or self._part != RECORDS:
            return False
        return self._reading is None or self._reading.done()

    def _begin_part(self, name: str) -> None:
        if name not in (REQUEST, RECORDS):
            self.others.append(name[: requests.SHOWN])
        elif name in self._seen:
            raise _refused(f"there are two parts {name}", name)
        self._seen.add(name)
        self._part = name
        if name != RECORDS:
            return
        self._feed = _native.Feed(self._state.spools, WAITING, self._request.declared)
        if self._asked:
            self._reading = self._on_records(self._feed)
        else:
            self._put_aside = self._state.spools.spool()
            self._reading = self._state.runtime.start(partial(self._put_aside.fill, self._feed, RECORDS))
        if self._reading:
            self._reading.add_done_callback(self._end_if_over)

    async def _take(self, piece: bytes) -> None:
        if self._part == REQUEST:
            self._text += piece
            if len(self._text) > requests.LONGEST:
                message = f"{REQUEST} is larger than {requests.LONGEST} bytes"
                raise CallError(Kind.TOO_LARGE, message, details=[(message, REQUEST)])
        elif self._part == RECORDS and self._feed:
            self.size += len(piece)
            await self._push(self._feed, piece)

    async def _push(self, feed: _native.Feed, piece: bytes) -> None:
        """What the run is too slow for is put aside: who stops reading does not see that the client goes away."""
        while not feed.push(piece):
            if self._put_aside is None and await asyncio.to_thread(feed.put_aside, piece):
                return
            await self._room(feed.fileno())

    async def _end_part(self) -> None:
        if self._part == REQUEST:
            self._asked = requests.decode(bytes(self._text))
            await self._on_request(self._asked)
        elif self._part == RECORDS and self._feed:
            self._feed.finish()
        self._part = ""

    def _check_missing(self) -> None:
        for name in (REQUEST, RECORDS):
            if name not in self._seen:
                raise _refused(f"the part {name} is missing", name)

    async def _room(self, descriptor: int) -> None:
        """Returns when whoever reads the records has room for more, or has ended."""
        loop = asyncio.get_running_loop()
        room: asyncio.Future[None] = loop.create_future()
        loop.add_reader(descriptor, lambda: None if room.done() else room.set_result(None))
        try:
            with self._watch.telling(lambda: None if room.done() else room.set_exception(Gone())):
                await room
        finally:
            loop.remove_reader(descriptor)
        os.read(descriptor, 8)

    async def _until_put_aside(self) -> None:
        if self._reading is None:
            return
        try:
            await asyncio.shield(self._reading)
        except _native.InputError as error:
            if error.kind == "too_large":
                raise CallError(Kind.TOO_LARGE, str(error), details=[(str(error), RECORDS)]) from None
            raise CallError(Kind.NO_SPACE, str(error)) from None
        except _native.ExecdError as error:
            raise from_native(error) from error

    async def close(self) -> None:
        """Whoever reads records that will never be whole ends."""
        if self._feed:
            self._feed.break_off()
        if self._reading:
            await asyncio.wait([self._reading])
            # Who wanted to know has asked.
            self._reading.exception()
        self._feed = self._put_aside = self._reading = None


def _refused(message: str, part: str) -> CallError:
    return CallError(Kind.INVALID_REQUEST, message, details=[(message, part)])
