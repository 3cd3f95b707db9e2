"""Starts a server with the example workbooks and sends it the documented sample of Execute v4 in both layouts.

usage: demo.py [--once] [--port PORT]      --once stops the server after the answers
"""

import argparse
import json
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.syntax import Syntax

CASES = Path(__file__).parents[1] / "tests" / "wire" / "execute"
SAMPLES = {"JSON objects": "sample-objects", "JSON arrays": "sample-arrays"}
# Seconds that the server may take to start.
PATIENCE = 30.0

console = Console()


def main() -> None:
    """Start, ask, print, and wait for Ctrl-C unless told otherwise."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--once", action="store_true")
    arguments.add_argument("--port", type=int, default=8000)
    options = arguments.parse_args()
    port = free_port(options.port)
    command = [sys.executable, "-m", "execd", "serve", "--examples", "--data", "data", "--port", str(port)]
    console.rule(" ".join(["execd", *command[3:]]))
    server = subprocess.Popen(command)
    try:
        url = f"http://127.0.0.1:{port}"
        wait_until_ready(server, url)
        for layout, case in SAMPLES.items():
            show(url + "/demo/api/v4/execute", layout, CASES / case / "request.json")
        if not options.once:
            console.rule(f"serving on {url} - Ctrl-C stops it")
            server.wait()
    except KeyboardInterrupt:
        pass
    finally:
        server.terminate()
        server.wait()


def free_port(wanted: int) -> int:
    """`wanted`, or any other port if somebody listens there."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise SystemExit("no port to listen on")


def wait_until_ready(server: "subprocess.Popen[bytes]", url: str) -> None:
    """Poll until the server answers."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and server.poll() is None:
        try:
            urllib.request.urlopen(url + "/health", timeout=1)
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise SystemExit("the server did not start")


def show(url: str, layout: str, request: Path) -> None:
    """Send one sample and print what went out and what came back."""
    body = request.read_bytes()
    console.rule(f"{layout}: POST {url}")
    console.print(Syntax(body.decode().strip(), "json", background_color="default", word_wrap=True))
    call = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(call) as response:
        answer = json.load(response)
        console.print(f"HTTP {response.status}", style="bold green")
    for key, value in answer.items():
        console.print(f"[bold]{key}[/bold]", end=" ")
        console.print(readable(value), highlight=True, markup=False)


def readable(value: Any) -> str:
    """A list with one line per record, anything else on one line."""
    if isinstance(value, list) and value and any(isinstance(one, list | dict) for one in value):
        return "\n" + "\n".join(f"  {json.dumps(one)}" for one in value)
    return json.dumps(value)


if __name__ == "__main__":
    main()
