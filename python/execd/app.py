"""The application as a value: settings in, an ASGI application out."""

import logging

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from execd import faces, node
from execd.errors import ApiError
from execd.respond import encode
from execd.settings import Settings

log = logging.getLogger("execd.app")


def create_app(settings: Settings) -> ASGIApp:
    """The application of one worker. Executions go straight to their handler: routing takes a sixth of a call."""
    shared = node.build(settings.for_machine())
    everything = Starlette(
        routes=faces.routes(shared), exception_handlers={HTTPException: _http_error, Exception: _bug}
    )
    # Clients of the platform follow no redirects and take one for an answer without data.
    everything.router.redirect_slashes = False
    execute = faces.execute.Execute(shared)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "POST" and faces.execute.is_path(scope["path"]):
            await execute(scope, receive, send)
        else:
            await everything(scope, receive, send)

    return app


def _http_error(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    place = f"{request.method} {request.url.path}"
    match status:
        case 404:
            message = f"there is nothing at {place}; executions go to POST /{{tenant}}/api/v4/execute"
            return _response(ApiError("not_found", message))
        case 405:
            headers = dict(getattr(error, "headers", None) or {})
            message = f"{place}: this path takes {headers.get('Allow', 'another method')}"
            return _response(ApiError("method_not_allowed", message, headers))
    return _response(ApiError("internal", f"{place}: {error}"))


def _bug(request: Request, error: Exception) -> Response:
    log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return _response(ApiError("internal", "internal error; the server's log has the details"))


def _response(error: ApiError) -> Response:
    return Response(encode(error.body), error.status, error.headers, "application/json")
