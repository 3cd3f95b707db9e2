"""Where a long execution runs: in a thread, where it can be stopped. A short one is not worth it."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from execd import _native
from execd.runtime.deadline import Deadline
from execd.runtime.disconnect import Gone, Watch

T = TypeVar("T")

# A hand-off to a thread costs some 50 to 90 microseconds; an execution expected to take less than this many seconds
# runs on the event loop.
SHORT = 0.003
# There it is stopped after so many. What is sure is this, not what was expected. Native code looks at its deadlines a
# little more often while calls come.
LONGEST = 0.01

# Native work: it is given a token that can stop it, or none, and the seconds that it may take.
Work = Callable[[_native.CancelToken | None, float], T]


class Executor:
    """The threads of one worker that executions run in."""

    def __init__(self, threads: int) -> None:
        """`threads` is how many executions this worker runs in threads at once."""
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="execution")

    async def in_thread(self, work: Work[T], deadline: Deadline, watch: Watch) -> T:
        """The result of `work`. Raises what the work raises, and Gone if the caller is."""
        token = _native.CancelToken()
        with watch.telling(token.cancel):
            return await self._in_thread(lambda: work(token, deadline.left), token)

    def start(self, work: Callable[[], T]) -> asyncio.Future[T]:
        """Begin work in a thread."""
        return asyncio.get_running_loop().run_in_executor(self._pool, work)

    async def _in_thread(self, work: Callable[[], T], token: _native.CancelToken) -> T:
        """`work` in a thread. If this task is cancelled, the work is stopped and waited for: a permit hangs on it."""
        future = self.start(work)
        try:
            return await asyncio.shield(future)
        except asyncio.CancelledError:
            token.cancel()
            await asyncio.wait([future])
            raise
        except _native.Cancelled:
            raise Gone from None
