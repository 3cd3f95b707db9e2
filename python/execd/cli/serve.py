"""`execd serve`: the settings from the command line, and a server."""

from pathlib import Path
from typing import Any

import click

from execd import settings
from execd.cli import interrupt


@click.command()
@click.option("--host", help="Address to listen on; loopback only while no keys are configured.  [127.0.0.1]")
@click.option("--port", type=int, help="Port to listen on.  [8000]")
@click.option("--workers", type=int, help="Processes that serve.  [one per core]")
@click.option("--threads", type=int, help="Threads of one worker that calculate.  [cores / workers]")
@click.option("--data", metavar="FOLDER", help="Folder with services/; made if missing.")
@click.option("--examples/--no-examples", default=None, help="Serve the example workbooks too.  [no]")
@click.option("--max-executions", type=int, help="Executions at once on this node, over all workers.  [2 per core]")
@click.option("--time-limit", type=float, help="Seconds until an execution is stopped and answered with 504.  [55]")
@click.option("--queue", type=int, help="Calls that may wait for a permit in one worker.  [64]")
@click.option("--queue-seconds", type=float, help="Seconds that one may wait.  [10]")
@click.option("--run-seconds", type=float, help="Seconds that the run of a file may take.  [0: no limit]")
@click.option("--default-service", metavar="SERVICE", help="The service of files for which none is named.")
@click.option("--max-spool", type=int, help="Bytes that a worker puts aside on disk.  [64 GiB]")
@click.option("--keep-runs", type=float, help="Seconds for which the logs of runs are kept.  [a week]")
@click.option("--keep-run-bytes", type=int, help="Bytes of them that are kept.  [256 MiB]")
@click.option("--node", metavar="NAME", help="What this machine is called in answers.  [its host name]")
@click.option("--max-body", type=int, help="Bytes of one body, unpacked.  [256 MiB]")
@click.option("--max-held", type=int, help="Bytes of all bodies and large answers that one worker holds.  [1 GiB]")
@click.option("--max-discard", type=int, help="Bytes that are read and thrown away after a refusal.  [2 GiB]")
@click.option(
    "--max-worker-memory",
    type=int,
    help="Bytes that executions of one worker hold.  [2 GiB, or half of what there is]",
)
@click.option("--max-execution-memory", type=int, help="Bytes that one of them may hold.  [512 MiB, or half of that]")
@click.option("--compile-seconds", type=float, help="Seconds to compile a workbook.  [60]")
@click.option("--max-compile-memory", type=int, help="Bytes to compile a workbook.  [512 MiB]")
@click.option("--max-compile-steps", type=int, help="Steps that a workbook may become.  [4 million]")
@click.option("--log-level", help="debug, info, warning or error.  [info]")
@click.option("--log-format", help="plain, or json: one object per line.  [plain]")
@click.option("--log-calls/--no-log-calls", default=None, help="A line for each call that was answered.  [yes]")
@click.option(
    "--config",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    envvar=settings.CONFIG,
    help="Settings in TOML; EXECD_CONFIG names it, too.",
)
def serve(config: Path | None, **options: Any) -> None:  # noqa: ANN401
    """Serve the workbooks of a folder: Execute v4, and executions of files.

    Ctrl-C and SIGTERM end it when running calls are answered.
    """
    # The other commands do not need a server.
    from execd.cli.greeting import greet  # noqa: PLC0415
    from execd.server import supervisor  # noqa: PLC0415
    from execd.telemetry.logs import logger  # noqa: PLC0415

    def started(chosen: settings.Settings) -> None:
        interrupt.unwatch()
        for name in settings.unknown():
            logger("execd.settings").warning("a variable is no setting", variable=name)
        greet(chosen)

    supervisor.serve(settings.load(config, **options), started)
