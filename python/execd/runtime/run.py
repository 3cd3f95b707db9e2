"""The one way of an execution, for every API: admitted, run under its deadline, stopped when its caller goes away."""

from typing import TypeVar

from execd.errors import ExecdError, from_native
from execd.runtime.admission import Admission
from execd.runtime.board import NOWHERE, Board, Where
from execd.runtime.deadline import Deadline
from execd.runtime.disconnect import Watch
from execd.runtime.executor import SHORT, Executor, Work
from execd.runtime.suspension import Suspensions

T = TypeVar("T")


class Runtime:
    """The executions of one worker."""

    def __init__(self, admission: Admission, executor: Executor, board: Board, suspensions: Suspensions) -> None:
        self.admission = admission
        self.suspensions = suspensions
        self._executor = executor
        self.board = board

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
        """The result of `work`. `expected` is the time in seconds that it will take, waiting for a permit aside.

        `service` is `folder/name`; it, `version` and `call_id` tell what ran, should the worker die of it. Raises
        CallError (overloaded, suspended, deadline, and what the work fails with), and Gone when the caller is.
        """
        subject = self.board.subject(service, version)
        self.suspensions.check(subject)
        offer = self.admission.offer(policy, deadline)
        if offer is None:
            await self.admission.refuse()
        permit = await self.admission.wait(offer, watch) if isinstance(offer, int) else offer
        short, slot = expected < SHORT, NOWHERE
        try:
            if isinstance(offer, int):
                # Meanwhile others of its kind may have taken a worker down.
                self.suspensions.check(subject)
            slot = self.board.begin(subject, call_id, Where.LOOP if short else Where.THREAD, deadline.end)
            if short:
                return work(None, deadline.left)
            return await self._executor.in_thread(work, deadline, watch)
        except ExecdError as error:
            raise from_native(error) from error
        finally:
            if slot != NOWHERE:
                self.board.finish(slot)
                subject.completed += 1
            self.admission.give_back(permit)
