"""The moment by which a call must be answered, and one timer for all who wait for something until then."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from execd.errors import CallError, Kind

T = TypeVar("T")


class Deadline:
    """A moment on the monotonic clock by which a call must be answered."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.seconds = seconds
        self._clock = clock
        self.end = clock() + seconds

    @property
    def passed(self) -> float:
        """Seconds since the call began."""
        return self._clock() - self.end + self.seconds

    @property
    def left(self) -> float:
        """Seconds that remain, never negative."""
        return max(0.0, self.end - self._clock())

    def error(self, what: str) -> CallError:
        """What a call that ran into the deadline fails with."""
        return CallError(Kind.DEADLINE, f"{what} within the time limit of {self.seconds:g} s")


class Timer:
    """Stops tasks whose deadlines pass. One timer serves all: an `asyncio.timeout` each is a tenth of a call."""

    def __init__(self) -> None:
        self._deadlines: dict[asyncio.Task[Any], Deadline] = {}
        self._late: set[asyncio.Task[Any]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._next: Deadline | None = None

    async def within(self, deadline: Deadline, work: Coroutine[Any, Any, T]) -> T:
        """What `work` gives; TimeoutError if the deadline passes first. A task has one such work at a time."""
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
