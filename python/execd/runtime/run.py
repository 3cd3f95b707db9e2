"""The one way of an execution, for every API: admitted, run under its deadline, stopped when its caller goes away."""

from typing import TypeVar

from execd.errors import DeadlineExceeded, ExecdError, from_native
from execd.runtime.admission import Admission
from execd.runtime.deadline import Deadline
from execd.runtime.disconnect import Watch
from execd.runtime.executor import LONGEST, SHORT, Executor, Work

T = TypeVar("T")


class Runtime:
    """The executions of one worker."""

    def __init__(self, admission: Admission, executor: Executor) -> None:
        self.admission = admission
        self._executor = executor

    async def run(self, work: Work[T], *, expected: float, policy: str, deadline: Deadline, watch: Watch) -> T:
        """The result of `work`. `expected` is a guess at the seconds that it will take, waiting for a permit aside.

        What is expected to be short and is not is stopped, and begun anew in a thread.
        Raises CallError (overloaded, deadline, and what the work fails with), and Gone when the caller is.
        """
        offer = self.admission.offer(policy, deadline)
        if offer is None:
            await self.admission.refuse()
        permit = await self.admission.wait(offer, watch) if isinstance(offer, int) else offer
        try:
            if expected < SHORT:
                try:
                    return work(None, min(LONGEST, deadline.left))
                except DeadlineExceeded:
                    # It was not; or there is no time left, which the thread will tell.
                    expected = LONGEST
            return await self._executor.in_thread(work, deadline, watch)
        except ExecdError as error:
            raise from_native(error) from error
        finally:
            self.admission.give_back(permit)
