"""Large answers, in memory or put aside: given to the transport through a pipe, as the client takes them.

The transport keeps what it is given in one piece, or as a stream, until the client has taken it, and tells nobody. A
file it reads as the client does, and a pipe is such a file, of which one knows how much has been read.
"""

import asyncio
import fcntl
import os
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from execd import _native
from execd.http.request import Request
from execd.runtime.disconnect import Gone, Watch

T = TypeVar("T")

# What a pipe holds before anybody reads, less than any answer that goes through it; and what it may hold afterwards.
FIRST, LATER = 64 * 1024, 1 << 20
PIECE = 256 * 1024
# Bytes a second that a client must take on the whole.
SLOWEST = 64 * 1024


async def pour(
    body: bytes | _native.Spool, request: Request, send_file: Callable[[str], None], patience: float
) -> None:
    """Send an answer of more than `FIRST` bytes; `send_file` has the transport send the file at a path.

    Raises TimeoutError if the client takes nothing for `patience` seconds, or takes too long in all, and Gone.
    """
    watch = Watch(request.gone)
    try:
        pipe = _Pipe(watch, patience)
        try:
            send_file(pipe.path)
            size = len(body) if isinstance(body, bytes) else body.size
            async with asyncio.timeout(patience + size / SLOWEST):
                await (pipe.write(body) if isinstance(body, bytes) else pipe.splice(body, size))
        finally:
            pipe.close()
    finally:
        watch.close()


async def _in_thread(work: Callable[[], T]) -> T:
    """What `work` gives. If this task is cancelled it is waited for: descriptors must not be closed under it."""
    future = asyncio.get_running_loop().run_in_executor(None, work)
    try:
        return await asyncio.shield(future)
    except asyncio.CancelledError:
        await asyncio.wait([future])
        raise


class _Pipe:
    """A pipe whose reading end the transport opens by its path."""

    def __init__(self, watch: Watch, patience: float) -> None:
        self._watch = watch
        self._patience = patience
        self._reading: int | None
        self._reading, self._writing = os.pipe()
        os.set_blocking(self._writing, False)
        fcntl.fcntl(self._writing, fcntl.F_SETPIPE_SZ, FIRST)
        self.path = f"/proc/self/fd/{self._reading}"

    async def write(self, body: bytes) -> None:
        left = memoryview(body)
        while left:
            if (count := self._tried(partial(os.write, self._writing, left[:PIECE]))) is None:
                await self._until_read()
            else:
                left = left[count:]

    async def splice(self, spool: _native.Spool, size: int) -> None:
        """The bytes go from one descriptor to the other, none through this process. A disk may hold up a thread."""
        source, offset = spool.fileno(), 0

        def move() -> int | None:
            count = min(LATER, size - offset)
            put = partial(os.splice, source, self._writing, count, offset, flags=os.SPLICE_F_NONBLOCK)
            return self._tried(put)

        while offset < size:
            if (count := await _in_thread(move)) is None:
                await self._until_read()
            elif count == 0:
                raise OSError("the answer that was put aside is shorter than it was")
            else:
                offset += count

    def _tried(self, put: Callable[[], int]) -> int | None:
        """How many bytes the pipe took; None if it is full."""
        try:
            return put()
        except BlockingIOError:
            return None
        except BrokenPipeError:
            raise Gone from None

    async def _until_read(self) -> None:
        await self._room()
        self._was_read()

    async def _room(self) -> None:
        loop = asyncio.get_running_loop()
        room: asyncio.Future[None] = loop.create_future()
        loop.add_writer(self._writing, lambda: None if room.done() else room.set_result(None))
        try:
            with self._watch.telling(lambda: None if room.done() else room.set_exception(Gone())):
                async with asyncio.timeout(self._patience):
                    await room
        finally:
            loop.remove_writer(self._writing)

    def _was_read(self) -> None:
        """The transport has opened its end. From now on it tells when it closes that, if nobody else has it open."""
        if self._reading is not None:
            os.close(self._reading)
            self._reading = None
            try:
                fcntl.fcntl(self._writing, fcntl.F_SETPIPE_SZ, LATER)
            except OSError:
                # This user has many large pipes; a small one does, too.
                return

    def close(self) -> None:
        """No more will be written; the transport reads what is left."""
        for end in (self._reading, self._writing):
            if end is not None:
                os.close(end)
