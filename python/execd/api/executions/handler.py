"""The calls of the API: an execution, and how one that began is, its log, and its end."""

import asyncio
import logging
import time
import uuid
from collections.abc import Awaitable, Callable

from execd.api.executions import accept, errors, runs
from execd.api.executions.execution import Execution, Outcome
from execd.api.executions.runs import Facts, Runs
from execd.auth import policy
from execd.auth.principal import Principal
from execd.errors import CallError, Kind
from execd.http import multipart
from execd.http.request import Request
from execd.http.response import Headers, Response, encode
from execd.http.routing import Handler, Route, route
from execd.runtime.disconnect import Gone, Watch
from execd.state import State
from execd.telemetry.logs import logger

log = logger("execd.executions")

PATH = "/api/executions"
PATHS = (PATH, "/{tenant}/services/{folder}/{service}" + PATH)

# Calls that find no permit are refused at once.
ADMISSION = "refuse"
# What an operator should know whether or not calls are logged.
SERIOUS = {Kind.OVERLOADED: logging.WARNING, Kind.NO_SPACE: logging.ERROR, Kind.INTERNAL: logging.ERROR}
FAILED = {runs.STOP: logging.WARNING, runs.INTERNAL_ERROR: logging.ERROR}
# Errors whose messages tell nothing of the inputs.
DISCREET = {Kind.OVERLOADED, Kind.DEADLINE, Kind.NO_SPACE, Kind.NOT_ACCEPTABLE}

TEXT = ("content-type", "text/plain; charset=utf-8")


def routes(state: State) -> list[Route]:
    """Submitting, with or without a service in the path; the others by the id of an execution."""
    settings = state.settings
    known = Runs(settings.runs, settings.keep_runs, settings.keep_run_bytes)
    there = Known(known, settings.node)
    return [
        *(route("POST", path, Submit(state, known)) for path in PATHS),
        route("GET", PATH + "/{id}", there.guarded(there.state)),
        route("DELETE", PATH + "/{id}", there.guarded(there.stop)),
        route("GET", PATH + "/{id}/runlog", there.guarded(there.log)),
    ]


class Submit:
    """The handler of an execution."""

    def __init__(self, state: State, known: Runs) -> None:
        self._state = state
        self._runs = known

    async def __call__(self, request: Request) -> Response:
        """Answer one call. Raises Gone when its caller is; every other failure is an answer."""
        began, watch = time.monotonic(), Watch(request.gone)
        run_id = str(uuid.uuid4())
        execution = Execution(self._state, self._runs, run_id, request, watch)
        try:
            outcome = await self._answer(request, execution)
            self._tell_outcome(run_id, execution, outcome, time.monotonic() - began)
            return Response(200, outcome.result, self._headers(run_id, outcome))
        except CallError as error:
            if error.kind is Kind.INTERNAL:
                log.exception("execution failed", service=execution.service)
            self._tell_error(execution, error, time.monotonic() - began)
            return errors.refusal(request, error, self._state.settings.node)
        except Gone:
            self._tell_error(execution, CallError(Kind.CANCELLED, ""), time.monotonic() - began)
            raise
        finally:
            watch.close()

    async def _answer(self, request: Request, execution: Execution) -> Outcome:
        accept.check(request.header("accept"))
        multipart.boundary(request.header("content-type"))
        runtime = self._state.runtime
        permit = runtime.admit(ADMISSION)
        try:
            if self._runs.is_time_to_tidy():
                await asyncio.to_thread(self._runs.tidy)
            return await execution.carry_out()
        finally:
            await execution.close()
            runtime.admission.give_back(permit)

    def _headers(self, run_id: str, outcome: Outcome) -> Headers:
        return [
            ("content-type", accept.RESULT),
            ("fico-execution-exit-code", "0"),
            ("fico-execution-host", self._state.settings.node),
            ("fico-execution-id", run_id),
            ("fico-execution-model-status", outcome.status),
            ("fico-execution-run-log-location", f"{PATH}/{run_id}/runlog"),
        ]

    def _tell_outcome(self, run_id: str, execution: Execution, outcome: Outcome, seconds: float) -> None:
        calls, version = self._state.calls, execution.version
        if outcome.status == runs.OK and version:
            named = (version.folder, version.service, version.number)
            calls.answered(run_id, named, outcome.records, outcome.with_errors, seconds)
        else:
            level = FAILED.get(outcome.status, logging.INFO)
            calls.refused(
                level, service=execution.service, status=200, code=outcome.status, reason="", seconds=seconds
            )

    def _tell_error(self, execution: Execution, error: CallError, seconds: float) -> None:
        status, code, _ = errors.TABLE[error.kind]
        level = SERIOUS.get(error.kind, logging.INFO)
        reason = str(error) if error.kind in DISCREET else ""
        if error.kind is Kind.CANCELLED:
            status = 499
        self._state.calls.refused(
            level, service=execution.service, status=status, code=code, reason=reason, seconds=seconds
        )


class Known:
    """The handlers of what is known of an execution. Any worker answers."""

    def __init__(self, known: Runs, host: str) -> None:
        self._runs = known
        self._host = host

    def guarded(self, answer: Callable[[Request, Facts], Awaitable[Response]]) -> Handler:
        """A handler that refuses, in the words of this API, who asks for nothing, or for what is not theirs."""

        async def handle(request: Request) -> Response:
            try:
                facts = self._runs.facts(request.parameters["id"])
                if facts is None or not _may_see(request, facts):
                    raise CallError(Kind.NOT_FOUND, f"there is no execution {request.parameters['id'][:100]}")
                response = await answer(request, facts)
            except CallError as error:
                return errors.refusal(request, error, self._host)
            response.headers.append(("fico-execution-host", self._host))
            return response

        return handle

    async def state(self, _: Request, facts: Facts) -> Response:
        """How an execution is."""
        return _facts(200, facts)

    async def stop(self, request: Request, facts: Facts) -> Response:
        """Stop an execution; its own answer tells STOP."""
        if facts["state"] != runs.RUNNING:
            raise CallError(Kind.CONFLICT, "the execution has ended")
        self._runs.stop(request.parameters["id"])
        return _facts(202, facts)

    async def log(self, request: Request, facts: Facts) -> Response:
        """The log of an execution from a byte on."""
        offset = request.query("offset") or "0"
        if not (offset.isascii() and offset.isdigit() and len(offset) <= 18):  # noqa: PLR2004
            message = f"offset: {offset[:100]!r} is no number of bytes"
            raise CallError(Kind.INVALID_REQUEST, message, details=[(message, "offset")])
        text = self._runs.log(facts["id"], int(offset))
        return Response(200, text, [TEXT, ("x-next-offset", str(int(offset) + len(text)))])


def _may_see(request: Request, facts: Facts) -> bool:
    return policy.may_see(policy.identify(request), Principal(**facts["owner"]))


def _facts(status: int, facts: Facts) -> Response:
    shown = {name: value for name, value in facts.items() if name != "owner"}
    shown["runLog"] = f"{PATH}/{facts['id']}/runlog"
    return Response(status, encode(shown), [("content-type", accept.JSON)])
