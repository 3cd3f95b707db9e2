"""Starts the workers of a server and keeps them going; no worker outlives the main process."""

import multiprocessing
import os
import sys
import time
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec
from granian.constants import Interfaces, Loops
from granian.log import LogLevels
from granian.server.mp import MPServer

from execd.app import create_app
from execd.server.home import prepare
from execd.server.network import listening_address
from execd.server.process import die_with_parent, ending, keep_freed_memory, starting_without_interrupts
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


class Supervisor(MPServer):
    """Granian's server, which gives up on a worker that dies twice in a few seconds, with more patience."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **kwargs)
        self._respawns: deque[float] = deque(maxlen=MAX_RESPAWNS)

    def _spawn_workers(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        with starting_without_interrupts():
            super()._spawn_workers(*args, **kwargs)  # type: ignore[no-untyped-call]

    def _respawn_workers(self, workers: list[int], *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        for index in workers:
            died = self.wrks[index].inner
            if died.exitcode is not None:
                log.error("a worker died", worker=index + 1, process=died.pid, by=ending(died.exitcode))
        with starting_without_interrupts():
            super()._respawn_workers(workers, *args, **kwargs)
        now = time.monotonic()
        if len(self._respawns) < MAX_RESPAWNS or now - self._respawns[0] > MINUTE:
            self.respawned_wrks.clear()
        self._respawns.append(now)


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
        address=address,
        port=settings.port,
        interface=Interfaces.RSGI,
        workers=settings.workers,
        loop=Loops.uvloop if sys.platform == "linux" else Loops.auto,
        websockets=False,
        backlog=2048,
        backpressure=4096,
        respawn_failed_workers=True,
        workers_kill_timeout=int(settings.time_limit) + GRACE,
        log_level=LogLevels(settings.log_level),
        log_dictconfig=NO_HANDLERS,
    )
    server.on_startup(partial(started, settings))
    server.serve(target_loader=partial(_load, settings, os.getpid()), wrap_loader=False)


def _load(settings: Settings, parent: int) -> Any:  # noqa: ANN401
    """Runs in a new worker."""
    die_with_parent(parent)
    keep_freed_memory()
    put = logs.configure(settings).put
    try:
        return create_app(settings, put)
    except Exception:
        log.exception("a worker cannot start")
        raise SystemExit(1) from None
