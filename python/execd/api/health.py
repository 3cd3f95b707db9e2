"""Is it there, is it alive, is it ready, what does it serve: small answers for people, probes and clients."""

from execd import __version__
from execd.http.request import Request
from execd.http.response import Response, encode
from execd.http.routing import Handler, Route, route
from execd.state import State


def routes(state: State) -> list[Route]:
    """All are GET and need no tenant."""

    async def front(_: Request) -> Response:
        services = [
            {"service": f"{one.folder}/{one.service}", "version": one.number, "service_id": one.service_id}
            for one in state.catalog.services("")
        ]
        execute = "POST /{tenant}/api/v4/execute"
        return _json({"name": "execd", "version": __version__, "execute": execute, "services": services})

    async def ready(_: Request) -> Response:
        broken = [one._asdict() for one in state.catalog.broken("")]
        return _json({"status": "UP", **state.runtime.admission.figures(), "broken": broken})

    return [
        route("GET", "/", front),
        route("GET", "/health", _constant({"status": "UP"})),
        route("GET", "/healthcheck", _constant({"msg": "ok"})),
        route("GET", "/healthz", _constant({"status": "UP"})),
        route("GET", "/readyz", ready),
        route("GET", "/version", _constant({"version": __version__})),
    ]


def _constant(value: dict[str, str]) -> Handler:
    async def page(_: Request) -> Response:
        return _json(value)

    return page


def _json(value: object) -> Response:
    return Response(200, encode(value))
