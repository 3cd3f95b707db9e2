"""Who calls."""

from typing import NamedTuple


class Principal(NamedTuple):
    """A caller. The tenant is the one that the path of the request names; it is empty where a path has none."""

    tenant: str
