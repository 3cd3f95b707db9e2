"""The application that Granian calls, once for every request: find the handler, let it answer, send the answer."""

import asyncio
from collections.abc import Callable, Coroutine

from granian.rsgi import HTTPProtocol, Scope

from execd.errors import CallError, bug
from execd.http import connections
from execd.http.body import Bodies
from execd.http.request import Request
from execd.http.response import Response, Sender
from execd.http.routing import Router
from execd.runtime.deadline import Deadline
from execd.runtime.disconnect import Gone
from execd.telemetry.logs import logger

log = logger("execd.http")


class Application:
    """An application as RSGI has it. `refusal` is the answer to a request that no handler took or answered.

    `background` runs beside the requests from the start of the worker on.
    """

    def __init__(
        self,
        router: Router,
        bodies: Bodies,
        refusal: Callable[[Request, CallError], Response],
        time_limit: float,
        background: Callable[[], Coroutine[None, None, None]] | None = None,
    ) -> None:
        self._router = router
        self._bodies = bodies
        self._refusal = refusal
        self._time_limit = time_limit
        self._sender = Sender(bodies.held, time_limit)
        self._background = background
        self._task: asyncio.Task[None] | None = None

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """A worker has started, and is about to listen."""
        loop.call_soon(connections.end_stuck, self._time_limit)
        if self._background:
            self._task = loop.create_task(self._background())

    def __rsgi_del__(self, loop: asyncio.AbstractEventLoop) -> None:
        """The worker no longer listens. What still runs for clients that have gone would keep the process."""
        tasks = asyncio.all_tasks(loop)
        for task in tasks:
            task.cancel()
        loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))

    async def __rsgi__(self, scope: Scope, protocol: HTTPProtocol) -> None:
        """Answer one request."""
        request = Request(scope, protocol)
        try:
            response = await self._answer(request)
            await self._sender.send(protocol, request, response)
            if request.is_being_sent:
                # Many clients read no answer before they have sent everything, and lose it when the connection closes.
                await self._bodies.discard(request, Deadline(self._time_limit))
        except Gone:
            # The transport wants an answer, although nobody will read it.
            protocol.response_empty(499, [])

    async def _answer(self, request: Request) -> Response:
        try:
            handler, request.parameters = self._router.find(request.method, request.path)
            return await handler(request)
        except CallError as error:
            return self._refusal(request, error)
        except Gone:
            raise
        except Exception:
            log.exception("request failed", method=request.method, path=request.path)
            return self._refusal(request, bug())
