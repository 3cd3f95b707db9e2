"""Is it there, is it alive, is it ready, what does it serve: small answers for people, probes and clients."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from execd import __version__
from execd.node import Node
from execd.respond import encode

Page = Callable[[Request], Awaitable[Response]]


def routes(node: Node) -> list[BaseRoute]:
    """All are GET and need no tenant."""

    async def front(_: Request) -> Response:
        return _json(
            {
                "name": "execd",
                "version": __version__,
                "execute": "POST /{tenant}/api/v4/execute",
                "services": node.registry.services(),
            }
        )

    async def ready(_: Request) -> Response:
        return _json({"status": "UP", **node.admission.figures()})

    return [
        Route("/", front),
        Route("/health", _constant({"status": "UP"})),
        Route("/healthcheck", _constant({"msg": "ok"})),
        Route("/healthz", _constant({"status": "UP"})),
        Route("/readyz", ready),
        Route("/version", _constant({"version": __version__})),
    ]


def _constant(value: dict[str, str]) -> Page:
    async def page(_: Request) -> Response:
        return _json(value)

    return page


def _json(value: object) -> Response:
    return Response(encode(value), media_type="application/json")
