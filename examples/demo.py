"""Starts a server with the example workbooks and sends it the documented sample of Execute v4 in both layouts.

usage: python -m examples.demo [--once] [--port PORT]      --once stops the server after the answers
"""

import argparse
import json
import urllib.request
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.syntax import Syntax

from tests.server import Server, execd_command, free_port

CASES = Path(__file__).parents[1] / "tests" / "wire" / "execute"
SAMPLES = {"JSON objects": "sample-objects", "JSON arrays": "sample-arrays"}
# What is said before the answers.
MEANT = (
    'The errors "Input Not Valid" in the answers are meant: the workbook takes an A11 from 25 to 1000, the documented '
    "sample sends 10 and 20, and such a record is answered with the error beside its outputs."
)

console = Console()


def main() -> None:
    """Start, ask, print, and wait for Ctrl-C unless told otherwise."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--once", action="store_true")
    arguments.add_argument("--port", type=int, default=8000)
    options = arguments.parse_args()
    command = execd_command(Path("data"))
    console.rule(" ".join(["execd", *command[3:]]))
    try:
        with Server(command, port=free_port(options.port), environment={"EXECD_LOG_LEVEL": "warning"}) as server:
            console.print(MEANT, highlight=False, soft_wrap=True)
            for layout, case in SAMPLES.items():
                show(server.url + "/demo/api/v4/execute", layout, CASES / case / "request.json")
            if not options.once:
                console.rule(f"serving on {server.url} - Ctrl-C stops it")
                server.process.wait()
    except KeyboardInterrupt:
        pass


def show(url: str, layout: str, request: Path) -> None:
    """Send one sample and print what went out and what came back."""
    body = request.read_bytes()
    console.rule(f"{layout}: POST {url}")
    shown = body.decode().strip()
    if console.is_terminal:
        console.print(Syntax(shown, "json", background_color="default", word_wrap=True))
    else:
        console.print(shown, markup=False, highlight=False, soft_wrap=True)
    call = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(call) as response:
        answer = json.load(response)
        console.print(f"HTTP {response.status}", style="bold green")
    for key, value in answer.items():
        console.print(f"[bold]{key}[/bold]", end=" ")
        console.print(readable(value), highlight=True, markup=False, soft_wrap=True)


def readable(value: Any) -> str:
    """A list with one line per record, anything else on one line."""
    if isinstance(value, list) and value and any(isinstance(one, list | dict) for one in value):
        return "\n" + "\n".join(f"  {json.dumps(one)}" for one in value)
    return json.dumps(value)


if __name__ == "__main__":
    main()
