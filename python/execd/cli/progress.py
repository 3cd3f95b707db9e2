"""A file of records through a model: the work is native and streams, this shows how far it has come."""

import signal
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from execd import _native
from execd.library import Model

# Seconds between two looks at the progress.
TICK = 0.1


def run(
    model: Model,
    source: Path,
    target: Path,
    threads: int,
    console: Console,
    **options: Any,  # noqa: ANN401
) -> _native.FileSummary:
    """Evaluate `source` into `target` with the options of `FileRun`. The bar shows only on a terminal."""
    job = _native.FileRun(model.native, _native.Engine(threads), str(source), str(target), **options)
    pool = ThreadPoolExecutor(1)
    progress = Progress(
        TextColumn("{task.fields[records]:,} records"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeRemainingColumn(),
        console=console,
        disable=not console.is_terminal,
    )
    with progress:
        bar = progress.add_task("", total=1.0, records=0)
        before = {number: signal.signal(number, _end) for number in (signal.SIGTERM, signal.SIGHUP)}
        # The run starts where a signal stops it: nobody waits for a thread that goes on.
        try:
            result = pool.submit(job.run)
            while wait([result], TICK).not_done:
                progress.update(bar, completed=job.fraction, records=job.records)
        except (KeyboardInterrupt, SystemExit):
            job.cancel()
            raise
        finally:
            pool.shutdown()
            for number, handler in before.items():
                signal.signal(number, handler)
        progress.update(bar, completed=1.0, records=job.records)
    return result.result()


def _end(number: int, _: object) -> None:
    """Stop as Ctrl-C does, with the exit code that a shell gives for the signal."""
    raise SystemExit(128 + number)
