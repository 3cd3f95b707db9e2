"""Every call of docs/executions.md is sent as it stands and prints what the page says. Figures are hand arithmetic."""

import re
import shutil
from collections.abc import Iterator

import pytest
from pages import Place, blocks, page, run, serving

CALLS, _, PROGRAMS = page("docs/executions.md").partition("\n## From a program\n")
SETUP, *REST = blocks(CALLS)
PAIRS = [(call.text, printed.text) for call, printed in zip(REST[::2], REST[1::2], strict=True)]
PROGRAM = {block.language: block.text for block in blocks(PROGRAMS)}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with serving(SETUP, tmp_path_factory.mktemp("executions")) as place:
        yield place


@pytest.mark.parametrize(("call", "printed"), PAIRS)
def test_calls_print_what_the_page_says(place: Place, call: str, printed: str) -> None:
    pattern = ".*".join(re.escape(text) for text in printed.split("…"))
    assert re.fullmatch(pattern, run(["bash", "-eu"], place.folder, place.here(call)))


def test_the_python_program(place: Place) -> None:
    assert run(["python", "-c", place.here(PROGRAM["python"])], place.folder) == PROGRAM["text"]


@pytest.mark.skipif(not shutil.which("javac"), reason="there is no Java compiler to run Submit.java with")
def test_the_java_program(place: Place) -> None:
    (place.folder / "Submit.java").write_text(place.here(PROGRAM["java"]))
    assert run(["java", "Submit.java"], place.folder) == PROGRAM["text"]
