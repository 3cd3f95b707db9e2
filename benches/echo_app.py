"""The yardstick of http_calls.py: a Starlette application that sends back what it gets, and no more."""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route


async def echo(request: Request) -> Response:
    """The body of the request."""
    return Response(await request.body(), media_type="application/json")


app = Starlette(routes=[Route("/{path:path}", echo, methods=["POST"])])
