"""Which workbook files lie in folders of services. Their contents are not read here."""

import os
import re
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Generic, TypeVar

T = TypeVar("T")

SUFFIXES = {".xlsx", ".xlsm"}
FIRST_VERSION = (0, 1, 0)
NAMESPACE = uuid.UUID("7c6a1f0e-52bb-4a1c-9f0f-3f2f1f0c8d11")
# A folder that changed this few seconds ago may change again within the same tick of its clock.
SETTLED = 1.0

_stem = re.compile(r"(?P<name>.+?)(?:\[(?P<version>\d+(?:\.\d+){0,2})\])?")


@dataclass(frozen=True)
class File:
    """One workbook file: a version of a service."""

    folder: str
    service: str
    version: tuple[int, ...]
    path: Path

    @cached_property
    def number(self) -> str:
        """`1.2.3`."""
        return ".".join(map(str, self.version))

    @cached_property
    def service_id(self) -> str:
        """The same for all versions, after a restart and on every node."""
        return str(uuid.uuid5(NAMESPACE, f"{self.folder}/{self.service}"))


class _Scan(Generic[T]):
    """What a folder holds by casefolded name, kept while the folder's time of change stays the same."""

    def __init__(self, path: Path, scan: Callable[[Path], dict[str, T]]) -> None:
        self._path = path
        self._name = str(path)
        self._scan = scan
        self._modified = -1
        self._seen = -1
        self._found: dict[str, T] = {}

    def at(self, look: int) -> dict[str, T]:
        """The entries as this look saw them; none if there is no such folder."""
        if look != self._seen:
            self._seen = look
            self._refresh()
        return self._found

    def _refresh(self) -> None:
        try:
            modified = os.stat(self._name).st_mtime_ns  # noqa: PTH116  the method costs as much again
            if modified != self._modified:
                self._found = self._scan(self._path)
                settled = time.time_ns() - modified > SETTLED * 1e9
                self._modified = modified if settled else -1
        except (FileNotFoundError, NotADirectoryError):
            self._modified, self._found = -1, {}


class Listing:
    """The files under one or more roots; the first root that has a service wins. Names ignore case."""

    def __init__(self, roots: Sequence[Path]) -> None:
        self._roots = [_Scan(root, _subfolders) for root in roots]
        self._look = 0
        self._by_id: dict[str, list[File]] | None = None

    def look(self) -> None:
        """Folders are looked at again when they are next asked for."""
        self._look += 1
        self._by_id = None

    def versions(self, folder: str, service: str) -> list[File]:
        """All versions of a service, newest first."""
        for root in self._roots:
            inside = root.at(self._look).get(folder.casefold())
            if inside and (found := inside.at(self._look).get(service.casefold())):
                return found
        return []

    def with_id(self, service_id: str) -> list[File]:
        """All versions of the service with an id, newest first."""
        if self._by_id is None:
            self._by_id = {files[0].service_id: files for files in self._services()}
        return self._by_id.get(service_id.lower(), [])

    def files(self) -> list[File]:
        """Every version of every service, newest version first within a service."""
        return [file for files in self._services() for file in files]

    def _services(self) -> list[list[File]]:
        seen: dict[tuple[str, str], list[File]] = {}
        for root in self._roots:
            for folder, inside in root.at(self._look).items():
                for service, files in inside.at(self._look).items():
                    seen.setdefault((folder, service), files)
        return list(seen.values())


def _subfolders(root: Path) -> dict[str, _Scan[list[File]]]:
    folders = [path for path in sorted(root.iterdir()) if path.is_dir() and not path.name.startswith(".")]
    return {path.name.casefold(): _Scan(path, _services_in) for path in folders}


def _services_in(path: Path) -> dict[str, list[File]]:
    services: dict[str, list[File]] = {}
    for file in sorted(path.iterdir()):
        # Excel keeps a lock file `~$name.xlsx` beside an open workbook.
        if file.suffix.lower() not in SUFFIXES or file.name.startswith(("~", ".")):
            continue
        match = _stem.fullmatch(file.stem)
        if match:
            version = tuple(map(int, match["version"].split("."))) if match["version"] else FIRST_VERSION
            version += (0,) * (3 - len(version))
            one = File(path.name, match["name"], version, file)
            services.setdefault(match["name"].casefold(), []).append(one)
    for files in services.values():
        files.sort(key=lambda file: file.version, reverse=True)
    return services
