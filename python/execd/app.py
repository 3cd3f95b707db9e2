"""The application as a value: settings in, an application for Granian's RSGI out."""

from collections.abc import Callable

from execd import state
from execd.api import health
from execd.api.execute import errors, handler
from execd.http.application import Application
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
    router = Router([*handler.routes(shared), *health.routes(shared)])
    return Application(router, shared.bodies, errors.refusal, shared.settings.time_limit, shared.catalog.watch)
