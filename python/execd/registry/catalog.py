"""What every source of services promises: versions by their addresses, and the workbooks of versions."""

from dataclasses import dataclass
from functools import cached_property
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

    @cached_property
    def name(self) -> str:
        """`folder/service`."""
        return f"{self.folder}/{self.service}"


class Listed(NamedTuple):
    """A version as a list shows it."""

    folder: str
    service: str
    number: str
    service_id: str


class Broken(NamedTuple):
    """A version that cannot serve as its workbook is now; an older one may serve on."""

    service: str
    """`folder/service`."""
    version: str
    reason: str


class Catalog(Protocol):
    """A source of services. What it knows it answers from memory."""

    def known(self, tenant: str, address: Address) -> Version | None:
        """What `find` gives, if it can be told without waiting."""
        ...

    async def find(self, tenant: str, address: Address) -> Version:
        """The version that a tenant's call means, the newest that fits and can serve. Raises CallError."""
        ...

    async def workbook(self, version: Version) -> bytes:
        """The workbook of a version that `find` gave. Raises CallError if it cannot be had any more."""
        ...

    def services(self, tenant: str) -> list[Listed]:
        """Every version that a tenant may call, the newest first within a service."""
        ...

    async def watch(self) -> None:
        """Try new versions when they appear, until cancelled."""
        ...

    def broken(self, tenant: str) -> list[Broken]:
        """The versions of a tenant that were found to be unable to serve as they are."""
        ...
