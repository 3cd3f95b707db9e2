"""The wheel in an environment of its own, far from this folder."""

import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
# What the wheel must find for itself.
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}

LOAD = """
import execd, pathlib
package = pathlib.Path(execd.__file__).parent
model = execd.load(package / "examples" / "models" / "double.xlsx")
print(package, len(model.outputs) > 0)
"""


def run(folder: Path, *command: str | Path, **environment: str) -> str:
    """What a command prints, run in a folder where nothing of the project is."""
    done = subprocess.run(
        [*map(str, command)], cwd=folder, env=ENVIRONMENT | environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built with the profile that is compiled already: `make wheel` differs in how hard it optimises."""
    folder = tmp_path_factory.mktemp("wheel")
    maturin = Path(sys.executable).parent / "maturin"
    run(ROOT, maturin, "build", "--quiet", "--release", "--out", folder, VIRTUAL_ENV=sys.prefix)
    (built,) = folder.iterdir()
    return built


@pytest.fixture(scope="module")
def fresh(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of an environment that has the wheel, and what it needs, and no more."""
    folder = tmp_path_factory.mktemp("fresh")
    venv.create(folder, with_pip=True)
    run(folder, folder / "bin" / "python", "-m", "pip", "install", "--quiet", "--no-compile", wheel)
    return folder / "bin"


def test_one_wheel_serves_every_python(wheel: Path) -> None:
    assert "-cp311-abi3-" in wheel.name
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {"execd/_native.abi3.so", "execd/_native.pyi", "execd/py.typed", "execd/template.xlsx"} <= names
    assert {Path(name).name for name in names} >= {"LICENSE-MIT", "LICENSE-APACHE", "BlockParty.xlsx"}


def test_the_command_runs(fresh: Path, tmp_path: Path) -> None:
    assert run(tmp_path, fresh / "execd", "--version").startswith("execd, version ")
    book = ROOT / "examples" / "services" / "MyFolder" / "BlockParty.xlsx"
    assert "A11" in run(tmp_path, fresh / "execd", "check", book)


def test_the_package_is_imported(fresh: Path, tmp_path: Path) -> None:
    package, has_outputs = run(tmp_path, fresh / "python", "-c", LOAD).split()
    assert Path(package).is_relative_to(fresh.parent)
    assert has_outputs == "True"
