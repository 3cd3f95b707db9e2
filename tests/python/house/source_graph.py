"""Which source file imports which: Rust by the paths it writes, Python by its import statements; and the circles.

Rust is read as tokens, not compiled. A path is followed as deep as it names modules, and through `use` to the file
that declares what it ends with. Declaring a module (`mod x;`) is no import, and code for tests (`#[cfg(test)]`) is
left out. Methods that two files call on each other's types are not seen.
"""

import ast
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

Graph = dict[Path, dict[Path, set[str]]]
"""From each file to the files it imports, with the names it takes from them."""

Names = tuple[str, ...]

TOKEN = re.compile(
    r"""
      //[^\n]* | /\*.*?\*/                                  # comments
    | b?r(?P<hashes>\#*)".*?"(?P=hashes) | b?"(?:\\.|[^"\\])*"  # texts
    | b?'(?:\\(?:u\{\w+\}|x\w\w|.)|[^'\\])' | '\w+          # characters and lifetimes
    | (?P<kept> (?:r\#)?\w+ | :: | [^\s\w] )
    """,
    re.DOTALL | re.VERBOSE,
)
ITEMS = {"fn", "struct", "enum", "union", "trait", "type", "const", "static"}
OPEN, CLOSED = {"(", "[", "{"}, {")", "]", "}"}


@dataclass(eq=False)
class Module:
    """A Rust module: a file, or a part of one in braces."""

    file: Path
    parent: "Module | None"
    children: dict[str, "Module"] = field(default_factory=dict)
    declared: set[str] = field(default_factory=set)
    # What `use` brings into scope, by name, and what it brings with a star.
    used: dict[str, list[Names]] = field(default_factory=lambda: defaultdict(list))
    stars: list[Names] = field(default_factory=list)
    # Every path in the text.
    paths: list[Names] = field(default_factory=list)

    def walk(self) -> Iterator["Module"]:
        yield self
        for child in self.children.values():
            yield from child.walk()


def rust_graph(root: Path) -> Graph:
    """The files of the crate whose lib.rs or main.rs is `root`."""
    crate = Module(root, None)
    _read(crate, root.parent, _tokens(root.read_text()))
    graph: Graph = {module.file: {} for module in crate.walk()}
    for module in crate.walk():
        for path in module.paths:
            for found in _resolve(crate, module, path, frozenset()):
                if found.file != module.file:
                    graph[module.file].setdefault(found.file, set()).add(_item(path))
    return graph


def _item(path: Names) -> str:
    """The item that a path takes: the first type in it (types begin with a capital), else what it ends with."""
    return next((name for name in path if name[0].isupper()), path[-1])


def _tokens(source: str) -> list[str]:
    return [token["kept"].removeprefix("r#") for token in TOKEN.finditer(source) if token["kept"]]


def _read(module: Module, folder: Path, tokens: list[str]) -> None:
    """Fills a module and those below it; its child files are in `folder`."""
    at = 0
    while at < len(tokens):
        token = tokens[at]
        following = tokens[at + 1] if at + 1 < len(tokens) else ""
        if token == "#" and following in {"[", "!"}:
            start, at = at, _closing(tokens, at + 1 if following == "[" else at + 2)
            if _is_for_tests(tokens[start:at]):
                at = _end_of_item(tokens, at)
        elif token == "pub" and following == "(":
            at = _closing(tokens, at + 1)
        elif token == "mod" and tokens[at + 2] in {";", "{"}:
            at = _read_child(module, folder, tokens, at + 1)
        elif token == "use":
            end = tokens.index(";", at)
            _read_use(module, tokens[at + 1 : end])
            at = end
        elif token in ITEMS or (token == "macro_rules" and following == "!"):
            name = tokens[at + 2] if following in {"!", "fn", "mut"} else following
            module.declared.add(name)
            at += 1
        elif following == "::" and (token.isidentifier()):
            at = _read_path(module, tokens, at)
        else:
            at += 1


def _is_for_tests(attribute: list[str]) -> bool:
    return attribute[2:4] == ["cfg", "("] and "test" in attribute and "not" not in attribute


def _closing(tokens: list[str], at: int) -> int:
    """The position after the bracket that closes the one at `at`."""
    depth = 0
    while at < len(tokens):
        depth += (tokens[at] in OPEN) - (tokens[at] in CLOSED)
        at += 1
        if depth == 0:
            break
    return at


def _end_of_item(tokens: list[str], at: int) -> int:
    """The position after the item that begins at `at`: after its semicolon, or after its braces."""
    is_use = "use" in tokens[at : at + 5]
    while at < len(tokens) and tokens[at] != ";":
        if tokens[at] in OPEN:
            is_body = tokens[at] == "{" and not is_use
            at = _closing(tokens, at)
            if is_body:
                return at
        else:
            at += 1
    return at + 1


def _read_child(module: Module, folder: Path, tokens: list[str], at: int) -> int:
    name = tokens[at]
    if tokens[at + 1] == "{":
        end = _closing(tokens, at + 1)
        child = module.children[name] = Module(module.file, module)
        _read(child, folder / name, tokens[at + 2 : end - 1])
        return end
    beside, inside = folder / f"{name}.rs", folder / name / "mod.rs"
    file = beside if beside.exists() else inside
    child = module.children[name] = Module(file, module)
    _read(child, folder / name, _tokens(file.read_text()))
    return at + 2


def _read_use(module: Module, tree: list[str]) -> None:
    for path, name in _leaves((), tree):
        module.paths.append(path)
        if name == "*":
            module.stars.append(path)
        else:
            module.used[name].append(path)


def _leaves(prefix: Names, tree: list[str]) -> Iterator[tuple[Names, str]]:
    """The paths of a `use`, each with the name it gets."""
    path, at = prefix, 0
    while at < len(tree):
        match tree[at]:
            case "{":
                end = _closing(tree, at)
                for branch in _split(tree[at + 1 : end - 1]):
                    yield from _leaves(path, branch)
                return
            case "*":
                yield path, "*"
                return
            case "as":
                yield path, tree[at + 1]
                return
            case "self" if path:
                pass
            case "::":
                pass
            case name:
                path = (*path, name)
        at += 1
    if path:
        yield path, path[-1]


def _split(tokens: list[str]) -> Iterator[list[str]]:
    """The branches of a group, at commas outside inner groups."""
    depth, branch = 0, list[str]()
    for token in tokens:
        depth += (token == "{") - (token == "}")
        if token == "," and depth == 0:
            yield branch
            branch = []
        else:
            branch.append(token)
    # Nothing stands after a last comma.
    if branch:
        yield branch


def _read_path(module: Module, tokens: list[str], at: int) -> int:
    path = [tokens[at]]
    at += 1
    while at + 1 < len(tokens) and tokens[at] == "::" and tokens[at + 1].isidentifier():
        path.append(tokens[at + 1])
        at += 2
    module.paths.append(tuple(path))
    return at


# What is being looked up already: a `use` may lead back to itself.
Trail = frozenset[tuple[Module, str]]


def _resolve(crate: Module, start: Module, path: Names, trail: Trail) -> set[Module]:
    """The modules that a path written in `start` names, or that declare what it ends with; none if it is outside."""
    here: set[Module] = {start}
    for index, name in enumerate(path):
        if index == 0 and name == "crate":
            here = {crate}
        elif name == "self":
            continue
        elif name == "super":
            here = {module.parent for module in here if module.parent}
        else:
            found = [_look_up(crate, module, name, trail) for module in here]
            children = set().union(*(modules for modules, _ in found))
            items = set().union(*(declaring for _, declaring in found))
            if index == len(path) - 1 or not children:
                # An item that the text does not show, such as one of a macro's, belongs to the last module named.
                known = children | items
                return known if known or index == 0 else here
            here = children
    return here


def _look_up(crate: Module, module: Module, name: str, trail: Trail) -> tuple[set[Module], set[Module]]:
    """Inside a module, a name is modules, or what modules declare: both where an item and a module share it."""
    if (module, name) in trail:
        return set(), set()
    trail |= {(module, name)}
    modules = {module.children[name]} if name in module.children else set()
    items = {module} if name in module.declared else set()
    for path in module.used.get(name, []):
        for found in _resolve(crate, module, path, trail):
            (modules if _is_module(crate, module, path, found, trail) else items).add(found)
    if not modules and not items:
        for path in module.stars:
            for target in _resolve(crate, module, path, trail):
                inner, declared = _look_up(crate, target, name, trail)
                modules, items = modules | inner, items | declared
    return modules, items


def _is_module(crate: Module, module: Module, path: Names, found: Module, trail: Trail) -> bool:
    if path[-1] in {"crate", "super", "self"}:
        return True
    above = _resolve(crate, module, path[:-1], trail) if len(path) > 1 else {module}
    return any(found in _look_up(crate, one, path[-1], trail)[0] for one in above)


def python_graph(package: Path) -> Graph:
    """The files of a package. An import counts at the top, inside a function and for types alone."""
    files = [path for pattern in ("*.py", "*.pyi") for path in sorted(package.rglob(pattern))]
    known = {_dotted(package, path): path for path in files}
    return {path: _imports(package, path, known) for path in files}


def _dotted(package: Path, path: Path) -> Names:
    """`("execd", "cli")` of execd/cli.py and of execd/cli/__init__.py."""
    names = path.relative_to(package.parent).with_suffix("").parts
    return names[:-1] if names[-1] == "__init__" else names


def _imports(package: Path, path: Path, known: Mapping[Names, Path]) -> dict[Path, set[str]]:
    found: dict[Path, set[str]] = {}
    inside = _dotted(package, path) if path.stem == "__init__" else _dotted(package, path)[:-1]
    for node in ast.walk(ast.parse(path.read_text())):
        for dotted in _named(node, inside):
            # The longest part that is a module is the file; what is left is a name in it.
            file = next((known[dotted[:end]] for end in range(len(dotted), 0, -1) if dotted[:end] in known), None)
            if file not in {None, path}:
                found.setdefault(file, set()).add(dotted[-1])
    return found


def _named(node: ast.AST, inside: Names) -> Iterator[Names]:
    if isinstance(node, ast.Import):
        yield from (tuple(alias.name.split(".")) for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        base = inside[: len(inside) - node.level + 1] if node.level else ()
        module = tuple(node.module.split(".")) if node.module else ()
        yield from ((*base, *module, alias.name) for alias in node.names)


def circles(graph: Graph) -> list[list[Path]]:
    """The groups of files that import one another, directly or through others; by Tarjan's algorithm."""
    index: dict[Path, int] = {}
    low: dict[Path, int] = {}
    stack: list[Path] = []
    found: list[list[Path]] = []

    def visit(file: Path) -> None:
        index[file] = low[file] = len(index)
        stack.append(file)
        for other in graph[file]:
            if other not in index:
                visit(other)
            if other in stack:
                low[file] = min(low[file], low[other])
        if low[file] == index[file]:
            at = stack.index(file)
            group, stack[at:] = stack[at:], []
            if len(group) > 1:
                found.append(sorted(group))

    for file in sorted(graph):
        if file not in index:
            visit(file)
    return sorted(found)


def describe(graph: Graph, groups: Iterable[list[Path]], root: Path) -> str:
    """Every circle with its files, and what each file of it takes from which other one."""
    lines = []
    for group in groups:
        lines.append(f"a circle of {len(group)} files:")
        for file in group:
            for other in sorted(set(graph[file]) & set(group)):
                names = ", ".join(sorted(graph[file][other]))
                lines.append(f"  {file.relative_to(root)} -> {other.relative_to(root)}: {names}")
    return "\n".join(lines)
