"""Which workbook files lie in folders of services. Their contents are not read here."""

import os
import re
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Generic, NamedTuple, TypeVar

from execd.registry.address import NUMBER, key, normal
from execd.telemetry.logs import logger

T = TypeVar("T")

log = logger("execd.registry")

FIRST_VERSION = (0, 1, 0)
NAMESPACE = uuid.UUID("7c6a1f0e-52bb-4a1c-9f0f-3f2f1f0c8d11")
# What changed this few seconds ago may change again within the same tick of its clock: FAT counts two seconds.
SETTLED = 2.5
# Some network file systems do not tell by a folder's stamp that its entries changed: their names are read again after
# this many seconds, and after this many times the seconds that reading them takes.
AGAIN, SHARE = 1.0, 50
# A service whose last file has gone is on its way out, or about to be replaced: it serves on for this many seconds.
GONE = 0.5

# Excel keeps a lock file `~$name.xlsx` beside an open workbook.
_workbook = re.compile(rf"(?P<name>[^~].*?)(?:\[(?P<version>{NUMBER})\])?\.xls[xm]", re.DOTALL | re.IGNORECASE)


class Stamp(NamedTuple):
    """What tells a file or folder from what it was before. Nobody can set back the time of its change."""

    modified: int
    changed: int
    size: int
    inode: int
    device: int

    @property
    def is_settled(self) -> bool:
        """Whatever happens from now on will give another stamp."""
        return abs(time.time_ns() - max(self.modified, self.changed)) > SETTLED * 1e9


def stamp(path: str) -> Stamp | None:
    """The stamp of a file or folder; None if there is none."""
    try:
        status = os.stat(path)  # noqa: PTH116  the method costs as much again
    except OSError:
        return None
    return Stamp(status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino, status.st_dev)


@dataclass(frozen=True)
class File:
    """One workbook file: a version of a service."""

    folder: str
    service: str
    version: tuple[int, ...]
    path: str

    @cached_property
    def number(self) -> str:
        """`1.2.3`."""
        return ".".join(map(str, self.version))

    @cached_property
    def service_id(self) -> str:
        """The same for all versions, after a restart and on every node."""
        return str(uuid.uuid5(NAMESPACE, f"{self.folder}/{self.service}"))


class _Found(NamedTuple, Generic[T]):
    """What a folder holds, by `key` of its name; and what an operator should know about it."""

    entries: dict[str, T]
    remarks: list[str]


class _Scan(Generic[T]):
    """What a folder holds, kept while its stamp stays the same, but not for long."""

    def __init__(self, path: str, scan: Callable[[str, dict[str, T]], _Found[T]]) -> None:
        """`scan` reads the folder; it is given the entries that were there before."""
        self.path = path
        self._scan = scan
        self._stamp: Stamp | None = None
        self._settled = False
        self._names: list[tuple[str, bool]] = []
        self._seen = -1.0
        self._again = 0.0
        self._found: dict[str, T] = {}
        self._gone: dict[str, float] = {}
        """When an entry was first missed that is kept a little longer."""
        self._remarks: list[str] = []

    def at(self, look: float) -> dict[str, T]:
        """The entries as the look at this time saw them; none if there is no such folder."""
        if look != self._seen:
            self._seen = look
            self._refresh(look)
        return self._found

    def _refresh(self, look: float) -> None:
        now = stamp(self.path)
        settled = bool(now and now.is_settled)
        same = now is not None and now == self._stamp and not self._gone
        if same and self._settled and look < self._again:
            return
        started = time.perf_counter()
        names = self._listed()
        if not same or names != self._names or self._remarks:
            self._take(look, self._read())
        self._stamp, self._settled, self._names = now, settled, names
        self._again = look + max(AGAIN, SHARE * (time.perf_counter() - started))

    def _listed(self) -> list[tuple[str, bool]]:
        """Every name, and whether something is there: a folder does not change when a link in it loses its target."""
        try:
            with os.scandir(self.path) as entries:
                return [(entry.name, not entry.is_symlink() or Path(entry.path).exists()) for entry in entries]
        except OSError:
            return []

    def _take(self, look: float, found: _Found[T]) -> None:
        missed = {name: self._gone.get(name, look) for name in self._found if name not in found.entries}
        self._gone = {name: since for name, since in missed.items() if look < since + GONE}
        self._found = {**{name: self._found[name] for name in self._gone}, **found.entries}
        for remark in found.remarks:
            if remark not in self._remarks:
                log.warning(remark)
        self._remarks = found.remarks

    def _read(self) -> _Found[T]:
        try:
            return self._scan(self.path, self._found)
        except (FileNotFoundError, NotADirectoryError):
            return _Found({}, [])
        except OSError as error:
            return _Found({}, [f"{_shown(self.path)}: not served: {error.strerror}"])


class Listing:
    """The files under one or more roots; the first root that has a service wins. Names mean the same as `key` says."""

    def __init__(self, roots: Sequence[str | os.PathLike[str]]) -> None:
        self._roots = [_Scan(os.fspath(root), _subfolders) for root in roots]
        self._look = 0.0
        self._by_id: dict[str, list[File]] | None = None

    def look(self, now: float) -> None:
        """Folders are looked at again when they are next asked for. `now` is later than at the last look."""
        self._look = now
        self._by_id = None

    def versions(self, folder: str, service: str) -> list[File]:
        """All versions of a service, newest first."""
        folder, service = key(folder), key(service)
        for root in self._roots:
            inside = root.at(self._look).get(folder)
            if inside and (found := inside.at(self._look).get(service)):
                return found
        return []

    def with_id(self, service_id: str) -> list[File]:
        """All versions of the service with an id, newest first."""
        if self._by_id is None:
            # Versions may spell the name of their service differently, each with an id of its own.
            self._by_id = {file.service_id: files for files in self.services() for file in files}
        return self._by_id.get(service_id.lower(), [])

    def services(self) -> list[list[File]]:
        """The versions of every service, newest first."""
        seen: dict[tuple[str, str], list[File]] = {}
        for root in self._roots:
            for folder, inside in root.at(self._look).items():
                for service, files in inside.at(self._look).items():
                    seen.setdefault((folder, service), files)
        return list(seen.values())


def _subfolders(root: str, before: dict[str, _Scan[list[File]]]) -> _Found[_Scan[list[File]]]:
    found: _Found[_Scan[list[File]]] = _Found({}, [])
    names: dict[str, str] = {}
    for entry in _entries(root, found.remarks):
        if not _is(entry.is_dir):
            continue
        name = key(entry.name)
        first = names.setdefault(name, entry.name)
        if first == entry.name:
            known = before.get(name)
            found.entries[name] = known if known and known.path == entry.path else _Scan(entry.path, _services_in)
        else:
            found.remarks.append(f"{_shown(entry.path)}: not served: its name means the same as {_shown(first)}")
    return found


def _services_in(path: str, before: dict[str, list[File]]) -> _Found[list[File]]:
    found: _Found[list[File]] = _Found({}, [])
    known = {file.path: file for files in before.values() for file in files}
    folder = normal(Path(path).name)
    for entry in _entries(path, found.remarks):
        match = _workbook.fullmatch(entry.name)
        service = normal(match["name"]) if match else ""
        if not match or not service:
            continue
        if not _is(entry.is_file) or not os.access(entry.path, os.R_OK):
            found.remarks.append(f"{_shown(entry.path)}: not served: it is no file that can be read")
            continue
        version = tuple(map(int, match["version"].split("."))) if match["version"] else FIRST_VERSION
        version += (0,) * (3 - len(version))
        files = found.entries.setdefault(key(service), [])
        if files and files[0].service != service:
            found.remarks.append(f"{_shown(entry.path)}: another spelling of the service {_shown(files[0].service)}")
        same = next((file for file in files if file.version == version), None)
        if same is None:
            files.append(known.get(entry.path) or File(folder, service, version, entry.path))
        else:
            found.remarks.append(f"{_shown(entry.path)}: not served: {_shown(same.path)} is the same version")
    for files in found.entries.values():
        files.sort(key=lambda file: file.version, reverse=True)
    return found


def _entries(path: str, remarks: list[str]) -> list[os.DirEntry[str]]:
    """What lies in a folder and has a name that a caller can send, by name."""
    with os.scandir(path) as entries:
        visible = sorted(
            (one for one in entries if not one.name.startswith(".") and one.name.strip()), key=lambda one: one.name
        )
    named = []
    for entry in visible:
        try:
            entry.name.encode()
        except UnicodeEncodeError:
            remarks.append(f"{_shown(entry.path)}: not served: its name is not valid UTF-8")
        else:
            named.append(entry)
    return named


def _is(kind: Callable[[], bool]) -> bool:
    """Whether an entry is of a kind; what cannot be looked at is of none."""
    try:
        return kind()
    except OSError:
        return False


def _shown(name: str) -> str:
    return name.encode(errors="backslashreplace").decode()
