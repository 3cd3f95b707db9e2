"""The one way of an execution, for every API: admitted, run under its deadline, stopped when its caller goes away."""

import asyncio
import math
from collections.abc import Callable
from typing import TypeVar

from execd import _native
from execd.errors import DeadlineExceeded, ExecdError, from_native
from execd.runtime.admission import Admission
from execd.runtime.board import NOWHERE, Board, Where
from execd.runtime.deadline import Deadline
from execd.runtime.disconnect import Watch
from execd.runtime.executor import LONGEST, SHORT, Executor, Work
from execd.runtime.suspension import Suspensions

T = TypeVar("T")

NO_DEADLINE = Deadline(float("inf"))
# Plain numbers, as the board keeps them: to make them of an enumeration takes longer than to write them down.
LOOP, THREAD = int(Where.LOOP), int(Where.THREAD)


class Runtime:
    """The executions of one worker."""

    def __init__(self, admission: Admission, executor: Executor, board: Board, suspensions: Suspensions) -> None:
        self.admission = admission
        self.suspensions = suspensions
        self.board = board
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

    def execute(self, work: Callable[[], T], *, call_id: str, service: str, version: str) -> asyncio.Future[T]:
        """The same for its execution. Raises CallError (suspended)."""
        subject = self.board.subject(service, version)
        self.suspensions.check(subject)
        slot = self.board.begin(subject, call_id, THREAD, math.inf)
        future = self._executor.start(work)
        future.add_done_callback(lambda _: self.board.finish(slot, subject))
        return future

    async def run(
        self,
        work: Work[T],
        *,
        call_id: str,
        service: str,
        version: str,
        expected: float,
        policy: str,
        deadline: Deadline,
        watch: Watch,
    ) -> T:
        """The result of `work`. `expected` is a guess at the seconds that it will take, waiting for a permit aside.

        What is expected to be short and is not is stopped, and begun anew in a thread. `service` is `folder/name`; it,
        `version` and `call_id` tell what ran, should the worker die of it. Raises CallError (overloaded, suspended,
        deadline, and what the work fails with), and Gone when the caller is.
        """
        subject = self.board.subject(service, version)
        self.suspensions.check(subject)
        offer = self.admission.offer(policy, deadline)
        if offer is None:
            await self.admission.refuse()
        permit = await self.admission.wait(offer, watch) if isinstance(offer, int) else offer
        slot = NOWHERE
        try:
            if permit is not offer:
                # While it waited, others of its kind may have taken a worker down.
                self.suspensions.check(subject)
            short = expected < SHORT
            slot = self.board.begin(subject, call_id, LOOP if short else THREAD, deadline.end)
            if short:
                try:
                    return work(None, min(LONGEST, deadline.left))
                except DeadlineExceeded:
                    # It was not short; or there is no time left, which the thread will tell.
                    self.board.move(slot, THREAD)
            return await self._executor.in_thread(work, deadline, watch)
        except ExecdError as error:
            raise from_native(error) from error
        finally:
            self.board.finish(slot, subject)
            self.admission.give_back(permit)
