"""asyncio and the native module: a short execution runs on the spot, a long one in a thread that can be stopped."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from execd import _native
from execd.incoming import Deadline, Gone, Watch
from execd.registry import UNKNOWN, Version
from execd.settings import Settings

T = TypeVar("T")

# A hand-off to a thread costs some 50 to 90 microseconds; an execution expected to take less than this many seconds
# is not worth it.
SHORT = 0.003
# Weight of the newest execution in a version's pace when it was a quick one.
NEWEST = 0.25


class Bridge:
    """Runs the executions of one worker."""

    def __init__(self, settings: Settings) -> None:
        self._engine = _native.Engine(settings.threads)
        self._pool = ThreadPoolExecutor(settings.max_executions, thread_name_prefix="execution")

    async def execute(
        self, version: Version, call: _native.Call, deadline: Deadline, watch: Watch
    ) -> _native.Fragments:
        """The parts of the answer, in JSON."""
        token = _native.CancelToken()
        size = len(call)
        started = time.perf_counter()
        if version.pace * size < SHORT:
            fragments = version.model.answer(self._engine, call, token, deadline.left)
        else:
            with watch.telling(token.cancel):
                fragments = await self._in_thread(
                    lambda: version.model.answer(self._engine, call, token, deadline.left), token
                )
        pace = (time.perf_counter() - started) / max(size, 1)
        # Up at once and down slowly: what was slow lately must not hold up the event loop.
        version.pace = pace if version.pace == UNKNOWN else max(pace, version.pace + NEWEST * (pace - version.pace))
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
