"""Every call of docs/calling.md is sent as it stands; the answers hold what the page says. The figures are hand
arithmetic."""

import json
import shutil
from collections.abc import Iterator

import pytest
from pages import Block, Place, blocks, page, run, serving

PAGE = page("docs/calling.md")
CALLS, _, REMAINDER = PAGE.partition("\n## From a program\n")
PROGRAMS, _, IN_PROCESS = REMAINDER.partition("\n## Without a server\n")
SETUP, *REST = blocks(CALLS)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with serving(SETUP, tmp_path_factory.mktemp("calling")) as place:
        yield place


def pairs() -> list[tuple[str, str | None]]:
    """Each call with the answer that stands below it."""
    following: list[Block | None] = [*REST[1:], None]
    return [
        (block.text, after.text if after and after.language == "json" else None)
        for block, after in zip(REST, following, strict=True)
        if block.language == "sh"
    ]


@pytest.mark.parametrize(("call", "shown"), pairs())
def test_calls_are_answered_as_the_page_says(place: Place, call: str, shown: str | None) -> None:
    answer = json.loads(run(["bash", "-eu"], place.folder, place.here(call)))
    if shown:
        expected = json.loads(shown)
        assert {key: answer[key] for key in expected} == expected
    else:
        said = [[item["message"] for item in items] for items in answer["errors"]]
        assert said == [["Quantity is a whole number from 1 to 1,000"], ["A customer is New, Regular or Key"]]
        assert answer["outputs"] == [{"NetPrice": 0}, {"NetPrice": "#N/A"}]
        assert "NetPrice" in answer["warnings"][1][0]["message"]


def test_every_member_of_an_answer_is_on_the_page(place: Place) -> None:
    answer = json.loads(run(["bash", "-eu"], place.folder, place.here(REST[0].text)))
    assert [member for member in answer if f"`{member}`" not in CALLS] == []


PROGRAM = {block.language: block.text for block in blocks(PROGRAMS)}


def test_the_python_program(place: Place) -> None:
    assert run(["python", "-c", place.here(PROGRAM["python"])], place.folder) == PROGRAM["text"]


@pytest.mark.skipif(not shutil.which("node"), reason="there is no node to run JavaScript with")
def test_the_javascript_program(place: Place) -> None:
    assert run(["node", "-e", place.here(PROGRAM["js"])], place.folder) == PROGRAM["text"]


@pytest.mark.skipif(not shutil.which("javac"), reason="there is no Java compiler to run Call.java with")
def test_the_java_program(place: Place) -> None:
    (place.folder / "Call.java").write_text(place.here(PROGRAM["java"]))
    answer = json.loads(run(["java", "Call.java"], place.folder))
    said = [items and items[0]["message"] for items in answer["errors"]]
    printed = zip((record["Total"] for record in answer["outputs"]), said, strict=True)
    assert [f"{total} {message or 'null'}" for total, message in printed] == PROGRAM["text"].splitlines()


def test_the_program_without_a_server(place: Place) -> None:
    program, printed = blocks(IN_PROCESS)
    assert run(["python", "-c", program.text], place.folder) == printed.text
