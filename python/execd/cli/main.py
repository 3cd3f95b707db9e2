"""The command `execd` and the list of its subcommands."""

from typing import Any

import click

from execd import __version__
from execd.cli import interrupt
from execd.cli.check import check
from execd.cli.functions import functions
from execd.cli.run import run
from execd.cli.serve import serve
from execd.cli.template import template
from execd.cli.terminal import FAILED, fail
from execd.cli.verify import verify
from execd.errors import ExecdError


class Command(click.Group):
    """Turns the errors that a caller can cause into one line and an exit code."""

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401
        """Run a command."""
        interrupt.watch()
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            fail("interrupted")
            ctx.exit(interrupt.INTERRUPTED)
        except (ExecdError, OSError, ValueError) as error:
            fail(str(error))
            ctx.exit(FAILED)


@click.group(cls=Command, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="execd")
def main() -> None:
    """Excel workbooks as calculation services."""


for command in (serve, check, run, verify, template, functions):
    main.add_command(command)
