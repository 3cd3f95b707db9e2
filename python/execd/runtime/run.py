"""The one way of an execution, for every API: admitted, run under its deadline, stopped when its caller goes away."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from execd import _native
from execd.errors import ExecdError, from_native
from execd.runtime.admission import Admission
from execd.runtime.deadline import Deadline
from execd.runtime.disconnect import Watch
from execd.runtime.executor import SHORT, Executor, Work

T = TypeVar("T")

NO_DEADLINE = Deadline(float("inf"))


class Runtime:
    """The executions of one worker."""

    def __init__(self, admission: Admission, executor: Executor) -> None:
        self.admission = admission
        self._executor = executor

    def admit(self, policy: str) -> _native.Permit:
        """A permit without waiting, to be given back to `admission`. Raises CallError (overloaded)."""
        offer = self.admission.offer(policy, NO_DEADLINE)
        if isinstance(offer, _native.Permit):
            return offer
        raise self.admission.refusal()

    def start(self, work: Callable[[], T]) -> asyncio.Future[T]:
        """Begin native work of a call that has its permit already, in a thread. Who began it stops it."""
        return self._executor.start(work)

    async def run(self, work: Work[T], *, expected: float, policy: str, deadline: Deadline, watch: Watch) -> T:
        """The result of `work`. `expected` is the time in seconds that it will take, waiting for a permit aside.

        Raises CallError (overloaded, deadline, and what the work fails with), and Gone when the caller is.
        """
        offer = self.admission.offer(policy, deadline)
        if offer is None:
            await self.admission.refuse()
        permit = await self.admission.wait(offer, watch) if isinstance(offer, int) else offer
        try:
            if expected < SHORT:
                return work(None, deadline.left)
            return await self._executor.in_thread(work, deadline, watch)
        except ExecdError as error:
            raise from_native(error) from error
        finally:
            self.admission.give_back(permit)
