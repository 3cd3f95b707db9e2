"""The pages that people read, and the fenced blocks in them."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from conftest import Server
from tests.server import PATIENCE

ROOT = Path(__file__).parents[3]
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


class Block(NamedTuple):
    """A fenced block."""

    language: str
    text: str


def page(name: str) -> str:
    """The text of a page by its path from the project's folder."""
    return (ROOT / name).read_text("utf-8")


def blocks(text: str) -> list[Block]:
    """The fenced blocks of a text, in order."""
    return [Block(*match) for match in FENCE.findall(text)]


def run(command: list[str], folder: Path, text: str | None = None) -> str:
    """What a command prints, with the commands of this environment at hand. It must succeed."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        command,
        cwd=folder,
        input=text,
        env=os.environ | {"PATH": path},
        capture_output=True,
        text=True,
        check=False,
        timeout=5 * PATIENCE,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


class Place(NamedTuple):
    """A folder as the page's first block leaves it, and its server."""

    folder: Path
    port: int

    def here(self, text: str) -> str:
        """A text of the page, with the address of this server."""
        return text.replace("localhost:8000", f"127.0.0.1:{self.port}")


@contextmanager
def serving(setup: Block, folder: Path) -> Iterator[Place]:
    """A page's first block, done in a folder, with a server of the test's own instead of the one that it starts."""
    files, serve = setup.text.split("execd serve --data data &\n")
    run(["bash", "-eu"], folder, files)
    with Server(folder / "data") as server:
        place = Place(folder, server.port)
        run(["bash", "-eu"], folder, place.here(serve))
        yield place
