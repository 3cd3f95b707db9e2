"""Is it there, is it alive, is it ready, what does it serve: small answers for people, probes and clients."""

import json
import shlex

from execd import __version__
from execd.http.request import Request
from execd.http.response import Response, encode
from execd.http.routing import Handler, Route, route
from execd.registry.catalog import Listed
from execd.settings import Settings
from execd.state import State


def routes(state: State) -> list[Route]:
    """All are GET and need no tenant."""

    async def front(_: Request) -> Response:
        listed = state.catalog.services("")
        services = [
            {"service": f"{one.folder}/{one.service}", "version": one.number, "service_id": one.service_id}
            for one in listed
        ]
        return _json(
            {
                "name": "execd",
                "version": __version__,
                "url": _url(state.settings),
                "execute": "POST /{tenant}/api/v4/execute",
                **_advice(state, listed),
                "services": services,
            }
        )

    async def ready(_: Request) -> Response:
        broken = [one._asdict() for one in state.catalog.broken("")]
        suspended = [one._asdict() for one in state.runtime.suspensions.suspended()]
        return _json({"status": "UP", **state.runtime.admission.figures(), "broken": broken, "suspended": suspended})

    return [
        route("GET", "/", front),
        route("GET", "/health", _constant({"status": "UP"})),
        route("GET", "/healthcheck", _constant({"msg": "ok"})),
        route("GET", "/healthz", _constant({"status": "UP"})),
        route("GET", "/readyz", ready),
        route("GET", "/version", _constant({"version": __version__})),
    ]


def _advice(state: State, listed: list[Listed]) -> dict[str, str]:
    """A call that works as pasted, with the workbook's own values; or what is missing for one."""
    broken = {one.service for one in state.catalog.broken("")}
    names = [f"{one.folder}/{one.service}" for one in listed]
    if whole := [name for name in names if name not in broken]:
        return {"try": _curl(state.settings, whole[0])}
    if names:
        return {"hint": "no service can be compiled; /readyz and the log say why"}
    data = state.settings.data
    if data is None:
        return {"hint": "start it with --data FOLDER and put workbooks into it, or with --examples"}
    place = data.absolute() / "services" / "FOLDER" / "SERVICE.xlsx"
    return {"hint": f"put a workbook at {place} and then", "try": _curl(state.settings, "FOLDER/SERVICE")}


def _curl(settings: Settings, service: str) -> str:
    body = json.dumps({"service": service, "inputs": [{}]}, ensure_ascii=False)
    url = f"{_url(settings)}/tenant/api/v4/execute"
    return shlex.join(["curl", *(["-g"] if "[" in url else []), url, "-d", body])


def _url(settings: Settings) -> str:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"http://{host}:{settings.port}"


def _constant(value: dict[str, str]) -> Handler:
    async def page(_: Request) -> Response:
        return _json(value)

    return page


def _json(value: object) -> Response:
    return Response(200, encode(value))
