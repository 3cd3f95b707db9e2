"""Writes docs/functions.md from the functions that the compiler knows.

usage: python docs/list_functions.py
"""

import textwrap
from itertools import groupby
from pathlib import Path

from execd import _native

TARGET = Path(__file__).with_name("functions.md")

WIDTH = 119

HEAD = """# Functions

The {count} worksheet functions that formulas can call, from the code (`execd functions`). A formula that calls another
one cannot be compiled; `execd check` names its cell, and the function that was perhaps meant. Names defined with
LAMBDA are called like functions.
"""


def page() -> str:
    """The text of the page."""
    names = _native.functions()
    letters = groupby(names, key=lambda name: name[0])
    lines = [
        textwrap.fill(f"**{letter}** {', '.join(group)}", WIDTH, break_on_hyphens=False) for letter, group in letters
    ]
    return HEAD.format(count=len(names)) + "\n" + "\n\n".join(lines) + "\n"


if __name__ == "__main__":
    TARGET.write_text(page(), "utf-8")
