"""Imports run one way, file by file, in Rust and in Python; files and folders stay readable."""

import re
import tomllib
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from source_graph import Graph, circles, describe, python_graph, rust_graph

ROOT = Path(__file__).parents[3]
PACKAGE = ROOT / "python" / "execd"

# What each crate may depend on, from the house's picture.
BELOW = {"calc": set(), "model": {"calc"}, "serve": {"calc"}, "py": {"calc", "model", "serve"}}

# The files and folders of the Python package from the top down. Each imports only from its own row and from rows
# below; within a row, too, imports run one way.
ORDER = [
    ["__main__"],
    ["cli"],
    ["server"],
    ["app"],
    ["api"],
    ["state"],
    ["dask", "duckdb", "polars", "ray", "spark"],
    ["partitions"],
    ["__init__", "verify"],
    ["library"],
    ["auth", "http"],
    ["jobs"],
    ["registry", "runtime"],
    ["database", "storage"],
    ["telemetry"],
    ["settings", "errors", "options"],
    ["_native"],
    ["description"],
]
# The version is the package's own name for itself, not a dependency on what the package exports.
VERSION = {"__version__"}
# Who answers calls and runs them knows requests and answers, not how they travel.
NO_TRANSPORT = ["api", "runtime", "registry"]
TRANSPORT = re.compile(r"\b(granian|starlette|uvicorn|[ar]sgi)", re.IGNORECASE)

MOST_LINES = 500
MOST_FILES = 22


@cache
def rust(crate: str) -> Graph:
    """The graph of a crate, named by its folder."""
    roots = [path for name in ("lib.rs", "main.rs") if (path := ROOT / crate / "src" / name).exists()]
    return rust_graph(roots[0])


@cache
def python() -> Graph:
    """The graph of the Python package, without imports of its version alone."""
    graph = python_graph(PACKAGE)
    return {file: {other: names for other, names in used.items() if names != VERSION} for file, used in graph.items()}


def crates() -> list[str]:
    """All that the workspace builds."""
    members: list[str] = tomllib.loads((ROOT / "Cargo.toml").read_text())["workspace"]["members"]
    return [member for member in members if (ROOT / member / "src").exists()]


@pytest.mark.parametrize("crate", crates())
def test_no_circle_among_the_files_of_a_crate(crate: str) -> None:
    found = circles(rust(crate))
    assert not found, describe(rust(crate), found, ROOT)


@pytest.mark.parametrize("crate", crates())
def test_every_rust_file_is_in_the_graph(crate: str) -> None:
    files = set((ROOT / crate / "src").rglob("*.rs"))
    unseen = [str(path.relative_to(ROOT)) for path in files - rust(crate).keys() if not is_for_tests(path)]
    assert not unseen, f"no module declares {unseen}"


def is_for_tests(path: Path) -> bool:
    return any(part.endswith("tests") for part in path.with_suffix("").parts)


@pytest.mark.parametrize("crate", BELOW)
def test_rust_modules_use_only_those_declared_above_them(crate: str) -> None:
    source = ROOT / "rust" / crate / "src"
    order = re.findall(r"^(?:pub )?mod (\w+);", (source / "lib.rs").read_text(), re.MULTILINE)
    wrong = []
    for file, used in rust(f"rust/{crate}").items():
        for other in used if file.name != "lib.rs" else ():
            user, needed = (path.relative_to(source).with_suffix("").parts[0] for path in (file, other))
            if needed == "lib" or order.index(needed) > order.index(user):
                wrong.append(f"{file.relative_to(ROOT)} uses {other.relative_to(source)}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("crate", BELOW)
def test_crates_depend_only_on_crates_below(crate: str) -> None:
    manifest = (ROOT / "rust" / crate / "Cargo.toml").read_text().split("[dev-dependencies]")[0]
    assert set(re.findall(r"^execd-(\w+)", manifest, re.MULTILINE)) == BELOW[crate]


def test_no_circle_among_python_files() -> None:
    found = circles(python())
    assert not found, describe(python(), found, ROOT)


def place(file: Path) -> str:
    """The name directly in the package that a file belongs to: `cli` for execd/cli/serve.py and for execd/cli.py."""
    return file.relative_to(PACKAGE).with_suffix("").parts[0]


def row(name: str) -> int:
    """How far from the top a file or folder of the package stands."""
    found = [index for index, names in enumerate(ORDER) if name in names]
    assert found, f"execd.{name} stands in no row of ORDER in {Path(__file__).name}: add it where it belongs"
    return found[0]


@pytest.mark.parametrize("name", sorted({place(file) for file in python()}))
def test_python_imports_run_from_the_top_down(name: str) -> None:
    wrong = [
        f"{file.relative_to(ROOT)} imports {', '.join(sorted(names))} of {other.relative_to(ROOT)}"
        for file, used in python().items()
        for other, names in used.items()
        if place(file) == name and row(place(other)) < row(name)
    ]
    assert not wrong, "\n".join(wrong)


def test_no_circle_among_the_parts_of_the_package() -> None:
    parts: Graph = {PACKAGE / place(file): {} for file in python()}
    for file, used in python().items():
        for other, names in used.items():
            if place(file) != place(other):
                parts[PACKAGE / place(file)].setdefault(PACKAGE / place(other), set()).update(names)
    found = circles(parts)
    assert not found, describe(parts, found, ROOT)


def test_no_api_imports_another() -> None:
    wrong = [
        f"{file.relative_to(ROOT)} imports {other.relative_to(ROOT)}"
        for file, used in python().items()
        for other in used
        if api(file) and api(other) and api(file) != api(other)
    ]
    assert not wrong, "\n".join(wrong)


def api(file: Path) -> str:
    """Which API a file belongs to; none for api/__init__.py, which names them all, and for what is no API's."""
    parts = file.relative_to(PACKAGE).with_suffix("").parts
    return parts[1] if parts[0] == "api" and parts[1] != "__init__" else ""


@pytest.mark.parametrize("folder", NO_TRANSPORT)
def test_transport_stays_outside(folder: str) -> None:
    files = [file for file in python() if place(file) == folder]
    assert files, f"there is no execd.{folder}"
    lines = [(file, line) for file in files for line in file.read_text().splitlines()]
    wrong = [f"{file.relative_to(ROOT)}: {line.strip()}" for file, line in lines if TRANSPORT.search(line)]
    assert not wrong, "\n".join(wrong)


def sources() -> list[Path]:
    """All source files but tests."""
    rust_files = [path for crate in crates() for path in (ROOT / crate / "src").rglob("*.rs")]
    return sorted([*(path for path in rust_files if not is_for_tests(path)), *python()])


def test_files_stay_readable() -> None:
    long = [f"{path.relative_to(ROOT)}: {count}" for path in sources() if (count := lines(path)) > MOST_LINES]
    assert not long, "\n".join(long)


def lines(path: Path) -> int:
    """Lines without the tests at the end of a Rust file."""
    return path.read_text().split("#[cfg(test)]\nmod tests")[0].count("\n")


def test_folders_stay_readable() -> None:
    files = Counter(path.parent for path in sources())
    full = [f"{folder.relative_to(ROOT)}: {count} files" for folder, count in files.items() if count > MOST_FILES]
    assert not full, "\n".join(full)


@pytest.mark.parametrize("word", ["util", "utils", "common", "misc", "helpers", "legacy", "ext", "v2"])
def test_no_file_is_a_drawer(word: str) -> None:
    found = [str(path.relative_to(ROOT)) for path in sources() if word in path.relative_to(ROOT).with_suffix("").parts]
    assert not found


def test_only_settings_reads_the_environment() -> None:
    readers = [path.name for path in PACKAGE.rglob("*.py") if re.search(r"\bos\.(environ|getenv)\b", path.read_text())]
    assert readers == ["settings.py"]


def test_one_place_releases_the_gil() -> None:
    source = ROOT / "rust" / "py" / "src"
    assert [path.name for path in source.rglob("*.rs") if ".detach(" in path.read_text()] == ["detach.rs"]
