"""One execution: its upload is read and run at the same time, and what becomes of it is written down."""

import asyncio
import time
from typing import Any, NamedTuple

from execd import _native
from execd.api.executions import runs
from execd.api.executions.request import PART, Asked
from execd.api.executions.runs import Run, Runs
from execd.api.executions.upload import Upload
from execd.auth import policy
from execd.errors import CallError, Kind, from_native
from execd.http.request import Request
from execd.registry.address import Address
from execd.registry.catalog import Version
from execd.registry.compiled import Program
from execd.runtime.disconnect import Gone, Watch
from execd.state import State
from execd.telemetry.logs import logger
from execd.telemetry.stages import shares

log = logger("execd.executions")

# Seconds between two looks whether somebody wants a run to stop, two notes of how far it is, two lines of that.
LOOK, NOTE, LINE = 0.05, 1.0, 10.0
MIB = 1 << 20
# Kinds of errors of records that cannot be read.
UNREADABLE = {"file", "invalid_json"}


class Outcome(NamedTuple):
    """What came of a run."""

    status: str
    message: str
    result: _native.Spool | bytes
    records: int
    with_errors: int


class Execution:
    """An execution that has its permit."""

    def __init__(self, state: State, all_runs: Runs, run_id: str, request: Request, watch: Watch) -> None:
        self._state, self._runs, self._id, self._request, self._watch = state, all_runs, run_id, request, watch
        self.service = ""
        """As its caller names it."""
        self.version: Version | None = None
        self._program: Program | None = None
        self._asked: Asked | None = None
        self._upload = Upload(state, request, watch, self._find, self._start)
        self._run: Run | None = None
        self._native: _native.FileRun | None = None
        self._running: asyncio.Future[_native.FileSummary] | None = None
        self._tending: asyncio.Task[None] | None = None
        self._answers: _native.Spool | None = None
        self._outcome: Outcome | None = None
        self._began = time.monotonic()

    async def carry_out(self) -> Outcome:
        """Read and run. What fails inside the run is an outcome; for all else it raises CallError, or Gone."""
        await self._upload.read()
        if self._outcome is None:
            self._outcome = await self._ended()
        self._write_down(self._outcome)
        return self._outcome

    async def close(self) -> None:
        """Nothing of it goes on."""
        if self._native:
            self._native.cancel()
        await self._upload.close()
        if self._tending:
            self._tending.cancel()
        # What was put aside is gone with the last reference; these stand in circles.
        self._native = self._answers = self._running = self._outcome = self._tending = None
        if self._run:
            self._run.say("stopped: the upload broke off, or its caller went away")
            self._run.end(runs.STOP)

    async def _find(self, asked: Asked) -> None:
        """Find and compile what is asked for."""
        self._asked = asked
        address = self._address(asked)
        self.service = next(filter(None, address), "")
        caller = policy.identify(self._request)
        try:
            self.version = await self._state.catalog.find(caller.tenant, address)
            self._program = await self._state.programs.of(self.version)
        except CallError as error:
            if error.kind is Kind.WORKBOOK:
                self._begin()
                self._outcome = Outcome(runs.LOAD_ERROR, str(error), b"", 0, 0)
                return
            raise CallError(error.kind, str(error), details=[(str(error), f"{PART}.parameters.service")]) from None

    def _address(self, asked: Asked) -> Address:
        """What the parameters name, else the path, else the settings."""
        path = self._request.parameters
        in_path = f"{path['folder']}/{path['service']}" if "service" in path else ""
        if any(asked.address):
            return asked.address
        if service := in_path or self._state.settings.default_service:
            return Address(service=service)
        message = "no service is named: neither by a parameter, nor by the path, nor by the server's default"
        raise CallError(Kind.INVALID_PARAMETERS, message, details=[(message, f"{PART}.parameters.service")])

    def _begin(self) -> Run:
        version, host = self.version, self._state.settings.node
        service, number = (f"{version.folder}/{version.service}", version.number) if version else (self.service, "")
        self._run = self._runs.begin(
            self._id,
            {
                "service": service,
                "version": number,
                "host": host,
                "owner": policy.identify(self._request)._asdict(),
                "progress": 0.0,
                "records": 0,
                "recordsWithErrors": 0,
            },
        )
        self._run.say(f"{service} {number} on {host}")
        ignored = [
            *(self._asked.ignored if self._asked else ()),
            *(f"the part {name}" for name in self._upload.others),
        ]
        if ignored:
            self._run.say(f"ignored: {', '.join(ignored)}")
        return self._run

    def _start(self, records: _native.Feed | _native.Spool) -> asyncio.Future[Any] | None:
        if self.version is None or self._program is None or self._asked is None:
            return None
        state, seconds = self._state, self._state.settings.run_seconds
        self._answers = state.spools.spool()
        options = self._asked.options
        try:
            self._native = _native.FileRun(self._program.model, state.engine, records, self._answers, **options)
        except _native.InputError as error:
            message = str(error)
            raise CallError(Kind.INVALID_PARAMETERS, message, details=[(message, f"{PART}.parameters")]) from None
        native = self._native
        run = self._begin()
        self._running = state.runtime.execute(
            lambda: native.run(seconds or None),
            call_id=self._id,
            service=self.version.name,
            version=self.version.number,
        )
        self._tending = asyncio.create_task(self._tend(run, native))
        return self._running

    async def _tend(self, run: Run, native: _native.FileRun) -> None:
        """Write down how far a run is, and stop it when somebody wants that."""
        note, line = NOTE, LINE
        while True:
            await asyncio.sleep(LOOK)
            if run.is_to_stop:
                native.cancel()
            seconds = time.monotonic() - self._began
            if seconds >= note:
                note = seconds + NOTE
                run.update(**self._progress(native))
            if seconds >= line:
                line = seconds + LINE
                run.say(f"{native.records:,} records after {seconds:.0f} s, {native.with_errors:,} with errors")

    def _progress(self, native: _native.FileRun) -> dict[str, Any]:
        return {
            "progress": round(native.fraction, 4),
            "records": native.records,
            "recordsWithErrors": native.with_errors,
        }

    async def _ended(self) -> Outcome:
        """What comes of the run. Raises Gone, and CallError if other executions hold the memory that it needs."""
        if self._running is None or self._native is None or self._answers is None:
            raise RuntimeError("no run has begun")
        native = self._native
        try:
            with self._watch.telling(native.cancel):
                summary = await asyncio.shield(self._running)
        except _native.DeadlineExceeded:
            return self._failed(runs.STOP, f"the time limit of {self._state.settings.run_seconds:g} s was reached")
        except _native.Cancelled:
            if self._run and self._run.is_to_stop:
                return self._failed(runs.STOP, "somebody stopped it")
            raise Gone from None
        except _native.InputError as error:
            if error.kind == "overloaded":
                raise from_native(error) from None
            return self._failed(runs.IOERR if error.kind in UNREADABLE else runs.ERROR, str(error))
        except _native.ExecdError:
            log.exception("a run failed", service=self.service, run=self._id)
            return self._failed(runs.INTERNAL_ERROR, "internal error; the server's log has the details")
        self._say_what_was_read(summary)
        return Outcome(runs.OK, "", self._answers, summary.records, native.with_errors)

    def _failed(self, status: str, message: str) -> Outcome:
        native = self._native
        return Outcome(status, message, b"", native.records if native else 0, native.with_errors if native else 0)

    def _write_down(self, outcome: Outcome) -> None:
        run = self._run
        if run is None:
            return
        if self._tending:
            self._tending.cancel()
        progress = self._progress(self._native) if self._native else {}
        size = outcome.result.size if isinstance(outcome.result, _native.Spool) else 0
        seconds = time.monotonic() - self._began
        if self._native:
            shown = [f"record {record:,}: {text}" for record, text in self._native.first_errors]
            more = [f"… and {outcome.with_errors - len(shown):,} more"] if outcome.with_errors > len(shown) else []
            run.say(f"records with errors: {outcome.with_errors:,}", *shown, *more)
        run.say(f"{outcome.status} after {seconds:.1f} s{f': {outcome.message}' if outcome.message else ''}")
        if outcome.status == runs.OK:
            progress["progress"] = 1.0
        run.end(outcome.status, **progress, inputBytes=self._upload.size, resultBytes=size, message=outcome.message)
        self._run = None

    def _say_what_was_read(self, summary: _native.FileSummary) -> None:
        if self._run is None:
            return
        seconds = max(time.monotonic() - self._began, 1e-3)
        self._run.say(
            f"read {self._upload.size:,} bytes, {summary.records:,} records: {summary.records / seconds:,.0f} records "
            f"and {self._upload.size / seconds / MIB:,.1f} MiB a second; "
            f"{shares([summary.seconds])}",
            *(f"{line}; it was ignored" for line in summary.unmatched),
            *(
                f"{_whose(left, summary.records)} took the workbook's value of {name}"
                for name, left in summary.left_out
            ),
        )


def _whose(left: int, records: int) -> str:
    return "every record" if left == records else f"the first {left:,} records"
