"""The version that each workbook file is: the last that was whole."""

import asyncio
import hashlib
import time
import uuid
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import NamedTuple

from execd.errors import CallError, Kind, bug
from execd.registry.address import unknown
from execd.registry.catalog import Version
from execd.registry.listing import NAMESPACE, File, Stamp, stamp
from execd.telemetry.logs import logger

log = logger("execd.registry")

# Raises CallError if the workbook of a version cannot serve.
Check = Callable[[Version], Awaitable[object]]

# Seconds for which calls wait for a version that replaces another; then the one that serves answers them.
PATIENCE = 1.0


class Identity(NamedTuple):
    """The version that the bytes of a file are, as long as it has this stamp. Without one it may change unseen."""

    stamp: Stamp | None
    version: Version


class Refusal(NamedTuple):
    """Why a file cannot serve, as long as it has this stamp. Without one it may change unseen."""

    file: File
    stamp: Stamp | None
    error: CallError


class Trial(NamedTuple):
    """A file that is being tried, and the time of the loop until which calls wait for it."""

    task: asyncio.Task[Version]
    patience: float


class Versions:
    """The versions of files. What does not compile, or is half-written, never replaces what serves."""

    def __init__(self, check: Check | None) -> None:
        self._check = check
        self._identities: dict[str, Identity] = {}
        self._serving: dict[str, Version] = {}
        self._refusals: dict[str, Refusal] = {}
        self._trials: dict[str, Trial] = {}
        # All by path, and this by version id.
        self._files: dict[str, File] = {}

    async def of(self, file: File) -> Version:
        """The version that a file serves as. Raises CallError if it never was whole."""
        path, now = file.path, stamp(file.path)
        serving = self._serving.get(path)
        if now is None or self._is_tried(path, now):
            if serving:
                return serving
            if path in self._refusals:
                # One error for many calls must not collect their frames.
                raise self._refusals[path].error.with_traceback(None)
            raise unknown(f"{file.folder}/{file.service}")
        loop = asyncio.get_running_loop()
        trial = self._trials.get(path)
        if trial is None:
            trial = self._trials[path] = Trial(loop.create_task(self._take(file)), loop.time() + PATIENCE)
            trial.task.add_done_callback(lambda task: self._taken(path, task))
        task = trial.task
        if serving:
            await asyncio.wait((task,), timeout=max(0.0, trial.patience - loop.time()))
            if not task.done() or task.cancelled() or task.exception():
                return serving
        return await asyncio.shield(task)

    def new(self, files: Iterable[File]) -> list[File]:
        """Those of `files` that nobody has tried to serve as they are now."""
        stamps = ((file, stamp(file.path)) for file in files)
        return [file for file, now in stamps if now is not None and not self._is_tried(file.path, now)]

    def _is_tried(self, path: str, now: Stamp) -> bool:
        """Whether the file was tried as it is now, and either serves or is refused."""
        refusal, identity = self._refusals.get(path), self._identities.get(path)
        if refusal:
            return refusal.stamp == now
        return identity is not None and identity.stamp == now and self._serving.get(path) is identity.version

    def file(self, version_id: str) -> File | None:
        """The file that is or was the version with an id."""
        return self._files.get(version_id)

    def refusals(self) -> Iterable[Refusal]:
        """The files that cannot serve as they are."""
        return self._refusals.values()

    def identify(self, file: File) -> Version:
        """The version that the bytes of a file are. Raises OSError."""
        path, now = file.path, _settled(stamp(file.path))
        known, serving = self._identities.get(path), self._serving.get(path)
        if known and now and known.stamp == now:
            return known.version
        content = content_hash(Path(path).read_bytes())
        version_id = str(uuid.uuid5(NAMESPACE, f"{file.folder}/{file.service}/{file.number}/{content}"))
        before = [version for version in (serving, known and known.version) if version]
        version = next((version for version in before if version.version_id == version_id), None)
        if version is None:
            version = Version(file.folder, file.service, file.number, file.service_id, version_id, content)
        self._identities[path] = Identity(now, version)
        self._files[version_id] = file
        if known and known.version not in (version, serving):
            self._files.pop(known.version.version_id, None)
        return version

    async def workbook(self, version: Version) -> bytes:
        """The bytes of a version's file, if they still are what they were."""
        name, file = f"{version.folder}/{version.service}", self.file(version.version_id)
        try:
            content = await asyncio.to_thread(Path(file.path).read_bytes) if file else b""
        except OSError as error:
            raise CallError(Kind.WORKBOOK, f"{name}: {error.strerror}") from None
        if content_hash(content) != version.content:
            raise CallError(Kind.WORKBOOK, f"{name}: the file is being replaced; try again")
        return content

    async def _take(self, file: File) -> Version:
        """The version that a file is now, once it has proved to be whole."""
        now, name, started = _settled(stamp(file.path)), f"{file.folder}/{file.service}", time.monotonic()
        try:
            version = await asyncio.to_thread(self.identify, file)
            if self._check:
                await self._check(version)
        except FileNotFoundError:
            raise unknown(name) from None
        except OSError as error:
            raise self._refused(file, now, CallError(Kind.WORKBOOK, f"{name}: {error.strerror}")) from None
        except CallError as error:
            # What is suspended is tried again.
            raise self._refused(file, None if error.kind is Kind.SUSPENDED else now, error) from None
        except Exception:
            log.exception("a version cannot be tried", service=name, version=file.number, file=file.path)
            raise self._refused(file, now, bug()) from None
        replaced = self._serving.get(file.path)
        if replaced is not version:
            what = "a version is replaced" if replaced else "a version serves"
            seconds = round(time.monotonic() - started, 3)
            log.info(what, service=name, version=file.number, version_id=version.version_id, seconds=seconds)
        self._serving[file.path] = version
        self._refusals.pop(file.path, None)
        if replaced and replaced is not version:
            self._files.pop(replaced.version_id, None)
        return version

    def _taken(self, path: str, task: asyncio.Task[Version]) -> None:
        del self._trials[path]
        if not task.cancelled():
            # Those who waited may have gone; asyncio complains about errors that nobody has seen.
            task.exception()

    def _refused(self, file: File, now: Stamp | None, error: CallError) -> CallError:
        before = self._refusals.get(file.path)
        if before is None or str(before.error) != str(error):
            still = {"serves": "the last good workbook"} if file.path in self._serving else {}
            name = f"{file.folder}/{file.service}"
            log.warning(
                "a version is refused", service=name, version=file.number, file=file.path, reason=str(error), **still
            )
        self._refusals[file.path] = Refusal(file, now, error)
        return error


def _settled(now: Stamp | None) -> Stamp | None:
    """A stamp that will not stay the same whatever happens to its file."""
    return now if now and now.is_settled else None


def content_hash(content: bytes) -> str:
    """The hash that names a workbook."""
    return hashlib.sha256(content).hexdigest()
