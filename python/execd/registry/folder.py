"""The services in folders of workbooks: `<root>/<folder>/<service>.xlsx`, or `<service>[1.2.3].xlsx` for a version.

A source of services as `catalog` promises, without any set-up. It belongs to no tenant: every tenant sees all of it.
Nothing is compiled here.
"""

import asyncio
import hashlib
import os
import time
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from execd.errors import CallError, Kind
from execd.registry.address import LONGEST, Address, named, unknown
from execd.registry.catalog import Listed, Version
from execd.registry.listing import NAMESPACE, File, Listing

# Seconds for which what was seen of files and folders holds, for all calls: a look takes longer than a call's Python.
FRESH = 0.1
# Addresses whose versions are remembered between two looks.
KNOWN = 4096


class Stamp(NamedTuple):
    """What tells a file from its successor under the same path."""

    modified: int
    size: int
    inode: int


class Known(NamedTuple):
    """The version that a file is as long as it has this stamp."""

    stamp: Stamp
    version: Version


class Folder:
    """The services under one or more roots; the first root that has a service wins."""

    def __init__(self, roots: Sequence[Path], clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._listing = Listing(roots)
        self._look_again = clock()
        self._found: dict[Address, Version] = {}
        self._known: dict[Path, Known] = {}
        self._paths: dict[str, Path] = {}
        """By version id, of every file that was ever read."""
        self._all_read = False
        """Whether every file has been read since the last look."""

    async def find(self, tenant: str, address: Address) -> Version:  # noqa: ARG002  every tenant sees everything
        """The version that a call means. Raises CallError."""
        self._look()
        version = self._found.get(address)
        if version is None:
            version = await self._resolve(address)
            if len(self._found) < KNOWN and sum(map(len, address)) <= LONGEST:
                self._found[address] = version
        return version

    async def workbook(self, version: Version) -> bytes:
        """The bytes of a version's file, if they still are what they were."""
        name = f"{version.folder}/{version.service}"
        try:
            content = await asyncio.to_thread(self._paths[version.version_id].read_bytes)
        except OSError as error:
            raise CallError(Kind.WORKBOOK, f"{name}: {error.strerror}") from None
        if content_hash(content) != version.content:
            raise CallError(Kind.WORKBOOK, f"{name}: the file is being replaced; try again")
        return content

    def services(self, tenant: str) -> list[Listed]:  # noqa: ARG002  every tenant sees everything
        """Every version of every service, the newest first within a service."""
        self._look()
        files = self._listing.files()
        return [Listed(file.folder, file.service, file.number, file.service_id) for file in files]

    def _look(self) -> None:
        """From now on files and folders are looked at again, unless they just were."""
        now = self._clock()
        if now >= self._look_again:
            self._look_again = now + FRESH
            self._found.clear()
            self._listing.look()
            self._all_read = False

    async def _resolve(self, address: Address) -> Version:
        if address.version_id:
            return await self._with_version_id(address.version_id)
        if address.service_id:
            return await self._read(_pick(self._listing.with_id(address.service_id), (), address.service_id))
        if address.service:
            wanted = named(address.service)
            files = (
                self._listing.with_id(wanted.service)
                if wanted.folder is None
                else self._listing.versions(wanted.folder, wanted.service)
            )
            return await self._read(_pick(files, wanted.version, address.service))
        message = "the request names no service: give service, service_id or version_id"
        raise CallError(Kind.INVALID_REQUEST, message)

    async def _with_version_id(self, version_id: str) -> Version:
        wanted = version_id.lower()
        if wanted not in self._paths and not self._all_read:
            await asyncio.to_thread(self._read_all)
            self._all_read = True
        path = self._paths.get(wanted)
        if path is None or self._known[path].stamp != _stamp(path):
            raise unknown(version_id)
        return self._known[path].version

    def _read_all(self) -> None:
        for file in self._listing.files():
            try:
                self._identify(file)
            except OSError:
                continue

    async def _read(self, file: File) -> Version:
        """The version that a file is now."""
        stamp = _stamp(file.path)
        if stamp is None:
            raise unknown(f"{file.folder}/{file.service}")
        known = self._known.get(file.path)
        if known and known.stamp == stamp:
            return known.version
        try:
            return await asyncio.to_thread(self._identify, file)
        except OSError as error:
            raise CallError(Kind.WORKBOOK, f"{file.folder}/{file.service}: {error.strerror}") from None

    def _identify(self, file: File) -> Version:
        stamp = _stamp(file.path)
        known = self._known.get(file.path)
        if known and known.stamp == stamp:
            return known.version
        content = content_hash(file.path.read_bytes())
        name = f"{file.folder}/{file.service}/{file.number}/{content}"
        version_id = str(uuid.uuid5(NAMESPACE, name))
        version = Version(file.folder, file.service, file.number, file.service_id, version_id, content)
        if known:
            del self._paths[known.version.version_id]
        if stamp is not None:
            self._known[file.path] = Known(stamp, version)
            self._paths[version_id] = file.path
        return version


def content_hash(content: bytes) -> str:
    """The hash that names a workbook."""
    return hashlib.sha256(content).hexdigest()


def _stamp(path: Path) -> Stamp | None:
    try:
        status = os.stat(path)  # noqa: PTH116  the method costs as much again
    except OSError:
        return None
    return Stamp(status.st_mtime_ns, status.st_size, status.st_ino)


def _pick(files: list[File], prefix: tuple[int, ...], address: str) -> File:
    """The newest of `files`, or the newest that starts with the numbers of `prefix`."""
    for file in files:
        if file.version[: len(prefix)] == prefix:
            return file
    raise unknown(address)
