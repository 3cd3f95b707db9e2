"""The part files of a run: which files there are, and where the answers to each go."""

import glob
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

import click

from execd.cli import objects
from execd.cli.objects import Found

DASH = "-"
# Of folders, what other programs put beside part files.
BESIDE = (".", "_")
UNFINISHED = ".part"
PACKED = {".gz", ".zst"}


@dataclass(frozen=True)
class Part:
    """Files whose answers go to one place, in their order."""

    sources: tuple[Found, ...]
    target: str
    # The answers to several files, each under its own name.
    named: bool = field(default=False)

    @property
    def name(self) -> str:
        """What it is called in messages."""
        first, *rest = self.sources
        return f"{first.name} and {len(rest)} more" if rest else first.name

    @property
    def size(self) -> int:
        """Bytes of the files, as far as they are known."""
        return sum(source.size or 0 for source in self.sources)


def plan(inputs: Sequence[str], output: str, suffix: str | None) -> list[Part]:
    """Pair the files with their answers: in a folder each has its own, else all have one.

    `suffix` is that of answers in a folder; without one they keep the names of their files.
    """
    many = len(inputs) > 1 or any(_means_many(text) for text in inputs)
    sources = [source for text in inputs for source in _found(text)]
    if not sources:
        raise click.UsageError(f"There are no files in {', '.join(inputs)}.")
    if not _is_folder(output, many=many):
        return [Part(tuple(sources), output)]
    parts = [Part((source,), _inside(output, source.name, suffix), named=True) for source in sources]
    _check(parts)
    return parts


def _check(parts: list[Part]) -> None:
    """Refuse answers that would replace files, and one another."""
    files = {_same(part.sources[0].name): part for part in parts}
    targets: dict[str, Part] = {}
    for part in parts:
        target = _same(part.target)
        if target in files:
            raise click.UsageError(f"The answers would replace the records: {part.target}.")
        other = targets.setdefault(target, part)
        if other is not part:
            both = f"{other.name} and {part.name}"
            raise click.UsageError(f"The answers to {both} would have one name: {part.target}.")


def _same(name: str) -> str:
    return name if objects.is_url(name) else os.path.realpath(name)


def _means_many(text: str) -> bool:
    if objects.is_url(text):
        return text.endswith("/") or glob.has_magic(text)
    return Path(text).is_dir() or (glob.has_magic(text) and not Path(text).exists())


def _found(text: str) -> list[Found]:
    if text == DASH:
        return [Found(DASH)]
    if objects.is_url(text):
        return _parts(objects.found(text))
    path = Path(text)
    if path.is_dir():
        return _parts(_file(entry) for entry in path.iterdir() if entry.is_file())
    if path.exists():
        return [_file(path)]
    if glob.has_magic(text):
        return _parts(_file(Path(name)) for name in glob.glob(text, recursive=True) if Path(name).is_file())  # noqa: PTH207 - a pattern may be absolute
    raise click.BadParameter(f"File {text!r} does not exist.", param_hint="'--input'")


def _parts(found: Iterable[Found]) -> list[Found]:
    own = (one for one in found if not PurePosixPath(one.name).name.startswith(BESIDE))
    return sorted((one for one in own if not one.name.endswith(UNFINISHED)), key=lambda one: one.name)


def _file(path: Path) -> Found:
    status = path.stat()
    return Found(str(path), status.st_size if path.is_file() else None, status.st_mtime)


def _is_folder(output: str, *, many: bool) -> bool:
    """A folder is there, ends with a slash, or takes many answers and has no suffix."""
    if output == DASH:
        return False
    if output.endswith("/"):
        return True
    if objects.is_url(output):
        return many and not PurePosixPath(output).suffix
    path = Path(output)
    return path.is_dir() or (many and not path.suffix and not path.exists())


def _inside(folder: str, source: str, suffix: str | None) -> str:
    name = "answers" if source == DASH else PurePosixPath(source).name
    if suffix:
        while PurePosixPath(name).suffix in PACKED:
            name = PurePosixPath(name).stem
        name = f"{PurePosixPath(name).stem}.{suffix}"
    return f"{folder.rstrip('/')}/{name}" if objects.is_url(folder) else str(Path(folder) / name)


def left(parts: list[Part], since: float) -> list[Part]:
    """The parts whose answers are not there yet, or are older than their files or than `since`."""
    return [part for part in parts if not (part.named and _is_answered(part, since))]


def _is_answered(part: Part, since: float) -> bool:
    answers = objects.modified(part.target) if objects.is_url(part.target) else _modified(Path(part.target))
    return answers is not None and answers >= max(since, *(source.modified for source in part.sources))


def _modified(path: Path) -> float | None:
    return path.stat().st_mtime if path.is_file() else None
