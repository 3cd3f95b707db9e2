"""Who may execute now: asyncio around the native state machine, which counts permits and keeps the queues."""

import asyncio
import random
import time
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple, NoReturn

from execd import _native
from execd.errors import CallError, Kind
from execd.runtime.deadline import Deadline
from execd.runtime.disconnect import Gone, Watch

# A permit that another process gives back is found by asking again after this many seconds.
POLL = (0.005, 0.020)

# Refusals that a worker gives at once, in a second. A caller beyond them waits this many seconds for its refusal: one
# that comes back at once, again and again, must not take the processor from the calls that have been admitted.
AT_ONCE = 50
PAUSE = 0.15


class Policy(NamedTuple):
    """What a call may do when no permit is free: wait among at most `max_waiting` others, for `max_wait` seconds."""

    max_waiting: int
    max_wait: float


class Admission:
    """The permits of the node and the queues of this worker. Calls name their policy."""

    def __init__(self, file: Path, permits: int, policies: Mapping[str, Policy]) -> None:
        """`file` is shared by all workers of the node."""
        file.parent.mkdir(parents=True, exist_ok=True)
        queues = [(name, *policy) for name, policy in policies.items()]
        self._machine = _native.Admission(file, permits=permits, policies=queues)
        self._waiting: dict[int, asyncio.Future[_native.Permit]] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._at_once = float(AT_ONCE)
        self._refused = time.monotonic()

    def is_full(self, policy: str) -> bool:
        """A call that arrives now would find no place in the queue."""
        return self._machine.is_full(policy)

    def figures(self) -> dict[str, int]:
        """Permits in all, permits in use on the node, calls that wait in this worker."""
        return {
            "permits": self._machine.permits,
            "in_use": self._machine.in_use(),
            "waiting": self._machine.waiting,
        }

    async def refuse(self) -> NoReturn:
        """Refuse a call: at once while few are refused, after a moment under lasting overload."""
        now = time.monotonic()
        self._at_once = min(AT_ONCE, self._at_once + AT_ONCE * (now - self._refused))
        self._refused = now
        if self._at_once >= 1:
            self._at_once -= 1
        else:
            await asyncio.sleep(PAUSE)
        raise self.refusal()

    def refusal(self) -> CallError:
        """What a call is refused with."""
        message = "the node runs as many executions as it may; try again later"
        return CallError(Kind.OVERLOADED, message, retry_after=self._machine.retry_after())

    def offer(self, policy: str, deadline: Deadline) -> _native.Permit | int | None:
        """A permit for a call; or the ticket to wait for one with; or None: it must be refused."""
        return self._machine.offer(policy, deadline.left)

    def give_back(self, permit: _native.Permit) -> None:
        """Let the next one have a permit."""
        if self._machine.give_back(permit):
            self._pump()

    async def wait(self, ticket: int, watch: Watch) -> _native.Permit:
        """The permit for a ticket, as soon as it is its turn."""
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
