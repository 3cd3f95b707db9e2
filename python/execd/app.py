"""The application as a value: settings in, an application for Granian's RSGI out."""

from collections.abc import Callable

from execd import state
from execd.api import health
from execd.api.execute import errors as execute_errors
from execd.api.execute import handler as execute
from execd.api.executions import errors as executions_errors
from execd.api.executions import handler as executions
from execd.errors import CallError
from execd.http.application import Application
from execd.http.request import Request
from execd.http.response import Response
from execd.http.routing import Router
from execd.runtime.board import Board
from execd.runtime.suspension import Suspensions
from execd.settings import Settings


def create_app(
    settings: Settings,
    log_line: Callable[[bytes], None],
    board: Board | None = None,
    suspensions: Suspensions | None = None,
) -> Application:
    """The application of one worker; `log_line` takes what is logged of each call.

    A main process that watches over the worker shares `board` and `suspensions` with it.
    Its routes are tried in this order: what is called most comes first.
    """
    shared = state.build(settings.for_machine(), log_line, board, suspensions)
    router = Router([*execute.routes(shared), *executions.routes(shared), *health.routes(shared)])

    def refusal(request: Request, error: CallError) -> Response:
        """In the words of the API that the path belongs to."""
        if executions_errors.owns(request.path):
            return executions_errors.refusal(request, error, shared.settings.node)
        return execute_errors.refusal(error)

    return Application(router, shared.bodies, refusal, shared.settings.time_limit, shared.catalog.watch)
