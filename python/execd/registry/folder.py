"""The services in folders of workbooks: `<root>/<folder>/<service>.xlsx`, or `<service>[1.2.3].xlsx` for a version.

A source of services as `catalog` promises, without any set-up. It belongs to no tenant: every tenant sees all of it.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from execd.errors import CallError, Kind
from execd.registry.address import LONGEST, Address, Named, named, no_version, unknown
from execd.registry.catalog import Broken, Listed, Version
from execd.registry.listing import File, Listing
from execd.registry.versions import Check, Versions
from execd.telemetry.logs import logger

log = logger("execd.registry")

# Seconds for which what was seen of files and folders holds, for all calls: a look takes longer than a call's Python.
FRESH = 0.1
# Addresses whose versions are remembered between two looks.
KNOWN = 4096
# Seconds between two searches for what is new, and how many services are tried at the start.
SEARCH, FIRST = 0.5, 128
# Seconds after which the next one is tried beside a version that takes long.
SLOW = 5.0


class Folder:
    """The services under one or more roots; the first root that has a service wins."""

    def __init__(
        self, roots: Sequence[Path], clock: Callable[[], float] = time.monotonic, check: Check | None = None
    ) -> None:
        """Only versions that pass `check` are found."""
        self._clock = clock
        self._listing = Listing(roots)
        self._look_again = clock()
        self._found: dict[Address, Version] = {}
        self._versions = Versions(check)
        self._all_read = False
        """Whether every file has been read since the last look."""

    def known(self, tenant: str, address: Address) -> Version | None:  # noqa: ARG002  every tenant sees everything
        """The version that a call means, if it was found since the last look."""
        self._look()
        return self._found.get(address)

    async def find(self, tenant: str, address: Address) -> Version:
        """The version that a call means. Raises CallError."""
        version = self.known(tenant, address)
        if version is None:
            version = await self._resolve(address)
            if len(self._found) < KNOWN and sum(map(len, address)) <= LONGEST:
                self._found[address] = version
        return version

    async def workbook(self, version: Version) -> bytes:
        """The bytes of a version's file, if they still are what they were."""
        return await self._versions.workbook(version)

    def services(self, tenant: str) -> list[Listed]:  # noqa: ARG002  every tenant sees everything
        """Every version of every service, the newest first within a service."""
        self._look()
        files = [file for files in self._listing.services() for file in files]
        return [Listed(file.folder, file.service, file.number, file.service_id) for file in files]

    def broken(self, tenant: str) -> list[Broken]:  # noqa: ARG002  every tenant sees everything
        """The versions whose files cannot serve as they are."""
        self._look()
        return [
            Broken(f"{file.folder}/{file.service}", file.number, str(error))
            for file, _, error in self._versions.refusals()
            if file in self._listing.versions(file.folder, file.service)
        ]

    async def watch(self) -> None:
        """Try the newest version of each service when it appears, one after the other, until cancelled."""
        left_out: list[File] | None = None
        trying: dict[str, asyncio.Task[None]] = {}
        while True:
            try:
                self._look()
                newest = [files[0] for files in self._listing.services()]
                new = await asyncio.to_thread(self._versions.new, newest)
                # Those that do not fit into memory are tried when somebody calls them.
                left_out = new[FIRST:] if left_out is None else left_out
                trying = {path: task for path, task in trying.items() if not task.done()}
                for file in new:
                    if file not in left_out and file.path not in trying:
                        trying[file.path] = asyncio.create_task(self._try(file))
                        await asyncio.wait((trying[file.path],), timeout=SLOW)
            except Exception:
                log.exception("the search for new versions failed")
            await asyncio.sleep(SEARCH)

    async def _try(self, file: File) -> None:
        try:
            await self._versions.of(file)
        except CallError:
            # It has been logged, and a call gets it.
            return

    def _look(self) -> None:
        """From now on files and folders are looked at again, unless they just were."""
        now = self._clock()
        if now >= self._look_again:
            self._look_again = now + FRESH
            self._found.clear()
            self._listing.look(now)
            self._all_read = False

    async def _resolve(self, address: Address) -> Version:
        if address.version_id:
            return await self._with_version_id(address.version_id)
        if address.service_id:
            return await self._newest(self._listing.with_id(address.service_id), address.service_id)
        if address.service:
            return await self._newest(self._fitting(named(address.service), address.service), address.service)
        message = "the request names no service: give service, service_id or version_id"
        raise CallError(Kind.INVALID_REQUEST, message)

    def _fitting(self, wanted: Named, address: str) -> list[File]:
        """The files that an address may mean, newest first. What is in brackets may belong to the service's name."""
        if wanted.folder is None:
            files = self._listing.with_id(wanted.service)
        elif whole := self._listing.versions(wanted.folder, wanted.whole):
            return whole
        else:
            files = self._listing.versions(wanted.folder, wanted.service)
        version = wanted.version
        if version is None:
            raise no_version(address)
        return [file for file in files if file.version[: len(version)] == version]

    async def _newest(self, files: list[File], address: str) -> Version:
        """The version of the first of `files` that can serve."""
        failure: CallError | None = None
        for file in files:
            try:
                return await self._versions.of(file)
            except CallError as error:
                failure = failure or error
        raise failure or unknown(address)

    async def _with_version_id(self, version_id: str) -> Version:
        wanted = version_id.lower()
        if self._versions.file(wanted) is None and not self._all_read:
            await asyncio.to_thread(self._read_all, self._listing.services())
            self._all_read = True
        file = self._versions.file(wanted)
        if file is not None and file in self._listing.versions(file.folder, file.service):
            version = await self._versions.of(file)
            if version.version_id == wanted:
                return version
        raise unknown(version_id)

    def _read_all(self, services: list[list[File]]) -> None:
        for files in services:
            for file in files:
                try:
                    self._versions.identify(file)
                except OSError:
                    continue
