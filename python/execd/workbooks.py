"""The workbooks in the service folders: which folders, services and versions there are, and under which ids.

Layout: `<root>/<folder>/<service>.xlsx`, or `<service>[1.2.3].xlsx` for a version. Nothing is compiled here.
"""

import hashlib
import os
import re
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")

SUFFIXES = {".xlsx", ".xlsm"}
FIRST_VERSION = (0, 1, 0)
NAMESPACE = uuid.UUID("7c6a1f0e-52bb-4a1c-9f0f-3f2f1f0c8d11")
# A folder that changed this few seconds ago may change again within the same tick of its clock.
SETTLED = 1.0

_stem = re.compile(r"(?P<name>.+?)(?:\[(?P<version>\d+(?:\.\d+){0,2})\])?")


class Stamp(NamedTuple):
    """What tells a file from its successor under the same path."""

    modified: int
    size: int
    inode: int

    @classmethod
    def of(cls, path: Path) -> "Stamp":
        """The stamp of a file as it is now."""
        status = os.stat(path)  # noqa: PTH116  the method costs as much again
        return cls(status.st_mtime_ns, status.st_size, status.st_ino)


@dataclass(frozen=True)
class Source:
    """One workbook file: a version of a service."""

    folder: str
    service: str
    version: tuple[int, ...]
    path: Path

    @property
    def service_id(self) -> str:
        """The same for all versions and restarts."""
        return str(uuid.uuid5(NAMESPACE, f"{self.folder}/{self.service}"))

    def version_id(self, content: str) -> str:
        """The same as long as the content is."""
        return str(uuid.uuid5(NAMESPACE, f"{self.folder}/{self.service}/{self.number}/{content}"))

    @property
    def number(self) -> str:
        """`1.2.3`."""
        return ".".join(map(str, self.version))


def digest(content: bytes) -> str:
    """The content hash that names a workbook."""
    return hashlib.sha256(content).hexdigest()


class _Listing(Generic[T]):
    """What a scan of one folder gave, kept while the folder's time of change stays the same."""

    def __init__(self, path: Path, scan: Callable[[Path], dict[str, T]]) -> None:
        self._path = path
        self._name = str(path)
        self._scan = scan
        self._modified = -1
        self._found: dict[str, T] = {}

    def now(self) -> dict[str, T]:
        """The entries by casefolded name; none if there is no such folder."""
        try:
            modified = os.stat(self._name).st_mtime_ns  # noqa: PTH116  the method costs as much again
            if modified != self._modified:
                self._found = self._scan(self._path)
                settled = time.time_ns() - modified > SETTLED * 1e9
                self._modified = modified if settled else -1
        except (FileNotFoundError, NotADirectoryError):
            self._modified, self._found = -1, {}
        return self._found


class Workbooks:
    """The files under one or more roots; the first root that has a service wins."""

    def __init__(self, roots: list[Path]) -> None:
        self._roots = [_Listing(root, _subfolders) for root in roots]

    def versions(self, folder: str, service: str) -> list[Source]:
        """All versions of a service, newest first; names ignore case."""
        for root in self._roots:
            inside = root.now().get(folder.casefold())
            if inside and (found := inside.now().get(service.casefold())):
                return found
        return []

    def all(self) -> list[Source]:
        """Every version of every service, newest version first within a service."""
        seen: dict[tuple[str, str], list[Source]] = {}
        for root in self._roots:
            for folder, inside in root.now().items():
                for service, sources in inside.now().items():
                    seen.setdefault((folder, service), sources)
        return [source for sources in seen.values() for source in sources]


def _subfolders(root: Path) -> dict[str, _Listing[list[Source]]]:
    folders = [path for path in sorted(root.iterdir()) if path.is_dir() and not path.name.startswith(".")]
    return {path.name.casefold(): _Listing(path, _scan) for path in folders}


def _scan(path: Path) -> dict[str, list[Source]]:
    services: dict[str, list[Source]] = {}
    for file in sorted(path.iterdir()):
        # Excel keeps a lock file `~$name.xlsx` beside an open workbook.
        if file.suffix.lower() not in SUFFIXES or file.name.startswith(("~", ".")):
            continue
        match = _stem.fullmatch(file.stem)
        if match:
            version = tuple(map(int, match["version"].split("."))) if match["version"] else FIRST_VERSION
            version += (0,) * (3 - len(version))
            source = Source(path.name, match["name"], version, file)
            services.setdefault(match["name"].casefold(), []).append(source)
    for sources in services.values():
        sources.sort(key=lambda source: source.version, reverse=True)
    return services
