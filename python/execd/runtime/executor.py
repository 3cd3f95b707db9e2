"""Where an execution runs: a short one on the event loop, a long one in a thread that can be stopped."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from execd import _native
from execd.runtime.deadline import Deadline
from execd.runtime.disconnect import Gone, Watch

T = TypeVar("T")

# A hand-off to a thread costs some 50 to 90 microseconds; an execution expected to take less than this many seconds
# is not worth it.
SHORT = 0.003

# Native work: it is given a token that can stop it, or none, and the seconds that it may take.
Work = Callable[[_native.CancelToken | None, float], T]


class Executor:
    """Runs the executions of one worker."""

    def __init__(self, threads: int) -> None:
        """`threads` is how many long executions this worker runs at once."""
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="execution")

    async def execute(self, work: Work[T], expected: float, deadline: Deadline, watch: Watch) -> T:
        """The result of `work`. `expected` is in seconds. Raises what the work raises, and Gone if the caller is."""
        if expected < SHORT:
            return work(None, deadline.left)
        token = _native.CancelToken()
        with watch.telling(token.cancel):
            return await self._in_thread(lambda: work(token, deadline.left), token)

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
