"""The one way of an execution, for every API: admitted, run under its deadline, stopped when its caller goes away."""

from typing import TypeVar

from execd.errors import ExecdError, from_native
from execd.runtime.admission import Admission
from execd.runtime.deadline import Deadline
from execd.runtime.disconnect import Watch
from execd.runtime.executor import Executor, Work

T = TypeVar("T")


class Runtime:
    """The executions of one worker."""

    def __init__(self, admission: Admission, executor: Executor) -> None:
        self.admission = admission
        self._executor = executor

    async def refuse_if_full(self, policy: str) -> None:
        """Refuse a call that would find no place, before anybody reads its body."""
        if self.admission.is_full(policy):
            await self.admission.refuse()

    async def run(self, work: Work[T], *, expected: float, policy: str, deadline: Deadline, watch: Watch) -> T:
        """The result of `work`. `expected` is the time in seconds that it will take, waiting for a permit aside.

        Raises CallError (overloaded, deadline, and what the work fails with), and Gone when the caller is.
        """
        permit = await self.admission.permit(policy, deadline, watch)
        try:
            return await self._executor.execute(work, expected, deadline, watch)
        except ExecdError as error:
            raise from_native(error) from error
        finally:
            self.admission.give_back(permit)
