"""The HTTP faces: one file each, and the list of their routes."""

from starlette.routing import BaseRoute

from execd.faces import execute, status
from execd.node import Node


def routes(node: Node) -> list[BaseRoute]:
    """The routes of every face and of the status pages."""
    return [*execute.routes(node), *status.routes(node)]
