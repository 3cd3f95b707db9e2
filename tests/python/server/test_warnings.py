"""What the author of a workbook should know is in the server's log, too."""

from pathlib import Path

from books import workbook
from conftest import Server, eventually


def test_warnings_of_a_workbook_are_logged(tmp_path: Path) -> None:
    folder = tmp_path / "services" / "tests"
    folder.mkdir(parents=True)
    names = {"Xinput_x": "A1", "Xoutput_y": "B1", "Xinputs_z": "C1"}
    (folder / "odd.xlsx").write_bytes(workbook({"A1": 1, "B1": "=A1*2", "C1": 3}, names))
    with Server(tmp_path) as server:
        assert server.execute("tests/odd", [["x"], [4]])["outputs"] == [["y"], [8]]
        told = "the name Xinputs_z declares nothing: did you mean Xinput_z?"
        log = server.log
        assert log
        eventually(lambda: told in log.read_text(), "the warning in the log")
