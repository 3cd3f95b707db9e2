"""Imports run one way, in `python/execd` and inside each Rust crate; files stay readable."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "python" / "execd"
CRATES = ["calc", "model", "serve", "py"]

# From the top down: a module imports only from the rows below its own.
LAYERS = [
    ["__main__"],
    ["cli"],
    ["__init__", "supervise", "transfer", "verify"],
    ["app"],
    ["faces.__init__"],
    ["faces.execute", "faces.status"],
    ["faces.envelope", "faces.routing", "node"],
    ["bridge"],
    ["admission", "registry"],
    ["workbooks", "incoming", "respond"],
    ["compression", "model"],
    ["errors", "settings"],
    ["_native"],
]
# The version is the package's own name for itself, not a dependency on what the package exports.
VERSION = "__version__"

ABOVE_500 = 500


def modules() -> list[str]:
    found = [".".join(path.relative_to(PACKAGE).with_suffix("").parts) for path in PACKAGE.rglob("*.py")]
    return sorted([*(name for name in found if not name.startswith("examples.")), "_native"])


def layer(module: str) -> int:
    return next(index for index, row in enumerate(LAYERS) if module in row)


def test_every_module_has_a_layer() -> None:
    assert modules() == sorted(name for row in LAYERS for name in row)


@pytest.mark.parametrize("module", [name for name in modules() if name != "_native"])
def test_python_imports_run_one_way(module: str) -> None:
    wrong = [name for name in imports(module) if layer(name) <= layer(module)]
    assert not wrong, f"{module} imports {wrong}, which are not below it"


def imports(module: str) -> set[str]:
    """The modules of the package that a module imports, at its top or anywhere inside."""
    tree = ast.parse((PACKAGE / module.replace(".", "/")).with_suffix(".py").read_text())
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "execd":
            inside = (node.module or "").removeprefix("execd").removeprefix(".")
            found |= {resolve(inside, alias.name) for alias in node.names if alias.name != VERSION}
        elif isinstance(node, ast.Import):
            assert not any(alias.name.split(".")[0] == "execd" for alias in node.names), "use from execd import …"
    return found


def resolve(inside: str, name: str) -> str:
    """The module that `from execd.inside import name` reads."""
    known = {entry for row in LAYERS for entry in row}
    dotted = f"{inside}.{name}" if inside else name
    for candidate in (dotted, f"{dotted}.__init__", inside, f"{inside}.__init__" if inside else "__init__"):
        if candidate in known:
            return candidate
    raise AssertionError(f"execd.{inside} has no {name}")


def declared(lib: Path) -> list[str]:
    """The modules of a crate in the order of its lib.rs, which is from the bottom up."""
    return re.findall(r"^(?:pub )?mod (\w+);", lib.read_text(), re.MULTILINE)


def rust_uses() -> Iterator[tuple[str, str, list[str], Path]]:
    for crate in CRATES:
        source = ROOT / "rust" / crate / "src"
        order = declared(source / "lib.rs")
        for path in sorted(source.rglob("*.rs")):
            if path.name != "lib.rs":
                yield crate, path.relative_to(source).with_suffix("").parts[0], order, path


@pytest.mark.parametrize("crate", CRATES)
def test_rust_modules_use_only_those_declared_above_them(crate: str) -> None:
    wrong = []
    for name, module, order, path in rust_uses():
        if name != crate:
            continue
        above = set(order[order.index(module) + 1 :])
        wrong += [f"{path.relative_to(ROOT)} uses crate::{used}" for used in used_modules(path.read_text()) & above]
    assert not wrong, "\n".join(wrong)


def used_modules(source: str) -> set[str]:
    """First path segments after `crate::`, in plain and in grouped use lines; comments and test modules left out."""
    source = re.sub(r"//[^\n]*", "", source)
    source = source.split("#[cfg(test)]\nmod tests")[0]
    single = set(re.findall(r"\bcrate::(\w+)", source))
    grouped = re.findall(r"\bcrate::\{([^;]*?)\};", source, re.DOTALL)
    for group in grouped:
        depth_free = re.sub(r"\{[^{}]*\}", "", group)
        single |= set(re.findall(r"(?:^|,)\s*(\w+)", depth_free))
    return single


# What each crate may depend on, from the house's picture.
BELOW = {"calc": set(), "model": {"calc"}, "serve": {"calc"}, "py": {"calc", "model", "serve"}}


@pytest.mark.parametrize("crate", CRATES)
def test_crates_depend_only_on_crates_below(crate: str) -> None:
    manifest = (ROOT / "rust" / crate / "Cargo.toml").read_text().split("[dev-dependencies]")[0]
    assert set(re.findall(r"^execd-(\w+)", manifest, re.MULTILINE)) == BELOW[crate]


def sources() -> list[Path]:
    rust = [path for path in (ROOT / "rust").rglob("*.rs") if "tests" not in path.parts]
    python = [path for path in PACKAGE.rglob("*.py") if "examples" not in path.parts]
    return sorted([*rust, *python])


def test_files_stay_readable() -> None:
    long = [f"{path.relative_to(ROOT)}: {count}" for path in sources() if (count := lines(path)) > ABOVE_500]
    assert not long, "\n".join(long)


def lines(path: Path) -> int:
    """Lines without the tests at the end of a Rust file."""
    return path.read_text().split("#[cfg(test)]\nmod tests")[0].count("\n")


@pytest.mark.parametrize("word", ["util", "utils", "common", "misc", "helpers", "legacy", "ext", "v2"])
def test_no_file_is_a_drawer(word: str) -> None:
    assert not [path for path in sources() if path.stem == word]


def test_only_settings_reads_the_environment() -> None:
    readers = [path.name for path in PACKAGE.rglob("*.py") if re.search(r"\bos\.(environ|getenv)\b", path.read_text())]
    assert readers == ["settings.py"]


def test_one_place_releases_the_gil() -> None:
    source = ROOT / "rust" / "py" / "src"
    assert [path.name for path in source.rglob("*.rs") if ".detach(" in path.read_text()] == ["detach.rs"]
