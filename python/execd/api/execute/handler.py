"""One call of Execute v4, from its request to its answer."""

import asyncio
import logging
import time
from dataclasses import dataclass
from functools import partial

from execd import _native
from execd.api.execute import errors
from execd.api.execute.request import ExecuteRequest, decode
from execd.api.execute.response import answer, new_call_id
from execd.auth import policy
from execd.errors import CallError, Kind
from execd.http.request import Request
from execd.http.response import Response
from execd.http.routing import Route, route
from execd.registry.address import Address
from execd.registry.catalog import Version
from execd.registry.compiled import Program
from execd.runtime.deadline import Deadline
from execd.runtime.disconnect import Gone, Watch
from execd.state import State
from execd.telemetry.logs import logger

log = logger("execd.execute")

PATHS = ("/{tenant}/api/v4/execute", "/{tenant}/api/v4/public/execute")

# Calls wait for a permit in a short queue.
ADMISSION = "queue"
# What an operator should know whether or not calls are logged.
SERIOUS = {
    Kind.OVERLOADED: logging.WARNING,
    Kind.SUSPENDED: logging.WARNING,
    Kind.DEADLINE: logging.WARNING,
    Kind.INTERNAL: logging.ERROR,
}
# Errors whose messages tell nothing of the inputs.
DISCREET = {Kind.OVERLOADED, Kind.SUSPENDED, Kind.DEADLINE, Kind.WORKBOOK}

NOT_READ = Address()

# Requests of more bytes are taken apart, and answers of more put together in a thread: others wait for the loop.
MUCH, LARGE = 128 * 1024, 1 << 20


def routes(state: State) -> list[Route]:
    """Both paths lead to the same handler."""
    return [route("POST", path, Execute(state)) for path in PATHS]


@dataclass(slots=True)
class Call:
    """A call as far as it is known."""

    request: Request
    deadline: Deadline
    watch: Watch
    address: Address = NOT_READ


class Execute:
    """The handler."""

    def __init__(self, state: State) -> None:
        self._state = state

    async def __call__(self, request: Request) -> Response:
        """Answer one call. Raises Gone when its caller is; every other failure is an answer."""
        call = Call(request, Deadline(self._state.settings.time_limit), Watch(request.gone))
        try:
            return Response(200, await self._answer(call))
        except CallError as error:
            if error.kind is Kind.INTERNAL:
                log.exception("execution failed", service=_name(call))
            self._tell(call, error)
            return errors.refusal(error)
        except Gone:
            self._tell(call, CallError(Kind.CANCELLED, ""))
            raise
        finally:
            call.watch.close()

    async def _answer(self, call: Call) -> bytes:
        state, deadline = self._state, call.deadline
        caller = policy.identify(call.request)
        if state.runtime.admission.is_full(ADMISSION):
            await state.runtime.admission.refuse()
        body = await state.bodies.read(call.request, deadline)
        try:
            arrived = time.time()
            asked = decode(body) if len(body) <= MUCH else await asyncio.to_thread(decode, body)
            call.address = asked.address
            version = state.catalog.known(caller.tenant, asked.address)
            program = state.programs.ready(version) if version else None
            if version is None or program is None:
                version, program = await self._compiled(caller.tenant, call)
            call_id, work = new_call_id(), _work(asked, version, arrived)
            fragments = await state.runtime.run(
                partial(program.answer, state.engine, work),
                call_id=call_id,
                service=version.name,
                version=version.number,
                expected=program.expected_seconds(len(work)),
                policy=ADMISSION,
                deadline=deadline,
                watch=call.watch,
            )
            named = (version.folder, version.service, version.number)
            state.calls.answered(call_id, named, len(fragments), fragments.with_errors, deadline.passed)
            if fragments.size <= LARGE:
                return answer(fragments, version, asked, arrived, call_id)
            return await asyncio.to_thread(answer, fragments, version, asked, arrived, call_id)
        finally:
            state.bodies.give_back(body)

    async def _compiled(self, tenant: str, call: Call) -> tuple[Version, Program]:
        """What a call names, once it is compiled; that goes on for later calls when this one's time is over."""
        try:
            async with asyncio.timeout(call.deadline.left):
                version = await self._state.catalog.find(tenant, call.address)
                return version, await self._state.programs.of(version)
        except TimeoutError:
            error = call.deadline.error("the workbook was not compiled")
            raise CallError(error.kind, f"{error}; it goes on for later calls") from None

    def _tell(self, call: Call, error: CallError) -> None:
        """Log a call that is not answered as it asked."""
        status, _, code = errors.TABLE[error.kind]
        level = SERIOUS.get(error.kind, logging.INFO)
        reason = str(error) if error.kind in DISCREET else ""
        name, seconds = _name(call), call.deadline.passed
        self._state.calls.refused(level, service=name, status=status, code=code, reason=reason, seconds=seconds)


def _name(call: Call) -> str:
    """The service as its caller names it."""
    return next(filter(None, call.address), "")


def _work(asked: ExecuteRequest, version: Version, arrived: float) -> _native.Call:
    return _native.Call(
        asked.body,
        asked.inputs,
        service=version.service,
        outputs=asked.outputs,
        unix_now=arrived if asked.unix_now is None else asked.unix_now,
        strict=asked.strict,
        ignored=asked.ignored,
    )
