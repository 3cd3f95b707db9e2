"""What one worker of a server is made of, built once from the settings and handed to the APIs."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from execd import _native
from execd.http.body import Bodies
from execd.registry.catalog import Catalog, Version
from execd.registry.compiled import Program, Programs
from execd.registry.folder import Folder
from execd.runtime.admission import Admission, Policy
from execd.runtime.board import Board
from execd.runtime.executor import Executor
from execd.runtime.run import Runtime
from execd.runtime.suspension import Suspensions
from execd.settings import Settings
from execd.telemetry.calls import Calls

EXAMPLES = Path(__file__).parent / "examples"


@dataclass(frozen=True)
class State:
    """The parts that the APIs share."""

    settings: Settings
    catalog: Catalog
    programs: Programs
    engine: _native.Engine
    runtime: Runtime
    bodies: Bodies
    calls: Calls
    spools: _native.SpoolSpace


def build(
    settings: Settings,
    log_line: Callable[[bytes], None],
    board: Board | None = None,
    suspensions: Suspensions | None = None,
) -> State:
    """The parts of a worker; `log_line` takes what is logged of each call.

    A main process that watches over the worker shares `board` and `suspensions` with it.

    Opens the permit file and starts threads: call it in the process that serves.
    """

    def compiled(version: Version) -> Awaitable[Program]:
        return programs.of(version)

    catalog = Folder(service_roots(settings), check=compiled)
    board = board or Board(settings.max_executions)
    suspensions = suspensions or Suspensions()
    compile_ = partial(
        _native.Model,
        seconds=settings.compile_seconds,
        memory=settings.max_compile_memory,
        steps=settings.max_compile_steps,
    )
    programs = Programs(catalog, compile_, board, suspensions)
    policies = {"queue": Policy(settings.queue, settings.queue_seconds), "refuse": Policy(0, 0.0)}
    admission = Admission(settings.permit_file, settings.max_executions, policies)
    return State(
        settings=settings,
        catalog=catalog,
        programs=programs,
        engine=_native.Engine(
            settings.threads, memory=settings.max_worker_memory, execution_memory=settings.max_execution_memory
        ),
        runtime=Runtime(admission, Executor(settings.max_executions), board, suspensions),
        bodies=Bodies(settings),
        calls=Calls(settings, log_line),
        spools=_native.SpoolSpace(settings.home, settings.max_spool),
    )


def service_roots(settings: Settings) -> list[Path]:
    """Where workbooks are looked for, in this order."""
    roots = [settings.data / "services"] if settings.data else []
    return [*roots, EXAMPLES] if settings.examples else roots
