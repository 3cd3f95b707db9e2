"""Content codings both ways: gzip, zlib-wrapped deflate, br. Whose body it is and what is in it are elsewhere."""

import zlib
from collections.abc import Iterator
from typing import Protocol

import brotli

from execd.errors import CallError, Kind

# Below this many bytes compression costs more than it saves.
WORTHWHILE = 1024
# Fast levels: a calculation service is asked for time, not for the last byte.
LEVEL = 1

# Bytes that are unpacked at once: a few packed ones may stand for very many, and others wait for the event loop.
PIECE = 256 * 1024

GZIP_WINDOW = 16 + zlib.MAX_WBITS


class Inflater:
    """Undoes one content coding piece by piece and refuses to grow past `limit` bytes in all."""

    def __init__(self, coding: str, limit: int) -> None:
        self.coding = coding
        self.limit = limit
        self._left = limit
        self._stream = _stream(coding)

    def feed(self, packed: bytes) -> Iterator[bytes]:
        """What some bytes unpack to, in pieces of about `PIECE` bytes; an over-long or broken stream is an error."""
        try:
            for plain in self._stream.take(packed):
                self._left -= len(plain)
                if self._left < 0:
                    raise CallError(Kind.TOO_LARGE, f"the unpacked body is larger than {self.limit} bytes")
                yield plain
        except (zlib.error, brotli.error) as error:
            raise CallError(Kind.INVALID_ENCODING, f"the body is not valid {self.coding}: {error}") from None

    def finish(self) -> None:
        """Refuse a stream that ends before its own end mark."""
        if not self._stream.ended:
            raise CallError(Kind.INVALID_ENCODING, f"the body is not valid {self.coding}: it ends too early")


class _Stream(Protocol):
    def take(self, packed: bytes) -> Iterator[bytes]: ...

    @property
    def ended(self) -> bool: ...


def _stream(coding: str) -> _Stream:
    match coding:
        case "gzip" | "x-gzip":
            return _Zlib(GZIP_WINDOW)
        case "deflate":
            return _Zlib(zlib.MAX_WBITS)
        case "br":
            return _Brotli()
    raise CallError(Kind.UNKNOWN_ENCODING, f"Content-Encoding {coding!r} is not supported: use gzip, deflate or br")


class _Zlib:
    def __init__(self, window: int) -> None:
        self._decoder = zlib.decompressobj(window)

    def take(self, packed: bytes) -> Iterator[bytes]:
        plain = None
        # A full piece may have left some inside, also of what has been read.
        while packed or plain is None or len(plain) == PIECE:
            plain = self._decoder.decompress(packed, PIECE)
            if self._decoder.unused_data:
                raise zlib.error("there are more bytes after its end")
            packed = self._decoder.unconsumed_tail
            yield plain

    @property
    def ended(self) -> bool:
        return self._decoder.eof


class _Brotli:
    def __init__(self) -> None:
        self._decoder = brotli.Decompressor()

    def take(self, packed: bytes) -> Iterator[bytes]:
        plain: bytes = self._decoder.process(packed, output_buffer_limit=PIECE)
        yield plain
        # A full piece may have left some inside, also of what has been read.
        while not self.ended and (len(plain) >= PIECE or not self._decoder.can_accept_more_data()):
            plain = self._decoder.process(b"", output_buffer_limit=PIECE)
            yield plain

    @property
    def ended(self) -> bool:
        return bool(self._decoder.is_finished())


def choose(accepted: str) -> str | None:
    """The coding to answer in, from an Accept-Encoding header; `None` for as it is."""
    offers: dict[str, float] = {}
    for offer in accepted.split(","):
        name, _, parameter = offer.strip().partition(";")
        quality = parameter.strip().removeprefix("q=") if parameter else "1"
        try:
            offers[name.strip().lower()] = float(quality)
        except ValueError:
            continue
    usable = [name for name in ("gzip", "br", "deflate") if offers.get(name, offers.get("*", 0.0)) > 0]
    best = max((offers.get(name, offers.get("*", 0.0)) for name in usable), default=0.0)
    if best < offers.get("identity", 0.0):
        return None
    return next((name for name in usable if offers.get(name, offers.get("*", 0.0)) == best), None)


def compress(coding: str, plain: bytes) -> bytes:
    """`plain` in `coding`, one of what `choose` gives."""
    if coding == "br":
        packed: bytes = brotli.compress(plain, quality=LEVEL)
        return packed
    packer = zlib.compressobj(LEVEL, wbits=GZIP_WINDOW if coding == "gzip" else zlib.MAX_WBITS)
    return packer.compress(plain) + packer.flush()
