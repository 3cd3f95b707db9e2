"""Who may execute now: asyncio around the native state machine. The policy itself and the counting are native."""

import asyncio
import random

from execd import _native
from execd.errors import ApiError
from execd.incoming import Deadline, Gone, Watch
from execd.settings import Settings

# A permit that another process gives back is found by asking again after this many seconds.
POLL = (0.005, 0.020)


class Admission:
    """The permits of the node and the queue of this worker."""

    def __init__(self, settings: Settings) -> None:
        settings.home.mkdir(parents=True, exist_ok=True)
        self._machine = _native.Admission(
            str(settings.slots),
            permits=settings.max_executions,
            max_waiting=settings.queue,
            max_wait=settings.queue_seconds,
        )
        self._queue_limit = settings.queue
        self._waiting: dict[int, asyncio.Future[_native.Permit]] = {}
        self._timer: asyncio.TimerHandle | None = None

    @property
    def is_full(self) -> bool:
        """A request that arrives now would be refused."""
        return self._machine.waiting >= self._queue_limit > 0

    def figures(self) -> dict[str, int]:
        """Permits in all, permits in use on the node, requests that wait in this worker."""
        return {
            "permits": self._machine.permits,
            "in_use": self._machine.in_use(),
            "waiting": self._machine.waiting,
        }

    def refusal(self) -> ApiError:
        """429 with advice when to come back."""
        seconds = self._machine.retry_after()
        headers = {"retry_after": str(max(1, -int(-seconds // 1))), "x_retry_after": f"{seconds:.3f}"}
        return ApiError("overloaded", "the node runs as many executions as it may; try again later", headers)

    def offer(self, deadline: Deadline) -> _native.Permit | int:
        """A permit, or the ticket to `wait` for one with."""
        answer = self._machine.offer(deadline.left)
        if answer is None:
            raise self.refusal()
        return answer

    def give_back(self, permit: _native.Permit) -> None:
        """Let the next one have a permit."""
        if self._machine.give_back(permit):
            self._pump()

    async def wait(self, ticket: int, watch: Watch) -> _native.Permit:
        """The permit for a ticket, when it is its turn."""
        future: asyncio.Future[_native.Permit] = asyncio.get_running_loop().create_future()
        self._waiting[ticket] = future
        self._schedule()
        try:
            with watch.telling(lambda: None if future.done() else future.set_exception(Gone())):
                return await future
        except BaseException:
            self._machine.withdraw(ticket)
            if future.done() and not future.cancelled() and future.exception() is None:
                future.result().release()
            raise
        finally:
            self._waiting.pop(ticket, None)

    def _pump(self) -> None:
        """Hand free permits to those who wait longest, and refuse those who waited too long."""
        while (found := self._machine.next()) is not None:
            ticket, permit = found
            future = self._waiting.get(ticket)
            if future is None or future.done():
                permit.release()
            else:
                future.set_result(permit)
        for ticket in self._machine.expire():
            future = self._waiting.get(ticket)
            if future is not None and not future.done():
                future.set_exception(self.refusal())
        self._schedule()

    def _schedule(self) -> None:
        if self._timer is None and self._machine.waiting:
            delay = random.uniform(*POLL)  # noqa: S311
            self._timer = asyncio.get_running_loop().call_later(delay, self._tick)

    def _tick(self) -> None:
        self._timer = None
        self._pump()
