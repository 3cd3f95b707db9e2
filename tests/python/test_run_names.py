"""Runs over files whose columns name inputs, or do not."""

from pathlib import Path

from books import workbook
from record_files import execd, read
from test_run import share

__all__ = ["share"]


def test_names_that_match_nothing(share: Path, tmp_path: Path) -> None:
    path, out = tmp_path / "in.csv", tmp_path / "out.csv"
    path.write_text("a,colour,policy\n1,red,7\n")
    told = execd(share, "--input", path, "--output", out, "--carry", "policy", "--outputs", "c,d").stderr.decode()
    assert "'colour' is not an input of the service; it was ignored" in told
    assert "'d' in output matches no output of the service" in told
    assert "policy" not in told, "what is carried is used"
    result = execd(share, "--input", path, "--output", out, "--strict")
    assert (result.returncode, b"strict: 'colour'" in result.stderr) == (1, True)


def test_wide_tables_and_many_names(tmp_path: Path) -> None:
    """More cells than fit into one piece of a file, and more columns than are told by name."""
    cells = {"A1": "K", "C1": "=SUM(A2:A701)"} | {f"A{row}": row for row in range(2, 702)}
    (tmp_path / "wide.xlsx").write_bytes(workbook(cells, {"Xinput_T": "A1:A701", "Xoutput_s": "C1"}))
    path, out = tmp_path / "in.csv", tmp_path / "out.csv"
    path.write_text("T[1].K\n" + "2\n" * 60_000)
    assert execd(tmp_path / "wide.xlsx", "--input", path, "--output", out, "--strict").returncode == 0
    assert {row["s"] for row in read(out)} == {"2"}
    names = [f"n{number}" for number in range(150)]
    path.write_text(",".join(["T[1].K", *names]) + "\n" + ",".join("1" * 151) + "\n")
    carry = ["--carry", ",".join(names[:100])]
    result = execd(tmp_path / "wide.xlsx", "--input", path, "--output", out, "--strict", *carry)
    assert (result.returncode, b"'n100' is not an input" in result.stderr) == (1, True)
    result = execd(tmp_path / "wide.xlsx", "--input", path, "--output", out, "--strict", "--carry", "all")
    assert (result.returncode, b"match" in result.stderr) == (0, False)
