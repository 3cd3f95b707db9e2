"""The pages that people read, and the fenced blocks in them."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

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
