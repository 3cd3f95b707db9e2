"""The graph of imports itself, on small trees whose circles are known."""

from pathlib import Path

import pytest

from source_graph import Graph, circles, describe, python_graph, rust_graph

CRATE = {
    "lib.rs": "mod a;\nmod b;\nmod deep;\n",
    "a.rs": "pub struct Thing;\npub fn make() -> Thing { Thing }\n",
    "b.rs": "",
    "deep/mod.rs": "mod inner;\nmod other;\npub use inner::Shown;\npub struct Own;\n",
    "deep/inner.rs": "pub struct Shown;\npub mod part { pub fn run() {} }\n",
    "deep/other.rs": "",
}


def written(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def rust(folder: Path, **changed: str) -> Graph:
    """The graph of `CRATE` with other texts for some files, named without their suffix and with __ for a slash."""
    return rust_graph(
        written(folder, CRATE | {f"{name.replace('__', '/')}.rs": text for name, text in changed.items()}) / "lib.rs"
    )


def edges(graph: Graph, folder: Path, file: str) -> set[str]:
    return {str(other.relative_to(folder)) for other in graph[folder / file]}


@pytest.mark.parametrize(
    ("text", "imported"),
    [
        ("use crate::a::Thing;", {"a.rs"}),
        ("pub use crate::a::Thing as Other;", {"a.rs"}),
        ("use super::a;", {"a.rs"}),
        ("use crate::{a::{self, Thing}, deep::inner};", {"a.rs", "deep/inner.rs"}),
        ("use crate::{\n    deep::{inner::{Shown, part}},\n};", {"deep/inner.rs"}),
        ("use crate::a::*;", {"a.rs"}),
        ("fn f() { crate::a::make(); }", {"a.rs"}),
        ("fn f() { let x = super::super::b::a::make::<u8>(); }", set()),
        ("use crate::deep;\nfn f() { deep::inner::part::run(); }", {"deep/mod.rs", "deep/inner.rs"}),
        ("use crate::deep::inner as renamed;\nfn f() { renamed::part::run() }", {"deep/inner.rs"}),
        ("fn f() { use crate::a::make; make(); }", {"a.rs"}),
        ("mod own { fn f() { super::super::a::make() } }", {"a.rs"}),
        ("fn f(x: Vec<crate::a::Thing>) {}", {"a.rs"}),
        # The file that declares it, not the one that shows it.
        ("use crate::deep::Shown;", {"deep/inner.rs"}),
        ("use crate::deep::Own;", {"deep/mod.rs"}),
        ("use crate::deep::made_by_a_macro;", {"deep/mod.rs"}),
        # No imports.
        ("// use crate::a::Thing;\n/* crate::a::make() */", set()),
        ('const X: &str = "crate::a::make()"; const Y: &str = r#"crate::a"#; const Z: char = \'"\';', set()),
        ("use std::collections::HashMap; use a_crate::a; fn f() { a_crate::make() }", set()),
        ("pub(in crate::a) fn f() {}", set()),
        ("#[cfg(test)]\nmod tests { use crate::a::Thing; }", set()),
        ("#[cfg(test)]\nuse crate::{a::Thing};\nuse crate::deep::Own;", {"deep/mod.rs"}),
        ("#[cfg(test)]\nfn f() { crate::a::make(); }\nfn g<'a>(x: &'a str) { crate::deep::Own; }", {"deep/mod.rs"}),
        ("#[cfg(not(test))]\nuse crate::a::Thing;", {"a.rs"}),
    ],
)
def test_what_a_rust_file_imports(tmp_path: Path, text: str, imported: set[str]) -> None:
    assert edges(rust(tmp_path, b=text), tmp_path, "b.rs") == imported


def test_a_declaration_of_a_module_is_no_import(tmp_path: Path) -> None:
    graph = rust(tmp_path)
    assert edges(graph, tmp_path, "lib.rs") == set()
    assert edges(graph, tmp_path, "deep/mod.rs") == {"deep/inner.rs"}


def test_siblings_reach_each_other_past_their_parent(tmp_path: Path) -> None:
    graph = rust(tmp_path, deep__other="use super::inner::Shown;\nuse super::{Shown as Again, inner::part};")
    assert edges(graph, tmp_path, "deep/other.rs") == {"deep/inner.rs"}
    assert circles(graph) == []


def test_a_file_for_tests_is_left_out(tmp_path: Path) -> None:
    graph = rust(tmp_path, b="#[cfg(test)]\nmod tests;", b__tests="use crate::a::Thing;")
    assert tmp_path / "b" / "tests.rs" not in graph


@pytest.mark.parametrize(
    ("changed", "circle"),
    [
        ({"a": "use crate::b::f;\npub struct Thing;", "b": "use super::a::Thing;\npub fn f() {}"}, ["a.rs", "b.rs"]),
        (
            {
                "a": "pub fn make() { crate::deep::inner::part::run() }",
                "deep__inner": "use crate::b::f;",
                "b": "pub fn f() { super::a::make() }",
            },
            ["a.rs", "b.rs", "deep/inner.rs"],
        ),
        ({"deep__inner": "use super::Own;\npub struct Shown;"}, ["deep/inner.rs", "deep/mod.rs"]),
    ],
)
def test_a_circle_in_rust_is_found(tmp_path: Path, changed: dict[str, str], circle: list[str]) -> None:
    graph = rust(tmp_path, **changed)
    found = circles(graph)
    assert [[str(file.relative_to(tmp_path)) for file in group] for group in found] == [circle]
    assert all(file in describe(graph, found, tmp_path) for file in circle)


def test_two_circles_are_two(tmp_path: Path) -> None:
    graph = rust(
        tmp_path,
        a="use crate::b::B;\npub struct A;",
        b="use crate::a::A;\nuse crate::deep::Own;\npub struct B;",
        deep__inner="use super::other::O;\npub struct Shown;",
        deep__other="use super::inner::Shown;\npub struct O;",
    )
    assert [len(group) for group in circles(graph)] == [2, 2]


PACKAGE = {
    "__init__.py": "from pack.low import x\n",
    "low.py": "x = 1\n",
    "high.py": "",
    "inner/__init__.py": "",
    "inner/part.py": "y = 1\n",
    "native.pyi": "",
}


@pytest.mark.parametrize(
    ("text", "imported"),
    [
        ("from pack.low import x", {"low.py"}),
        ("from pack import low", {"low.py"}),
        ("from pack import something", {"__init__.py"}),
        ("import pack.inner.part", {"inner/part.py"}),
        ("from . import low", {"low.py"}),
        ("from .inner.part import y", {"inner/part.py"}),
        ("from pack.inner import part, other", {"inner/part.py", "inner/__init__.py"}),
        ("def f():\n    from pack.low import x", {"low.py"}),
        ("if TYPE_CHECKING:\n    from pack.native import T", {"native.pyi"}),
        ("import os, json\nfrom pathlib import Path\nfrom package.low import x", set()),
        ("'from pack.low import x'", set()),
    ],
)
def test_what_a_python_file_imports(tmp_path: Path, text: str, imported: set[str]) -> None:
    package = written(tmp_path / "pack", PACKAGE | {"high.py": text})
    assert edges(python_graph(package), package, "high.py") == imported


@pytest.mark.parametrize(
    ("changed", "circle"),
    [
        ({"low.py": "def f():\n    from pack import high", "high.py": "import pack.low"}, ["high.py", "low.py"]),
        (
            {"inner/__init__.py": "from .part import y", "inner/part.py": "from pack.inner import z"},
            ["inner/__init__.py", "inner/part.py"],
        ),
    ],
)
def test_a_circle_in_python_is_found(tmp_path: Path, changed: dict[str, str], circle: list[str]) -> None:
    package = written(tmp_path / "pack", PACKAGE | changed)
    graph = python_graph(package)
    assert circles(python_graph(written(tmp_path / "straight" / "pack", PACKAGE))) == []
    assert [[str(file.relative_to(package)) for file in group] for group in circles(graph)] == [circle]
