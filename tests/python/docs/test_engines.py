"""The examples of docs/engines.md run as they stand, where the engine is installed. Figures are hand arithmetic."""

import re
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from pages import blocks, page, run

SETUP, *SECTIONS = re.split(r"^## ", page("docs/engines.md"), flags=re.MULTILINE)
# What the engine of a section is imported as, where it is not its name.
MODULES = {"Spark": "pyspark"}


def examples() -> list[tuple[str, str, str]]:
    """The section, the program and what it prints."""
    found = []
    for section in SECTIONS:
        title = section.split("\n", 1)[0]
        parts = blocks(section)
        found += [(title, code.text, shown.text) for code, shown in zip(parts[::2], parts[1::2], strict=True)]
    return found


@pytest.mark.parametrize(("engine", "program", "shown"), examples(), ids=[title for title, *_ in examples()])
def test_an_example_prints_what_the_page_says(
    engine: str, program: str, shown: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = MODULES.get(engine, engine.lower())
    if not find_spec(module):
        pytest.skip(f"{engine} is not installed: make test-engines")
    if engine == "Spark" and not shutil.which("java"):
        pytest.skip("Spark needs Java 17 or newer")
    monkeypatch.setenv("PYSPARK_PYTHON", sys.executable)
    (setup,) = blocks(SETUP)
    run(["bash", "-eu"], tmp_path, setup.text)
    assert run([sys.executable, "-c", program], tmp_path) == shown


def test_every_engine_has_an_example() -> None:
    assert {title for title, *_ in examples()} == {"Polars", "pandas", "Dask", "Ray", "Spark", "DuckDB"}
