"""`execd functions`: the worksheet functions that formulas can call."""

import click

from execd import _native
from execd.cli.terminal import print_json, say


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
def functions(*, as_json: bool) -> None:
    """List the worksheet functions that are supported, by name."""
    names = _native.functions()
    if as_json:
        print_json(names)
        return
    for name in names:
        say(name)
