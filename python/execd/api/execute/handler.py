"""One call of Execute v4, from its request to its answer."""

import asyncio
import logging
import time
from functools import partial

from execd import _native
from execd.api.execute import errors
from execd.api.execute.request import ExecuteRequest, decode
from execd.api.execute.response import answer
from execd.auth import policy
from execd.auth.principal import Principal
from execd.errors import CallError, Kind
from execd.http.request import Request
from execd.http.response import Response
from execd.http.routing import Route, route
from execd.registry.catalog import Version
from execd.registry.compiled import Program
from execd.runtime.deadline import Deadline
from execd.runtime.disconnect import Watch
from execd.state import State

log = logging.getLogger("execd.execute")

PATHS = ("/{tenant}/api/v4/execute", "/{tenant}/api/v4/public/execute")

# Calls wait for a permit in a short queue.
ADMISSION = "queue"


def routes(state: State) -> list[Route]:
    """Both paths lead to the same handler."""
    return [route("POST", path, Execute(state)) for path in PATHS]


class Execute:
    """The handler."""

    def __init__(self, state: State) -> None:
        self._state = state

    async def __call__(self, request: Request) -> Response:
        """Answer one call. Raises Gone when its caller is; every other failure is an answer."""
        deadline = Deadline(self._state.settings.time_limit)
        watch = Watch(request.gone)
        try:
            return Response(200, await self._answer(request, deadline, watch))
        except CallError as error:
            if error.kind is Kind.INTERNAL:
                log.exception("execution failed")
            return errors.refusal(error)
        finally:
            watch.close()

    async def _answer(self, request: Request, deadline: Deadline, watch: Watch) -> bytes:
        state = self._state
        caller = policy.identify(request)
        if state.runtime.admission.is_full(ADMISSION):
            await state.runtime.admission.refuse()
        body = await state.bodies.read(request, deadline)
        try:
            arrived = time.time()
            asked = decode(body)
            version = state.catalog.known(caller.tenant, asked.address)
            program = state.programs.ready(version) if version else None
            if version is None or program is None:
                version, program = await self._compiled(caller, asked, deadline)
            call = _call(asked, version, arrived)
            fragments = await state.runtime.run(
                partial(program.answer, state.engine, call),
                expected=program.expected_seconds(len(call)),
                policy=ADMISSION,
                deadline=deadline,
                watch=watch,
            )
            return answer(fragments, version, asked, arrived)
        finally:
            state.bodies.give_back(body)

    async def _compiled(self, caller: Principal, asked: ExecuteRequest, deadline: Deadline) -> tuple[Version, Program]:
        """What a call names, once it is compiled; that goes on for later calls when this one's time is over."""
        try:
            async with asyncio.timeout(deadline.left):
                version = await self._state.catalog.find(caller.tenant, asked.address)
                return version, await self._state.programs.of(version)
        except TimeoutError:
            error = deadline.error("the workbook was not compiled")
            raise CallError(error.kind, f"{error}; it goes on for later calls") from None


def _call(asked: ExecuteRequest, version: Version, arrived: float) -> _native.Call:
    return _native.Call(
        asked.body,
        asked.inputs,
        service=version.service,
        outputs=asked.outputs,
        unix_now=arrived if asked.unix_now is None else asked.unix_now,
    )
