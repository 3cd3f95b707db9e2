"""Files in object stores and on web servers, by `obstore`.

The native code reads and writes pipes; threads here move the bytes between pipes and stores.
"""

import contextlib
import fnmatch
import glob
import os
import struct
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click

from execd.settings import plain_object_store

# Bytes moved at once, and of one part of an upload: a store takes ten thousand of them.
PIECE = 4 << 20
UPLOADED = 16 << 20
# Seconds between two looks at a thread that is to end.
LOOK = 0.05
REQUEST = struct.Struct("<QQ")
LENGTH = struct.Struct("<Q")
NO_ANSWER = LENGTH.pack(2**64 - 1)


@dataclass(frozen=True)
class Found:
    """A file or an object; its size if that is known, and when it was changed, in Unix seconds."""

    name: str
    size: int | None = None
    modified: float = 0.0


def is_url(text: str) -> bool:
    """Whether it is no path."""
    return "://" in text


def _obstore() -> Any:  # noqa: ANN401
    try:
        import obstore  # noqa: PLC0415 - an extra, and slow to import
        import obstore.store  # noqa: PLC0415
    except ImportError:
        raise click.UsageError("Object stores need a package: pip install 'execd[object-stores]'.") from None
    return obstore


def _located(url: str) -> tuple[Any, str]:
    """The store and the path in it. Stores take their settings from the environment, such as AWS_REGION."""
    parts = urlsplit(url)
    base = f"{parts.scheme}://{parts.netloc}"
    plain = parts.scheme == "http" or plain_object_store()
    try:
        store = _obstore().store.from_url(base, client_options={"allow_http": True} if plain else None)
    except Exception as error:
        raise click.UsageError(f"{url}: {_said(error)}") from error
    return store, parts.path.lstrip("/")


def found(url: str) -> list[Found]:
    """The objects that a URL stands for: one, those in a folder (a slash at its end), or those that fit a pattern."""
    store, path = _located(url)
    base = url.removesuffix(path)
    try:
        if not glob.has_magic(path) and not url.endswith("/"):
            about = _obstore().head(store, path)
            return [Found(url, about["size"], about["last_modified"].timestamp())]
        # Up to the first segment with a pattern.
        segments = path.split("/")
        fixed = next((at for at, text in enumerate(segments) if glob.has_magic(text)), len(segments) - 1)
        below = "/".join(segments[:fixed])
        listed = [one for some in _obstore().list(store, below or None) for one in some]
    except Exception as error:
        raise OSError(f"{url}: {_said(error)}") from error
    fits = _pattern(path)
    return [
        Found(base + one["path"], one["size"], one["last_modified"].timestamp()) for one in listed if fits(one["path"])
    ]


def _pattern(path: str) -> Callable[[str], bool]:
    """What fits a path: a star stands for a part of one name."""
    segments = (path + "*" if path.endswith("/") or not path else path).split("/")

    def fits(name: str) -> bool:
        own = name.split("/")
        return len(own) == len(segments) and all(map(fnmatch.fnmatchcase, own, segments))

    return fits


def modified(url: str) -> float | None:
    """When an object was changed, at the latest; None if there is none. Stores tell whole seconds."""
    store, path = _located(url)
    try:
        return float(_obstore().head(store, path)["last_modified"].timestamp()) + 0.999
    except FileNotFoundError:
        return None
    except Exception as error:
        raise OSError(f"{url}: {_said(error)}") from error


def _said(error: Exception) -> str:
    """The first line of what a store says; the rest are its settings."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


class Pipes:
    """The pipes between one run and its stores."""

    def __init__(self, cancel: Callable[[], None]) -> None:
        """`cancel` stops the run when a store fails."""
        self._cancel = cancel
        self._folder = tempfile.TemporaryDirectory(prefix="execd-")
        self._threads: list[threading.Thread] = []
        self._pipes: list[str] = []
        self._error: Exception | None = None
        self._whole = threading.Event()
        self._over = threading.Event()

    def source(self, found: Found) -> str:
        """A pipe with the bytes of an object."""
        pipe = self._pipe()
        self._start(found.name, lambda: self._download(found.name, pipe))
        return pipe

    def ranges(self, found: Found) -> tuple[str, str]:
        """A pipe for requests, and one for the answers to them."""
        requests, answers = self._pipe(), self._pipe()
        self._start(found.name, lambda: self._answer(found.name, requests, answers))
        return requests, answers

    def target(self, url: str) -> str:
        """A pipe whose bytes become an object when the run has ended well, and are dropped otherwise."""
        pipe = self._pipe()
        self._start(url, lambda: self._upload(url, pipe))
        return pipe

    def close(self, *, whole: bool) -> None:
        """End all threads. Raises what failed in one of them."""
        before = self._error
        if whole and before is None:
            self._whole.set()
        self._over.set()
        for thread in self._threads:
            while thread.is_alive():
                self._release()
                thread.join(LOOK)
        self._folder.cleanup()
        # Threads of a run that failed otherwise fail, too.
        error = self._error if whole else before
        if error is not None:
            raise error

    def _release(self) -> None:
        """Whoever waits for the other side of a pipe finds it, and nothing in it; then it may wait at the next one."""
        for pipe in self._pipes:
            with contextlib.suppress(OSError):
                os.close(os.open(pipe, os.O_RDWR | os.O_NONBLOCK))

    def _pipe(self) -> str:
        pipe = str(Path(self._folder.name) / str(len(self._pipes)))
        os.mkfifo(pipe, 0o600)
        self._pipes.append(pipe)
        return pipe

    def _start(self, name: str, work: Callable[[], None]) -> None:
        def run() -> None:
            try:
                work()
            except BrokenPipeError:
                # The run does not want the rest.
                pass
            except Exception as error:  # noqa: BLE001 - any failure of a store ends the run
                self._fail(name, error)

        self._threads.append(threading.Thread(target=run, daemon=True))
        self._threads[-1].start()

    def _fail(self, name: str, error: Exception) -> None:
        if self._error is None:
            self._error = OSError(f"{name}: {_said(error)}")
        self._cancel()

    def _download(self, url: str, pipe: str) -> None:
        with Path(pipe).open("wb", buffering=0) as bytes_:
            if self._over.is_set():
                return
            try:
                store, path = _located(url)
                for piece in _obstore().get(store, path).stream(min_chunk_size=PIECE):
                    _write(bytes_.fileno(), piece)
            except BrokenPipeError:
                raise
            except Exception as error:  # noqa: BLE001
                # Before the pipe is closed, which would look like the end of the records.
                self._fail(url, error)

    def _answer(self, url: str, requests: str, answers: str) -> None:
        with Path(requests).open("rb", buffering=0) as asked, Path(answers).open("wb", buffering=0) as told:
            store, path = _located(url)
            while len(request := _read(asked.fileno(), REQUEST.size)) == REQUEST.size:
                offset, length = REQUEST.unpack(request)
                try:
                    piece = _obstore().get_range(store, path, start=offset, length=length)
                except Exception as error:  # noqa: BLE001
                    self._fail(url, error)
                    told.write(NO_ANSWER)
                    return
                told.write(LENGTH.pack(len(piece)))
                _write(told.fileno(), piece)

    def _upload(self, url: str, pipe: str) -> None:
        with Path(pipe).open("rb", buffering=0) as bytes_:
            store, path = _located(url)
            pieces = self._pieces(bytes_.fileno())
            with contextlib.suppress(_NotWholeError):
                _obstore().put(store, path, pieces, use_multipart=True, chunk_size=UPLOADED, max_concurrency=4)

    def _pieces(self, pipe: int) -> Iterator[bytes]:
        while piece := _read(pipe, UPLOADED):
            yield piece
        self._over.wait()
        if not self._whole.is_set():
            raise _NotWholeError


class _NotWholeError(Exception):
    """The run did not end well; an object would be a part of the answers."""


def _read(pipe: int, count: int) -> bytes:
    """As many bytes, or what is left."""
    pieces, left = [], count
    while left and (piece := os.read(pipe, min(left, PIECE))):
        pieces.append(piece)
        left -= len(piece)
    return b"".join(pieces)


def _write(pipe: int, piece: Any) -> None:  # noqa: ANN401
    view = memoryview(piece).cast("B")
    while view:
        view = view[os.write(pipe, view) :]
