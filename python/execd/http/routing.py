"""Which handler a request goes to. The routes are Starlette's, matched without going through ASGI."""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence

from starlette.routing import Route

from execd.errors import CallError, Kind
from execd.http.request import Request
from execd.http.response import Response

__all__ = ["Handler", "Route", "Router", "route"]

Handler = Callable[[Request], Awaitable[Response]]


def route(method: str, path: str, handler: Handler) -> Route:
    """A route whose fixed parts ignore case: callers in the field write `/api/V4/Execute`."""
    found = Route(path, handler, methods=[method])
    found.path_regex = re.compile(found.path_regex.pattern, re.IGNORECASE)
    return found


class Router:
    """The routes of a server, in the order in which they are tried."""

    def __init__(self, routes: Sequence[Route]) -> None:
        self._routes = [(one.path_regex.match, one.methods or set(), one.endpoint) for one in routes]

    def find(self, method: str, path: str) -> tuple[Handler, Mapping[str, str]]:
        """The handler for a path and what the braces of its route stand for. Raises CallError."""
        allowed: set[str] = set()
        for match, methods, handler in self._routes:
            if found := match(path):
                if method in methods:
                    return handler, found.groupdict()
                allowed |= methods
        place = f"{method} {path}"
        if allowed:
            message = f"{place}: this path takes {', '.join(sorted(allowed))}"
            raise CallError(Kind.METHOD_NOT_ALLOWED, message, allowed=sorted(allowed))
        message = f"there is nothing at {place}; executions go to POST /{{tenant}}/api/v4/execute"
        raise CallError(Kind.NOT_FOUND, message)
