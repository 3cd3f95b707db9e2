"""`execd template`: a workbook to begin with."""

from importlib import resources
from pathlib import Path

import click

from execd.cli.terminal import say


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Replace the file if it is there.")
def template(file: Path, *, force: bool) -> None:
    """Write a workbook to begin with: a price quote with inputs, a table, validations and outputs.

    FILE is the new workbook, such as quote.xlsx. Its sheet Notes says what is where.
    """
    if file.suffix.lower() != ".xlsx":
        raise click.BadParameter(f"{file}: the name must end in .xlsx")
    try:
        with file.open("wb" if force else "xb") as target:
            target.write(resources.files("execd").joinpath("template.xlsx").read_bytes())
    except FileExistsError:
        raise FileExistsError(f"{file} is there already; --force replaces it") from None
    say(f"wrote {file}; execd check {file} tells what it offers")
