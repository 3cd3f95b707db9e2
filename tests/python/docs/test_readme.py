"""The tour of the README runs as it stands, and prints what it says. The figures are hand arithmetic."""

import re
from pathlib import Path

from pages import blocks, page, run

from tests.server import free_port

TOUR = re.compile(r"^## Five minutes\n(.*?)^## ", re.DOTALL | re.MULTILINE)


def test_the_tour_runs_as_written(tmp_path: Path) -> None:
    found = TOUR.search(page("README.md"))
    assert found
    port = str(free_port())
    tour = blocks(found[1])
    commands = "".join(block.text for block in tour if block.language == "sh")
    commands = commands.replace("localhost:8000", f"localhost:{port}")
    commands = commands.replace("execd serve", f"execd serve --port {port}")
    # The server ends with the script, however that ends.
    printed = run(["bash", "-eu"], tmp_path, "trap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n" + commands)
    shown = [block.text for block in tour if block.language == "text"]
    assert len(shown) >= 5
    at = 0
    for text in shown:
        for part in filter(None, (part.strip() for part in text.split("…"))):
            assert part in printed[at:], f"{part}\nis not in\n{printed[at:]}"
            at = printed.index(part, at) + len(part)
