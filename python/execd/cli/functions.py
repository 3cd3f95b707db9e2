"""`execd functions`: the worksheet functions that formulas can call."""

import click

from execd import _native
from execd.cli.terminal import AS_JSON, print_json, say


@click.command()
@AS_JSON
def functions(*, as_json: bool) -> None:
    """List the worksheet functions that are supported, by name."""
    names = _native.functions()
    if as_json:
        print_json(names)
        return
    for name in names:
        say(name)
