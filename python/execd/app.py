"""The application as a value: settings in, an application for Granian's RSGI out."""

from execd import state
from execd.api import health
from execd.api.execute import errors, handler
from execd.http.application import Application
from execd.http.routing import Router
from execd.settings import Settings


def create_app(settings: Settings) -> Application:
    """The application of one worker. Its routes are tried in this order: what is called most comes first."""
    shared = state.build(settings.for_machine())
    router = Router([*handler.routes(shared), *health.routes(shared)])
    return Application(router, shared.bodies, errors.refusal, shared.settings.time_limit, shared.catalog.watch)
