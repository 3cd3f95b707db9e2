"""What every source of services promises: versions by their addresses, and the workbooks of versions."""

from dataclasses import dataclass
from typing import NamedTuple, Protocol

from execd.registry.address import Address


@dataclass(frozen=True, eq=False)
class Version:
    """A version of a service: one workbook, for ever the same."""

    folder: str
    service: str
    number: str
    """`1.2.3`."""
    service_id: str
    version_id: str
    content: str
    """The hash that names the workbook, see `content_hash`."""


class Listed(NamedTuple):
    """A version as a list shows it."""

    folder: str
    service: str
    number: str
    service_id: str


class Catalog(Protocol):
    """A source of services. What it knows it answers from memory."""

    async def find(self, tenant: str, address: Address) -> Version:
        """The version that a tenant's call means, the newest that fits. Raises CallError."""
        ...

    async def workbook(self, version: Version) -> bytes:
        """The workbook of a version that `find` gave. Raises CallError if it cannot be had any more."""
        ...

    def services(self, tenant: str) -> list[Listed]:
        """Every version that a tenant may call, the newest first within a service."""
        ...
