"""The runs of a node: what is known of each, and its log, in files of the data folder that every worker reads.

`<id>.json` says how a run is, and is locked by the worker that has it, so that one whose worker died is told from one
that goes on. `<id>.log` is its log. `<id>.stop` asks its worker to stop it.
"""

import fcntl
import json
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from execd.telemetry.logs import logger
from execd.telemetry.moment import iso

log = logger("execd.executions")

_id = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

# How a run is; and what the answer says of one that is over.
RUNNING, ENDED = "RUNNING", "ENDED"
OK, ERROR, IOERR, STOP, LOAD_ERROR, INTERNAL_ERROR = "OK", "ERROR", "IOERR", "STOP", "LOAD_ERROR", "INTERNAL_ERROR"
# Seconds between two looks for runs that are kept no longer.
TIDY = 60.0

Facts = dict[str, Any]


class Run:
    """A run of this worker: what becomes of it is written down. A disk that fails does not stop it."""

    def __init__(self, path: Path, facts: Facts) -> None:
        """`path` is that of its files, without a suffix."""
        self._path = path
        self._facts = facts
        self._longest = 0
        self._state = self._log = -1
        with _told(path):
            self._state = os.open(path.with_suffix(".json"), os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
            fcntl.flock(self._state, fcntl.LOCK_EX)
            self._log = os.open(path.with_suffix(".log"), os.O_CREAT | os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self.update()

    @property
    def is_to_stop(self) -> bool:
        """Whether somebody asked for that."""
        return self._path.with_suffix(".stop").exists()

    def update(self, **facts: Any) -> None:  # noqa: ANN401
        """Write down how it is now."""
        self._facts |= facts
        text = json.dumps(self._facts).encode()
        # It never gets shorter, so nobody reads the end of what was there before.
        self._longest = max(self._longest, len(text))
        with _told(self._path):
            if self._state >= 0:
                os.pwrite(self._state, text.ljust(self._longest), 0)

    def say(self, *lines: str) -> None:
        """Add lines to its log, in one piece."""
        now = iso(time.time())
        text = "".join(f"{now} {' '.join(line.splitlines())}\n" for line in lines)
        with _told(self._path):
            if self._log >= 0:
                os.write(self._log, text.encode(errors="backslashreplace"))

    def end(self, status: str, **facts: Any) -> None:  # noqa: ANN401
        """It is over."""
        self.update(state=ENDED, modelStatus=status, exitCode="0", ended=iso(time.time()), **facts)
        for descriptor in (self._state, self._log):
            if descriptor >= 0:
                os.close(descriptor)
        self._state = self._log = -1
        with suppress(OSError):
            self._path.with_suffix(".stop").unlink(missing_ok=True)


class Runs:
    """The runs of a node, as every worker finds them."""

    def __init__(self, folder: Path, kept_seconds: float, kept_bytes: int) -> None:
        """Runs are kept for so many seconds after their end, and so many bytes of them; the oldest go first."""
        self._folder = folder
        self._kept_seconds = kept_seconds
        self._kept_bytes = kept_bytes
        self._next_tidying = 0.0

    def begin(self, run_id: str, facts: Facts) -> Run:
        """A run of this worker begins."""
        return Run(self._folder / run_id, {"id": run_id, "state": RUNNING, "started": iso(time.time()), **facts})

    def facts(self, run_id: str) -> Facts | None:
        """How a run is; None if there is none of this id."""
        path = self._path(run_id)
        if path is None:
            return None
        try:
            with path.with_suffix(".json").open("rb") as file:
                facts = dict(json.loads(file.read()))
                if facts["state"] == RUNNING and not _is_locked(file.fileno()):
                    # It may have ended between the two looks.
                    file.seek(0)
                    facts = dict(json.loads(file.read()))
                    if facts["state"] == RUNNING:
                        gone = "the worker that ran it ended before it did"
                        facts |= {"state": ENDED, "modelStatus": INTERNAL_ERROR, "exitCode": "0", "message": gone}
                return facts
        except (OSError, ValueError, KeyError):
            return None

    def log(self, run_id: str, offset: int) -> bytes:
        """The log of a run from a byte on."""
        path = self._path(run_id)
        if path is None:
            return b""
        with suppress(OSError), path.with_suffix(".log").open("rb") as file:
            file.seek(offset)
            return file.read()
        return b""

    def stop(self, run_id: str) -> None:
        """Ask the worker that has the run to stop it."""
        if path := self._path(run_id):
            path.with_suffix(".stop").touch()

    def is_time_to_tidy(self) -> bool:
        """Whether `tidy` should be called, which takes time where there are many runs."""
        now = time.monotonic()
        if now < self._next_tidying:
            return False
        self._next_tidying = now + TIDY
        return True

    def tidy(self) -> None:
        """Remove what is kept no longer."""
        kept = 0
        oldest = time.time() - self._kept_seconds
        for changed, size, path in sorted(self._ended(), reverse=True):
            kept += size
            if changed < oldest or kept > self._kept_bytes:
                for suffix in (".json", ".log", ".stop"):
                    with suppress(OSError):
                        path.with_suffix(suffix).unlink(missing_ok=True)

    def _ended(self) -> Iterator[tuple[float, int, Path]]:
        """When each run that is over ended, the bytes of its files, and their path."""
        for path in self._folder.glob("*.json"):
            with suppress(OSError), path.open("rb") as file:
                if not _is_locked(file.fileno()):
                    stat = os.fstat(file.fileno())
                    log_file = path.with_suffix(".log")
                    yield stat.st_mtime, stat.st_size + (log_file.stat().st_size if log_file.exists() else 0), path

    def _path(self, run_id: str) -> Path | None:
        """Where the files of a run are; None for what is no id: it would lead elsewhere."""
        return self._folder / run_id.lower() if _id.fullmatch(run_id.lower()) else None


def _is_locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    return False


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """What goes wrong with the files of a run is told in the log of the server, and stops nothing."""
    try:
        yield
    except OSError as error:
        log.warning("a run cannot be written down", run=path.name, reason=str(error))
