"""How paths are matched, beyond what Starlette does."""

import re

from starlette.routing import Route


def ignoring_case(route: Route) -> Route:
    """The same route with its fixed parts in any case: callers in the field write `/api/V4/Execute`."""
    route.path_regex = re.compile(route.path_regex.pattern, re.IGNORECASE)
    return route
