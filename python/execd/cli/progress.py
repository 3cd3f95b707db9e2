"""Part files through a model: the work is native and streams, this runs some at once and shows how far they are."""

import signal
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from execd import _native
from execd.cli import objects
from execd.cli.parts import Part
from execd.errors import Cancelled, ExecdError
from execd.library import Model

# Seconds between two looks at the progress.
TICK = 0.1


@dataclass(frozen=True)
class Outcome:
    """What came of a part: a summary, or why there are no answers."""

    part: Part
    summary: _native.FileSummary | None
    error: Exception | None = None


class Job:
    """A part that runs, or is to run."""

    def __init__(self, part: Part, model: Model, engine: _native.Engine, options: Mapping[str, Any]) -> None:
        self.part = part
        self._pipes: objects.Pipes | None = None
        self._model, self._engine, self._options = model, engine, options
        self._native: _native.FileRun | None = None
        self._cancelled = False
        self.is_done = False

    @property
    def records(self) -> int:
        """Records written so far."""
        return self._native.records if self._native else 0

    @property
    def fraction(self) -> float:
        """How much has been read, 0 to 1."""
        return self._native.fraction if self._native else 0.0

    def cancel(self) -> None:
        """Stop, or do not start."""
        self._cancelled = True
        if self._native:
            self._native.cancel()

    def run(self) -> _native.FileSummary:
        """Evaluate to the end."""
        if self.part.named and not objects.is_url(self.part.target):
            Path(self.part.target).parent.mkdir(parents=True, exist_ok=True)
        sources, target = self._places()
        self._native = _native.FileRun(self._model.native, self._engine, sources, target, **self._options)
        if self._cancelled:
            self._native.cancel()
        whole = False
        try:
            summary = self._native.run()
            whole = True
        finally:
            if self._pipes:
                self._pipes.close(whole=whole)
        self.is_done = True
        return summary

    def _places(self) -> tuple[list[_native.Place], _native.Place]:
        """Where the native code reads and writes: files, or pipes of objects."""
        sources, target = self.part.sources, self.part.target
        names = [target, *(source.name for source in sources)]
        self._pipes = objects.Pipes(self.cancel) if any(map(objects.is_url, names)) else None
        places = [self._source(source) for source in sources]
        if self._pipes and objects.is_url(target):
            return places, _native.Place(self._pipes.target(target), name=target)
        return places, _native.Place(target)

    def _source(self, found: objects.Found) -> _native.Place:
        """A file, or an object that is read through a pipe."""
        if not self._pipes or not objects.is_url(found.name):
            return _native.Place(found.name)
        if not self._is_parquet(found.name):
            return _native.Place(self._pipes.source(found), name=found.name, size=found.size)
        requests, answers = self._pipes.ranges(found)
        return _native.Place(answers, name=found.name, size=found.size, ranges=requests)

    def _is_parquet(self, name: str) -> bool:
        named = self._options.get("source_format")
        return named == "parquet" or (not named and PurePosixPath(name).suffix.lower() == ".parquet")


def run(jobs: Sequence[Job], at_once: int, console: Console) -> list[Outcome]:
    """Evaluate parts, some at once; one that fails does not stop the others. The bar shows only on a terminal."""
    pool = ThreadPoolExecutor(at_once)
    before = {number: signal.signal(number, _end) for number in (signal.SIGTERM, signal.SIGHUP)}
    # The runs start where a signal stops them: nobody waits for a thread that goes on.
    try:
        with Bar(jobs, console) as bar:
            running = {pool.submit(job.run): job for job in jobs}
            left = set(running)
            while left:
                left = wait(left, TICK, FIRST_COMPLETED).not_done
                bar.show()
    except (KeyboardInterrupt, SystemExit):
        for job in jobs:
            job.cancel()
        raise
    finally:
        pool.shutdown(cancel_futures=True)
        for number, handler in before.items():
            signal.signal(number, handler)
    return [_outcome(job.part, future) for future, job in running.items()]


def _outcome(part: Part, future: Future[_native.FileSummary]) -> Outcome:
    try:
        return Outcome(part, future.result())
    except Cancelled:
        raise
    except (ExecdError, OSError) as error:
        return Outcome(part, None, error)


class Bar:
    """One line: parts, records and how fast they come, bytes a second, the time left."""

    def __init__(self, jobs: Sequence[Job], console: Console) -> None:
        self._jobs = jobs
        self._started = time.monotonic()
        all_bytes = sum(job.part.size for job in jobs)
        # Parts count by their bytes.
        self._weights = [job.part.size / all_bytes if all_bytes else 1 / len(jobs) for job in jobs]
        self._bytes = all_bytes
        self._progress = Progress(
            TextColumn("{task.fields[told]}"),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f} %"),
            TimeRemainingColumn(),
            console=console,
            disable=not console.is_terminal,
        )

    def __enter__(self) -> Self:
        self._progress.start()
        self._bar = self._progress.add_task("", total=1.0, told="")
        return self

    def __exit__(self, *_: object) -> None:
        self.show()
        self._progress.stop()

    def show(self) -> None:
        """Say how far it is."""
        done = sum(weight * job.fraction for weight, job in zip(self._weights, self._jobs, strict=True))
        records = sum(job.records for job in self._jobs)
        told = f"{records:,} records, {rate(records, self._bytes * done, time.monotonic() - self._started)}"
        if len(self._jobs) > 1:
            told = f"{sum(job.is_done for job in self._jobs)} of {len(self._jobs)} files, {told}"
        self._progress.update(self._bar, completed=done, told=told)


def rate(records: int, read: float, seconds: float) -> str:
    """`1,200 records/s, 3.4 MB/s`; without bytes, where nobody knows how many were read."""
    seconds = max(seconds, 1e-3)
    told = f"{records / seconds:,.0f} records/s"
    return f"{told}, {read / seconds / 1e6:,.1f} MB/s" if read else told


def _end(number: int, _: object) -> None:
    """Stop as Ctrl-C does, with the exit code that a shell gives for the signal."""
    raise SystemExit(128 + number)
