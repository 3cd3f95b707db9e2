"""Compiled workbooks in memory: each compiled once, however many calls wait for it, and not more than fit."""

import asyncio
import math
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from execd import _native
from execd.errors import CallError, DeadlineExceeded, Kind
from execd.registry.catalog import Catalog, Version
from execd.runtime.board import Board, Where
from execd.runtime.suspension import Suspensions
from execd.telemetry.logs import logger

log = logger("execd.registry")

# The pace of a workbook that has not been executed yet.
UNKNOWN = float("inf")
# Weight of the newest execution in a pace when it was a quick one.
NEWEST = 0.25
# Compiled workbooks in memory; the longest unused go first.
KEPT = 256
# Warnings of a workbook that are logged.
TOLD = 20
# Workbooks that are compiled at once; the others wait, and nothing else that needs a thread does.
AT_ONCE = 2


class Program:
    """A compiled workbook. It remembers how long an execution takes per byte of input."""

    def __init__(self, model: _native.Model) -> None:
        self.model = model
        self._pace = UNKNOWN

    def expected_seconds(self, size: int) -> float:
        """A guess at what an execution with `size` bytes of input will take; infinite before the first."""
        return self._pace * max(size, 1)

    def answer(
        self, engine: _native.Engine, call: _native.Call, token: _native.CancelToken | None, within: float
    ) -> _native.Fragments:
        """The parts of the answer to a call. Raises errors of the native module."""
        started = time.perf_counter()
        try:
            fragments = self.model.answer(engine, call, token, within)
        except DeadlineExceeded:
            self._learn(time.perf_counter() - started, call)
            raise
        self._learn(time.perf_counter() - started, call)
        return fragments

    def _learn(self, seconds: float, call: _native.Call) -> None:
        pace = seconds / max(len(call), 1)
        # Up at once and down slowly: what was slow lately is likely to be stopped on the event loop, in vain.
        self._pace = pace if self._pace == UNKNOWN else max(pace, self._pace + NEWEST * (pace - self._pace))


class Programs:
    """The compiled workbooks of one worker, by content hash."""

    def __init__(
        self, catalog: Catalog, compile_: Callable[[bytes], _native.Model], board: Board, suspensions: Suspensions
    ) -> None:
        """The main process of the server sees on `board` what is compiled."""
        self._catalog = catalog
        self._compile_bytes = compile_
        self._board = board
        self._suspensions = suspensions
        self._programs: OrderedDict[str, asyncio.Future[Program]] = OrderedDict()
        self._room = asyncio.Semaphore(AT_ONCE)
        self._compilers = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="compiler")

    def ready(self, version: Version) -> Program | None:
        """The compiled workbook of a version, if it is there."""
        future = self._programs.get(version.content)
        if future is None or not future.done() or future.exception():
            return None
        self._programs.move_to_end(version.content)
        return future.result()

    async def of(self, version: Version) -> Program:
        """The compiled workbook of a version. Raises CallError if it does not compile.

        Whoever waits may stop waiting; the workbook is compiled all the same.
        """
        future = self._programs.get(version.content)
        if future is None:
            future = self._programs[version.content] = asyncio.ensure_future(self._compile(version))
            if len(self._programs) > KEPT:
                self._programs.popitem(last=False)
        self._programs.move_to_end(version.content)
        if future.done():
            return future.result()
        return await asyncio.shield(future)

    async def _compile(self, version: Version) -> Program:
        try:
            self._suspensions.check(self._board.subject(version.name, version.number))
            workbook = await self._catalog.workbook(version)
        except CallError:
            # The same bytes may be there, or allowed, the next time.
            self._programs.pop(version.content, None)
            raise
        try:
            model = await self._model(version, workbook)
        except _native.WorkbookError as error:
            # A file that is being written may give many of these; they must not drive out what serves.
            if version.content in self._programs:
                self._programs.move_to_end(version.content, last=False)
            raise CallError(Kind.WORKBOOK, f"{version.name}: {error}") from None
        _tell(version, model)
        return Program(model)

    async def _model(self, version: Version, workbook: bytes) -> _native.Model:
        """A workbook compiled in a thread, once there is one for it."""
        subject = self._board.subject(version.name, version.number)
        async with self._room:
            slot = self._board.begin(subject, "", Where.COMPILER, math.inf)
            try:
                loop = asyncio.get_running_loop()
                return await loop.run_in_executor(self._compilers, self._compile_bytes, workbook)
            finally:
                self._board.finish(slot)


def _tell(version: Version, model: _native.Model) -> None:
    """Log what the author of a workbook should know."""
    warnings = model.report["warnings"]
    for warning in warnings[:TOLD]:
        place = f"{warning['sheet']}!{warning['cell']}" if warning["cell"] else None
        log.warning(
            "a workbook is doubted",
            service=f"{version.folder}/{version.service}",
            version=version.number,
            place=place,
            message=warning["message"],
        )
    if len(warnings) > TOLD:
        log.warning(
            "a workbook is doubted",
            service=f"{version.folder}/{version.service}",
            version=version.number,
            message=f"{len(warnings) - TOLD} more warnings, which `execd check` shows",
        )
