"""What the commands share: the terminal, and how arguments and results look."""

from pathlib import Path
from typing import Any

import click
import msgspec
from rich.console import Console

out = Console()
err = Console(stderr=True)

# Exit codes beside 0 and click's own 2: it did not work; it did, but some records are not valid; Ctrl-C.
FAILED = 1
INVALID = 3
INTERRUPTED = 130

WORKBOOK = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")


def warn(text: str) -> None:
    """Tell what the user should know."""
    err.print(f"warning: {text}", highlight=False, markup=False, style="yellow", soft_wrap=True)


def fail(text: str) -> None:
    """Tell why a command ends."""
    err.print(f"execd: {text}", highlight=False, markup=False, style="red", soft_wrap=True)


def print_json(value: Any) -> None:  # noqa: ANN401
    """Print a value for programs."""
    click.echo(msgspec.json.format(msgspec.json.encode(value), indent=2))
