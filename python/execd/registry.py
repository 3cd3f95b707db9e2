"""From the address in a request to a compiled version: looked up, compiled once however many wait, kept in memory."""

import asyncio
import re
import time
import uuid
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path

from execd import _native
from execd.errors import ApiError
from execd.respond import encode
from execd.workbooks import Source, Stamp, Workbooks, digest

# The pace of a version that has not been executed yet.
UNKNOWN = float("inf")
# Weight of the newest execution in a version's pace when it was a quick one.
NEWEST = 0.25
# Compiled versions in memory; the longest unused go first.
KEPT = 256
# Addresses that are kept as they were read, and how long they may be: a file's name is no longer than 255 bytes.
KNOWN = 1024
LONG = 1024
# Seconds for which an address keeps the version that it had: four looks at files take longer than all else here.
FRESH = 0.1

# What a request may give: version_id, service_id, service.
Address = tuple[str, str, str]

_address = re.compile(r"(?P<path>.*?)(?:\[(?P<version>[^\[\]]*)\])?")
_number = re.compile(r"\d+(?:\.\d+){0,2}")


@dataclass(eq=False)
class Version:
    """A compiled workbook with its identity. `pace` is the time an execution takes per byte of input, as seen."""

    source: Source
    service_id: str
    version_id: str
    model: _native.Model
    pace: float = field(default=UNKNOWN)

    def keep_pace(self, size: int, seconds: float) -> None:
        """An execution of so many bytes took so long."""
        pace = seconds / max(size, 1)
        # Up at once and down slowly: what was slow lately must not hold up the event loop.
        self.pace = pace if self.pace == UNKNOWN else max(pace, self.pace + NEWEST * (pace - self.pace))

    @cached_property
    def identity(self) -> bytes:
        """The members of an answer's object that name the version."""
        names = {"service_id": self.service_id, "version_id": self.version_id, "version": self.source.number}
        return encode(names)[1:-1]


@dataclass
class _Slot:
    """A version that is compiled, is being compiled, or could not be compiled."""

    stamp: Stamp
    future: asyncio.Future[Version]


class Registry:
    """The services of this node."""

    def __init__(self, roots: list[Path]) -> None:
        self._workbooks = Workbooks(roots)
        self._slots: OrderedDict[Path, _Slot] = OrderedDict()
        self._digests: dict[Path, tuple[Stamp, str]] = {}
        self._found: dict[Address, tuple[float, Version]] = {}

    def found(self, address: Address) -> Version | None:
        """The version that `resolve` has found for this address just now, if it has."""
        until, version = self._found.get(address, (0.0, None))
        return version if time.monotonic() < until else None

    async def resolve(self, version_id: str, service_id: str, service: str) -> Version:
        """The version that an execute request means; the first address that is not empty counts."""
        if version_id:
            source = await self._by_version_id(version_id)
        elif service_id:
            source = self._by_service_id(service_id)
        elif service:
            source = self._by_name(service)
        else:
            raise ApiError("invalid_request", "the request names no service: give service, service_id or version_id")
        version = await self._version(source)
        self._keep((version_id, service_id, service), version)
        return version

    def _keep(self, address: Address, version: Version) -> None:
        if sum(map(len, address)) <= LONG:
            if len(self._found) >= KNOWN:
                self._found.clear()
            self._found[address] = (time.monotonic() + FRESH, version)

    def services(self) -> list[dict[str, str]]:
        """What there is, for people."""
        return [
            {"service": f"{one.folder}/{one.service}", "version": one.number, "service_id": one.service_id}
            for one in self._workbooks.all()
        ]

    def _by_name(self, address: str) -> Source:
        named = _known(address) if len(address) <= LONG else _named(address)
        versions = (
            self._with_service_id(named.service)
            if named.folder is None
            else self._workbooks.versions(named.folder, named.service)
        )
        return _pick(versions, named.version, address)

    def _by_service_id(self, service_id: str) -> Source:
        return _pick(self._with_service_id(service_id), (), service_id)

    def _with_service_id(self, service_id: str) -> list[Source]:
        return [one for one in self._workbooks.all() if one.service_id == service_id.lower()]

    async def _by_version_id(self, version_id: str) -> Source:
        for slot in self._slots.values():
            if slot.future.done() and slot.future.exception() is None:
                version = slot.future.result()
                if version.version_id == version_id.lower():
                    return version.source
        found = await asyncio.to_thread(
            self._search, lambda one, content: one.version_id(content) == version_id.lower()
        )
        if found is None:
            raise _unknown(version_id)
        return found

    def _search(self, matches: Callable[[Source, str], bool]) -> Source | None:
        for source in self._workbooks.all():
            try:
                if matches(source, self._digest(source.path)):
                    return source
            except OSError:
                continue
        return None

    def _digest(self, path: Path) -> str:
        stamp = Stamp.of(path)
        known = self._digests.get(path)
        if known is None or known[0] != stamp:
            known = self._digests[path] = (stamp, digest(path.read_bytes()))
        return known[1]

    async def _version(self, source: Source) -> Version:
        try:
            stamp = Stamp.of(source.path)
        except FileNotFoundError:
            raise _unknown(f"{source.folder}/{source.service}") from None
        slot = self._slots.get(source.path)
        if slot is None or slot.stamp != stamp:
            slot = self._slots[source.path] = _Slot(stamp, asyncio.ensure_future(_compile(source)))
            # What was found before must not keep models in memory that nobody can mean any more.
            self._found.clear()
            self._evict()
        self._slots.move_to_end(source.path)
        if slot.future.done():
            return slot.future.result()
        return await asyncio.shield(slot.future)

    def _evict(self) -> None:
        while len(self._slots) > KEPT:
            self._slots.popitem(last=False)


async def _compile(source: Source) -> Version:
    def work() -> tuple[_native.Model, str]:
        content = source.path.read_bytes()
        return _native.Model(content), digest(content)

    try:
        model, content = await asyncio.to_thread(work)
    except _native.WorkbookError as error:
        raise ApiError("workbook", f"{source.folder}/{source.service}: {error}") from None
    except OSError as error:
        raise ApiError("workbook", f"{source.folder}/{source.service}: {error.strerror}") from None
    return Version(source, source.service_id, source.version_id(content), model)


@dataclass(frozen=True)
class _Named:
    """What an address names: a service by folder and name, or by its id alone; and the first numbers of a version."""

    folder: str | None
    service: str
    version: tuple[int, ...]


def _named(address: str) -> _Named:
    """Read `folder/service[version]`, `folders/x/services/y` and both with a leading slash, or the id of a service."""
    match = _address.fullmatch(address.strip())
    path = match["path"].strip() if match else ""
    wanted = ((match["version"] if match else None) or "").strip()
    if _is_uuid(path):
        return _Named(None, path, _version_numbers(wanted, address))
    parts = [part for part in path.split("/") if part]
    match parts:
        case [folders, folder, services, service] if (folders.lower(), services.lower()) == (
            "folders",
            "services",
        ):
            return _Named(folder, service, _version_numbers(wanted, address))
        case [folder, service]:
            return _Named(folder, service, _version_numbers(wanted, address))
    raise ApiError("service_not_found", f"service could not be found: {address!r} is not folder/service or an id")


# Programs name the same few services again and again.
_known = lru_cache(KNOWN)(_named)


def _version_numbers(wanted: str, address: str) -> tuple[int, ...]:
    if wanted and not _number.fullmatch(wanted):
        raise ApiError("invalid_request", f"{address!r}: a version is written [1], [1.4] or [1.4.3]")
    return tuple(map(int, wanted.split("."))) if wanted else ()


def _pick(versions: list[Source], prefix: tuple[int, ...], address: str) -> Source:
    """The newest of `versions`, or the newest that starts with the numbers of `prefix`."""
    for source in versions:
        if source.version[: len(prefix)] == prefix:
            return source
    raise _unknown(address)


def _unknown(address: str) -> ApiError:
    return ApiError("service_not_found", f"service could not be found: {address!r}")


def _is_uuid(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False
