"""What the commands share: the terminal, exit codes, and how arguments and results look."""

import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TextIO

import click
import msgspec
from rich.console import Console

# Exit codes beside 0, and 2 for a command line that is wrong (click's own).
FAILED = 1
"""What was asked for could not be done, or the answer is no."""
UNSUPPORTED = 3
"""Nothing is wrong, but some of it could not be looked at."""
NOTHING_COMPARED = 4
"""There was nothing to look at."""
INVALID = 5
"""Everything was answered, but some records are not valid."""
PIPE_CLOSED = 141
"""Nobody reads what is written; a shell gives this code for SIGPIPE."""

# Columns of what is no terminal: nothing is wrapped for a program that reads lines.
UNWRAPPED = 1_000_000

# Suffixes of workbooks.
SUFFIXES = {".xlsx", ".xlsm"}


def _console(stream: TextIO, **options: Any) -> Console:  # noqa: ANN401
    return Console(width=None if stream.isatty() else UNWRAPPED, **options)


out = _console(sys.stdout)
err = _console(sys.stderr, stderr=True)

WORKBOOK = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
# Whether they are there is told for each, in JSON too.
WORKBOOKS = click.argument("paths", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path))
AS_JSON = click.option(
    "--json", "as_json", is_flag=True, help="Print JSON: an object for a file, a list for a folder or several files."
)


def workbooks(paths: Sequence[Path]) -> Iterator[Path]:
    """The files, and the workbooks in the folders. A folder without any stands for itself."""
    for path in paths:
        inside = sorted(file for file in path.rglob("*") if _is_workbook(file)) if path.is_dir() else []
        yield from inside or [path]


def _is_workbook(file: Path) -> bool:
    """Excel keeps a lock file `~$name.xlsx` beside an open workbook."""
    return file.suffix.lower() in SUFFIXES and not file.name.startswith(("~", ".")) and file.is_file()


def shown(file: Path) -> str:
    """The name of a file, also if it is no UTF-8."""
    return os.fsencode(file).decode("utf-8", "replace")


def is_one_file(paths: Sequence[Path]) -> bool:
    """A single file was asked for, not a folder or several."""
    return len(paths) == 1 and not paths[0].is_dir()


def reading_failed(file: Path, error: Exception) -> str:
    """Why a file could not be read, without its name."""
    if file.is_dir():
        return "there is no workbook (.xlsx or .xlsm) in the folder"
    if isinstance(error, FileNotFoundError):
        return "there is no such file"
    return (isinstance(error, OSError) and error.strerror) or str(error)


def count(number: int, noun: str) -> str:
    """`1 input`, `1,200 inputs`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def say(text: str, style: str | None = None) -> None:
    """Print a line as it is."""
    out.print(text, highlight=False, markup=False, style=style, soft_wrap=True)


def warn(text: str) -> None:
    """Tell what the user should know."""
    err.print(f"warning: {text}", highlight=False, markup=False, style="yellow", soft_wrap=True)


def fail(text: str) -> None:
    """Tell why a command ends."""
    err.print(f"execd: {text}", highlight=False, markup=False, style="red", soft_wrap=True)


def print_json(value: Any) -> None:  # noqa: ANN401
    """Print a value for programs."""
    click.echo(msgspec.json.format(msgspec.json.encode(value), indent=2))
