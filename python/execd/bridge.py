"""asyncio and the native module: a short execution runs on the spot, a long one in a thread that can be stopped."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from execd import _native
from execd.incoming import Deadline, Gone, Watch
from execd.registry import Version
from execd.settings import Settings

T = TypeVar("T")

# A hand-off to a thread costs some 50 to 90 microseconds; an execution expected to take less than this many seconds
# is not worth it.
SHORT = 0.003


class Bridge:
    """Runs the executions of one worker."""

    def __init__(self, settings: Settings) -> None:
        self._engine = _native.Engine(settings.threads)
        self._pool = ThreadPoolExecutor(settings.max_executions, thread_name_prefix="execution")

    def at_once(self, version: Version, call: _native.Call, deadline: Deadline) -> _native.Fragments | None:
        """The parts of the answer, in JSON; `None` if they would hold up the event loop."""
        size = len(call)
        if version.pace * size >= SHORT:
            return None
        started = time.perf_counter()
        fragments = version.model.answer(self._engine, call, None, deadline.left)
        version.keep_pace(size, time.perf_counter() - started)
        return fragments

    async def in_thread(
        self, version: Version, call: _native.Call, deadline: Deadline, watch: Watch
    ) -> _native.Fragments:
        """The parts of the answer, in JSON, without holding up the event loop."""
        token = _native.CancelToken()
        started = time.perf_counter()
        with watch.telling(token.cancel):
            fragments = await self._in_thread(
                lambda: version.model.answer(self._engine, call, token, deadline.left), token
            )
        version.keep_pace(len(call), time.perf_counter() - started)
        return fragments

    async def _in_thread(self, work: Callable[[], T], token: _native.CancelToken) -> T:
        """`work` in a thread. If this task is cancelled, the work is stopped and waited for: a permit hangs on it."""
        future = asyncio.get_running_loop().run_in_executor(self._pool, work)
        try:
            return await asyncio.shield(future)
        except asyncio.CancelledError:
            token.cancel()
            await asyncio.wait([future])
            raise
        except _native.Cancelled:
            raise Gone from None
