"""Starts the workers of a server and keeps them going; no worker outlives the main process.

Granian starts and stops the processes. Which worker has to be replaced is decided here, by what `pulse` sees.
"""

import multiprocessing
import os
import sys
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import msgspec
from granian.constants import Interfaces, Loops
from granian.log import LogLevels
from granian.server.mp import MPServer, WorkerProcess

from execd.app import create_app
from execd.registry.compiled import AT_ONCE as COMPILED_AT_ONCE
from execd.runtime.board import Board, unpack
from execd.runtime.suspension import Suspensions
from execd.server.beating import Beating
from execd.server.home import prepare
from execd.server.network import listening_address
from execd.server.process import die_with_parent, ending, keep_freed_memory, starting_without_interrupts
from execd.server.pulse import LOOK, Pulse
from execd.server.suspects import Suspects, causes
from execd.settings import Settings
from execd.telemetry import logs

# More respawns than this within a minute mean that the workers cannot run at all.
MAX_RESPAWNS = 30
MINUTE = 60.0
# Seconds that a worker gets to finish its requests after SIGTERM, beyond the time limit of an execution.
GRACE = 5
# Granian's own lines go where all others go.
NO_HANDLERS: dict[str, Any] = {"formatters": {}, "handlers": {}, "loggers": {}}

log = logs.logger("execd.server")


@dataclass(eq=False, slots=True)
class Watched:
    """A worker, and what its main process knows of it."""

    worker: WorkerProcess
    board: Board
    pulse: Pulse
    hung: bool = False

    @property
    def is_dead(self) -> bool:
        """Its process has ended."""
        return self.worker.inner.exitcode is not None


@dataclass(eq=False, slots=True)
class Leaving:
    """A worker that lives and has a successor: asked to end once that serves, killed when it takes too long."""

    old: Watched
    successor: Watched
    asked: float | None = None


class Supervisor(MPServer):
    """Granian's server with a main loop of its own: dead, hung and stuck workers are replaced."""

    def __init__(self, *args: Any, executions: int, patience: int, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, workers_kill_timeout=patience, **kwargs)  # type: ignore[misc]
        self._executions, self._patience = executions, patience
        self._respawns: deque[float] = deque(maxlen=MAX_RESPAWNS)
        self._suspensions = Suspensions()
        self._suspects = Suspects(self._suspensions)
        self._watched: dict[int, Watched] = {}
        self._leaving: list[Leaving] = []
        self._looked = time.monotonic()

    def _spawn_worker(self, idx: int, target: Any, callback_loader: Any) -> WorkerProcess:  # type: ignore[override]  # noqa: ANN401
        board = Board(self._executions)
        loader = partial(callback_loader, board, self._suspensions)
        worker: WorkerProcess = super()._spawn_worker(idx, target, loader)
        self._watched[idx] = Watched(worker, board, Pulse(board))
        return worker

    def _spawn_workers(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        with starting_without_interrupts():
            super()._spawn_workers(*args, **kwargs)  # type: ignore[no-untyped-call]

    def _serve_loop(self, spawn_target: Any, target_loader: Any) -> None:  # noqa: ANN401
        """Until the server is told to end, or workers cannot run."""
        while not self.interrupt_signal:
            self.main_loop_interrupt.wait(LOOK)
            self.main_loop_interrupt.clear()
            # Granian's notes of who died; the processes themselves tell it here.
            self.interrupt_children.clear()
            if self.reload_signal:
                self._reload(spawn_target, target_loader)  # type: ignore[no-untyped-call]
            replaced = self._look()
            if not self._may_respawn(len(replaced)):
                log.error("workers die again and again: the server gives up")
                self.interrupt_children.extend(replaced)
                return
            self._respawn_workers(replaced, spawn_target, target_loader)
            self._see_off()

    def _look(self) -> list[int]:
        """Look at every worker; gives those that need a successor."""
        now = time.monotonic()
        passed, self._looked = now - self._looked, now
        return [index for index, one in self._watched.items() if self._needs_successor(one, now, passed)]

    def _needs_successor(self, one: Watched, now: float, passed: float) -> bool:
        process, number = one.worker.inner, one.worker.idx + 1
        if one.is_dead:
            log.error("a worker died", worker=number, process=process.pid, by=ending(process.exitcode))
            if process.exitcode:
                self._accuse(one, now)
            return True
        one.pulse.look(process.pid, passed)
        if one.pulse.hangs and not one.hung:
            one.hung = True
            log.error("a worker hangs", worker=number, process=process.pid)
            process.kill()
        elif one.pulse.is_overdue(now, passed):
            log.error("a worker is stuck: an execution does not end", worker=number, process=process.pid)
            self._accuse(one, now)
            return True
        return False

    def _accuse(self, one: Watched, now: float) -> None:
        """Tell what ran in a worker that has to be replaced, and draw the consequences."""
        ran = one.board.running()
        guilty = causes(ran, hung=one.hung, now=now)
        for execution in ran:
            log.error(
                "an execution ends with its worker",
                worker=one.worker.idx + 1,
                process=one.worker.inner.pid,
                where=execution.where.name.lower(),
                suspect=execution in guilty,
                **execution.named,
            )
        for packed, seconds in self._suspects.accuse(guilty, now):
            service, version = unpack(packed)
            log.error("a version is suspended", service=service, version=version, seconds=seconds)

    def _may_respawn(self, count: int) -> bool:
        """Whether workers can run at all, as far as one can tell by how often they had to be replaced."""
        now = time.monotonic()
        self._respawns.extend([now] * count)
        return not count or len(self._respawns) < MAX_RESPAWNS or now - self._respawns[0] > MINUTE

    def _respawn_workers(self, workers: list[int], spawn_target: Any, target_loader: Any, delay: float = 0) -> None:  # noqa: ANN401, ARG002
        """Start successors, and wait for nothing: the other workers are looked at meanwhile."""
        for index in workers:
            old = self._watched[index]
            with starting_without_interrupts():
                self.wrks[index] = self._spawn_worker(index, spawn_target, target_loader)
                self.wrks[index].start()  # type: ignore[no-untyped-call]
            self._leaving.append(Leaving(old, self._watched[index]))

    def _see_off(self) -> None:
        """Have workers end whose successors serve."""
        now = time.monotonic()
        for one in self._leaving:
            if one.old.is_dead:
                one.old.board.close()
            elif one.asked is None:
                if one.successor.is_dead or one.successor.pulse.serves:
                    one.old.worker.terminate()  # type: ignore[no-untyped-call]
                    one.asked = now
            elif now - one.asked > self._patience:
                one.old.worker.kill()  # type: ignore[no-untyped-call]
        self._leaving = [one for one in self._leaving if not one.old.is_dead]

    def _stop_workers(self) -> None:
        self.wrks.extend(one.old.worker for one in self._leaving)
        super()._stop_workers()  # type: ignore[no-untyped-call]


def serve(settings: Settings, started: Callable[[Settings], None]) -> None:
    """Serve until a signal ends it. `started` is called when the workers are about to start."""
    settings = settings.for_machine()
    logs.configure(settings)
    address = listening_address(settings.host, settings.port)
    prepare(settings)
    log.info("settings", **msgspec.structs.asdict(settings))
    # A forked worker would share the descriptor of the permit file, and with it the permits, and inherit no threads.
    multiprocessing.set_start_method("spawn", force=True)
    server = Supervisor(
        "execd",
        executions=settings.max_executions + COMPILED_AT_ONCE,
        patience=int(settings.time_limit) + GRACE,
        address=address,
        port=settings.port,
        interface=Interfaces.RSGI,
        workers=settings.workers,
        loop=Loops.uvloop if sys.platform == "linux" else Loops.auto,
        websockets=False,
        backlog=2048,
        backpressure=4096,
        respawn_failed_workers=True,
        log_level=LogLevels(settings.log_level),
        log_dictconfig=NO_HANDLERS,
    )
    server.on_startup(partial(started, settings))
    server.serve(target_loader=partial(_load, settings, os.getpid()), wrap_loader=False)


def _load(settings: Settings, parent: int, board: Board, suspensions: Suspensions) -> Any:  # noqa: ANN401
    """Runs in a new worker."""
    die_with_parent(parent)
    keep_freed_memory()
    put = logs.configure(settings).put
    try:
        return Beating(create_app(settings, put, board, suspensions), board)
    except Exception:
        log.exception("a worker cannot start")
        raise SystemExit(1) from None
